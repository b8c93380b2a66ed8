"""Invoices for staff, and giving money back."""

from decimal import Decimal

from django import forms
from django.contrib import admin
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.models import Dispute, Invoice, Refund
from billing.money import as_minor
from billing.services.refunds import refund_invoice
from portal.base.templatetags.ui import money
from profiles.admin.base import ReadOnlyTable, ReasonForm, StaffAdmin, StaffRequest, dialog_action

TONES = {"paid": "success", "open": "warning", "void": "info", "uncollectible": "danger"}


class RefundForm(ReasonForm):
    """How much, and why."""

    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=Decimal("0.001"),
        max_digits=15,
        decimal_places=3,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("In the currency of the invoice, such as 12.50."),
    )
    field_order = ["amount", "reason"]


class RefundTable(ReadOnlyTable):
    model = Refund
    fields = readonly_fields = ["amount", "reason", "by", "state", "decided_at", "done_at"]


@admin.register(Invoice)
class InvoiceAdmin(StaffAdmin):
    list_display = ["__str__", "business", "shown_status", "shown_total", "created_at"]
    list_filter = [("status", ChoicesDropdownFilter), "currency"]
    list_select_related = ["business"]
    search_fields = ["number", "stripe_id", "business__name"]
    ordering = ["-created_at"]
    inlines = [RefundTable]
    actions_detail = ["refund"]

    @display(description=_("status"), label=TONES, ordering="status")
    def shown_status(self, invoice):
        return invoice.status, invoice.get_status_display()

    @display(description=_("total"), ordering="total")
    def shown_total(self, invoice):
        return money(invoice.total, invoice.currency)

    def has_refund_permission(self, request, object_id=None):
        return request.user.has_perm("billing.refund_invoice")

    @dialog_action(
        _("Refund"),
        title=_("Give money back"),
        text=_("It goes back to the card it came from; the business is told."),
        form=RefundForm,
        needs="refund",
        icon="undo",
        variant=ActionVariant.DANGER,
    )
    def refund(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        invoice = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: refund_invoice(
                invoice,
                amount=as_minor_or_nothing(form.cleaned_data["amount"], invoice.currency),
                by=request.user,
                reason=form.cleaned_data["reason"],
            ),
            done=_("The refund is on its way."),
        )


@admin.register(Dispute)
class DisputeAdmin(StaffAdmin):
    list_display = ["stripe_id", "business", "status", "reason", "evidence_due_at", "closed_at"]
    list_filter = ["status"]
    list_select_related = ["business"]
    search_fields = ["stripe_id", "business__name"]
    ordering = ["-opened_at"]


def as_minor_or_nothing(amount: Decimal, currency: str) -> int:
    """The amount in the smallest unit; 0, which no refund may be, where it has too many digits."""
    try:
        return as_minor(amount, currency)
    except ValueError:
        return 0
