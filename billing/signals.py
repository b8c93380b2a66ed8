"""What billing tells the apps above it."""

from django.dispatch import Signal

# Sent inside the transaction in which the rights of a business changed.
# Arguments: business (Business), old and new (Entitlements).
subscription_changed = Signal()

# Sent inside the transaction in which a payment request moved on.
# Arguments: request (PaymentRequest), what (str: requested, opened, processing, failed, paid,
# surplus, refunded, cancelled, expired, order, disputed, answered, resolved), amount (int: what
# the news is about, in the smallest unit).
payment_changed = Signal()
