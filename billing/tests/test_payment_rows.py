"""What a business's pages say of its payments is of its own profiles and its own account."""

from django.test import TestCase
from django.urls import reverse

from billing.tests.payments import ready_account, ready_profile
from profiles.models import Profile
from profiles.tests.people import make_business, person, sign_in


class OwnRowsTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        there = make_business("There", owner=person("mallory"), country="US")
        ready_profile(there, "there")
        ready_account(there)
        cls.acme = make_business("Acme", owner=cls.alice, country="US")
        cls.profile = ready_profile(cls.acme, "acme")

    def setUp(self):
        sign_in(self.client, self.alice)

    def test_anothers_account_and_clear_profile_do_not_count(self):
        Profile.objects.filter(pk=self.profile.pk).update(standing=Profile.Standing.LIMITED)
        page = self.client.get(reverse("payments", args=["acme"])).context
        self.assertEqual((page["account"], page["standing_clear"]), (None, False))

    def test_who_set_up_nothing_comes_back_from_nowhere(self):
        address = reverse("payments_return", args=["acme"])
        self.assertEqual(self.client.get(address).status_code, 404)
