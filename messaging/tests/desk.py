"""The shared inbox as the tests have it."""

from django.core.cache import cache
from django.urls import reverse

from audience.tests.people import make_person
from messaging.models import Conversation
from messaging.services.conversations.handling import inbox_page
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA, Cast
from portal.base.pairwise import pairwise_number


class Desk(Cast):
    """Ana wrote to Acme; Bob has her conversation before him."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_person(ANA, name="Ana Souza")
        receive_message(ANA, cls.profile, body="Is it open?")
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
