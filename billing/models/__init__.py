from billing.models.checkouts import CheckoutAttempt
from billing.models.customers import Customer
from billing.models.events import ReconcileRun, StripeEvent
from billing.models.overrides import PlanOverride
from billing.models.subscriptions import Subscription
from billing.models.usage import Usage

__all__ = [
    "CheckoutAttempt",
    "Customer",
    "PlanOverride",
    "ReconcileRun",
    "StripeEvent",
    "Subscription",
    "Usage",
]
