from billing.models.changes import PlanChange
from billing.models.checkouts import CheckoutAttempt
from billing.models.customers import Customer
from billing.models.events import ReconcileRun, StripeEvent
from billing.models.invoices import Dispute, Invoice, Refund
from billing.models.overrides import PlanOverride
from billing.models.payment_accounts import PaymentAccount, PaymentHalt
from billing.models.payments import (
    PaymentAttempt,
    PaymentDispute,
    PaymentRefund,
    PaymentRequest,
)
from billing.models.subscriptions import Subscription
from billing.models.usage import Usage

__all__ = [
    "CheckoutAttempt",
    "Customer",
    "Dispute",
    "Invoice",
    "PaymentAccount",
    "PaymentAttempt",
    "PaymentDispute",
    "PaymentHalt",
    "PaymentRefund",
    "PaymentRequest",
    "PlanChange",
    "PlanOverride",
    "ReconcileRun",
    "Refund",
    "StripeEvent",
    "Subscription",
    "Usage",
]
