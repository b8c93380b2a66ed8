from datetime import timedelta

from django.db import IntegrityError, transaction
from django.test import TestCase

from portal.base.models import Outbox
from portal.base.refused import Refused
from profiles.models import AuditRow, Notice, Profile
from profiles.tests.people import member, person, staff, verified_profile
from trust.models import Appeal, Decision, Evidence
from trust.services.appeals import decide_appeal, file_appeal, may_appeal, stay_overdue_appeals
from trust.services.evaluation import evaluate
from trust.services.standing import limit_profile, revoke_profile, suspend_profile
from trust.signals import penalty_reversed
from trust.tests.acts import DAY, NOW, campaign

HOUR = timedelta(hours=1)


class AppealTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.alice = person("alice")
        cls.mo = staff("moderator", name="mo")
        cls.ann = staff("moderator", name="ann")

    def suspended(self) -> Decision:
        return suspend_profile(self.acme, by=self.mo, reason="Spam", now=NOW)

    def appeal(self, decision: Decision | None = None) -> Appeal:
        decision = decision or self.suspended()
        return file_appeal(decision, by=self.alice, text="We had consent.", now=NOW + HOUR)

    def standing(self) -> str:
        return Profile.objects.get(pk=self.acme.pk).standing

    def decide(self, appeal: Appeal, outcome: str, **more) -> Appeal:
        said = {"by": self.ann, "reason": "We looked again.", "now": NOW + 2 * DAY, **more}
        return decide_appeal(appeal, outcome=outcome, **said)

    # Filing.

    def test_it_is_due_in_72_hours_and_the_business_is_told_with_a_link(self):
        appeal = self.appeal()
        self.assertEqual(appeal.due_at, NOW + 73 * HOUR)
        notice = Notice.objects.get(kind="appeal.filed")
        self.assertIn(str(appeal.decision.uuid), notice.link)
        mail = Outbox.objects.get(kind="mail", payload__subject=notice.title)
        self.assertIn(notice.link, mail.payload["body"])

    def test_six_months_later_it_is_too_late(self):
        decision = self.suspended()
        self.assertTrue(may_appeal(decision, NOW + 183 * DAY))
        with self.assertRaisesMessage(Refused, "any more"):
            file_appeal(decision, by=self.alice, text="Late", now=NOW + 184 * DAY)

    def test_good_news_cannot_be_appealed(self):
        from trust.services.standing import reinstate_profile

        self.suspended()
        better = reinstate_profile(self.acme, by=self.ann, reason="Sorry", now=NOW)
        with self.assertRaises(Refused):
            file_appeal(better, by=self.alice, text="Why not", now=NOW)

    # Who decides.

    def test_nobody_answers_an_appeal_against_their_own_decision(self):
        appeal = self.appeal()
        with self.assertRaisesMessage(Refused, "had a part"):
            self.decide(appeal, "upheld", by=self.mo)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Appeal.objects.filter(pk=appeal.pk).update(
                state="upheld", decided_by=self.mo, decided_at=NOW, reason="Mine"
            )

    def test_nobody_answers_for_a_business_of_their_own(self):
        insider = staff("moderator", name="bob")
        member(self.acme.business, name="bob")
        with self.assertRaisesMessage(Refused, "belong to"):
            self.decide(self.appeal(), "reversed", by=insider)

    def test_the_second_of_two_reviewers_is_told(self):
        appeal = self.appeal()
        self.decide(appeal, "upheld")
        with self.assertRaisesMessage(Refused, "decided already, by Ann"):
            self.decide(appeal, "reversed", by=staff("lead", name="lea"))

    # Outcomes.

    def test_upheld_leaves_the_standing_and_says_why(self):
        self.decide(self.appeal(), "upheld")
        self.assertEqual(self.standing(), "suspended")
        self.assertEqual(Notice.objects.get(kind="appeal.decided").body, "We looked again.")

    def test_reversed_gives_everything_back(self):
        heard = []

        def hear(**said):
            heard.append(said)

        penalty_reversed.connect(hear)
        self.addCleanup(penalty_reversed.disconnect, hear)
        campaign(self.acme, unit=1, seen=1_000, complaints=500)
        decision = Decision.objects.get()
        self.decide(self.appeal(decision), "reversed")

        self.assertEqual(self.standing(), "clear")
        self.assertEqual(evaluate(self.acme, now=NOW + 3 * DAY).value, 0)
        self.assertEqual(self.standing(), "clear")  # the old evidence does not take it back
        self.assertEqual(heard[0]["lost"], 2 * DAY)
        self.assertEqual(Appeal.objects.get().restored["lost_seconds"], 2 * 86_400)
        self.assertEqual(AuditRow.objects.filter(event="appeal.reversed").count(), 1)

    def test_reversing_a_limit_gives_the_cap_back(self):
        Profile.objects.filter(pk=self.acme.pk).update(daily_cap=10_000)
        decision = limit_profile(self.acme, by=self.mo, reason="Too much", now=NOW)
        self.assertEqual(Profile.objects.get(pk=self.acme.pk).daily_cap, 2_000)
        self.decide(self.appeal(decision), "reversed")
        self.assertEqual(Profile.objects.get(pk=self.acme.pk).daily_cap, 10_000)

    def test_changed_is_milder_and_the_evidence_does_not_climb_back_at_once(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=500)
        appeal = self.appeal(Decision.objects.get())
        with self.assertRaisesMessage(Refused, "milder"):
            self.decide(appeal, "changed", to="revoked")
        self.decide(appeal, "changed", to="limited")
        evaluate(self.acme, now=NOW + 2 * DAY)
        self.assertEqual(self.standing(), "limited")

    def test_one_notice_tells_the_outcome(self):
        self.decide(self.appeal(), "reversed")
        after = Notice.objects.filter(created_at__isnull=False).exclude(kind="standing.suspended")
        self.assertEqual(
            sorted(after.filter(kind__startswith="appeal").values_list("kind", flat=True)),
            ["appeal.decided", "appeal.filed"],
        )
        self.assertFalse(after.filter(kind="standing.clear").exists())

    def test_an_appeal_does_not_undo_a_later_decision(self):
        appeal = self.appeal()
        revoke_profile(self.acme, by=self.mo, reason="Fraud", now=NOW + DAY)
        self.decide(appeal, "reversed")
        self.assertEqual(self.standing(), "revoked")

    # The clock.

    def test_when_the_clock_runs_out_the_penalty_rests(self):
        self.appeal()
        self.assertEqual(stay_overdue_appeals(now=NOW + 72 * HOUR), 0)
        self.assertEqual(stay_overdue_appeals(now=NOW + 73 * HOUR), 1)
        self.assertEqual(self.standing(), "clear")
        self.assertEqual(stay_overdue_appeals(now=NOW + 74 * HOUR), 0)

    def test_a_resting_penalty_is_not_put_back_by_the_rules(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=500)
        self.appeal(Decision.objects.get())
        stay_overdue_appeals(now=NOW + 4 * DAY)
        evaluate(self.acme, now=NOW + 4 * DAY)
        self.assertEqual(self.standing(), "clear")

    def test_a_resting_penalty_that_is_upheld_comes_back(self):
        appeal = self.appeal()
        stay_overdue_appeals(now=NOW + 4 * DAY)
        self.decide(appeal, "upheld", now=NOW + 5 * DAY)
        self.assertEqual(self.standing(), "suspended")

    def test_silence_for_72_hours_asks_for_revocation_and_an_appeal_stops_that(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=400)
        evaluate(self.acme, now=NOW + 73 * HOUR)
        self.assertEqual(self.acme.cases.get().cause, "revoke")
        self.assertEqual(self.standing(), "suspended")  # the first case waits for a person


class RepeatTests(TestCase):
    def test_who_was_revoked_before_is_revoked_without_asking_again(self):
        acme = verified_profile("acme")
        mo, ann = staff("moderator", name="mo"), staff("moderator", name="ann")
        revoke_profile(acme, by=mo, reason="Fraud", now=NOW - 300 * DAY)
        from trust.services.standing import reinstate_profile

        reinstate_profile(acme, by=ann, reason="A second chance", now=NOW - 100 * DAY)
        campaign(acme, unit=1, seen=1_000, complaints=900)
        self.assertEqual(Profile.objects.get(pk=acme.pk).standing, "revoked")
        self.assertEqual(
            list(Decision.objects.filter(made_at=NOW).values_list("to_standing", flat=True)),
            ["suspended", "revoked"],
        )
        self.assertTrue(Evidence.objects.get().value > 23)
