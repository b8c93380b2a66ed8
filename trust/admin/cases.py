"""Cases: what staff work through."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display

from profiles.admin.base import ReasonForm, dialog_action
from trust.admin.measures import Measures
from trust.admin.profiles import DecisionTable, ReportTable
from trust.admin.words import facts_in_words, link_to_profile
from trust.models import Case
from trust.services.cases import claim_case, close_case


def due(moment, done: bool) -> tuple[str, str]:
    """How long is left, as a label's kind and words."""
    now = timezone.now()
    if done:
        return "none", "–"
    if moment < now:
        return "late", _("%(time)s late") % {"time": timesince(moment, now)}
    return "soon" if (moment - now).total_seconds() < 6 * 3600 else "fine", timeuntil(moment, now)


DUE_LABELS = {"late": "danger", "soon": "warning", "fine": "info"}


@admin.register(Case)
class CaseAdmin(Measures):
    list_display = ["about", "show_cause", "due_in", "waiting_reports", "holder", "show_state"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("cause", ChoicesDropdownFilter),
        ("opened_at", RangeDateFilter),
    ]
    list_select_related = ["profile", "profile__evidence", "claimed_by"]
    search_fields = ["profile__name", "profile__handle"]
    ordering = ["state", "due_at"]  # "closed" before "open" is turned round below
    inlines = [ReportTable, DecisionTable]
    actions_detail = ["claim", "warn", "limit", "suspend", "revoke", "reinstate", "close"]
    actions_row = ["claim"]
    readonly_fields = ["profile_link", "show_facts"]
    fieldsets = [
        (_("About"), {"fields": ["profile_link", "cause", "show_facts"]}),
        (
            _("Where it stands"),
            {
                "fields": [
                    "state",
                    "opened_at",
                    "due_at",
                    "claimed_by",
                    "claimed_until",
                    "closed_at",
                    "closed_by",
                    "note",
                ]
            },
        ),
    ]

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return ["-state", "due_at"]

    @display(description=_("Profile"), header=True, ordering="profile__name")
    def about(self, case: Case) -> list[str]:
        standing = case.profile.get_standing_display()
        evidence = getattr(case.profile, "evidence", None)
        line = f"{standing} · {_('evidence')} {evidence.value:.1f}" if evidence else standing
        return [case.profile.name, line, case.profile.name[:2].upper()]

    @display(description=_("Cause"), ordering="cause")
    def show_cause(self, case: Case) -> str:
        return case.get_cause_display()

    @display(description=_("Due"), ordering="due_at", label=DUE_LABELS)
    def due_in(self, case: Case) -> tuple[str, str]:
        return due(case.due_at, case.state == Case.State.CLOSED)

    @display(description=_("Reports"))
    def waiting_reports(self, case: Case) -> int:
        return case.reports.filter(state="open").count()

    @display(description=_("Held by"))
    def holder(self, case: Case) -> str:
        held = case.claimed_until and case.claimed_until > timezone.now()
        return str(case.claimed_by) if held else "–"

    @display(description=_("State"), label={"open": "warning", "closed": "success"})
    def show_state(self, case: Case) -> tuple[str, str]:
        return case.state, case.get_state_display()

    @display(description=_("Profile"))
    def profile_link(self, case: Case) -> str:
        return link_to_profile(case.profile)

    @display(description=_("What the rule saw"))
    def show_facts(self, case: Case) -> str:
        return facts_in_words(case.facts)

    def case_of(self, obj: Case) -> Case:
        return obj

    def has_work_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("trust.work_case")

    @dialog_action(
        _("Claim"),
        title=_("Claim this case"),
        text=_("You have it to yourself for 30 minutes."),
        needs="work",
        icon="front_hand",
    )
    def claim(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.act(
            request,
            form,
            object_id,
            claim_case,
            done=_("It is yours for 30 minutes."),
            to=reverse("admin:trust_case_change", args=[object_id]),
        )

    @dialog_action(
        _("Close"),
        title=_("Close this case"),
        text=_("The profile stays where it stands."),
        form=ReasonForm,
        needs="work",
        icon="done_all",
    )
    def close(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        following = (
            Case.objects.filter(state=Case.State.OPEN)
            .exclude(pk=case.pk)
            .order_by("due_at")
            .first()
        )
        page = (
            reverse("admin:trust_case_change", args=[following.pk])
            if following
            else reverse("admin:trust_case_changelist")
        )
        return self.run(
            request,
            lambda: close_case(case, by=request.user, note=form.cleaned_data["reason"]),
            done=_("The case is closed."),
            to=page,
        )
