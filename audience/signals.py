"""What happens here and matters above."""

from django.dispatch import Signal

# A person is being erased: within the transaction, before their own row goes. Rows whose primary
# key begins with person_id are erased already; receivers see to what else they keep of the person.
# Arguments: person_id (int), now (datetime).
person_erased = Signal()
