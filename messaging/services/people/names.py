"""The name that a person chooses for one business; another never learns it."""

from django.db import transaction
from django.utils.translation import gettext as _

from audience.locks import share_bucket
from audience.models import bucket_of
from messaging.models import Contact
from messaging.names import plain_name
from messaging.services.conversations.announcements import announce_business
from portal.base.refused import Refused
from profiles.models import Profile


@transaction.atomic
def choose_name(person_id: int, profile: Profile, *, name: str) -> Contact:
    """Be called so by the profile's business from now on; empty is to be its guest again.

    Raises Refused before the person's first word: until then it does not know of them.
    """
    share_bucket(bucket_of(person_id))
    contact = (
        Contact.objects.select_for_update()
        .filter(person_id=person_id, business_id=profile.business_id)
        .first()
    )
    if contact is None:
        raise Refused(_("Write to it first: until then it does not know of you."), code="unknown")

    contact.name = plain_name(name)
    contact.save(update_fields=["name"])

    announce_business(profile, person_id)
    return contact
