"""What messaging tells whoever is above it, inside the transaction that caused it."""

from django.dispatch import Signal

# A person wrote. Arguments: message (Message), profile (Profile), contact (Contact).
message_received = Signal()

# A single message came into being or moved on. Arguments: message (Message), profile (Profile);
# of a new one also recipient (messaging.rules.Recipient): what was known when it was sent.
# Never sent for a campaign's messages: no trace of one person's delivery reaches a business.
status_changed = Signal()
