from django.test import TestCase

from profiles.models import AuditRow, Notice, Profile
from profiles.tests.people import verified_profile
from trust import ladder
from trust.evidence import decayed, likelihood, step
from trust.models import Case, Decision, Evidence, Policy, Reading, Unit
from trust.rules import Rules
from trust.services.evaluation import evaluate, evaluate_waiting, look_at_campaign
from trust.signals import standing_changed
from trust.tests.acts import DAY, NOW, campaign, complain, deliver

RULES = Rules()


class EvaluationTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")

    def standing(self) -> str:
        return Profile.objects.get(pk=self.acme.pk).standing

    def test_nothing_happened_is_clear_and_unknown(self):
        evidence = evaluate(self.acme, now=NOW)
        self.assertEqual((evidence.value, self.standing()), (0, "clear"))
        self.assertEqual(Profile.objects.get(pk=self.acme.pk).quality, "unknown")

    def test_evidence_is_pages_sum_over_units_in_time_order(self):
        campaign(self.acme, unit=1, seen=500, complaints=5, now=NOW)
        campaign(self.acme, unit=2, seen=500, complaints=12, now=NOW + 3 * DAY)
        evidence = evaluate(self.acme, now=NOW + 10 * DAY)

        expected = step(0, likelihood(5, 500, RULES))
        expected = step(decayed(expected, 3, RULES), likelihood(12, 500, RULES))
        self.assertAlmostEqual(evidence.value, decayed(expected, 7, RULES), places=9)

    def test_a_late_complaint_changes_what_came_after_its_unit(self):
        for number in range(4):
            campaign(self.acme, unit=number, seen=500, complaints=4, now=NOW + number * DAY)
        complain(self.acme, 9, unit=1, now=NOW + 5 * DAY)
        late = evaluate(self.acme, now=NOW + 5 * DAY)

        expected = 0.0
        for x in (4, 13, 4, 4):
            expected = step(decayed(expected, 1, RULES), likelihood(x, 500, RULES))
        # the sum begins with the first unit, so its first decay is of 0
        self.assertAlmostEqual(late.value, decayed(expected, 2, RULES), places=9)

    def test_what_was_counted_in_is_not_counted_again(self):
        first = campaign(self.acme, unit=1, seen=500, complaints=10)
        again = evaluate(self.acme, now=NOW)
        self.assertEqual(first.value, again.value)
        self.assertEqual(Unit.objects.get().reporters, 10)

    def test_the_ladder_is_climbed_with_a_decision_each(self):
        seen = []
        for number in range(6):
            campaign(self.acme, unit=number, seen=1_000, complaints=60, now=NOW + number * DAY)
            seen.append(self.standing())
        self.assertEqual(seen[0], "clear")
        self.assertIn("limited", seen)
        self.assertIn(seen[-1], ("limited", "suspended"))
        self.assertEqual(
            [d.to_standing for d in Decision.objects.order_by("made_at")], sorted_rungs(seen)
        )

    def test_a_decision_tells_everybody_in_one_transaction(self):
        heard = []
        standing_changed.connect(lambda **said: heard.append(said), weak=False, dispatch_uid="t")
        self.addCleanup(standing_changed.disconnect, dispatch_uid="t")
        campaign(self.acme, unit=1, seen=1_000, complaints=500)

        self.assertEqual(self.standing(), "suspended")
        decision = Decision.objects.get()
        self.assertEqual((decision.rule, decision.by), ("evidence", None))
        self.assertEqual(AuditRow.objects.filter(event="profile.suspended").count(), 1)
        self.assertEqual(Notice.objects.filter(kind="standing.suspended").count(), 1)
        self.assertEqual([(h["old"], h["new"]) for h in heard], [("clear", "suspended")])
        self.assertFalse(Profile.objects.get(pk=self.acme.pk).badge_shown)

    def test_a_suspension_opens_a_case_due_within_24_hours(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=200)
        case = Case.objects.get()
        self.assertLessEqual((case.due_at - NOW).total_seconds(), 24 * 3600)

    def test_a_decision_replays_to_the_same_rung(self):
        for number in range(5):
            campaign(self.acme, unit=number, seen=1_000, complaints=90, now=NOW + number * DAY)
        self.assertGreater(Decision.objects.count(), 1)
        for decision in Decision.objects.all():
            again = ladder.replay(decision.inputs["facts"], decision.policy.values)
            self.assertEqual((again.to, again.rule), (decision.to_standing, decision.rule))

    def test_a_limit_takes_the_cap_one_step_down(self):
        Profile.objects.filter(pk=self.acme.pk).update(daily_cap=None)
        while self.standing() != "limited":
            number = Unit.objects.count()
            campaign(self.acme, unit=number, seen=1_000, complaints=70, now=NOW + number * DAY)
        self.assertEqual(Profile.objects.get(pk=self.acme.pk).daily_cap, 100_000)

    def test_evidence_fades_and_the_limit_ends(self):
        while self.standing() != "limited":
            number = Unit.objects.count()
            campaign(self.acme, unit=number, seen=1_000, complaints=70, now=NOW + number * DAY)
        for day in range(100):
            evaluate(self.acme, now=NOW + (day + 5) * DAY)
        self.assertEqual(self.standing(), "clear")
        self.assertEqual(Decision.objects.latest("made_at").rule, "calm")

    def test_campaigns_stopped_again_and_again_suspend(self):
        for number in range(4):
            deliver(self.acme, 500, unit=number, now=NOW + number * DAY)
            complain(self.acme, 50, unit=number, now=NOW + number * DAY)
            look = look_at_campaign(self.acme, campaign_id=number, now=NOW + number * DAY)
            self.assertTrue(look.stop)
        self.assertEqual(self.standing(), "suspended")
        self.assertEqual(Decision.objects.latest("made_at").rule, "stops")

    def test_a_look_at_a_campaign_nobody_has_seen_lets_it_go_on(self):
        self.assertFalse(look_at_campaign(self.acme, campaign_id=9, now=NOW).stop)

    def test_a_test_profile_is_never_judged(self):
        Profile.objects.filter(pk=self.acme.pk).update(is_test=True)
        campaign(self.acme, unit=1, seen=1_000, complaints=500)
        self.assertEqual(self.standing(), "clear")

    def test_quality_follows_the_score(self):
        for complaints, colour in ((0, "green"), (14, "yellow"), (30, "red")):
            campaign(self.acme, unit=complaints, seen=1_000, complaints=complaints)
            self.assertEqual(Profile.objects.get(pk=self.acme.pk).quality, colour)

    def test_a_new_policy_computes_all_anew(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=30)
        before = Evidence.objects.get().value
        Policy.objects.update(state="retired")
        Policy.objects.create(
            version=2, state="active", values=Rules(honest_rate=0.01).values(), published_at=NOW
        )
        self.assertLess(evaluate(self.acme, now=NOW).value, before)

    def test_each_day_has_one_reading(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=3)
        evaluate(self.acme, now=NOW)
        self.assertEqual(Reading.objects.get().delivered, 1_000)

    def test_the_sweeper_finds_what_no_wake_up_reached(self):
        deliver(self.acme, 10)
        complain(self.acme, 2)
        self.assertEqual(evaluate_waiting(), 1)
        self.assertEqual(Unit.objects.get().reporters, 2)
        self.assertEqual(evaluate_waiting(), 0)


def sorted_rungs(seen: list[str]) -> list[str]:
    """Each rung once, in the order it was first seen, without the ground."""
    return [rung for rung in dict.fromkeys(seen) if rung != "clear"]
