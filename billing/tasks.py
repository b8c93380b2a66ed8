"""Index of billing's tasks, for Celery."""

from billing.services.letters import remind_of_charges
from billing.services.paying import ask_after_payments
from billing.services.payment_complaints import tell_of_late_complaints
from billing.services.payment_requests import expire_payment_requests
from billing.services.reconcile import (
    reconcile_accounts,
    reconcile_events,
    refresh_live_subscriptions,
)
from billing.services.stripe_events import handle_events

__all__ = [
    "ask_after_payments",
    "expire_payment_requests",
    "handle_events",
    "reconcile_accounts",
    "reconcile_events",
    "refresh_live_subscriptions",
    "remind_of_charges",
    "tell_of_late_complaints",
]
