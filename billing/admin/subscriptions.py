"""Subscriptions for staff: to look at. What is true is changed at Stripe, and mirrored."""

from django.contrib import admin
from unfold.admin import ModelAdmin
from unfold.decorators import display

from billing.models import Customer, PlanOverride, Subscription

TONES = {
    "active": "success",
    "trialing": "info",
    "past_due": "warning",
    "unpaid": "danger",
    "paused": "warning",
}


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only services write."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ["business", "plan", "shown_status", "interval", "currency", "period_end"]
    list_filter = ["status", "plan", "currency", "interval"]
    list_select_related = ["business"]
    search_fields = ["business__name", "stripe_id"]

    @display(description="status", label=TONES, ordering="status")
    def shown_status(self, subscription):
        return subscription.status


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ["business", "stripe_id", "created_at", "deleted_at"]
    list_select_related = ["business"]
    search_fields = ["business__name", "stripe_id"]


@admin.register(PlanOverride)
class PlanOverrideAdmin(ModelAdmin):
    """What sales agreed with one business; changed by hand, kept in the admin's history."""

    list_display = ["business", "note", "expires_at"]
    list_select_related = ["business"]
    raw_id_fields = ["business"]
    search_fields = ["business__name", "note"]
