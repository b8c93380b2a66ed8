"""What happens here that apps above may want to know at once.

Each signal is sent inside the transaction of the change; a receiver that raises Refused stops it.
"""

from django.dispatch import Signal

# The business's identity was confirmed, lapsed or was withdrawn.
# Arguments: business, is_verified (bool), reason (str).
verification_changed = Signal()

# The operator refused the business's request. Arguments: business, case, reason (str).
verification_refused = Signal()

# Somebody is about to get a place in the business. Arguments: business, email (str), role (str).
member_invited = Signal()

# A profile is about to be made. Arguments: business, is_test (bool).
profile_requested = Signal()
