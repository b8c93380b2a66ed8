"""The queue of verification: look, claim, decide."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from portal.base.refused import Refused
from portal.base.sealing import Unreadable
from profiles.admin.base import ConfirmForm, ReadOnlyTable, ReasonForm, StaffAdmin, StaffRequest
from profiles.models import Check, Document, Verification, VerificationCase
from profiles.places import country_name
from profiles.services.documents import view_page
from profiles.services.verification import (
    approve_case,
    ask_for_information,
    claim_case,
    reject_case,
    release_case,
)

State = VerificationCase.State
# What a person can find right by looking; the others are found by programs.
BY_EYE = (Check.Kind.REGISTER, Check.Kind.ADDRESS, Check.Kind.REPRESENTATIVE)


class ApproveForm(BaseDialogForm):
    checked = forms.MultipleChoiceField(
        label=_("What you looked at and found right"),
        choices=[(kind.value, kind.label) for kind in BY_EYE],
        initial=[Check.Kind.REGISTER],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Anyone can read this at the badge."),
    )
    reason = forms.CharField(
        label=_("Note"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Kept in the audit only."),
    )


class DocumentTable(ReadOnlyTable):
    """The papers; each opens in a viewer, and each look is a row of the audit."""

    model = Document
    fields = readonly_fields = ["open", "kind", "pages", "size", "uploaded_at"]
    verbose_name_plural = _("Documents")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(deleted_at=None).order_by("uploaded_at")

    @display(description=_("Document"))
    def open(self, document: Document) -> str:
        url = reverse("admin:case_document", args=[document.case_id, document.uuid])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, document)


class CheckTable(ReadOnlyTable):
    model = Check
    fields = readonly_fields = ["kind", "result", "details", "checked_at", "checked_by"]
    verbose_name_plural = _("Checks")


@admin.register(VerificationCase)
class VerificationCaseAdmin(StaffAdmin):
    list_display = ["who", "show_state", "waiting", "holder", "submitted_at"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("country", ChoicesDropdownFilter),
        ("submitted_at", RangeDateFilter),
    ]
    list_select_related = ["business", "claimed_by"]
    search_fields = ["legal_name", "business__name", "domain", "register_number"]
    ordering = [F("submitted_at").asc(nulls_last=True)]  # who waits longest is first
    inlines = [DocumentTable, CheckTable]
    actions_detail = ["claim", "approve", "ask", "reject", "release"]
    actions_row = ["claim"]
    readonly_fields = ["land", "business_link"]
    fieldsets = [
        (
            _("What the business says"),
            {
                "fields": [
                    "business_link",
                    "legal_name",
                    "register_number",
                    "land",
                    "address",
                    "domain",
                    "representative",
                ]
            },
        ),
        (
            _("Where it stands"),
            {
                "fields": [
                    "state",
                    "submitted_at",
                    "claimed_by",
                    "claimed_until",
                    "decided_at",
                    "decided_by",
                    "reason",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Drafts are the business's own until it hands them in."""
        return super().get_queryset(request).exclude(state=State.DRAFT)

    def get_inlines(self, request: HttpRequest, obj=None) -> list:
        """Documents are for those who may see them."""
        may_look = request.user.has_perm("profiles.view_document")
        return [inline for inline in self.inlines if may_look or inline is not DocumentTable]

    @display(description=_("Business"), header=True, ordering="legal_name")
    def who(self, case: VerificationCase) -> list[str]:
        name = case.legal_name or case.business.name
        return [name, case.domain or country_name(case.country), name[:2].upper()]

    @display(
        description=_("State"),
        ordering="state",
        label={
            State.SUBMITTED: "warning",
            State.IN_REVIEW: "info",
            State.NEEDS_INFORMATION: "info",
            State.APPROVED: "success",
            State.REJECTED: "danger",
        },
    )
    def show_state(self, case: VerificationCase) -> tuple[str, object]:
        return case.state, case.get_state_display()

    @display(description=_("Waiting for"))
    def waiting(self, case: VerificationCase) -> str:
        if case.state not in (State.SUBMITTED, State.IN_REVIEW) or not case.submitted_at:
            return "–"
        return timesince(case.submitted_at)

    @display(description=_("Held by"))
    def holder(self, case: VerificationCase) -> str:
        held = case.claimed_until and case.claimed_until > timezone.now()
        return str(case.claimed_by) if held else "–"

    @display(description=_("Country"))
    def land(self, case: VerificationCase) -> str:
        return country_name(case.country)

    @display(description=_("Business"))
    def business_link(self, case: VerificationCase) -> str:
        url = reverse("admin:profiles_business_change", args=[case.business_id])
        return format_html(
            '<a class="text-primary-600 underline" href="{}">{}</a>', url, case.business
        )

    # Actions: each a dialog, a POST, one service.

    def has_decide_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("profiles.decide_case")

    @action(
        description=_("Claim"),
        permissions=["decide"],
        icon="front_hand",
        dialog={
            "title": _("Claim this case"),
            "description": _("You have it to yourself for 30 minutes."),
            "form_class": ConfirmForm,
            "form_submit_text": _("Claim"),
        },
    )
    def claim(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: claim_case(case, by=request.user),
            done=_("It is yours for 30 minutes."),
            to=reverse("admin:profiles_verificationcase_change", args=[case.pk]),
        )

    @action(
        description=_("Put back"),
        permissions=["decide"],
        icon="undo",
        dialog={
            "title": _("Put this case back"),
            "description": _("Somebody else can take it then."),
            "form_class": ConfirmForm,
            "form_submit_text": _("Put back"),
        },
    )
    def release(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        return self.run(
            request, lambda: release_case(case, by=request.user), done=_("It is in the queue.")
        )

    @action(
        description=_("Approve"),
        permissions=["decide"],
        icon="verified",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Approve"),
            "description": _("The business is verified for twelve months from now."),
            "form_class": ApproveForm,
            "form_submit_text": _("Approve"),
        },
    )
    def approve(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: approve_case(case, by=request.user, **_given(form)),
            done=_("%(name)s is verified.") % {"name": case.business},
        )

    @action(
        description=_("Ask for information"),
        permissions=["decide"],
        icon="contact_support",
        dialog={
            "title": _("Ask for information"),
            "description": _("The request goes back to the business; say what is missing."),
            "form_class": ReasonForm,
            "form_submit_text": _("Ask"),
        },
    )
    def ask(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: ask_for_information(case, by=request.user, **_given(form)),
            done=_("The business was asked."),
        )

    @action(
        description=_("Reject"),
        permissions=["decide"],
        icon="block",
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Reject"),
            "description": _("What it paid is refunded. It may apply again after 30 days."),
            "form_class": ReasonForm,
            "form_submit_text": _("Reject"),
        },
    )
    def reject(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: reject_case(case, by=request.user, **_given(form)),
            done=_("The request was refused."),
        )

    # The viewer of documents.

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:pk>/documents/<uuid:uuid>/",
                self.admin_site.admin_view(self.document_view),
                name="case_document",
            ),
            path(
                "<int:pk>/documents/<uuid:uuid>/<int:number>.jpg",
                self.admin_site.admin_view(self.page_view),
                name="case_document_page",
            ),
        ]
        return own + super().get_urls()

    def document_view(self, request: HttpRequest, pk: int, uuid) -> HttpResponse:
        """All pages of a paper under each other."""
        document = self._document(request, pk, uuid)
        context = {
            **self.admin_site.each_context(request),
            "title": document.name,
            "document": document,
            "case": document.case,
            "opts": self.opts,
            "pages": [
                reverse("admin:case_document_page", args=[pk, uuid, number])
                for number in range(1, document.pages + 1)
            ],
        }
        return TemplateResponse(request, "admin/profiles/document.html", context)

    def page_view(self, request: StaffRequest, pk: int, uuid, number: int) -> HttpResponse:
        """One page as a picture; that it was looked at is a row of the audit."""
        document = self._document(request, pk, uuid)
        try:
            page = view_page(document, by=request.user, number=number)
        except (Refused, Unreadable, FileNotFoundError):
            raise Http404 from None
        return HttpResponse(
            page,
            content_type="image/jpeg",
            headers={"Cache-Control": "no-store", "Content-Disposition": "inline"},
        )

    def _document(self, request: HttpRequest, pk: int, uuid) -> Document:
        if not request.user.has_perm("profiles.view_document"):
            raise PermissionDenied
        document = (
            Document.objects.select_related("case__business")
            .filter(case_id=pk, uuid=uuid, deleted_at=None)
            .first()
        )
        if document is None:
            raise Http404
        return document


@admin.register(Verification)
class VerificationAdmin(StaffAdmin):
    list_display = ["business", "granted_at", "valid_until", "ended_at", "ended_reason"]
    list_select_related = ["business"]
    search_fields = ["business__name", "case__legal_name"]
    ordering = ["-granted_at"]


def _given(form: BaseDialogForm) -> dict:
    """What the dialog asked for, without its own hidden field."""
    return {name: value for name, value in form.cleaned_data.items() if name[0] != "_"}
