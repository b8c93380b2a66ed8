"""The only package that talks to Stripe. STRIPE_API_BASE decides which; nothing else differs.

Never called inside a database transaction. Answers come back as plain values (`snapshots.py`);
what Stripe refuses becomes StripeSaysNo, what it can't answer now StripeUnavailable.
"""

from billing.stripe_gateway.access import (
    StripeSaysNo,
    StripeUnavailable,
    client,
    database_clock,
    is_live,
)
from billing.stripe_gateway.catalogue import (
    active_prices,
    create_price,
    ensure_portal_configuration,
    ensure_product,
    ensure_webhook,
)
from billing.stripe_gateway.checkouts import checkout, create_checkout, expire_checkout, price_id
from billing.stripe_gateway.connect import (
    account,
    account_link,
    attempt_behind,
    create_account,
    create_payment,
    expire_payment,
    intent_of_charge,
    payment,
    payment_dispute,
    payments_since,
    refunds_of,
)
from billing.stripe_gateway.customers import create_customer, payer, portal_url, update_customer
from billing.stripe_gateway.events import BadSignature, events_since, verify
from billing.stripe_gateway.invoices import (
    charge_intent,
    create_refund,
    dispute,
    invoice,
    invoice_links,
    invoice_of_intent,
    invoices_since,
    preview_change,
    upcoming,
)
from billing.stripe_gateway.subscriptions import (
    cancel_subscription,
    change_subscription,
    end_at_period_end,
    oldest_unpaid,
    pause_collection,
    resume_collection,
    subscription,
)

__all__ = [
    "BadSignature",
    "StripeSaysNo",
    "StripeUnavailable",
    "account",
    "account_link",
    "active_prices",
    "attempt_behind",
    "cancel_subscription",
    "change_subscription",
    "charge_intent",
    "checkout",
    "client",
    "create_account",
    "create_checkout",
    "create_customer",
    "create_payment",
    "create_price",
    "create_refund",
    "database_clock",
    "dispute",
    "end_at_period_end",
    "ensure_portal_configuration",
    "ensure_product",
    "ensure_webhook",
    "events_since",
    "expire_checkout",
    "expire_payment",
    "intent_of_charge",
    "invoice",
    "invoice_links",
    "invoice_of_intent",
    "invoices_since",
    "is_live",
    "oldest_unpaid",
    "pause_collection",
    "payer",
    "payment",
    "payment_dispute",
    "payments_since",
    "portal_url",
    "preview_change",
    "price_id",
    "refunds_of",
    "resume_collection",
    "subscription",
    "upcoming",
    "update_customer",
    "verify",
]
