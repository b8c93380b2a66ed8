"""A reviewer's slip is taken back within a quarter of an hour."""

from datetime import timedelta
from unittest import mock

from django.db import IntegrityError, transaction
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from portal.base.refused import Refused
from profiles.models import AuditRow, Notice, Profile
from profiles.tests.people import sign_in, staff, verified_profile
from trust.models import Decision
from trust.services.appeals import file_appeal
from trust.services.evidence import evidence_of
from trust.services.standing import (
    limit_profile,
    reinstate_profile,
    revoke_profile,
    suspend_profile,
)
from trust.services.undoing import UNDO_FOR, may_undo, undo_decision
from trust.tests.acts import NOW

SOON = NOW + timedelta(minutes=5)


class UndoingTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.mo = staff("moderator", name="mo")
        cls.ann = staff("moderator", name="ann")

    def refused(self, decision, *, by=None, now=SOON, reason="The wrong tab.") -> str:
        with self.assertRaises(Refused) as caught:
            undo_decision(decision, by=by or self.mo, reason=reason, now=now)
        return caught.exception.code

    def told(self) -> int:
        notices = Notice.objects.filter(business=self.acme.business)
        return notices.filter(kind__startswith="standing.").count()

    def standing(self) -> str:
        return Profile.objects.get(pk=self.acme.pk).standing

    def test_nobody_else_takes_it_back(self):
        decision = revoke_profile(self.acme, by=self.mo, reason="Fraud.", now=NOW)
        self.assertEqual(self.refused(decision, by=self.ann), "not_yours")
        self.assertEqual(self.standing(), "revoked")

    def test_the_profile_stands_where_it_stood_and_the_business_is_told(self):
        suspend_profile(self.acme, by=self.ann, reason="Complaints.", now=NOW)
        decision = revoke_profile(self.acme, by=self.mo, reason="Fraud.", now=NOW)
        undone = undo_decision(decision, by=self.mo, reason="The wrong tab.", now=SOON)
        self.assertEqual((self.standing(), undone.rule), ("suspended", "undo"))
        self.assertEqual(undone.inputs["undoes"], str(decision.uuid))
        self.assertIn("our mistake", undone.statement["ground"])
        row = AuditRow.objects.filter(event="profile.suspended").latest("id")
        self.assertEqual((row.actor, row.details["rule"]), (self.mo, "undo"))
        self.assertEqual(self.told(), 3)

    def test_the_cap_comes_back_and_the_evidence_is_left_alone(self):
        Profile.objects.filter(pk=self.acme.pk).update(daily_cap=10_000)
        evidence = evidence_of(self.acme, now=NOW)
        evidence.value = 9.0
        evidence.save()
        decision = limit_profile(self.acme, by=self.mo, reason="Complaints.", now=NOW)
        undo_decision(decision, by=self.mo, reason="The wrong tab.", now=SOON)
        self.acme.refresh_from_db()
        self.assertEqual((self.acme.standing, self.acme.daily_cap), ("clear", 10_000))
        evidence.refresh_from_db()
        self.assertEqual(evidence.value, 9.0)

    def test_after_a_quarter_of_an_hour_it_stands(self):
        decision = revoke_profile(self.acme, by=self.mo, reason="Fraud.", now=NOW)
        late = NOW + UNDO_FOR + timedelta(seconds=1)
        self.assertEqual(self.refused(decision, now=late), "too_late")
        self.assertFalse(may_undo(decision, by=self.mo, now=late))
        self.assertTrue(may_undo(decision, by=self.mo, now=NOW + UNDO_FOR))

    def test_what_has_been_followed_upon_stands(self):
        decision = suspend_profile(self.acme, by=self.mo, reason="Complaints.", now=NOW)
        owner = self.acme.business.memberships.get(role="owner").user
        file_appeal(decision, by=owner, text="No.", now=NOW)
        self.assertEqual(self.refused(decision), "already_decided")
        reinstate_profile(self.acme, by=self.ann, reason="Right.", now=NOW)
        again = suspend_profile(self.acme, by=self.mo, reason="Complaints.", now=NOW)
        undo_decision(again, by=self.mo, reason="The wrong tab.", now=SOON)
        self.assertEqual(self.refused(again), "already_decided")

    def test_neither_a_rules_decision_nor_a_return_is_taken_back(self):
        suspend_profile(self.acme, by=self.mo, reason="Complaints.", now=NOW)
        back = reinstate_profile(self.acme, by=self.mo, reason="Right.", now=NOW)
        self.assertEqual(self.refused(back), "not_undoable")

    def test_without_a_reason_nothing_happens(self):
        decision = revoke_profile(self.acme, by=self.mo, reason="Fraud.", now=NOW)
        self.assertEqual(self.refused(decision, reason=" "), "no_reason")

    def test_a_large_senders_return_takes_two_here_too(self):
        decision = revoke_profile(self.acme, by=self.mo, reason="Fraud.", now=NOW)
        with mock.patch("trust.services.standing.reached_in_a_month", return_value=10**6):
            self.assertEqual(self.refused(decision), "needs_second")

    def test_the_database_wants_to_know_who_and_why(self):
        decision = revoke_profile(self.acme, by=self.mo, reason="Fraud.", now=NOW)
        undone = undo_decision(decision, by=self.mo, reason="The wrong tab.", now=SOON)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Decision.objects.filter(pk=undone.pk).update(reason="")

    def test_the_button_is_there_for_who_decided_and_only_as_long_as_it_works(self):
        decision = revoke_profile(self.acme, by=self.mo, reason="Fraud.", now=timezone.now())
        page = reverse("admin:trust_decision_change", args=[decision.pk])
        button = reverse("admin:trust_decision_undo", args=[decision.pk])
        sign_in(self.client, self.ann)
        self.assertNotContains(self.client.get(page), button)
        self.assertEqual(self.client.post(button, {"_form_submitted": "1"}).status_code, 403)
        sign_in(self.client, self.mo)
        self.assertContains(self.client.get(page), button)
        self.client.post(
            button,
            {"_form_submitted": "1", "reason": "The wrong tab."},
            headers={"HX-Request": "true"},
        )
        self.assertEqual(self.standing(), "clear")
        self.assertNotContains(self.client.get(page), button)
