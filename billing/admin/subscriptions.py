"""Subscriptions for staff: to look at. What is true is changed at Stripe, and mirrored."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from billing.models import Customer, PlanOverride, Subscription
from billing.takings import movement, takings
from profiles.admin.base import StaffAdmin

TONES = {
    "active": "success",
    "trialing": "info",
    "past_due": "warning",
    "unpaid": "danger",
    "paused": "warning",
}


@admin.register(Subscription)
class SubscriptionAdmin(StaffAdmin):
    list_display = ["business", "plan", "shown_status", "interval", "currency", "period_end"]
    list_filter = [("status", ChoicesDropdownFilter), "plan", "currency", "interval"]
    list_select_related = ["business"]
    search_fields = ["business__name", "stripe_id"]
    ordering = ["-id"]

    @display(description=_("status"), label=TONES, ordering="status")
    def shown_status(self, subscription):
        return subscription.status, subscription.get_status_display()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.money_view)
        return [path("money/", view, name="billing_money"), *super().get_urls()]

    def money_view(self, request: HttpRequest) -> HttpResponse:
        """What the operator earns."""
        if not request.user.has_perm("billing.view_money"):
            raise PermissionDenied
        now = timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Money"),
            "takings": takings(),
            "movement": movement(now),
            "now": now,
        }
        return TemplateResponse(request, "admin/billing/money.html", context)


@admin.register(Customer)
class CustomerAdmin(StaffAdmin):
    list_display = ["business", "stripe_id", "created_at", "deleted_at"]
    list_select_related = ["business"]
    search_fields = ["business__name", "stripe_id"]


@admin.register(PlanOverride)
class PlanOverrideAdmin(StaffAdmin):
    """What sales agreed with one business; edited by hand, each edit a row of the audit."""

    editable = (
        "business",
        "recipients_a_month",
        "profiles",
        "seats",
        "api_rate",
        "webhooks",
        "history_days",
        "note",
        "expires_at",
    )
    list_display = ["business", "note", "expires_at"]
    list_select_related = ["business"]
    autocomplete_fields = ["business"]
    search_fields = ["business__name", "note"]

    def has_add_permission(self, request):
        return request.user.has_perm("billing.add_planoverride")
