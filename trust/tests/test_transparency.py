import io
import json
from datetime import date, timedelta

from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse

from profiles.tests.people import make_business, person, sign_in, staff, verified_profile
from trust.models import Decision, SpamReport, TransparencyReport
from trust.services.appeals import decide_appeal, file_appeal
from trust.services.reports import dismiss_report, uphold_report
from trust.services.second_looks import answer_second_look
from trust.services.standing import revoke_profile
from trust.services.transparency import count_half_year, count_running_half_year
from trust.tests.acts import DAY, NOW, campaign, complain

HOUR = timedelta(hours=1)


class TransparencyTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.other = verified_profile("other")
        cls.mo, cls.ann = staff("moderator", name="mo"), staff("moderator", name="ann")
        campaign(cls.acme, unit=1, seen=1_000, complaints=500)  # suspended by the rules
        reports = list(SpamReport.objects.all()[:3])
        uphold_report(reports[0], by=cls.mo, reason="Spam", now=NOW + 2 * HOUR)
        dismiss_report(reports[1], by=cls.mo, reason="Not spam", now=NOW + 4 * HOUR)
        decision = Decision.objects.get()
        appeal = file_appeal(decision, by=person("alice"), text="No", now=NOW + HOUR)
        decide_appeal(appeal, outcome="reversed", by=cls.ann, reason="Right", now=NOW + 11 * HOUR)
        revoke_profile(cls.other, by=cls.mo, reason="Fraud", now=NOW + DAY)

    def values(self) -> dict:
        return count_half_year(NOW.date()).values

    def test_reports_are_counted_with_their_outcome_and_time(self):
        notices = self.values()["notices"]
        self.assertEqual(
            (notices["received"], notices["upheld"], notices["dismissed"]), (500, 1, 1)
        )
        self.assertEqual(notices["median_hours"], 3)
        self.assertEqual(notices["by_reason"], {"spam": 500})

    def test_measures_are_told_apart_by_who_took_them(self):
        measures = {row["standing"]: row for row in self.values()["measures"]}
        self.assertEqual(measures["suspended"]["by_rules"], 1)
        self.assertEqual(measures["revoked"]["by_people"], 1)

    def test_the_rules_error_rate_is_public(self):
        values = self.values()
        self.assertEqual(values["complaints"]["reversed"], 1)
        self.assertEqual(values["complaints"]["median_hours"], 10)
        self.assertEqual(values["automated"]["error_rate"], 1)

    def test_two_peoples_agreement_is_public(self):
        from trust.models import SecondLook

        decision = Decision.objects.get(to_standing="revoked")
        look, _made = SecondLook.objects.get_or_create(
            decision=decision, defaults={"first_decider": self.mo}
        )
        answer_second_look(look, by=self.ann, standing="revoked", reason="Same", now=NOW + 2 * DAY)
        self.assertEqual(self.values()["second_looks"]["agreement"], 1)

    def test_a_half_year_is_counted_once_more_after_it_has_ended(self):
        self.assertEqual(count_running_half_year(now=NOW), 1)
        july = NOW.replace(month=7, day=2)
        self.assertEqual(count_running_half_year(now=july), 2)
        self.assertEqual(
            list(TransparencyReport.objects.order_by("begins").values_list("begins", flat=True)),
            [date(2026, 1, 1), date(2026, 7, 1)],
        )

    def test_everybody_reads_it_as_page_sheet_and_data(self):
        count_half_year(NOW.date())
        page = self.client.get(reverse("transparency"))
        self.assertContains(page, "Loss of the badge")
        sheet = self.client.get(reverse("transparency_csv", args=["2026-h1"]))
        self.assertIn('"suspended, by rules alone",1', sheet.content.decode())
        data = self.client.get(reverse("transparency_json", args=["2026-h1"])).json()
        self.assertEqual(data["begins"], "2026-01-01")

    def test_an_unknown_half_year_is_not_found(self):
        for name in ("1999-h1", "2026-h3", "nonsense"):
            url = reverse("transparency_of", args=[name])
            self.assertEqual(self.client.get(url).status_code, 404)

    def test_it_names_nobody(self):
        count_half_year(NOW.date())
        page = self.client.get(reverse("transparency")).content.decode()
        self.assertNotIn("Acme", page)


class StatementTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        campaign(cls.acme, unit=1, seen=1_000, complaints=500)
        cls.decision = Decision.objects.get()

    def test_statements_are_exported_a_line_each(self):
        out = io.StringIO()
        call_command("export_statements", stdout=out)
        rows = [json.loads(line) for line in out.getvalue().splitlines()]
        self.assertEqual([row["puid"] for row in rows], [str(self.decision.uuid)])
        self.assertEqual(rows[0]["decision_ground"], "DECISION_GROUND_INCOMPATIBLE_CONTENT")

    def test_days_narrow_the_export(self):
        out = io.StringIO()
        call_command("export_statements", until=date(2026, 3, 9), stdout=out)
        self.assertEqual(out.getvalue(), "")

    def test_the_business_downloads_its_own_and_nobody_elses(self):
        url = reverse("statement", args=[self.acme.business.slug, self.decision.uuid])
        sign_in(self.client, person("mallory"))
        self.assertEqual(self.client.get(url).status_code, 404)
        sign_in(self.client, person("alice"))
        self.assertEqual(self.client.get(url).json()["puid"], str(self.decision.uuid))
        other = make_business("Other", owner=person("alice"))
        url = reverse("statement", args=[other.slug, self.decision.uuid])
        self.assertEqual(self.client.get(url).status_code, 404)

    def test_a_statement_names_no_reporter(self):
        complain(self.acme, person_id=424242)
        self.assertNotIn("424242", json.dumps(self.decision.statement))

    def test_all_decisions_replay_and_a_changed_one_is_found(self):
        out = io.StringIO()
        call_command("replay_decisions", stdout=out)
        self.assertIn("1 decisions replay", out.getvalue())
        self.decision.inputs["units"][0]["x"] = 1
        self.decision.save()
        with self.assertRaisesMessage(CommandError, str(self.decision.uuid)):
            call_command("replay_decisions")
