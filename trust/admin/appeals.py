"""The queue of appeals: the decision, what the business says; another person answers."""

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from profiles.admin.base import StaffAdmin, dialog_action
from trust.admin.cases import DUE_LABELS, due
from trust.admin.forms import AppealForm
from trust.admin.words import link_to_profile
from trust.models import Appeal
from trust.services.proposals import ask_for_outcome
from trust.services.statements import exact_numbers


@admin.register(Appeal)
class AppealAdmin(StaffAdmin):
    list_display = ["about", "due_in", "show_state", "first", "filed_at"]
    list_filter = [("state", ChoicesDropdownFilter), ("filed_at", RangeDateFilter)]
    list_select_related = ["decision__profile", "decision__by", "first_decider"]
    search_fields = ["decision__profile__name", "decision__profile__handle", "text"]
    ordering = [F("decided_at").desc(nulls_first=True), "due_at"]
    actions_detail = ["answer"]
    readonly_fields = ["profile_link", "the_decision", "history"]
    fieldsets = [
        (_("The decision"), {"fields": ["profile_link", "the_decision", "first_decider"]}),
        (_("What the business says"), {"fields": ["text", "filed_by", "filed_at", "due_at"]}),
        (_("Before"), {"fields": ["history"]}),
        (
            _("Outcome"),
            {"fields": ["state", "stayed_at", "decided_by", "decided_at", "reason", "restored"]},
        ),
    ]

    @display(description=_("Profile"), header=True)
    def about(self, appeal: Appeal) -> list[str]:
        profile = appeal.decision.profile
        return [profile.name, appeal.decision.get_to_standing_display(), profile.name[:2].upper()]

    @display(description=_("Due"), ordering="due_at", label=DUE_LABELS)
    def due_in(self, appeal: Appeal) -> tuple[str, str]:
        return due(appeal.due_at, appeal.state != Appeal.State.OPEN)

    @display(
        description=_("State"),
        ordering="state",
        label={"open": "warning", "upheld": "danger", "changed": "info", "reversed": "success"},
    )
    def show_state(self, appeal: Appeal) -> tuple[str, str]:
        return appeal.state, appeal.get_state_display()

    @display(description=_("First decided by"))
    def first(self, appeal: Appeal) -> str:
        return str(appeal.first_decider) if appeal.first_decider else _("The rules")

    @display(description=_("Profile"))
    def profile_link(self, appeal: Appeal) -> str:
        return link_to_profile(appeal.decision.profile)

    @display(description=_("Decision"))
    def the_decision(self, appeal: Appeal) -> str:
        statement = appeal.decision.statement
        parts = [(statement.get(name, ""),) for name in ("title", "facts", "ground")]
        return format_html(
            "{}{}",
            format_html_join("", "<p>{}</p>", parts),
            format_html_join("", "<div>{}: {} of {} people</div>", exact_numbers(appeal.decision)),
        )

    @display(description=_("Earlier decisions"))
    def history(self, appeal: Appeal) -> str:
        earlier = appeal.decision.profile.decisions.exclude(pk=appeal.decision_id)
        rows = [
            (f"{row.made_at:%Y-%m-%d}", row.get_to_standing_display(), row.get_rule_display())
            for row in earlier.order_by("-made_at")[:10]
        ]
        return format_html_join("", "<div>{}: {} ({})</div>", rows) or _("None.")

    def has_answer_permission(self, request: HttpRequest, object_id=None) -> bool:
        """Not by who made the decision: the button is not even there."""
        if not request.user.has_perm("trust.decide_appeal"):
            return False
        appeal = Appeal.objects.filter(pk=object_id).first() if object_id else None
        return appeal is None or request.user.pk not in (
            appeal.first_decider_id,
            appeal.first_second_id,
        )

    @dialog_action(
        _("Answer"),
        title=_("Answer the appeal"),
        text=_("Reversed gives back badge, cap and paid time, and forgets the evidence."),
        form=AppealForm,
        needs="answer",
        icon="gavel",
        variant=ActionVariant.PRIMARY,
    )
    def answer(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        appeal = self.must_get(request, object_id)
        given = form.cleaned_data
        return self.run(
            request,
            lambda: ask_for_outcome(
                appeal,
                outcome=given["outcome"],
                by=request.user,
                reason=given["reason"],
                to=given["to"] if given["outcome"] == Appeal.State.CHANGED else "",
            ),
            done=_("Answered; for a large sender it holds when somebody else has confirmed it."),
        )
