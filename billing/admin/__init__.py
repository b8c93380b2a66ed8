from billing.admin.events import ReconcileRunAdmin, StripeEventAdmin
from billing.admin.subscriptions import CustomerAdmin, PlanOverrideAdmin, SubscriptionAdmin

__all__ = [
    "CustomerAdmin",
    "PlanOverrideAdmin",
    "ReconcileRunAdmin",
    "StripeEventAdmin",
    "SubscriptionAdmin",
]
