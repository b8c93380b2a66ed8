"""Cases, decisions, proposals, second looks: what staff work through."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from profiles.admin.base import ConfirmForm, ReasonForm, StaffAdmin, StaffRequest
from trust.admin.forms import SecondLookForm
from trust.admin.measures import Measures
from trust.admin.profiles import DecisionTable, ReportTable
from trust.admin.words import facts_in_words
from trust.models import Case, Decision, Proposal, SecondLook
from trust.services.cases import claim_case, close_case
from trust.services.policies import replay_decision
from trust.services.proposals import confirm_proposal, withdraw_proposal
from trust.services.second_looks import answer_second_look
from trust.services.statements import exact_numbers
from trust.services.undoing import may_undo, undo_decision

STANDING_LABELS = {
    "clear": "success",
    "warned": "warning",
    "limited": "warning",
    "suspended": "danger",
    "revoked": "danger",
}


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

    @action(
        description=_("Claim"),
        permissions=["work"],
        icon="front_hand",
        dialog={
            "title": _("Claim this case"),
            "description": _("You have it to yourself for 30 minutes."),
            "form_class": ConfirmForm,
            "form_submit_text": _("Claim"),
        },
    )
    def claim(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        case = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: claim_case(case, by=request.user),
            done=_("It is yours for 30 minutes."),
            to=reverse("admin:trust_case_change", args=[case.pk]),
        )

    @action(
        description=_("Close"),
        permissions=["work"],
        icon="done_all",
        dialog={
            "title": _("Close this case"),
            "description": _("The profile stays where it stands."),
            "form_class": ReasonForm,
            "form_submit_text": _("Close"),
        },
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


def link_to_profile(profile) -> str:
    """A link to the staff's page of a profile."""
    return format_html(
        '<a class="text-primary-600 underline" href="{}">{} (@{})</a>',
        reverse("admin:profiles_profile_change", args=[profile.pk]),
        profile.name,
        profile.handle,
    )


@admin.register(Decision)
class DecisionAdmin(StaffAdmin):
    list_display = ["made_at", "about", "show_to", "rule", "who", "show_appeal"]
    list_filter = [
        ("to_standing", ChoicesDropdownFilter),
        ("rule", ChoicesDropdownFilter),
        ("made_at", RangeDateFilter),
    ]
    list_select_related = ["profile", "by", "appeal"]
    search_fields = ["profile__name", "profile__handle", "reason", "=uuid"]
    ordering = ["-made_at"]
    actions_detail = ["undo"]
    readonly_fields = ["profile_link", "show_statement", "show_facts", "show_inputs", "replayed"]
    fieldsets = [
        (
            _("The decision"),
            {
                "fields": [
                    "profile_link",
                    "from_standing",
                    "to_standing",
                    "made_at",
                    "rule",
                    "by",
                    "seconded_by",
                    "reason",
                    "case",
                    "uuid",
                ]
            },
        ),
        (_("What the business reads"), {"fields": ["show_statement"]}),
        (
            _("What it rests on"),
            {"fields": ["policy", "evidence", "show_facts", "show_inputs", "replayed"]},
        ),
    ]

    def has_undo_permission(self, request: StaffRequest, object_id=None) -> bool:
        """The button is there while it works: for who decided, for a quarter of an hour."""
        if not request.user.has_perm("trust.decide_standing"):
            return False
        decision = Decision.objects.select_related("profile").filter(pk=object_id or 0).first()
        return decision is None or may_undo(decision, by=request.user)

    @action(
        description=_("Take back"),
        permissions=["undo"],
        icon="undo",
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Take this decision back"),
            "description": _(
                "The profile stands where it stood before. Campaigns that were stopped stay "
                "stopped. Both decisions remain on record."
            ),
            "form_class": ReasonForm,
            "form_submit_text": _("Take back"),
        },
    )
    def undo(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        decision = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: undo_decision(decision, by=request.user, reason=form.cleaned_data["reason"]),
            done=_("Taken back. The business is told."),
        )

    @display(description=_("Profile"), ordering="profile__name")
    def about(self, decision: Decision) -> str:
        return decision.profile.name

    @display(description=_("To"), ordering="to_standing", label=STANDING_LABELS)
    def show_to(self, decision: Decision) -> tuple[str, str]:
        return decision.to_standing, decision.get_to_standing_display()

    @display(description=_("Decided by"))
    def who(self, decision: Decision) -> str:
        return str(decision.by) if decision.by else _("The rules")

    @display(description=_("Appeal"))
    def show_appeal(self, decision: Decision) -> str:
        appeal = getattr(decision, "appeal", None)
        return appeal.get_state_display() if appeal else "–"

    @display(description=_("Statement of reasons"))
    def show_statement(self, decision: Decision) -> str:
        parts = [
            decision.statement.get(name, "")
            for name in ("effect", "facts", "ground", "would_have_changed", "redress")
        ]
        once = dict.fromkeys(part for part in parts if part)  # the facts may be the ground
        return format_html_join("", "<p>{}</p>", [(part,) for part in once])

    @display(description=_("Profile"))
    def profile_link(self, decision: Decision) -> str:
        return link_to_profile(decision.profile)

    @display(description=_("What the rule saw"))
    def show_facts(self, decision: Decision) -> str:
        return facts_in_words(decision.inputs.get("facts", {}))

    @display(description=_("Numbers it rests on"))
    def show_inputs(self, decision: Decision) -> str:
        rows = [
            (u["title"], f"{u['x']:.2f}", f"{u['n']:.0f}", f"{u['likelihood']:+.2f}")
            for u in decision.inputs.get("units", [])
        ]
        return format_html_join("", "<div>{}: {} of {} people, {}</div>", rows) or "–"

    @display(description=_("Replay"))
    def replayed(self, decision: Decision) -> str:
        replay = replay_decision(decision)
        if replay is None:
            return _("A person decided; there is no rule to replay.")
        if replay.agrees:
            return _("The stored numbers give the same rung again (%(e).4f).") % {
                "e": replay.evidence
            }
        return _("The stored numbers give %(to)s, %(e).4f: they were changed.") % {
            "to": replay.to,
            "e": replay.evidence,
        }


@admin.register(Proposal)
class ProposalAdmin(StaffAdmin):
    list_display = ["profile", "to_standing", "made_by", "made_at", "state", "ended_by"]
    list_filter = [("state", ChoicesDropdownFilter)]
    list_select_related = ["profile", "made_by", "ended_by"]
    ordering = ["-state", "made_at"]
    actions_detail = ["confirm", "withdraw"]

    def has_decide_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("trust.decide_standing")

    @action(
        description=_("Confirm"),
        permissions=["decide"],
        icon="done",
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Say yes to this decision"),
            "description": _("It holds from this moment, in both your names."),
            "form_class": ConfirmForm,
            "form_submit_text": _("Confirm"),
        },
    )
    def confirm(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        proposal = self.must_get(request, object_id)
        return self.run(
            request, lambda: confirm_proposal(proposal, by=request.user), done=_("Decided.")
        )

    @action(
        description=_("Withdraw"),
        permissions=["decide"],
        icon="undo",
        dialog={
            "title": _("Withdraw this proposal"),
            "description": _("Nothing is decided."),
            "form_class": ConfirmForm,
            "form_submit_text": _("Withdraw"),
        },
    )
    def withdraw(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        proposal = self.must_get(request, object_id)
        return self.run(
            request, lambda: withdraw_proposal(proposal, by=request.user), done=_("Withdrawn.")
        )


@admin.register(SecondLook)
class SecondLookAdmin(StaffAdmin):
    """Blind: the first answer is not on the page until the second is given."""

    list_display = ["__str__", "created_at", "by", "answered_at"]
    list_filter = [("answered_at", RangeDateFilter)]
    list_select_related = ["decision__profile", "by"]
    ordering = ["answered_at", "created_at"]
    actions_detail = ["answer"]
    readonly_fields = ["profile_link", "numbers", "first_answer"]
    fields = [
        "profile_link",
        "numbers",
        "created_at",
        "standing",
        "reason",
        "by",
        "answered_at",
        "first_answer",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).exclude(first_decider=request.user.pk)

    @display(description=_("Profile"))
    def profile_link(self, look: SecondLook) -> str:
        return look.decision.profile.name

    @display(description=_("What was known"))
    def numbers(self, look: SecondLook) -> str:
        rows = exact_numbers(look.decision)
        samples = [(sample,) for sample in look.decision.statement["samples"]]
        return format_html(
            "{}{}",
            format_html_join("", "<div>{}: {} of {} people</div>", rows),
            format_html_join("", "<blockquote>{}</blockquote>", samples),
        )

    @display(description=_("The first answer"))
    def first_answer(self, look: SecondLook) -> str:
        if look.answered_at is None:
            return _("Shown when you have answered.")
        return look.decision.get_to_standing_display()

    def has_answer_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("trust.decide_standing")

    @action(
        description=_("Answer"),
        permissions=["answer"],
        icon="balance",
        dialog={
            "title": _("What would you have decided?"),
            "description": _("It changes nothing by itself; how often two agree is published."),
            "form_class": SecondLookForm,
            "form_submit_text": _("Answer"),
        },
    )
    def answer(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        look = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: answer_second_look(
                look,
                by=request.user,
                standing=form.cleaned_data["standing"],
                reason=form.cleaned_data["reason"],
            ),
            done=_("Thank you."),
        )
