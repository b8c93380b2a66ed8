"""Staff's queue of templates."""

from django.test import TestCase
from django.urls import reverse

from messaging.models import Template
from messaging.services.templates.lifecycle import create_template
from messaging.tests.cast import Cast
from profiles.models import AuditRow, Notice
from profiles.tests.people import sign_in, staff


class TemplatesAdminTests(Cast, TestCase):
    def setUp(self) -> None:
        self.moderator = staff("moderator", name="mona")
        self.template = create_template(
            self.acme,
            name="hello",
            language="en",
            category="UTILITY",
            components=[
                {"type": "BODY", "text": "Hello {{1}}, everything is 20% off. Your order!"}
            ],
            by=self.alice,
        )

    def act(self, name: str, data: dict):
        url = reverse(
            f"admin:messaging_template_{name}",
            kwargs={"object_id": self.template.pk},
        )
        return self.client.post(url, {"_form_submitted": "1"} | data)

    def test_members_of_businesses_and_wrong_groups_may_not(self):
        for user in (self.alice, staff("finance", name="fina")):
            sign_in(self.client, user)
            page = self.client.get(reverse("admin:messaging_template_changelist"))
            self.assertNotEqual(page.status_code, 200)
            self.act("approve", {})
        sign_in(self.client, staff("support", name="sue"))
        self.act("approve", {})
        self.assertEqual(Template.objects.get().status, "PENDING")

    def test_a_moderator_sees_the_words_that_matter_and_approves(self):
        sign_in(self.client, self.moderator)
        queue = self.client.get(reverse("admin:messaging_template_changelist"))
        self.assertContains(queue, "hello")
        page = self.client.get(reverse("admin:messaging_template_change", args=[self.template.pk]))
        self.assertContains(page, "<mark>20% off</mark>")
        self.act("approve", {})
        self.assertEqual(Template.objects.get().status, "APPROVED")
        self.assertTrue(AuditRow.objects.filter(event="template.approved", actor=self.moderator))

    def test_sending_back_needs_words_and_quotes_the_rule(self):
        sign_in(self.client, self.moderator)
        self.act("reject", {"rule": "category", "reason": ""})
        self.assertEqual(Template.objects.get().status, "PENDING")
        self.act("reject", {"rule": "category", "reason": "Leave out “20% off”."})
        template = Template.objects.get()
        self.assertEqual(template.status, "REJECTED")
        self.assertIn("Rule 2", template.reason)
        self.assertTrue(Notice.objects.filter(kind="template_rejected", business=self.acme))
