"""The audit read by staff: differences, the way to the object, the file."""

from django.test import TestCase
from django.urls import reverse

from profiles.differences import Difference, read_details
from profiles.models import AuditRow
from profiles.services.audit import record
from profiles.services.profiles import change_profile
from profiles.tests.people import make_business, make_profile, sign_in, staff


class AuditAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = make_business("Acme")
        cls.profile = make_profile(cls.acme, "acme")
        change_profile(cls.profile, by=None, name="Acme Bank", about="=1+1")
        cls.row = AuditRow.objects.get(event="profile.changed")
        cls.lead = staff("lead")

    def setUp(self):
        sign_in(self.client, self.lead)

    def test_only_leads_read_it(self):
        for group in ("verifier", "moderator", "finance", "support"):
            sign_in(self.client, staff(group))
            for name, arguments in (("changelist", []), ("change", [self.row.pk])):
                url = reverse(f"admin:profiles_auditrow_{name}", args=arguments)
                self.assertEqual(self.client.get(url).status_code, 403)
            self.assertEqual(self.client.get(reverse("admin:audit_csv")).status_code, 403)

    def test_a_row_shows_what_was_and_what_became_of_it(self):
        url = reverse("admin:profiles_auditrow_change", args=[self.row.pk])
        page = self.client.get(url)
        self.assertContains(page, "<del>Acme</del>")
        self.assertContains(page, "<ins>Acme Bank</ins>")
        there = reverse("admin:profiles_profile_change", args=[self.profile.pk])
        self.assertContains(page, there)

    def test_each_object_has_its_history_with_differences(self):
        there = reverse("admin:profiles_profile_change", args=[self.profile.pk])
        history = reverse("admin:profiles_profile_history", args=[self.profile.pk])
        self.assertContains(self.client.get(there), history)
        self.assertContains(self.client.get(history), "<del>Acme</del>")

    def test_the_file_has_what_the_list_shows_and_no_formula(self):
        record(self.acme, "business.named", by=None, note="x")
        answer = self.client.get(reverse("admin:audit_csv") + "?event=profile.changed")
        text = b"".join(answer.streaming_content).decode()
        self.assertIn("profile.changed", text)
        self.assertNotIn("business.named", text)
        self.assertEqual(AuditRow.objects.filter(event="audit.exported").count(), 1)
        AuditRow.objects.create(
            event="x.made", object_type="x.x", object_id="1", object_name="=cmd()"
        )
        answer = self.client.get(reverse("admin:audit_csv") + "?event=x.made")
        self.assertIn(",'=cmd(),", b"".join(answer.streaming_content).decode())

    def test_a_request_has_a_name_on_its_answer_in_the_audit_and_on_errors(self):
        answer = self.client.get(reverse("admin:audit_csv"))
        name = answer["X-Request-ID"]
        row = AuditRow.objects.filter(event="audit.exported").latest("id")
        self.assertEqual(row.details["request"], name)
        found = self.client.get(reverse("admin:profiles_auditrow_changelist"), {"q": name})
        self.assertEqual([r.pk for r in found.context["cl"].result_list], [row.pk])
        missing = self.client.get("/nothing/here/", headers={"X-Request-ID": "proxy-12345678"})
        self.assertContains(missing, "proxy-12345678", status_code=404)
        self.assertEqual(missing["X-Request-ID"], "proxy-12345678")
        odd = self.client.get("/", headers={"X-Request-ID": "<script>"})
        self.assertNotIn("<", odd["X-Request-ID"])

    def test_details_are_taken_apart_whatever_their_form(self):
        said = read_details({"before": "agent", "role": "admin", "reason": "Asked", "request": "r"})
        self.assertEqual(said.changes, [Difference("role", "agent", "admin")])
        self.assertEqual((said.reason, said.request, said.others), ("Asked", "r", []))
        said = read_details({"field": "name", "before": "A", "after": "B", "n": 1})
        self.assertEqual(said.changes, [Difference("name", "A", "B")])
        self.assertEqual(said.others, [("n", 1)])
        self.assertEqual(read_details({}).changes, [])
