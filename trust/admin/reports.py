"""The queue of reports: read the evidence, uphold or dismiss, one by one or many at once."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from profiles.admin.base import dialog_action
from trust.admin.forms import BulkReasonForm, ReportReasonForm
from trust.admin.measures import Measures
from trust.admin.words import link_to_profile
from trust.models import SpamReport
from trust.services.reports import dismiss_report, dismiss_reports, uphold_report, uphold_reports

# What of the snapshot is shown, and what it is called.
LABELS = {
    "body": _("Message"),
    "campaign": _("Campaign"),
    "class": _("Class"),
    "kind": _("Kind"),
    "sent_at": _("Sent"),
    "template": _("Template"),
}


@admin.register(SpamReport)
class SpamReportAdmin(Measures):
    list_display = ["about", "show_reason", "alike", "credibility", "show_state", "waiting"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("created_at", RangeDateFilter),
    ]
    list_select_related = ["profile"]
    search_fields = ["profile__name", "profile__handle", "text"]
    search_help_text = _("Name or handle of the profile, or the reporter's words")
    ordering = [F("decided_at").desc(nulls_first=True), "created_at"]  # what waits first
    actions = ["uphold_selected", "dismiss_selected"]
    actions_detail = ["uphold", "dismiss", "suspend", "revoke"]
    actions_row = ["uphold", "dismiss"]
    readonly_fields = ["profile_link", "message", "reporter", "alike", "evidence_of_profile"]
    fieldsets = [
        (_("What was reported"), {"fields": ["profile_link", "kind", "reason", "text", "message"]}),
        (
            _("How much it says"),
            {"fields": ["reporter", "counted", "alike", "evidence_of_profile", "case"]},
        ),
        (
            _("Where it stands"),
            {
                "fields": [
                    "state",
                    "created_at",
                    "decided_at",
                    "decided_by",
                    "decided_why",
                    "told_at",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With how many waiting reports say the same of the same message."""
        same = (
            SpamReport.objects.filter(
                profile=OuterRef("profile"),
                unit_key=OuterRef("unit_key"),
                state=SpamReport.State.OPEN,
            )
            .order_by()
            .values("profile")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return super().get_queryset(request).annotate(alike=Coalesce(Subquery(same), 0))

    @display(description=_("Profile"), header=True, ordering="profile__name")
    def about(self, report: SpamReport) -> list[str]:
        body = str(report.evidence.get("body", "")) or report.text
        return [report.profile.name, body[:90], report.profile.name[:2].upper()]

    @display(description=_("Reason"), ordering="reason")
    def show_reason(self, report: SpamReport) -> str:
        return report.get_reason_display()

    @display(description=_("Same message, waiting"))
    def alike(self, report: SpamReport) -> int:
        return report.alike  # type: ignore[attr-defined]

    @display(
        description=_("Reporter"),
        ordering="weight",
        label={"strong": "success", "some": "info", "weak": "warning"},
    )
    def credibility(self, report: SpamReport) -> tuple[str, str]:
        kind = "strong" if report.weight >= 0.7 else "some" if report.weight >= 0.3 else "weak"
        return kind, _("weighs %(w).1f of 1") % {"w": report.weight}

    @display(description=_("Reporter"))
    def reporter(self, report: SpamReport) -> str:
        return str(self.credibility(report)[1])

    @display(
        description=_("State"),
        ordering="state",
        label={"open": "warning", "upheld": "danger", "dismissed": "success"},
    )
    def show_state(self, report: SpamReport) -> tuple[str, str]:
        return report.state, report.get_state_display()

    @display(description=_("Waiting for"), ordering="created_at")
    def waiting(self, report: SpamReport) -> str:
        return timesince(report.created_at) if report.state == SpamReport.State.OPEN else "–"

    @display(description=_("Profile"))
    def profile_link(self, report: SpamReport) -> str:
        return link_to_profile(report.profile)

    @display(description=_("The message as it was"))
    def message(self, report: SpamReport) -> str:
        shown = [(LABELS[name], report.evidence.get(name)) for name in LABELS]
        rows = [(label, value) for label, value in shown if value]
        return format_html_join("", "<div><b>{}</b>: {}</div>", rows) or "–"

    @display(description=_("Evidence against the profile"))
    def evidence_of_profile(self, report: SpamReport) -> str:
        evidence = getattr(report.profile, "evidence", None)
        return f"{evidence.value:.1f}" if evidence else "0.0"

    # Actions.

    def case_of(self, obj: SpamReport):
        return obj.case

    def has_decide_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("trust.decide_report")

    @dialog_action(
        _("Uphold"),
        title=_("Uphold the report"),
        text=_("The reporter was right and is told so. It keeps its weight."),
        form=ReportReasonForm,
        needs="decide",
        icon="thumb_up",
    )
    def uphold(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self._decide(request, form, object_id, uphold_report, _("The report is upheld."))

    @dialog_action(
        _("Dismiss"),
        title=_("Dismiss the report"),
        text=_("It was unfounded: its weight is taken out of the evidence again."),
        form=ReportReasonForm,
        needs="decide",
        icon="thumb_down",
    )
    def dismiss(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self._decide(request, form, object_id, dismiss_report, _("The report is dismissed."))

    def _decide(
        self, request: HttpRequest, form, object_id: str, decide: Callable, done
    ) -> HttpResponse:
        report = self.must_get(request, object_id)
        reason = form.cleaned_data["reason"]
        return self.run(
            request,
            lambda: decide(report, by=request.user, reason=reason),
            done=done,
            to=self._next(request, report),
        )

    def _next(self, request: HttpRequest, report: SpamReport) -> str:
        """After a decision on its own page, the next report that waits; else where one was."""
        here = request.headers.get("HX-Current-URL", "")
        if f"/{report.pk}/change" not in here:
            return here
        following = (
            SpamReport.objects.filter(state=SpamReport.State.OPEN)
            .exclude(pk=report.pk)
            .order_by("created_at")
            .first()
        )
        if following:
            return reverse("admin:trust_spamreport_change", args=[following.pk])
        return reverse("admin:trust_spamreport_changelist")

    @action(
        description=_("Uphold selected"),
        permissions=["decide"],
        icon="thumb_up",
        variant=ActionVariant.DANGER,
    )
    def uphold_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self._confirm(request, queryset, "uphold_selected", uphold_reports, _("Uphold"))

    @action(description=_("Dismiss selected"), permissions=["decide"], icon="thumb_down")
    def dismiss_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self._confirm(request, queryset, "dismiss_selected", dismiss_reports, _("Dismiss"))

    def _confirm(
        self, request: HttpRequest, queryset: QuerySet, name: str, decide: Callable, verb
    ) -> HttpResponse | None:
        """Ask once for a reason, then decide all that are still open."""
        form = BulkReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            done = decide(queryset, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(
                request,
                ngettext("%(n)d report decided.", "%(n)d reports decided.", done) % {"n": done},
            )
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("%(verb)s the selected reports?") % {"verb": verb},
            "opts": self.opts,
            "form": form,
            "reports": queryset,
            "name": name,
            "verb": verb,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/trust/decide_reports.html", context)
