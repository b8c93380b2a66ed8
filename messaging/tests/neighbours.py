"""A world in which whoever forgets to ask whose a row is meets another's first.

Ravi and Acme are who is asked for. Before them, by every key, stand Ana and a business called
There; Ana writes to both businesses, and so does Ravi.
"""

from datetime import timedelta

from audience.tests.people import make_person
from messaging.models import Conversation
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA, RAVI, Cast
from portal.base.pairwise import pairwise_number
from profiles.models import Business, Membership, Profile


class Neighbours(Cast):
    """Mix into a TestCase."""

    there: Business
    their_profile: Profile

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        acme = cls.acme
        long_ago = acme.created_at - timedelta(days=100)
        cls.there = Business.objects.create(
            pk=1, name="There", slug="there", country="BR", created_at=long_ago,
            verified_until=acme.verified_until, paid_through=acme.paid_through,
        )  # fmt: skip
        cls.their_profile = Profile.objects.create(
            pk=1, business=cls.there, handle="there", name="There", created_at=long_ago
        )
        Membership.objects.create(business=cls.there, user=cls.mallory, role="owner")
        for person_id, name in ((ANA, "Ana"), (RAVI, "Ravi")):
            make_person(person_id, name=name)
            for profile in (cls.their_profile, cls.profile):
                chosen = f"{name} of {profile.name}"
                receive_message(person_id, profile, body=f"{chosen} writes", name=chosen)
        cls.number = pairwise_number(acme.pk, RAVI)

    def talk(self, person_id: int, profile: Profile) -> Conversation:
        return Conversation.objects.get(person_id=person_id, profile_id=profile.pk)
