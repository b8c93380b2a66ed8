from django.db import IntegrityError, transaction
from django.test import TestCase

from portal.base.refused import Refused
from profiles.models import Profile
from profiles.tests.people import person, staff, verified_profile
from trust.models import Decision, Proposal
from trust.services.appeals import file_appeal
from trust.services.evaluation import evaluate
from trust.services.proposals import (
    ask_for,
    ask_for_outcome,
    confirm_proposal,
    withdraw_proposal,
)
from trust.services.standing import revoke_profile
from trust.tests.acts import deliver


class LargeSenderTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.mo = staff("moderator", name="mo")
        cls.ann = staff("moderator", name="ann")
        cls.lea = staff("lead", name="lea")
        cls.zed = staff("lead", name="zed")

    def setUp(self):
        from django.utils import timezone

        self.now = timezone.now()
        deliver(self.acme, 100_001, now=self.now)
        evaluate(self.acme, now=self.now)

    def standing(self) -> str:
        return Profile.objects.get(pk=self.acme.pk).standing

    def proposal(self) -> Proposal:
        made = ask_for(self.acme, to="revoked", by=self.mo, reason="Fraud")
        assert isinstance(made, Proposal)
        return made

    def test_one_person_alone_cannot_revoke_it(self):
        with self.assertRaisesMessage(Refused, "100,001 people a month"):
            revoke_profile(self.acme, by=self.mo, reason="Fraud")
        self.proposal()
        self.assertEqual(self.standing(), "clear")

    def test_another_persons_yes_revokes_it_in_both_names(self):
        decision = confirm_proposal(self.proposal(), by=self.ann)
        self.assertEqual(self.standing(), "revoked")
        self.assertEqual((decision.by, decision.seconded_by), (self.mo, self.ann))

    def test_the_same_persons_yes_does_not_count(self):
        proposal = self.proposal()
        with self.assertRaisesMessage(Refused, "Somebody else"):
            confirm_proposal(proposal, by=self.mo)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Proposal.objects.filter(pk=proposal.pk).update(
                state="confirmed", ended_by=self.mo, ended_at=self.now
            )

    def test_a_second_proposal_is_told_of_the_first(self):
        self.proposal()
        with self.assertRaisesMessage(Refused, "Mo has proposed"):
            ask_for(self.acme, to="revoked", by=self.ann, reason="Fraud")

    def test_a_withdrawn_proposal_decides_nothing(self):
        proposal = withdraw_proposal(self.proposal(), by=self.ann)
        with self.assertRaises(Refused):
            confirm_proposal(proposal, by=self.ann)
        self.assertEqual(self.standing(), "clear")

    def test_milder_measures_need_one_person(self):
        self.assertIsInstance(
            ask_for(self.acme, to="suspended", by=self.mo, reason="Fraud"), Decision
        )

    def test_the_return_from_a_revocation_needs_two_others(self):
        decision = confirm_proposal(self.proposal(), by=self.ann)
        appeal = file_appeal(decision, by=person("alice"), text="It was not us.")
        for first in (self.mo, self.ann):
            with self.assertRaisesMessage(Refused, "had a part"):
                ask_for_outcome(appeal, outcome="reversed", by=first, reason="Sorry")
        asked = ask_for_outcome(appeal, outcome="reversed", by=self.lea, reason="Sorry")
        self.assertIsInstance(asked, Proposal)
        with self.assertRaisesMessage(Refused, "had a part"):
            confirm_proposal(asked, by=self.mo)
        confirm_proposal(asked, by=self.zed)
        self.assertEqual(self.standing(), "clear")
