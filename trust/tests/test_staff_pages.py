"""The staff's pages: who may see and do what, and that every button does what it says."""

from datetime import timedelta

from django.test import TestCase
from django.urls import reverse

from profiles.models import AuditRow, Profile
from profiles.tests.people import person, sign_in, staff, verified_profile
from trust.models import Appeal, Case, Decision, Policy, Preset, SecondLook, SpamReport
from trust.rules import Rules
from trust.services.appeals import file_appeal
from trust.services.evaluation import evaluate
from trust.services.policies import draft_policy
from trust.services.standing import suspend_profile
from trust.tests.acts import NOW, campaign, complain, deliver

MODELS = ("spamreport", "case", "decision", "proposal", "appeal", "secondlook", "policy", "preset")


class StaffTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.mo = staff("moderator", name="mo")
        cls.ann = staff("moderator", name="ann")
        cls.lea = staff("lead", name="lea")

    def setUp(self):
        sign_in(self.client, self.mo)

    def dialog(self, model: str, action: str, pk, app="trust", **given):
        """Press a button and send its dialog."""
        url = reverse(f"admin:{app}_{model}_{action}", args=[pk])
        return self.client.post(
            url, {"_form_submitted": "1", **given}, headers={"HX-Request": "true"}
        )

    def standing(self) -> str:
        return Profile.objects.get(pk=self.acme.pk).standing


class HomeTests(StaffTests):
    def test_who_works_on_complaints_sees_what_waits_and_how_it_went(self):
        page = self.client.get(reverse("admin:index"))
        names = [entry.name for entry, _late in page.context["queues"]]
        self.assertEqual(
            names, ["Verification", "Templates", "Reports", "Cases", "Appeals", "Second yes"]
        )
        self.assertContains(page, "Overturned on appeal")

    def test_who_does_not_sees_none_of_it(self):
        sign_in(self.client, staff("finance", name="fay"))
        page = self.client.get(reverse("admin:index"))
        about_trust = [entry for entry, _late in page.context["queues"] if "/trust/" in entry.url]
        self.assertEqual(about_trust, [])
        self.assertNotContains(page, "Overturned on appeal")


class DoorTests(StaffTests):
    def test_a_stranger_finds_no_admin(self):
        sign_in(self.client, person("mallory"))
        for model in MODELS:
            page = self.client.get(reverse(f"admin:trust_{model}_changelist"), follow=True)
            self.assertEqual(page.status_code, 404, model)

    def test_each_group_sees_its_pages_only(self):
        sees = {
            "moderator": set(MODELS),
            "verifier": {"spamreport", "decision"},
            "support": {"spamreport", "case", "decision", "appeal", "policy"},
            "finance": set(),
            "lead": set(MODELS),
        }
        for group, models in sees.items():
            sign_in(self.client, staff(group, name=f"some_{group}"))
            for model in MODELS:
                url = reverse(f"admin:trust_{model}_changelist")
                expected = 200 if model in models else 403
                self.assertEqual(self.client.get(url).status_code, expected, (group, model))

    def test_support_can_look_but_not_decide(self):
        complain(self.acme)
        report = SpamReport.objects.get()
        sign_in(self.client, staff("support", name="sue"))
        answer = self.dialog("spamreport", "uphold", report.pk, words="Yes")
        self.assertEqual(answer.status_code, 403)
        answer = self.dialog("profile", "revoke", self.acme.pk, app="profiles", words="Yes")
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.standing(), "clear")


class ReportQueueTests(StaffTests):
    def setUp(self):
        super().setUp()
        deliver(self.acme, 100)
        self.report = complain(self.acme, 3)

    def test_the_queue_shows_the_message_and_how_many_say_the_same(self):
        page = self.client.get(reverse("admin:trust_spamreport_changelist"))
        self.assertContains(page, "Buy now", 3)
        self.assertContains(page, "weighs 1.0 of 1")

    def test_a_report_is_read_in_words_not_as_data_and_names_no_person(self):
        page = self.client.get(reverse("admin:trust_spamreport_change", args=[self.report.pk]))
        self.assertContains(page, "<b>Message</b>: Buy now")
        self.assertNotContains(page, "person_id")

    def test_upholding_asks_why_and_opens_the_next(self):
        self.dialog("spamreport", "uphold", self.report.pk)
        self.report.refresh_from_db()
        self.assertEqual(self.report.state, "open")  # no reason given
        self.dialog("spamreport", "uphold", self.report.pk, words="Plain spam")
        self.report.refresh_from_db()
        self.assertEqual((self.report.state, self.report.decided_why), ("upheld", "Plain spam"))

    def test_a_preset_is_a_reason(self):
        preset = Preset.objects.create(used_for="report", text="Never asked for")
        self.dialog("spamreport", "uphold", self.report.pk, preset=preset.pk)
        self.report.refresh_from_db()
        self.assertEqual(self.report.decided_why, "Never asked for")

    def test_dismissing_takes_its_weight_out_again(self):
        before = evaluate(self.acme, now=NOW).value
        self.dialog("spamreport", "dismiss", self.report.pk, words="A mistake")
        self.assertLess(evaluate(self.acme).value, before)

    def test_many_are_closed_with_one_reason_each_with_its_own_audit_row(self):
        url = reverse("admin:trust_spamreport_changelist")
        chosen = {
            "action": "dismiss_selected",
            "_selected_action": [row.pk for row in SpamReport.objects.all()],
        }
        page = self.client.post(url, chosen)
        self.assertContains(page, "3 reports.")
        self.assertEqual(SpamReport.objects.filter(state="open").count(), 3)
        page = self.client.post(url, {**chosen, "reason": "A brigade"}, follow=True)
        self.assertContains(page, "3 reports decided.")
        self.assertEqual(AuditRow.objects.filter(event="report.dismissed").count(), 3)

    def test_what_another_decided_meanwhile_stays(self):
        self.dialog("spamreport", "uphold", self.report.pk, words="Spam")
        sign_in(self.client, self.ann)
        self.dialog("spamreport", "dismiss", self.report.pk, words="Not spam")
        self.report.refresh_from_db()
        self.assertEqual((self.report.state, self.report.decided_by), ("upheld", self.mo))

    def test_a_decided_report_leaves_the_waiting_list_but_can_be_found(self):
        self.dialog("spamreport", "uphold", self.report.pk, words="Spam")
        url = reverse("admin:trust_spamreport_changelist")
        self.assertContains(self.client.get(url + "?state__exact=upheld"), "Buy now", 1)

    def test_what_waits_stands_before_what_is_decided_the_oldest_first(self):
        oldest, middle, newest = reports = SpamReport.objects.order_by("pk")
        for hours, report in enumerate(reports):
            at = NOW + timedelta(hours=hours)
            SpamReport.objects.filter(pk=report.pk).update(created_at=at)
        self.dialog("spamreport", "uphold", oldest.pk, words="Spam")
        page = self.client.get(reverse("admin:trust_spamreport_changelist"))
        self.assertEqual(list(page.context["cl"].result_list), [middle, newest, oldest])


class MeasureTests(StaffTests):
    def test_revoking_from_a_profiles_page(self):
        page = self.client.get(reverse("admin:profiles_profile_change", args=[self.acme.pk]))
        self.assertContains(page, "Revoke")
        self.dialog("profile", "revoke", self.acme.pk, app="profiles", words="Sold fakes")
        self.assertEqual(self.standing(), "revoked")
        self.assertEqual(Decision.objects.get().reason, "Sold fakes")

    def test_nothing_happens_by_following_a_link(self):
        url = reverse("admin:profiles_profile_revoke", args=[self.acme.pk])
        self.client.get(url)
        self.assertEqual(self.standing(), "clear")

    def test_the_second_moderator_is_told_on_the_page(self):
        self.dialog("profile", "revoke", self.acme.pk, app="profiles", words="Sold fakes")
        sign_in(self.client, self.ann)
        self.dialog("profile", "revoke", self.acme.pk, app="profiles", words="Sold fakes")
        page = self.client.get(reverse("admin:profiles_profile_change", args=[self.acme.pk]))
        self.assertContains(page, "Mo decided it at")

    def test_a_decision_from_a_case_belongs_to_the_case(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=200)
        case = Case.objects.get()
        self.dialog("case", "revoke", case.pk, words="Fraud")
        decision = Decision.objects.latest("pk")
        self.assertEqual((decision.case, decision.to_standing), (case, "revoked"))

    def test_the_state_of_nothing_is_a_field_to_edit(self):
        page = self.client.get(reverse("admin:profiles_profile_change", args=[self.acme.pk]))
        self.assertNotContains(page, 'name="standing"')
        self.assertNotContains(page, 'name="daily_cap"')

    def test_only_a_lead_sets_a_cap(self):
        given = {"cap": 5_000, "words": "A bank we know"}
        answer = self.dialog("profile", "set_cap", self.acme.pk, app="profiles", **given)
        self.assertEqual(answer.status_code, 403)
        sign_in(self.client, self.lea)
        self.dialog("profile", "set_cap", self.acme.pk, app="profiles", **given)
        self.assertEqual(Profile.objects.get(pk=self.acme.pk).daily_cap, 5_000)

    def test_a_large_sender_waits_for_a_second_person(self):
        deliver(self.acme, 200_000, now=None)
        evaluate(self.acme)
        self.dialog("profile", "revoke", self.acme.pk, app="profiles", words="Fraud")
        self.assertEqual(self.standing(), "clear")
        from trust.models import Proposal

        proposal = Proposal.objects.get()
        self.dialog("proposal", "confirm", proposal.pk)
        self.assertEqual(self.standing(), "clear")  # one's own yes does not count
        sign_in(self.client, self.ann)
        self.dialog("proposal", "confirm", proposal.pk)
        self.assertEqual(self.standing(), "revoked")


class CaseTests(StaffTests):
    def setUp(self):
        super().setUp()
        campaign(self.acme, unit=1, seen=1_000, complaints=200)
        self.case = Case.objects.get()

    def test_the_queue_shows_what_is_due_first_and_hides_nothing(self):
        page = self.client.get(reverse("admin:trust_case_changelist"))
        self.assertContains(page, "Acme")
        self.assertContains(page, "Suspended by the rules")
        self.dialog("case", "close", self.case.pk, reason="Seen")
        page = self.client.get(reverse("admin:trust_case_changelist"))
        self.assertContains(page, "Closed")

    def test_two_do_not_work_on_one_case(self):
        self.dialog("case", "claim", self.case.pk)
        sign_in(self.client, self.ann)
        self.dialog("case", "claim", self.case.pk)
        page = self.client.get(reverse("admin:trust_case_change", args=[self.case.pk]))
        self.assertContains(page, "Mo works on this case.")

    def test_its_page_opens_with_reports_and_decisions(self):
        page = self.client.get(reverse("admin:trust_case_change", args=[self.case.pk]))
        self.assertContains(page, "What the rule saw")

    def test_a_decision_shows_its_numbers_and_replays(self):
        decision = Decision.objects.get()
        page = self.client.get(reverse("admin:trust_decision_change", args=[decision.pk]))
        self.assertContains(page, "give the same rung again")
        self.assertContains(page, "Campaign 1")


class AppealQueueTests(StaffTests):
    def setUp(self):
        super().setUp()
        decision = suspend_profile(self.acme, by=self.mo, reason="Spam")
        self.appeal = file_appeal(decision, by=person("alice"), text="We had consent.")
        self.url = reverse("admin:trust_appeal_change", args=[self.appeal.pk])

    def test_who_decided_first_has_no_button_and_no_way(self):
        self.assertNotContains(self.client.get(self.url), "Answer the appeal")
        given = {"outcome": "upheld", "words": "Still"}
        self.assertEqual(self.dialog("appeal", "answer", self.appeal.pk, **given).status_code, 403)

    def test_another_answers_and_the_badge_is_back(self):
        sign_in(self.client, self.ann)
        self.assertContains(self.client.get(self.url), "We had consent.")
        self.dialog("appeal", "answer", self.appeal.pk, outcome="reversed", words="They did.")
        self.assertEqual(self.standing(), "clear")
        self.assertEqual(Appeal.objects.get().decided_by, self.ann)
        self.assertEqual(self.client.get(reverse("admin:trust_appeal_changelist")).status_code, 200)


class SecondLookTests(StaffTests):
    def setUp(self):
        super().setUp()
        decision = suspend_profile(self.acme, by=self.mo, reason="Secret first reason")
        self.look = SecondLook.objects.filter(decision=decision).first()
        self.look = self.look or SecondLook.objects.create(decision=decision, first_decider=self.mo)

    def test_the_first_answer_is_not_shown_before_the_second(self):
        url = reverse("admin:trust_secondlook_change", args=[self.look.pk])
        sign_in(self.client, self.ann)
        page = self.client.get(url)
        self.assertNotContains(page, "Secret first reason")
        self.assertContains(page, "Shown when you have answered.")
        self.dialog("secondlook", "answer", self.look.pk, standing="warned", reason="Milder")
        self.look.refresh_from_db()
        self.assertIs(self.look.agrees, False)

    def test_the_first_decider_does_not_even_find_it(self):
        url = reverse("admin:trust_secondlook_change", args=[self.look.pk])
        self.assertEqual(self.client.get(url).status_code, 302)


class PolicyPageTests(StaffTests):
    def test_a_lead_drafts_and_puts_in_force(self):
        sign_in(self.client, self.lea)
        url = reverse("admin:trust_policy_add")
        self.assertContains(self.client.get(url), "Warn at evidence")
        values = {**Rules().values(), "warn_at": 5, "bad_rates": "0.02, 0.05", "note": "Later"}
        self.client.post(url, values)
        draft = Policy.objects.get(version=2)
        self.assertEqual((draft.rules.warn_at, draft.rules.bad_rates), (5, (0.02, 0.05)))
        self.dialog("policy", "publish", draft.pk)
        self.assertEqual(Policy.objects.active().version, 2)

    def test_a_ladder_out_of_order_is_refused(self):
        sign_in(self.client, self.lea)
        values = {**Rules().values(), "warn_at": 20, "bad_rates": "0.02", "note": "Odd"}
        page = self.client.post(reverse("admin:trust_policy_add"), values)
        self.assertContains(page, "Each rung begins above the one before.")

    def test_a_moderator_reads_but_does_not_publish(self):
        draft = draft_policy(by=self.lea, values=Rules(warn_at=5).values(), note="Later")
        page = self.client.get(reverse("admin:trust_policy_change", args=[draft.pk]))
        self.assertContains(page, "in force")
        self.assertEqual(self.dialog("policy", "publish", draft.pk).status_code, 403)
        self.assertEqual(self.client.get(reverse("admin:trust_policy_add")).status_code, 403)
