"""Decisions that two must make: proposals, and second looks afterwards."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from profiles.admin.base import StaffAdmin, dialog_action
from trust.admin.forms import SecondLookForm
from trust.models import Proposal, SecondLook
from trust.services.proposals import confirm_proposal, withdraw_proposal
from trust.services.second_looks import answer_second_look
from trust.services.statements import exact_numbers


@admin.register(Proposal)
class ProposalAdmin(StaffAdmin):
    list_display = ["profile", "to_standing", "made_by", "made_at", "state", "ended_by"]
    list_filter = [("state", ChoicesDropdownFilter)]
    list_select_related = ["profile", "made_by", "ended_by"]
    ordering = ["-state", "made_at"]
    actions_detail = ["confirm", "withdraw"]

    def has_decide_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("trust.decide_standing")

    @dialog_action(
        _("Confirm"),
        title=_("Say yes to this decision"),
        text=_("It holds from this moment, in both your names."),
        needs="decide",
        icon="done",
        variant=ActionVariant.DANGER,
    )
    def confirm(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.act(request, form, object_id, confirm_proposal, done=_("Decided."))

    @dialog_action(
        _("Withdraw"),
        title=_("Withdraw this proposal"),
        text=_("Nothing is decided."),
        needs="decide",
        icon="undo",
    )
    def withdraw(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.act(request, form, object_id, withdraw_proposal, done=_("Withdrawn."))


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

    @dialog_action(
        _("Answer"),
        title=_("What would you have decided?"),
        text=_("It changes nothing by itself; how often two agree is published."),
        form=SecondLookForm,
        needs="answer",
        icon="balance",
    )
    def answer(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.act(request, form, object_id, answer_second_look, done=_("Thank you."))
