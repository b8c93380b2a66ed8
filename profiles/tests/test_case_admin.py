"""Staff decide in the admin: by POST only, with a reason, in the right group."""

from django.test import TestCase
from django.urls import reverse

from profiles.models import AuditRow, Business, VerificationCase
from profiles.permissions import GROUPS, all_permissions
from profiles.tests.people import make_business, person, sign_in, staff, verify
from profiles.tests.test_verification import handed_in

SUBMIT = {"_form_submitted": "on"}


def action(name: str, case: VerificationCase) -> str:
    return reverse(f"admin:profiles_verificationcase_{name}", args=[case.pk])


class CaseAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)
        cls.vera = staff("verifier", name="vera")

    def setUp(self):
        self.case = handed_in(self.acme)
        sign_in(self.client, self.vera)

    def state(self) -> str:
        self.case.refresh_from_db()
        return self.case.state

    def test_claim_then_approve(self):
        self.client.post(action("claim", self.case), SUBMIT)
        self.assertEqual(self.state(), "in_review")
        response = self.client.post(
            action("approve", self.case), SUBMIT | {"checked": ["register", "address"]}
        )
        self.assertIn("HX-Redirect", response)
        self.assertEqual(self.state(), "approved")
        self.acme.refresh_from_db()
        self.assertTrue(self.acme.is_verified())

    def test_a_get_changes_nothing(self):
        for name in ("claim", "approve", "ask", "reject", "release"):
            response = self.client.get(
                action(name, self.case), SUBMIT | {"words": "x", "checked": ["register"]}
            )
            self.assertContains(response, "<form")
            self.assertEqual(self.state(), "submitted")

    def test_a_question_and_a_refusal_need_a_reason(self):
        for name in ("ask", "reject"):
            self.assertContains(self.client.post(action(name, self.case), SUBMIT), "required")
        self.assertEqual(self.state(), "submitted")
        self.client.post(action("reject", self.case), SUBMIT | {"words": "Unknown there."})
        self.assertEqual((self.state(), self.case.reason), ("rejected", "Unknown there."))

    def test_a_refused_service_is_a_sentence_not_an_error(self):
        self.client.post(action("approve", self.case), SUBMIT | {"checked": ["register"]})
        self.client.post(action("approve", self.case), SUBMIT | {"checked": ["register"]})
        page = self.client.get(reverse("admin:profiles_verificationcase_changelist"))
        self.assertContains(page, "not waiting for a decision")

    def test_without_the_right_nothing_moves(self):
        for group in ("moderator", "finance", "support"):
            sign_in(self.client, staff(group))
            for name in ("claim", "approve", "ask", "reject"):
                response = self.client.post(
                    action(name, self.case), SUBMIT | {"words": "x", "checked": ["register"]}
                )
                self.assertEqual(response.status_code, 403)
        self.assertEqual(self.state(), "submitted")

    def test_fields_cant_be_posted_into_the_case(self):
        url = reverse("admin:profiles_verificationcase_change", args=[self.case.pk])
        self.client.post(url, {"state": "approved", "legal_name": "Evil"})
        self.assertEqual((self.state(), self.case.legal_name), ("submitted", "Acme Ltd"))

    def test_the_queue_is_oldest_first_and_hides_drafts(self):
        VerificationCase.objects.create(business=make_business("Draft"), legal_name="Draft Ltd")
        handed_in(make_business("Younger"))
        page = self.client.get(reverse("admin:profiles_verificationcase_changelist"))
        cases = page.context["cl"].result_list
        self.assertEqual([case.business.name for case in cases], ["Acme", "Younger"])

    def test_the_history_of_a_case_is_its_audit(self):
        url = reverse("admin:profiles_verificationcase_history", args=[self.case.pk])
        self.assertContains(self.client.get(url), "case.submitted")


class StaffAdminTests(TestCase):
    def test_the_groups_hold_exactly_what_the_tables_say(self):
        table = all_permissions()
        for group in GROUPS:
            user = staff(group)
            self.assertEqual(
                user.get_all_permissions(), {key for key, who in table.items() if group in who}
            )

    def test_a_hand_made_change_is_a_row_of_the_audit(self):
        acme = make_business("Acme")
        sign_in(self.client, staff("support"))
        url = reverse("admin:profiles_business_change", args=[acme.pk])
        data = {"name": "Acme Inc", "country": "US", "time_zone": "UTC"}
        inlines = ("profiles", "cases", "memberships", "support_notes")
        for prefix in inlines:
            data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
        response = self.client.post(url, data)
        self.assertEqual(response.status_code, 302, response.content[:500])
        row = AuditRow.objects.get(event="business.changed_by_staff")
        self.assertEqual(row.details["before"], {"name": "Acme", "country": "GB"})
        self.assertEqual(row.details["after"], {"name": "Acme Inc", "country": "US"})

    def test_only_a_lead_withdraws_a_verification(self):
        acme = make_business("Acme")
        verify(acme)
        url = reverse("admin:profiles_business_withdraw", args=[acme.pk])
        sign_in(self.client, staff("support"))
        self.assertEqual(self.client.post(url, SUBMIT | {"reason": "Gone"}).status_code, 403)
        sign_in(self.client, staff("lead"))
        self.client.post(url, SUBMIT | {"reason": "Gone"})
        self.assertFalse(Business.objects.get().is_verified())

    def test_nobody_gives_themselves_rights(self):
        lead = staff("lead")
        sign_in(self.client, lead)
        url = reverse("admin:profiles_user_change", args=[lead.pk])
        page = self.client.get(url)
        self.assertEqual(set(page.context["adminform"].form.fields), {"name", "time_zone"})

    def test_a_lead_makes_a_member_of_staff_without_a_password(self):
        sign_in(self.client, staff("lead"))
        self.client.post(
            reverse("admin:profiles_user_add"),
            {"email": "New@example.com", "name": "New", "time_zone": "UTC", "is_staff": "on"},
        )
        new = person("new")
        self.assertTrue(new.is_staff)
        self.assertFalse(new.has_usable_password())
        self.assertTrue(AuditRow.objects.filter(event="user.added").exists())
