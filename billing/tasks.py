"""Index of billing's tasks, for Celery."""

from billing.services.letters import remind_of_charges
from billing.services.reconcile import reconcile_events, refresh_live_subscriptions
from billing.services.stripe_events import handle_events

__all__ = ["handle_events", "reconcile_events", "refresh_live_subscriptions", "remind_of_charges"]
