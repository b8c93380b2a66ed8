"""A new business is led from sign-up to its first campaign."""

from django.test import TestCase
from django.urls import reverse

from messaging.models import Campaign, Message
from messaging.services.campaigns.trials import contacts_to_try, send_trial
from messaging.services.conversations.figures import figures_of
from messaging.services.integrators.sandbox import open_sandbox
from messaging.services.templates.lifecycle import create_template
from profiles.checklist import checklist
from profiles.tests.people import make_business, make_profile, person, sign_in


class StepsTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)

    def undone(self) -> list[str]:
        return [step.title for step in checklist(self.acme) if not step.done]

    def test_six_steps_lead_from_a_profile_to_a_campaign(self):
        self.assertEqual(
            self.undone(),
            [
                "Make your public profile",
                "Write to test people",
                "Have your business verified",
                "Choose a plan",
                "Write what you want to say",
                "Send a first campaign",
            ],
        )

    def test_the_sandboxs_own_samples_are_not_what_the_business_wants_to_say(self):
        open_sandbox(self.acme, by=self.alice)
        self.assertNotIn("Write to test people", self.undone())
        self.assertIn("Write what you want to say", self.undone())

    def test_every_step_leads_to_a_page_that_opens(self):
        sign_in(self.client, self.alice)
        for step in checklist(self.acme):
            with self.subTest(step.title):
                self.assertEqual(self.client.get(step.url).status_code, 200)


class TestPeopleTests(TestCase):
    """What can be done with test people before anything is verified or paid."""

    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)
        cls.profile = make_profile(cls.acme, "acme")
        open_sandbox(cls.acme, by=cls.alice)

    def test_a_draft_can_be_tried_on_one_of_them(self):
        template = create_template(
            self.acme,
            by=self.alice,
            name="hello",
            language="en",
            category="UTILITY",
            components=[{"type": "BODY", "text": "Your order has arrived at our shop."}],
        )
        draft = Campaign(business=self.acme, profile=self.profile, template=template)
        ana = next(number for number, name in contacts_to_try(self.acme) if name == "Ana")
        message = send_trial(draft, by=self.alice, number=ana)
        self.assertEqual(message.profile_id, self.acme.profiles.get(is_test=True).pk)
        self.assertEqual(message.direction, Message.Direction.OUT)

    def test_the_inbox_offers_them_after_the_real_profile(self):
        sign_in(self.client, self.alice)
        page = self.client.get(reverse("business_inbox", args=["acme"]))
        self.assertEqual([one.is_test for one in page.context["profiles"]], [False, True])
        self.assertEqual(page.context["profile"], self.profile)
        handle = page.context["profiles"][1].handle
        page = self.client.get(reverse("business_inbox", args=["acme"]), {"profile": handle})
        self.assertContains(page, "Ana")

    def test_what_they_do_is_not_among_the_businesss_figures(self):
        figures = figures_of(self.acme)
        self.assertEqual((figures.received, figures.blocked), (0, 0))
        test = self.acme.profiles.get(is_test=True)
        self.assertGreater(figures_of(self.acme, profile=test).received, 0)
