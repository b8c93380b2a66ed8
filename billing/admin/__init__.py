"""The staff's pages of billing."""

from billing.admin import events, invoices, subscriptions

__all__ = ["events", "invoices", "subscriptions"]
