"""Decisions: the statement, what it rests on, and taking one back."""

from django.contrib import admin
from django.http import HttpResponse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from profiles.admin.base import ReasonForm, StaffAdmin, StaffRequest, dialog_action
from trust.admin.words import facts_in_words, link_to_profile
from trust.models import Decision
from trust.services.policies import replay_decision
from trust.services.undoing import may_undo, undo_decision

STANDING_LABELS = {
    "clear": "success",
    "warned": "warning",
    "limited": "warning",
    "suspended": "danger",
    "revoked": "danger",
}


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

    @dialog_action(
        _("Take back"),
        title=_("Take this decision back"),
        text=_(
            "The profile stands where it stood before. Campaigns that were stopped stay "
            "stopped. Both decisions remain on record."
        ),
        form=ReasonForm,
        needs="undo",
        icon="undo",
        variant=ActionVariant.DANGER,
    )
    def undo(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        return self.act(
            request, form, object_id, undo_decision, done=_("Taken back. The business is told.")
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
