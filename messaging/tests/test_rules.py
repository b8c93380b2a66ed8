from datetime import timedelta

from django.conf import settings
from django.test import TestCase

from audience.models import Block, Consent
from audience.services import consent
from audience.tests.people import NOW, make_person
from messaging.models import Campaign, CampaignChunk, Contact, Template
from messaging.rules import LAST_REPLIES, WINDOW, may_begin, may_send
from messaging.services.counters import count
from messaging.tests.cast import ANA, RAVI, Cast, make_contact, make_template
from portal.base.refused import Refused

HOUR = timedelta(hours=1)


class MaySendTests(Cast, TestCase):
    def refusal(self, **values) -> str:
        """The code of the no, or "" where the message may go."""
        asked = {"person_id": ANA, "message_class": "service", "kind": "text", "now": NOW} | values
        try:
            may_send(self.profile, **asked)
        except Refused as refusal:
            self.assertTrue(refusal.sentence)
            return refusal.code
        return ""

    def template(self, **values) -> dict:
        template = make_template(values.pop("business", self.acme), **values)
        return {
            "kind": "template",
            "template": template,
            "message_class": {"MARKETING": "marketing", "UTILITY": "service"}[template.category],
        }

    def test_a_person_who_wrote_can_be_answered_for_24_hours(self):
        self.meet(ago=WINDOW - HOUR)
        self.assertEqual(self.refusal(), "")
        self.assertEqual(self.refusal(now=NOW + 2 * HOUR), "window_closed")

    def test_someone_the_business_does_not_know_can_t_be_written_to(self):
        make_person(ANA)
        self.assertEqual(self.refusal(), "unknown_recipient")
        self.assertEqual(self.refusal(person_id=999), "unknown_recipient")

    def test_another_business_s_contact_is_unknown(self):
        make_person(ANA)
        make_contact(ANA, self.elsewhere)
        self.assertEqual(self.refusal(), "unknown_recipient")

    def test_a_block_reads_like_a_stranger(self):
        self.meet()
        consent.block(ANA, self.profile.pk)
        sentences = set()
        for person_id, code in ((ANA, "blocked"), (RAVI, "unknown_recipient")):
            with self.assertRaises(Refused) as caught:
                may_send(
                    self.profile, person_id=person_id, message_class="service", kind="text", now=NOW
                )
            self.assertEqual(caught.exception.code, code)
            sentences.add(caught.exception.sentence)
        self.assertEqual(len(sentences), 1)

    def test_a_block_of_another_profile_does_not_matter(self):
        self.meet()
        Block.objects.create(person_id=ANA, profile_id=self.other_profile.pk, created_at=NOW)
        self.assertEqual(self.refusal(), "")

    def test_whom_the_business_blocked_it_can_t_write_to(self):
        self.meet()
        Contact.objects.filter(person_id=ANA).update(blocked_at=NOW)
        self.assertEqual(self.refusal(), "contact_blocked")

    def test_an_unverified_business_can_t_answer_either(self):
        self.meet()
        self.acme.verified_until = NOW
        self.profile.business = self.acme
        self.assertEqual(self.refusal(), "not_verified")

    def test_without_a_plan_nothing_goes(self):
        self.meet()
        self.acme.paid_through = None
        self.profile.business = self.acme
        self.assertEqual(self.refusal(), "no_plan")

    def test_after_losing_its_standing_a_profile_answers_for_72_hours(self):
        self.meet()
        for standing in ("suspended", "revoked"):
            self.profile.standing = standing
            self.profile.standing_changed_at = NOW - LAST_REPLIES + HOUR
            self.assertEqual(self.refusal(), "")
            self.profile.standing_changed_at = NOW - LAST_REPLIES
            self.assertEqual(self.refusal(), standing)

    def test_after_losing_its_standing_it_begins_nothing(self):
        self.profile.standing = "suspended"
        self.profile.standing_changed_at = NOW
        with self.assertRaises(Refused) as caught:
            may_begin(self.profile, now=NOW)
        self.assertEqual(caught.exception.code, "suspended")

    def test_outside_the_window_an_approved_template_may_go(self):
        self.meet(ago=2 * WINDOW)
        self.assertEqual(self.refusal(**self.template()), "")

    def test_a_template_must_be_approved_ours_and_there(self):
        self.meet()
        for number, values in enumerate(
            (
                {"status": Template.Status.PENDING},
                {"status": Template.Status.PAUSED},
                {"deleted_at": NOW},
                {"business": self.elsewhere},
            )
        ):
            asked = self.template(name=f"t{number}", **values)
            self.assertEqual(self.refusal(**asked), "template_not_approved", values)
        self.assertEqual(self.refusal(kind="template"), "template_not_approved")

    def test_an_advert_can_t_pass_for_something_else(self):
        self.meet()
        asked = self.template() | {"message_class": "critical"}
        self.assertEqual(self.refusal(**asked), "class_mismatch")

    def test_adverts_need_a_yes_and_no_mute(self):
        self.meet(ago=2 * WINDOW, marketing=False)
        asked = self.template()
        self.assertEqual(self.refusal(**asked), "opted_out")
        consent.opt_in(ANA)
        self.assertEqual(self.refusal(**asked), "")
        consent.mute(ANA, self.acme.pk)
        self.assertEqual(self.refusal(**asked), "opted_out")

    def test_alerts_come_until_a_no(self):
        self.meet(ago=2 * WINDOW, marketing=False)
        asked = self.template(category="UTILITY")
        self.assertEqual(self.refusal(**asked), "")
        consent.answer(ANA, Consent.Kind.BUSINESS_ALERTS, granted=False, business_id=self.acme.pk)
        self.assertEqual(self.refusal(**asked), "opted_out")

    def test_the_daily_cap_counts_people_written_to_first(self):
        self.meet(ago=2 * WINDOW)
        asked = self.template(category="UTILITY")
        self.profile.daily_cap = 10
        count(self.profile, "sent", 50, now=NOW)  # replies
        self.reach(9)
        count(self.other_profile, "started", 5, now=NOW)
        count(self.profile, "started", 5, now=NOW - 24 * HOUR)
        self.assertEqual(self.refusal(**asked), "")
        count(self.profile, "started", now=NOW)
        self.assertEqual(self.refusal(**asked), "cap_reached")
        self.assertEqual(self.refusal(**(asked | {"message_class": "critical"})), "")

    def reach(self, charged: int) -> None:
        """A campaign went out today; it counts as what it was charged, whoever got it."""
        campaign = Campaign.objects.create(
            business=self.acme,
            profile=self.profile,
            created_by=self.alice,
            name="Today",
            charged=charged,
            launched_at=NOW,
        )
        CampaignChunk.objects.bulk_create(
            CampaignChunk(
                campaign=campaign, position=n, bucket=n, state="done", sent=1, done_at=NOW
            )
            for n in range(settings.BUCKETS)
        )

    def test_a_test_profile_needs_neither_identity_nor_plan(self):
        self.meet()
        self.acme.verified_until = self.acme.paid_through = None
        self.profile.business, self.profile.is_test = self.acme, True
        self.assertEqual(self.refusal(), "")
