"""The templates' pages: list, editor, preview."""

from django.test import TestCase
from django.urls import reverse

from messaging.models import Template
from messaging.tests.cast import Cast, make_template
from profiles.tests.people import sign_in

FIELDS = {
    "name": "Order Shipped",
    "language": "en",
    "category": "UTILITY",
    "body": "Hello {{1}}, your order {{2}} has been shipped.",
    "examples": "Ana | 4711",
    "replies": "Where is it?",
}


class TemplatesPageTests(Cast, TestCase):
    def setUp(self) -> None:
        sign_in(self.client, self.alice)

    def url(self, name: str = "templates", **kwargs) -> str:
        return reverse(name, kwargs={"slug": "acme", **kwargs})

    def test_strangers_find_nothing_and_agents_only_read(self):
        template = make_template(self.acme)
        theirs = make_template(self.elsewhere)
        self.assertEqual(self.client.get(self.url("template", pk=theirs.pk)).status_code, 404)
        sign_in(self.client, self.mallory)
        for page in (self.url(), self.url("template_new"), self.url("template", pk=template.pk)):
            self.assertEqual(self.client.get(page).status_code, 404)
        sign_in(self.client, self.bob)
        self.assertEqual(self.client.get(self.url()).status_code, 200)
        self.assertEqual(self.client.get(self.url("template_new")).status_code, 403)
        deleted = self.client.post(self.url("template_delete", pk=template.pk))
        self.assertEqual(deleted.status_code, 403)
        self.client.post(self.url("template", pk=template.pk), FIELDS)
        template.refresh_from_db()
        self.assertEqual(template.version, 1)

    def test_a_template_is_written_and_approved_at_once(self):
        page = self.client.post(self.url("template_new"), FIELDS, follow=True)
        template = Template.objects.get(name="order_shipped")
        self.assertEqual(template.status, "APPROVED")
        self.assertEqual(template.components[0]["example"], {"body_text": [["Ana", "4711"]]})
        self.assertContains(page, "Hello Ana, your order 4711")
        self.assertContains(self.client.get(self.url()), "order_shipped")

    def test_the_list_names_languages_as_people_do(self):
        for language, name in (("pt_BR", "Brazilian Portuguese"), ("en", "English"), ("xx", "xx")):
            make_template(self.acme, f"hello_{language.lower()}", language=language)
            with self.subTest(language):
                self.assertContains(self.client.get(self.url()), f">{name}<")

    def test_faults_are_said_and_what_was_written_stays(self):
        page = self.client.post(self.url("template_new"), FIELDS | {"body": "{{1}} ordered"})
        self.assertContains(page, "begin or end with a variable", status_code=422)
        self.assertContains(page, "{{1}} ordered", status_code=422)

    def test_the_preview_quotes_the_words_that_make_it_an_advert(self):
        body = "Your order is here. <b>Sale</b> today: everything 20% off."
        page = self.client.post(self.url("template_preview"), FIELDS | {"body": body})
        self.assertContains(page, "read like an advert")
        self.assertContains(page, "<mark>20% off</mark>")
        self.assertContains(page, "&lt;b&gt;")
        self.assertNotContains(page, "<b>Sale</b>")

    def test_a_starter_fills_the_editor(self):
        page = self.client.get(self.url("template_new") + "?starter=fraud")
        self.assertContains(page, "We never ask for codes")

    def test_editing_shows_what_there_is(self):
        self.client.post(self.url("template_new"), FIELDS)
        template = Template.objects.get(name="order_shipped")
        page = self.client.get(self.url("template", pk=template.pk))
        self.assertContains(page, "Ana | 4711")
        self.client.post(
            self.url("template", pk=template.pk), FIELDS | {"body": "We want to talk to you."}
        )
        template.refresh_from_db()
        self.assertEqual((template.status, template.version), ("PENDING", 2))
