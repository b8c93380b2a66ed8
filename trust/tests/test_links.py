from django.test import TestCase

from portal.base.models import Outbox
from profiles.models import Profile
from profiles.tests.people import (
    make_business,
    make_profile,
    person,
    staff,
    verified_profile,
)
from trust.models import Case, Evidence
from trust.services.evaluation import evaluate
from trust.services.links import linked_profiles
from trust.services.spreading import spread
from trust.services.standing import reinstate_profile, revoke_profile
from trust.tests.acts import DAY, NOW


def work_off() -> None:
    """Do what waits in the outbox about links, twice, as it may happen."""
    for row in Outbox.objects.filter(kind="trust.links").order_by("pk"):
        spread(row.payload)
        spread(row.payload)


class LinkTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.second = make_profile(cls.acme.business, "acme_two")
        cls.sister = make_profile(make_business("Sister"), "sister")  # Alice owns it too
        cls.stranger = make_profile(make_business("Globex", owner=person("mallory")), "globex")
        cls.mo = staff("moderator", name="mo")
        cls.ann = staff("moderator", name="ann")

    def test_one_business_owner_or_entity_links_profiles(self):
        self.assertEqual(set(linked_profiles(self.acme)), {self.second, self.sister})

    def test_after_a_revocation_linked_profiles_start_at_a_warnings_height(self):
        revoke_profile(self.acme, by=self.mo, reason="Fraud")
        work_off()
        self.assertEqual(Evidence.objects.get(profile=self.second).value, 4.6)
        self.assertEqual(Evidence.objects.get(profile=self.sister).value, 4.6)
        self.assertFalse(Evidence.objects.filter(profile=self.stranger).exists())
        self.assertEqual(Case.objects.filter(cause="linked").count(), 2)

    def test_a_profile_made_later_starts_there_too(self):
        revoke_profile(self.acme, by=self.mo, reason="Fraud", now=NOW)
        fresh = make_profile(self.sister.business, "fresh_start")
        self.assertAlmostEqual(evaluate(fresh, now=NOW).value, 4.6)
        self.assertAlmostEqual(evaluate(fresh, now=NOW + 28 * DAY).value, 2.3)
        self.assertEqual(Profile.objects.get(pk=fresh.pk).standing, "clear")

    def test_when_the_revocation_ends_so_do_the_links(self):
        revoke_profile(self.acme, by=self.mo, reason="Fraud")
        work_off()
        reinstate_profile(self.acme, by=self.ann, reason="Our mistake")
        work_off()
        self.assertEqual(Evidence.objects.get(profile=self.second).value, 0)
        self.assertEqual(Evidence.objects.get(profile=self.second).linked_to, None)
