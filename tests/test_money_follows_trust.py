"""What trust decides has its price in billing; never the other way (scripted Stripe)."""

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from billing.models import Invoice, Refund, Subscription
from billing.tests.payments import ready_profile
from billing.tests.scripted import ScriptedTests
from portal.base.models import Outbox
from portal.base.services.outbox import perform_due
from profiles.models import Business, Profile, VerificationCase
from profiles.services.verification import reject_case
from profiles.signals import verification_changed
from profiles.tests.people import make_business, make_profile, person, staff, verify
from trust.services.appeals import decide_appeal, file_appeal
from trust.services.standing import reinstate_profile, revoke_profile
from trust.signals import standing_changed

DAY = timedelta(days=1)


class MoneyFollowsTrustTests(ScriptedTests):
    def setUp(self):
        super().setUp()
        self.mo = staff("moderator", name="mo")
        self.ann = staff("moderator", name="ann")

    def revoked(self):
        verify(self.acme)
        profile = make_profile(self.acme, "acme")
        self.thing = self.buy()
        self.send("invoice.paid", self.stripe.bill(self.thing, 9900))
        decision = revoke_profile(profile, by=self.mo, reason="Spam")
        perform_due()
        return profile, decision

    def test_a_revocation_pauses_charging_and_gives_nothing_back(self):
        self.revoked()

        self.assertEqual(self.thing["pause_collection"], {"behavior": "void"})
        self.assertIsNotNone(Subscription.objects.get().paused_at)
        self.assertFalse(self.rights().may_send)
        self.assertFalse(Refund.objects.exists())

    def test_a_business_with_another_good_profile_goes_on_paying(self):
        make_profile(self.acme, "acme_care", name="Acme Care")
        self.revoked()

        self.assertIsNone(self.thing["pause_collection"])

    def test_reinstating_charges_again(self):
        profile, _ = self.revoked()
        reinstate_profile(profile, by=self.ann, reason="They changed")
        perform_due()

        self.assertIsNone(self.thing["pause_collection"])
        self.assertTrue(self.rights().may_send)

    def test_an_appeal_that_is_granted_extends_the_term_by_the_time_that_was_lost(self):
        profile, decision = self.revoked()
        end = Subscription.objects.get().period_end
        appeal = file_appeal(decision, by=self.alice, text="We had consent.")
        decide_appeal(
            appeal,
            outcome="reversed",
            by=self.ann,
            reason="They had.",
            now=timezone.now() + 5 * DAY,
        )
        perform_due()

        row = Subscription.objects.get()
        self.assertIsNone(row.paused_at)
        self.assertAlmostEqual(row.period_end, end + 5 * DAY, delta=timedelta(minutes=5))
        self.assertEqual(self.rights().state, "active")
        self.assertTrue(self.rights(days=34).may_send)

    def test_a_refused_verification_ends_the_subscription_and_gives_everything_back(self):
        thing = self.buy()
        self.send("invoice.paid", self.stripe.bill(thing, 9900))
        case = VerificationCase.objects.create(
            business=self.acme, state="submitted", legal_name="Acme", submitted_at=timezone.now()
        )
        reject_case(case, by=staff("verifier", name="vera"), reason="The register knows no Acme.")
        perform_due()

        self.assertEqual(Invoice.objects.get().refundable, 0)
        self.assertEqual(Subscription.objects.get().status, "canceled")

    def test_a_renewal_that_is_refused_gives_nothing_back(self):
        verify(self.acme)
        thing = self.buy()
        self.send("invoice.paid", self.stripe.bill(thing, 9900))
        case = VerificationCase.objects.create(
            business=self.acme, state="submitted", legal_name="Acme", submitted_at=timezone.now()
        )
        reject_case(case, by=staff("verifier", name="vera"), reason="Unreadable.")
        perform_due()

        self.assertFalse(Refund.objects.exists())

    def test_what_a_business_pays_changes_no_judgement(self):
        verify(self.acme)
        profile = make_profile(self.acme, "acme")
        thing = self.buy()
        thing |= {"status": "unpaid"}
        self.send("customer.subscription.updated", thing)

        profile.refresh_from_db()
        self.assertEqual((profile.standing, profile.quality), ("clear", "unknown"))


class OpenPagesTests(TestCase):
    """What people have open at Stripe closes when the business may not be paid any more."""

    def setUp(self):
        self.profile = ready_profile(make_business("Acme", owner=person("alice")))

    def closing(self) -> list[dict]:
        return [row.payload for row in Outbox.objects.filter(kind="payments_close")]

    def test_a_profile_that_leaves_clear_standing_takes_no_money(self):
        standing_changed.send(Profile, profile=self.profile, old="clear", new="warned", reason="x")
        standing_changed.send(Profile, profile=self.profile, old="warned", new="clear", reason="x")

        self.assertEqual(self.closing(), [{"business": None, "profile": self.profile.pk}])

    def test_a_business_that_is_not_verified_any_more_takes_no_money(self):
        business = self.profile.business
        verification_changed.send(Business, business=business, is_verified=False, reason="Sold")

        self.assertEqual(self.closing(), [{"business": business.pk, "profile": None}])
