from django.db import IntegrityError, transaction
from django.test import TestCase

from portal.base.refused import Refused
from profiles.models import AuditRow
from profiles.tests.people import staff, verified_profile
from trust.models import Decision, Policy
from trust.rules import Rules
from trust.services.policies import draft_policy, publish_policy, replay_decision
from trust.services.standing import revoke_profile
from trust.tests.acts import DAY, NOW, campaign


class PolicyTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.lea = staff("lead", name="lea")

    def draft(self, note="We warn later", **changes) -> Policy:
        return draft_policy(by=self.lea, values={**Rules().values(), **changes}, note=note)

    def test_the_first_version_is_there_by_itself(self):
        self.assertEqual(Policy.objects.active().version, 1)
        self.assertEqual(Policy.objects.active().rules, Rules())

    def test_publishing_puts_one_version_in_force_and_says_what_changed(self):
        publish_policy(self.draft(warn_at=5.5), by=self.lea)
        self.assertEqual(Policy.objects.active().version, 2)
        self.assertEqual(Policy.objects.get(version=1).state, "retired")
        row = AuditRow.objects.get(event="policy.published")
        self.assertEqual(row.details["changed"], {"warn_at": [4.6, 5.5]})

    def test_a_policy_in_force_is_not_published_again(self):
        policy = publish_policy(self.draft(), by=self.lea)
        with self.assertRaises(Refused):
            publish_policy(policy, by=self.lea)

    def test_nothing_changes_without_a_note(self):
        with self.assertRaisesMessage(Refused, "note is public"):
            publish_policy(self.draft(note=" "), by=self.lea)

    def test_the_database_allows_one_policy_in_force(self):
        Policy.objects.active()
        draft = self.draft()
        with self.assertRaises(IntegrityError), transaction.atomic():
            Policy.objects.filter(pk=draft.pk).update(state="active", published_at=NOW)


class ReplayTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")

    def test_every_automatic_decision_replays_within_a_billionth(self):
        for number in range(8):
            campaign(self.acme, unit=number, seen=900, complaints=70, now=NOW + number * DAY)
        decisions = list(Decision.objects.select_related("policy"))
        self.assertGreaterEqual(len(decisions), 2)
        for decision in decisions:
            replay = replay_decision(decision)
            self.assertTrue(replay.agrees, (replay.evidence, decision.evidence, replay.to))

    def test_it_replays_under_the_policy_of_its_day(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=500)
        lea = staff("lead", name="lea")
        publish_policy(
            draft_policy(by=lea, values=Rules(suspend_at=90).values(), note="Milder"), by=lea
        )
        self.assertTrue(replay_decision(Decision.objects.get()).agrees)

    def test_inputs_that_were_tampered_with_do_not_replay(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=500)
        decision = Decision.objects.get()
        decision.inputs["units"][0]["x"] = 1
        self.assertFalse(replay_decision(decision).agrees)

    def test_a_persons_decision_has_nothing_to_replay(self):
        decision = revoke_profile(self.acme, by=staff("moderator", name="mo"), reason="Fraud")
        self.assertIsNone(replay_decision(decision))
