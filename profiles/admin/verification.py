"""The queue of verification: look, claim, decide."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from portal.base.refused import Refused
from profiles.admin.base import ReadOnlyTable, StaffAdmin, StaffRequest, dialog_action
from profiles.admin.papers import DocumentTable, PaperViews
from profiles.admin.review import FORMS, ApproveForm, AskForm, RejectForm, desk_of
from profiles.models import Check, Verification, VerificationCase
from profiles.places import country_name
from profiles.services.changes import approve_change, refuse_change
from profiles.services.verification import (
    approve_case,
    ask_for_information,
    claim_case,
    claim_next,
    reject_case,
    release_case,
)

State = VerificationCase.State
CHANGE = VerificationCase.Kind.CHANGE
CASE_URL = "admin:profiles_verificationcase_change"


class CheckTable(ReadOnlyTable):
    model = Check
    fields = readonly_fields = ["kind", "result", "details", "checked_at", "checked_by"]
    verbose_name_plural = _("Checks")


@admin.register(VerificationCase)
class VerificationCaseAdmin(PaperViews):
    list_display = ["who", "show_kind", "show_state", "waiting", "holder", "submitted_at"]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("country", ChoicesDropdownFilter),
        ("submitted_at", RangeDateFilter),
    ]
    list_select_related = ["business", "claimed_by"]
    search_fields = ["legal_name", "business__name", "domain", "register_number"]
    # Who waits longest is first; what is decided comes after, the latest first.
    ordering = [F("decided_at").desc(nulls_first=True), F("submitted_at").asc(nulls_last=True)]
    inlines = [DocumentTable, CheckTable]
    actions_list = ["begin"]
    actions_detail = ["approve", "ask", "reject", "claim", "release"]
    actions_row = ["claim"]
    change_form_outer_before_template = "admin/profiles/review.html"
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

    class Media:
        js = ["js/review.js"]
        css = {"all": ["css/pages/review.css"]}

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

    @display(description=_("About"), ordering="kind")
    def show_kind(self, case: VerificationCase) -> str:
        return _("A change") if case.kind == CHANGE else _("Identity")

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

    @dialog_action(
        _("Claim"),
        title=_("Claim this case"),
        text=_("You have it to yourself for 30 minutes."),
        needs="decide",
        icon="front_hand",
    )
    def claim(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        return self.act(
            request,
            form,
            object_id,
            claim_case,
            done=_("It is yours for 30 minutes."),
            to=reverse("admin:profiles_verificationcase_change", args=[object_id]),
        )

    @dialog_action(
        _("Put back"),
        title=_("Put this case back"),
        text=_("Somebody else can take it then."),
        needs="decide",
        icon="undo",
    )
    def release(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        return self.act(request, form, object_id, release_case, done=_("It is in the queue."))

    @dialog_action(
        _("Take the next case"),
        text=_("Who waits longest is yours for 30 minutes."),
        submit=_("Take it"),
        needs="decide",
        icon="skip_next",
        variant=ActionVariant.PRIMARY,
    )
    def begin(self, request: StaffRequest, form) -> HttpResponse:
        return HttpResponse(headers={"HX-Redirect": self._next_page(request)})

    @dialog_action(
        _("Approve"),
        text=_("What is below goes to the business at once."),
        form=ApproveForm,
        needs="decide",
        icon="verified",
        variant=ActionVariant.PRIMARY,
        attrs={"data-review-key": "a", "aria-keyshortcuts": "a"},
    )
    def approve(self, request: StaffRequest, form: ApproveForm, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        given = form.cleaned_data
        if case.kind == CHANGE:
            return self._decide(
                request,
                lambda: approve_change(
                    case, by=request.user, seen=given["seen"], reason=given["reason"]
                ),
                done=_("%(name)s shows the change now.") % {"name": case.business},
            )
        return self._decide(
            request,
            lambda: approve_case(
                case, by=request.user, checked=given["checked"], reason=given["reason"]
            ),
            done=_("%(name)s is verified.") % {"name": case.business},
        )

    @dialog_action(
        _("Ask for information"),
        text=_("The request goes back to the business; say what is missing."),
        form=AskForm,
        submit=_("Ask"),
        needs="decide",
        icon="contact_support",
        attrs={"data-review-key": "i", "aria-keyshortcuts": "i"},
    )
    def ask(self, request: StaffRequest, form: AskForm, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        return self._decide(
            request,
            lambda: ask_for_information(case, by=request.user, reason=form.cleaned_data["reason"]),
            done=_("The business was asked."),
        )

    @dialog_action(
        _("Reject"),
        text=_("What is below goes to the business at once."),
        form=RejectForm,
        needs="decide",
        icon="block",
        variant=ActionVariant.DANGER,
        attrs={"data-review-key": "r", "aria-keyshortcuts": "r"},
    )
    def reject(self, request: StaffRequest, form: RejectForm, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        refuse = refuse_change if case.kind == CHANGE else reject_case
        return self._decide(
            request,
            lambda: refuse(case, by=request.user, reason=form.cleaned_data["reason"]),
            done=_("The request was refused."),
        )

    def _decide(
        self, request: StaffRequest, operation: Callable[[], object], *, done: object
    ) -> HttpResponse:
        """Decide, then open the next case, claimed. After a refusal the same case opens again."""
        try:
            operation()
        except Refused as refusal:
            messages.error(request, refusal.sentence)
            page = request.headers.get("HX-Current-URL") or reverse(
                "admin:profiles_verificationcase_changelist"
            )
        else:
            messages.success(request, str(done))
            page = self._next_page(request)
        return HttpResponse(headers={"HX-Redirect": page})

    def _next_page(self, request: StaffRequest) -> str:
        """The next case, claimed; else the list, with when the last one was decided."""
        if case := claim_next(by=request.user):
            return reverse(CASE_URL, args=[case.pk])
        last = VerificationCase.objects.exclude(decided_at=None).order_by("-decided_at").first()
        said = _("The queue is empty.")
        if last and last.decided_at:
            at = time_format(timezone.localtime(last.decided_at))
            said = _("The queue is empty. Last decided at %(time)s.") % {"time": at}
        messages.info(request, said)
        return reverse("admin:profiles_verificationcase_changelist")

    # Beside the form.

    def change_view(self, request, object_id, form_url="", extra_context=None):
        case = self.must_get(request, object_id)
        may_decide = self.has_decide_permission(request)
        desk = desk_of(case) | {"may_decide": may_decide}
        context = {"desk": desk, "title": str(case.legal_name or case.business)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "next/", self.admin_site.admin_view(require_POST(self.next_view)), name="case_next"
            ),
            path(
                "<int:pk>/letter/<str:decision>/",
                self.admin_site.admin_view(require_POST(self.letter_view)),
                name="case_letter",
            ),
        ]
        return own + super().get_urls()

    def next_view(self, request: StaffRequest) -> HttpResponse:
        """Claim the next case and open it."""
        self._must_decide(request)
        return redirect(self._next_page(request))

    def letter_view(self, request: StaffRequest, pk: int, decision: str) -> HttpResponse:
        """The letter as it would go out with what is written in the dialog so far."""
        self._must_decide(request)
        if decision not in FORMS or not self.get_queryset(request).filter(pk=pk).exists():
            raise Http404
        form = FORMS[decision](data=request.POST, request=request, object_id=pk)
        return render(request, "admin/profiles/_letter.html", {"letter": form.letter()})

    def _must_decide(self, request: HttpRequest) -> None:
        if not self.has_decide_permission(request):
            raise PermissionDenied


@admin.register(Verification)
class VerificationAdmin(StaffAdmin):
    list_display = ["business", "granted_at", "valid_until", "ended_at", "ended_reason"]
    list_select_related = ["business"]
    search_fields = ["business__name", "case__legal_name"]
    ordering = ["-granted_at"]
