"""After a revocation a new verification gives the badge back, but not before 180 days."""

from django.test import TestCase
from django.utils import timezone

from portal.base.refused import Refused
from profiles.models import Profile, VerificationCase
from profiles.services.verification import approve_case, open_case
from profiles.tests.people import person, staff, verified_profile, verify
from trust.models import Decision, Evidence
from trust.services.standing import revoke_profile
from trust.tests.acts import DAY


class ReturningTests(TestCase):
    def setUp(self):
        self.acme = verified_profile("acme")
        self.alice, self.now = person("alice"), timezone.now()

    def revoked(self, *, days: int) -> None:
        """Revoked so many days ago."""
        mo, then = staff("moderator", name="mo"), self.now - days * DAY
        revoke_profile(self.acme, by=mo, reason="Fraud", now=then)

    def standing(self) -> str:
        return Profile.objects.get(pk=self.acme.pk).standing

    def test_a_verification_within_180_days_gives_no_badge_back(self):
        self.revoked(days=179)
        with self.assertRaisesMessage(Refused, "is verified"):
            open_case(self.acme.business, by=self.alice)
        verify(self.acme.business)
        self.assertEqual(self.standing(), "revoked")

    def test_a_new_one_after_180_days_does_and_the_evidence_begins_anew(self):
        self.revoked(days=181)
        case = open_case(self.acme.business, by=self.alice)
        VerificationCase.objects.filter(pk=case.pk).update(state="submitted", submitted_at=self.now)
        approve_case(case, by=staff("verifier", name="vera"))
        self.assertEqual(self.standing(), "clear")
        self.assertEqual(Evidence.objects.get(profile=self.acme).value, 0)
        self.assertIn("180 days", Decision.objects.latest("made_at").reason)
