"""The staff's pages of billing."""

from billing.admin import events, invoices, payments, refunds, subscriptions

__all__ = ["events", "invoices", "payments", "refunds", "subscriptions"]
