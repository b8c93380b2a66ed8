"""Refunds for staff: what was decided, and what failed and waits for somebody to see to it."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from billing.models import PaymentRefund, Refund
from billing.services.failed_refunds import FAILED, refund_again, settle_refund
from profiles.admin.base import ReasonForm, StaffAdmin, StaffRequest, dialog_action

TONES = {"decided": "warning", "done": "success", "failed": "danger", "settled": "info"}


class SeenToForm(ReasonForm):
    reason = forms.CharField(
        label=_("How"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Kept in the audit."),
    )


class RefundQueue(StaffAdmin):
    """A kind of refund: say by `needs` which permission giving money back takes."""

    needs = ""
    list_filter = ["state"]
    ordering = ["-decided_at"]
    actions_detail = ["again", "settle"]

    @display(description=_("state"), label=TONES, ordering="state")
    def shown_state(self, refund: Refund | PaymentRefund) -> tuple[str, str]:
        return refund.state, refund.get_state_display()

    def has_see_to_permission(self, request: HttpRequest, object_id=None) -> bool:
        """The buttons are there while there is something to see to."""
        if not request.user.has_perm(self.needs):
            return False
        refund = self.get_object(request, object_id) if object_id else None
        return refund is None or refund.state == FAILED

    @dialog_action(
        _("Try again"),
        title=_("Try the refund again"),
        text=_("First look at Stripe whether the money went after all."),
        needs="see_to",
        icon="replay",
    )
    def again(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        return self.act(request, form, object_id, refund_again, done=_("The refund is on its way."))

    @dialog_action(
        _("Seen to"),
        title=_("It was seen to another way"),
        text=_("Say how, such as the day and number of a bank transfer."),
        form=SeenToForm,
        needs="see_to",
        icon="done_all",
    )
    def settle(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        return self.act(
            request, form, object_id, settle_refund, done=_("Thank you. It waits no more.")
        )


@admin.register(Refund)
class RefundAdmin(RefundQueue):
    needs = "billing.refund_invoice"
    list_display = ["invoice", "amount", "reason", "by", "shown_state", "decided_at"]
    list_select_related = ["invoice", "by"]
    search_fields = ["invoice__number", "invoice__business__name", "stripe_id"]


@admin.register(PaymentRefund)
class PaymentRefundAdmin(RefundQueue):
    needs = "billing.refund_paymentrequest"
    list_display = ["attempt", "amount", "reason", "by", "shown_state", "decided_at"]
    list_select_related = ["attempt__request", "by"]
    search_fields = ["attempt__request__reference_id", "stripe_id"]
