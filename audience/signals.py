"""What audience tells the apps above, inside the transaction of the change."""

from django.dispatch import Signal

# A person is being erased: within the transaction, before their own row goes. Rows whose primary
# key begins with person_id are erased already; receivers see to what else they keep of the person.
# Arguments: person_id (int), now (datetime).
person_erased = Signal()

# A person answered yes or no to one kind of message. Arguments: consent (Consent, as it is now),
# is_news (whether it was another answer before, or none).
consent_changed = Signal()
