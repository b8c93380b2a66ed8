"""A link under each advert that stops the sender's adverts, without signing in.

The token is sealed, not only signed: it says nothing of the person to whoever sees it, such as a
business that is shown a picture of the message. Who holds it can stop one sender's adverts to one
person and take that back, nothing else; so it needs no end.
"""

import base64
import binascii
import struct
from functools import lru_cache

from django.conf import settings
from django.urls import reverse

from audience.models import Person
from portal.base.sealing import Unreadable, derive, seal, unseal
from profiles.models import Profile

PURPOSE = "stop adverts"
SHAPE = struct.Struct(">qq")  # person, profile


def stop_url(person_id: int, profile_id: int) -> str:
    """Where this person stops the adverts of this profile's business. No query is made."""
    sealed = seal(SHAPE.pack(person_id, profile_id), key=_key(), bound_to=PURPOSE)
    token = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
    return settings.SITE_URL + reverse("inbox_stop_adverts", args=[token])


def who_stops_what(token: str) -> tuple[int, Profile] | None:
    """The person and the profile behind a token; None where it was altered or they are gone."""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        person_id, profile_id = SHAPE.unpack(unseal(sealed, key=_key(), bound_to=PURPOSE))
    except (Unreadable, binascii.Error, struct.error, ValueError):
        return None
    profile = Profile.objects.select_related("business").filter(pk=profile_id).first()
    if profile is None or not Person.objects.filter(person_id=person_id).exists():
        return None
    return person_id, profile


def _key() -> bytes:
    return _derived(settings.MASTER_KEY)


@lru_cache(maxsize=2)
def _derived(master_key: str) -> bytes:
    """The key, kept: it is asked for once per recipient of a campaign."""
    return derive(PURPOSE)
