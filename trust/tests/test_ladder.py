"""Each row of the published table, and the ways back."""

from django.test import SimpleTestCase

from trust.ladder import Facts, Verdict, judge, replay
from trust.rules import Rules

RULES = Rules()


def verdict(standing="clear", **facts) -> Verdict:
    enough = {"reporters": 100, "clusters": 10, "calm_days": 100.0}
    return judge(Facts(standing=standing, **{"evidence": 0.0, **enough, **facts}), RULES)


class UpTests(SimpleTestCase):
    def test_the_rungs_begin_where_published(self):
        for below, at, rung in ((4.59, 4.6, "warned"), (6.89, 6.9, "limited")):
            self.assertNotEqual(verdict(evidence=below).to, rung)
            self.assertEqual(verdict(evidence=at), Verdict(rung, "evidence"))
        self.assertEqual(verdict(evidence=18.4), Verdict("suspended", "evidence"))

    def test_a_rung_needs_its_number_of_people(self):
        self.assertEqual(verdict(evidence=30, reporters=4).to, "clear")
        self.assertEqual(verdict(evidence=30, reporters=5).to, "warned")
        self.assertEqual(verdict(evidence=30, reporters=6).to, "limited")
        self.assertEqual(verdict(evidence=30, reporters=8).to, "suspended")

    def test_a_suspension_needs_three_groups(self):
        self.assertEqual(verdict(evidence=30, clusters=2).to, "limited")

    def test_stopped_campaigns_count_when_there_is_evidence_too(self):
        self.assertEqual(verdict(evidence=6.0, stops=2), Verdict("limited", "stops"))
        self.assertEqual(verdict(evidence=16, stops=3), Verdict("suspended", "stops"))
        self.assertEqual(verdict(evidence=15.9, stops=3), Verdict("limited", "evidence"))
        self.assertEqual(verdict(evidence=3, stops=3).to, "clear")

    def test_one_outrageous_campaign_suspends(self):
        self.assertEqual(verdict(outrage=0.3), Verdict("suspended", "outrage"))
        self.assertEqual(verdict(outrage=0.29).to, "clear")

    def test_the_first_revocation_needs_a_persons_yes(self):
        first = verdict("suspended", evidence=23)
        self.assertEqual(first, Verdict("revoked", "evidence", needs_staff=True))
        again = verdict("suspended", evidence=23, revoked_before=True)
        self.assertEqual(again, Verdict("revoked", "evidence"))

    def test_72_silent_hours_ask_for_revocation(self):
        self.assertEqual(verdict("suspended", evidence=19, silent_hours=71).to, "suspended")
        self.assertEqual(verdict("suspended", evidence=19, silent_hours=72).rule, "no_appeal")

    def test_nobody_is_revoked_who_was_not_suspended_first(self):
        self.assertEqual(verdict("clear", evidence=50, revoked_before=True).to, "suspended")


class DownTests(SimpleTestCase):
    def test_a_warning_ends_when_evidence_has_faded(self):
        self.assertEqual(verdict("warned", evidence=2.3).to, "warned")
        self.assertEqual(verdict("warned", evidence=2.29), Verdict("clear", "calm"))

    def test_a_warning_of_staff_stays_a_week(self):
        self.assertEqual(verdict("warned", by_staff=True, calm_days=6).to, "warned")
        self.assertEqual(verdict("warned", by_staff=True, calm_days=7).to, "clear")

    def test_a_limit_ends_after_seven_clean_days(self):
        self.assertEqual(verdict("limited", evidence=3, calm_days=6.9).to, "limited")
        self.assertEqual(verdict("limited", evidence=3, calm_days=7), Verdict("warned", "calm"))
        self.assertEqual(verdict("limited", evidence=1, calm_days=7), Verdict("clear", "calm"))
        self.assertEqual(verdict("limited", evidence=3.5, calm_days=90).to, "limited")

    def test_suspended_and_revoked_profiles_do_not_come_back_by_themselves(self):
        for standing in ("suspended", "revoked"):
            self.assertEqual(verdict(standing, evidence=0), Verdict(standing, "none"))


class ReplayTests(SimpleTestCase):
    def test_stored_inputs_under_stored_rules_give_the_same_verdict(self):
        facts = Facts("clear", 19.2, reporters=9, clusters=3)
        self.assertEqual(replay(facts.as_dict(), RULES.values()), judge(facts, RULES))
        stricter = Rules(suspend_at=30)
        self.assertEqual(replay(facts.as_dict(), stricter.values()).to, "limited")
