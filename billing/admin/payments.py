"""Payments in chats for staff: who may be paid, what was paid, what is late, and the switch."""

from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from billing.admin.invoices import RefundForm, as_minor_or_nothing
from billing.models import (
    PaymentAccount,
    PaymentAttempt,
    PaymentDispute,
    PaymentHalt,
    PaymentRequest,
)
from billing.services.payment_accounts import (
    end_halt,
    freeze_payments,
    halt_payments,
    release_payments,
)
from billing.services.payment_complaints import resolve_complaint
from billing.services.payment_refunds import refund_payment
from portal.base.templatetags.ui import money
from profiles.admin.base import ReadOnlyTable, ReasonForm, StaffAdmin, StaffRequest, dialog_action

TONES = {
    "requested": "info",
    "processing": "warning",
    "paid": "success",
    "won": "success",
    "disputed": "danger",
    "lost": "danger",
}


class LateFilter(admin.SimpleListFilter):
    """Complaints whose clock has run out."""

    title = _("late")
    parameter_name = "late"

    def lookups(self, request, model_admin):
        return [("1", _("Late"))]

    def queryset(self, request, queryset):
        if self.value() != "1":
            return queryset
        return queryset.filter(resolved_at=None, resolve_due_at__lte=timezone.now())


class AttemptTable(ReadOnlyTable):
    model = PaymentAttempt
    fields = readonly_fields = ["state", "session_id", "payment_intent", "created_at", "settled_at"]


class DisputeTable(ReadOnlyTable):
    model = PaymentDispute
    fields = readonly_fields = ["source", "words", "answer", "resolve_due_at", "outcome"]


@admin.register(PaymentRequest)
class PaymentRequestAdmin(StaffAdmin):
    list_display = ["reference_id", "business", "shown_status", "shown_amount", "created_at"]
    list_filter = [("status", ChoicesDropdownFilter), "currency"]
    list_select_related = ["business"]
    search_fields = ["reference_id", "business__name", "attempts__payment_intent"]
    ordering = ["-created_at"]
    # Whose money it was and where it is paid are between the person and the business.
    exclude = ["token", "person_id", "message_id"]
    inlines = [AttemptTable, DisputeTable]
    actions_detail = ["refund"]

    @display(description=_("status"), label=TONES, ordering="status")
    def shown_status(self, request):
        return request.status, request.get_status_display()

    @display(description=_("amount"), ordering="amount")
    def shown_amount(self, request):
        return money(request.amount, request.currency)

    def has_refund_permission(self, request, object_id=None):
        return request.user.has_perm("billing.refund_paymentrequest")

    @dialog_action(
        _("Refund"),
        title=_("Give the person's money back"),
        text=_("From the business's Stripe balance; the chat says so."),
        form=RefundForm,
        needs="refund",
        icon="undo",
        variant=ActionVariant.DANGER,
    )
    def refund(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        row = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: refund_payment(
                row,
                amount=as_minor_or_nothing(form.cleaned_data["amount"], row.currency),
                by=request.user,
                reason=form.cleaned_data["reason"],
            ),
            done=_("The refund is on its way."),
        )


@admin.register(PaymentAccount)
class PaymentAccountAdmin(StaffAdmin):
    list_display = ["business", "stripe_id", "charges_enabled", "payouts_enabled", "frozen_at"]
    list_filter = ["charges_enabled"]
    list_select_related = ["business"]
    search_fields = ["business__name", "stripe_id"]
    ordering = ["-created_at"]
    actions_detail = ["freeze", "release"]

    def has_freeze_permission(self, request, object_id=None):
        return request.user.has_perm("billing.freeze_paymentaccount")

    @dialog_action(
        _("Freeze payments"),
        text=_("Open pages close at once; nobody can pay this business."),
        form=ReasonForm,
        submit=_("Freeze"),
        needs="freeze",
        icon="ac_unit",
        variant=ActionVariant.DANGER,
    )
    def freeze(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        return self.act(request, form, object_id, freeze_payments, done=_("Payments are frozen."))

    @dialog_action(
        _("Release payments"),
        form=ReasonForm,
        submit=_("Release"),
        needs="freeze",
        icon="play_arrow",
    )
    def release(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        return self.act(
            request, form, object_id, release_payments, done=_("Payments are released.")
        )


@admin.register(PaymentDispute)
class PaymentDisputeAdmin(StaffAdmin):
    list_display = ["request", "source", "opened_at", "answered_at", "resolve_due_at", "outcome"]
    list_filter = ["source", LateFilter]
    list_select_related = ["request__business"]
    search_fields = ["request__reference_id", "request__business__name", "stripe_id"]
    ordering = ["resolve_due_at"]
    actions_detail = ["settle"]

    def has_settle_permission(self, request, object_id=None):
        return request.user.has_perm("billing.settle_paymentdispute")

    @dialog_action(
        _("Settle"),
        title=_("Settle the complaint"),
        text=_("Say how it ends. To give the money back, refund the payment."),
        form=ReasonForm,
        needs="settle",
        icon="gavel",
    )
    def settle(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        dispute = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: resolve_complaint(
                dispute, by=request.user, outcome=form.cleaned_data["reason"]
            ),
            done=_("Settled."),
        )


@admin.register(PaymentHalt)
class PaymentHaltAdmin(StaffAdmin):
    """The kill switch, with its history."""

    list_display = ["began_at", "began_by", "reason", "ended_at", "ended_by"]
    list_select_related = ["began_by", "ended_by"]
    ordering = ["-began_at"]
    actions_list = ["halt"]
    actions_detail = ["resume"]

    def has_halt_permission(self, request, object_id=None):
        return request.user.has_perm("billing.halt_payments")

    @dialog_action(
        _("Stop all payments"),
        title=_("Stop all payments in chats"),
        text=_(
            "Nobody can ask for money or pay; open pages close. Subscriptions of businesses go on."
        ),
        form=ReasonForm,
        needs="halt",
        icon="front_hand",
        variant=ActionVariant.DANGER,
    )
    def halt(self, request: StaffRequest, form, **kwargs: Any) -> HttpResponse:
        return self.run(
            request,
            lambda: halt_payments(by=request.user, reason=form.cleaned_data["reason"]),
            done=_("All payments are stopped."),
        )

    @dialog_action(
        _("Let payments go on"),
        form=ReasonForm,
        submit=_("Let them go on"),
        needs="halt",
        icon="play_arrow",
    )
    def resume(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        return self.act(request, form, object_id, end_halt, done=_("Payments go on."))
