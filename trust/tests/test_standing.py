from threading import Barrier, Thread
from unittest import mock

from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase

from portal.base.models import Outbox
from portal.base.refused import Refused
from profiles.models import AuditRow, Notice, Profile
from profiles.tests.people import staff, verified_profile
from trust.models import Decision, Evidence, Policy
from trust.services import published
from trust.services.evaluation import evaluate
from trust.services.standing import (
    limit_profile,
    reinstate_profile,
    revoke_profile,
    suspend_profile,
    warn_profile,
)
from trust.tests.acts import DAY, NOW, campaign


class StandingTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.mo = staff("moderator", name="mo")
        cls.ann = staff("moderator", name="ann")

    def now(self) -> Profile:
        return Profile.objects.select_related("business").get(pk=self.acme.pk)

    def test_revoking_takes_the_badge_records_and_tells(self):
        decision = revoke_profile(self.acme, by=self.mo, reason="Sold fake tickets")

        self.assertEqual(self.now().standing, "revoked")
        self.assertFalse(self.now().badge_shown)
        row = AuditRow.objects.get(event="profile.revoked")
        self.assertEqual((row.actor, row.details["reason"]), (self.mo, "Sold fake tickets"))
        notice = Notice.objects.get(kind="standing.revoked")
        self.assertIn("Sold fake tickets", notice.body)
        self.assertIn(str(decision.uuid), notice.link)
        mail = Outbox.objects.get(kind="mail", payload__subject=notice.title)
        self.assertEqual(mail.payload["to"], "alice@example.com")
        self.assertIn(notice.link, mail.payload["body"])

    def test_the_second_of_two_moderators_is_told_who_was_first(self):
        revoke_profile(self.acme, by=self.mo, reason="Spam")
        with self.assertRaisesMessage(Refused, "Mo decided it at"):
            revoke_profile(self.acme, by=self.ann, reason="Spam")

    def test_no_decision_without_a_reason(self):
        with self.assertRaisesMessage(Refused, "Say why"):
            revoke_profile(self.acme, by=self.mo, reason="  ")

    def test_a_revoked_profile_can_only_be_reinstated(self):
        revoke_profile(self.acme, by=self.mo, reason="Spam")
        for other in (warn_profile, limit_profile, suspend_profile):
            with self.assertRaises(Refused):
                other(self.acme, by=self.mo, reason="Milder")
        reinstate_profile(self.acme, by=self.ann, reason="Our mistake")
        self.assertEqual(self.now().standing, "clear")
        self.assertTrue(self.now().badge_shown)

    def test_a_reinstated_profile_begins_anew(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=500)
        self.assertEqual(self.now().standing, "suspended")
        reinstate_profile(self.acme, by=self.ann, reason="Our mistake", now=NOW + DAY)
        self.assertEqual(evaluate(self.acme, now=NOW + DAY).value, 0)
        self.assertEqual(self.now().standing, "clear")

    def test_the_business_reads_what_the_rule_saw(self):
        counts = {1: {"delivered": 1_003, "blocked": None, "reported": 497}}
        with mock.patch.object(published, "_counts_of", lambda ids: counts):
            campaign(self.acme, unit=1, seen=1_000, complaints=500)
        statement = Decision.objects.get().statement
        self.assertEqual(
            statement["facts"],
            "At least 500 people blocked or reported the profile within 28 days.",
        )
        [numbers] = statement["numbers"]
        self.assertEqual(
            (numbers["people"], numbers["blocks"], numbers["reports"]),
            ("1,003", "fewer than 50", "497"),
        )
        self.assertEqual(statement["samples"], ["Buy now"])
        self.assertIn("18.4", statement["would_have_changed"])
        self.assertEqual(statement["dsa"]["automated_decision"], "AUTOMATED_DECISION_FULLY")
        self.assertEqual(statement["dsa"]["decision_account"], "DECISION_ACCOUNT_SUSPENDED")

    def test_the_database_refuses_a_decision_of_staff_without_a_reason(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            Decision.objects.create(
                profile=self.acme,
                from_standing="clear",
                to_standing="revoked",
                rule="staff",
                by=self.mo,
                policy=Policy.objects.active(),
                evidence=0,
            )

    def test_the_database_refuses_negative_evidence(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            Evidence.objects.create(profile=self.acme, value=-1)


class ManyAtOnceTests(TransactionTestCase):
    def test_fifty_revoke_at_once_and_one_decides(self):
        acme = verified_profile("acme")
        moderators = [staff("moderator", name=f"mo{number}") for number in range(5)]
        Policy.objects.active()
        barrier, results = Barrier(50), []

        def revoke(number: int) -> None:
            try:
                barrier.wait(30)
                revoke_profile(acme, by=moderators[number % 5], reason="Spam")
                results.append("done")
            except Refused as refusal:
                results.append(refusal.code)
            finally:
                connection.close()

        threads = [Thread(target=revoke, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(sorted(results), ["already_decided"] * 49 + ["done"])
        self.assertEqual(Decision.objects.count(), 1)
        self.assertEqual(AuditRow.objects.filter(event="profile.revoked").count(), 1)
        self.assertEqual(Notice.objects.filter(kind="standing.revoked").count(), 1)
