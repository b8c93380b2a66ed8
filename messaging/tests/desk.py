"""The shared inbox as the tests have it."""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.urls import reverse

from audience.tests.people import make_person
from messaging.models import Contact, Conversation
from messaging.services.conversations.handling import inbox_page
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA, Cast
from portal.base.pairwise import pairwise_number
from profiles.models import Profile


def others_write(
    profile: Profile, n: int, *, now: datetime, apart: timedelta = timedelta(minutes=1), **each
) -> None:
    """`n` more people have a conversation with the profile, with `apart` between them, the newest
    first.

    Arguments:
        each: fields of a conversation, made of its number: business_unread=lambda i: i % 3.
    """
    Conversation.objects.bulk_create(
        Conversation(
            person_id=1000 + i,
            profile_id=profile.pk,
            business_id=profile.business_id,
            last_id=i,
            last_at=now,
            **{"business_last_id": i, "business_last_at": now - i * apart}
            | {name: value(i) for name, value in each.items()},
        )
        for i in range(n)
    )
    Contact.objects.bulk_create(
        Contact(
            person_id=1000 + i,
            business_id=profile.business_id,
            name=f"Person {i}",
            source="wrote",
            first_at=now,
            last_at=now,
        )
        for i in range(n)
    )


class Desk(Cast):
    """Ana wrote to Acme; Bob has her conversation before him."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_person(ANA, name="Ana Souza")
        receive_message(ANA, cls.profile, body="Is it open?", name="Ana")
        cls.number = pairwise_number(cls.acme.pk, ANA)
        cls.page = reverse("conversation", args=["acme", "acme", cls.number])
        cls.act_url = reverse("conversation_act", args=["acme", "acme", cls.number])
        cls.writing_url = reverse("conversation_writing", args=["acme", "acme", cls.number])

    def setUp(self):
        cache.clear()
        self.client.force_login(self.bob)

    def talk(self, person_id: int = ANA) -> Conversation:
        return Conversation.objects.get(person_id=person_id, profile_id=self.profile.pk)

    def act(self, act: str, **values):
        return self.client.post(self.act_url, {"act": act, **values}, follow=True)

    def names(self, **asked) -> list[str]:
        return [line.name for line in inbox_page(self.profile, member=self.bob, **asked).lines]
