"""What billing tells the apps above it."""

from django.dispatch import Signal

# Sent inside the transaction in which the rights of a business changed.
# Arguments: business (Business), old and new (Entitlements).
subscription_changed = Signal()
