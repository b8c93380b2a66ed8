"""Templates: who decides what, what the linter says, and how values are filled in."""

from django.test import SimpleTestCase, TestCase

from messaging.models import Template
from messaging.services.templates import components as parts
from messaging.services.templates.filling import render
from messaging.services.templates.lifecycle import (
    Invalid,
    approve_template,
    create_template,
    edit_template,
    reject_template,
)
from messaging.services.templates.linter import lint, predict
from messaging.services.templates.starters import STARTERS
from messaging.tests.cast import Cast, make_template
from portal.base.refused import Refused
from profiles.models import AuditRow, Notice, User

CLEAR = "Hello {{1}}, your order {{2}} has been shipped."
UNCLEAR = "Hello {{1}}, we would like to speak with you."


def body(text: str, **example) -> list[dict]:
    return [{"type": "BODY", "text": text, **example}]


class DecisionTests(Cast, TestCase):
    def write(self, text: str = CLEAR, category: str = "UTILITY", name: str = "order"):
        return create_template(
            self.acme,
            name=name,
            language="en",
            category=category,
            components=body(text),
            by=self.alice,
        )

    def test_a_clear_case_is_approved_by_the_linter(self):
        template = self.write()
        self.assertEqual((template.status, template.decided_by), ("APPROVED", None))
        self.assertEqual(
            list(
                AuditRow.objects.filter(object_id=str(template.pk))
                .order_by("pk")
                .values_list("event", flat=True)
            ),
            ["template.created", "template.approved"],
        )

    def test_the_rest_waits_for_staff_who_approve_or_say_why_not(self):
        staff = User.objects.create_user("vera@example.com", is_staff=True)
        template = self.write(UNCLEAR)
        self.assertEqual(template.status, "PENDING")

        with self.assertRaises(Refused):
            reject_template(template, reason="  ", by=staff)
        template = reject_template(template, reason="Say what the order is.", by=staff)
        self.assertEqual(template.reason, "Say what the order is.")
        self.assertTrue(Notice.objects.filter(business=self.acme).exists())
        with self.assertRaisesMessage(Refused, "not waiting for review"):
            approve_template(template, by=staff)

        template = edit_template(template, components=body(UNCLEAR + " Soon."), by=self.alice)
        self.assertEqual((template.status, template.version), ("PENDING", 2))
        self.assertEqual(approve_template(template, by=staff).status, "APPROVED")

    def test_an_advert_that_calls_itself_a_service_update_waits(self):
        template = self.write("Hello {{1}}, everything is 50% off this week, your order waits.")
        self.assertEqual(template.status, "PENDING")

    def test_an_advert_that_says_so_is_clear(self):
        template = self.write("Everything is 50% off this week.", "MARKETING")
        self.assertEqual(template.status, "APPROVED")

    def test_scams_wait_whatever_they_call_themselves(self):
        template = self.write("Your account will be blocked. Send us your PIN today.", "MARKETING")
        self.assertEqual(template.status, "PENDING")

    def test_a_name_is_taken_once_per_language_and_business(self):
        self.write()
        with self.assertRaisesMessage(Refused, "already"):
            self.write()
        make_template(self.elsewhere, "order")

    def test_an_edited_template_waits_again(self):
        template = edit_template(self.write(), components=body(UNCLEAR), by=self.alice)
        self.assertEqual(template.status, "PENDING")


class FormTests(SimpleTestCase):
    def faults(self, components, category="MARKETING", parameter_format="POSITIONAL"):
        report = lint(
            parts.normal(components), category=category, parameter_format=parameter_format
        )
        return [fault.subcode for fault in report.faults], report

    def test_each_rule_of_form(self):
        cases = {
            "variable first": (body("{{1}} is here for you"), parts.AT_THE_EDGE),
            "variable last": (body("Hello dear {{1}}"), parts.AT_THE_EDGE),
            "too many": (body("a {{1}} {{2}} {{3}} b"), parts.TOO_MANY_VARIABLES),
            "gap": (body("Hello {{1}} and {{3}} to you all"), parts.INVALID),
            "broken": (body("Hello {{1} and you"), parts.INVALID),
            "no body": ([{"type": "FOOTER", "text": "x"}], parts.INVALID),
            "twice": (body("Hello") + body("Hello"), parts.INVALID),
            "long": (body("x" * 1025), parts.INVALID),
            "carousel": (body("Hello") + [{"type": "CAROUSEL", "cards": []}], parts.INVALID),
            "footer": (body("Hello") + [{"type": "FOOTER", "text": "{{1}}"}], parts.INVALID),
            "link": (
                body("Hello")
                + [
                    {
                        "type": "BUTTONS",
                        "buttons": [{"type": "URL", "text": "Go", "url": "javascript:alert(1)"}],
                    }
                ],
                parts.INVALID,
            ),
            "variable domain": (
                body("Hello")
                + [
                    {
                        "type": "BUTTONS",
                        "buttons": [{"type": "URL", "text": "Go", "url": "https://{{1}}"}],
                    }
                ],
                parts.INVALID,
            ),
        }
        for name, (components, subcode) in cases.items():
            with self.subTest(name):
                self.assertIn(subcode, self.faults(components)[0])

    def test_named_variables(self):
        self.assertEqual(
            self.faults(body("Hello {{first_name}} there"), "MARKETING", "NAMED")[0], []
        )
        self.assertTrue(self.faults(body("Hello {{First}} there"), "MARKETING", "NAMED")[0])

    def test_what_is_no_list_of_objects_is_invalid(self):
        for wrong in (None, "x", [1], [{"type": "BODY", "text": 5}], {"a": 1}):
            with self.subTest(wrong=wrong), self.assertRaises((ValueError, Invalid)):
                parts.normal(wrong)

    def test_every_starter_is_clear_as_it_stands(self):
        from messaging.forms.templates import components_of, initial_of_starter

        for starter in STARTERS:
            with self.subTest(starter.key):
                components = components_of(initial_of_starter(starter))
                _faults, report = self.faults(components, starter.category)
                self.assertTrue(report.is_clear, report)


class PredictionTests(SimpleTestCase):
    def test_the_words_that_say_so_are_quoted(self):
        for text, category, word in (
            ("Só hoje: desconto de 20%", "MARKETING", "desconto"),
            ("आज की ऑफर देखें", "MARKETING", "ऑफर"),
            ("Seu pedido saiu para entrega", "UTILITY", "pedido"),
            ("Your verification code is here", "AUTHENTICATION", "verification code"),
        ):
            with self.subTest(text):
                predicted, reasons = predict(body(text))
                self.assertEqual(predicted, category)
                self.assertIn(word, reasons)

    def test_words_inside_other_words_do_not_count(self):
        self.assertEqual(predict(body("The wholesaler idealised him"))[1], [])


class RenderTests(Cast, TestCase):
    def test_values_are_filled_in_once_and_never_evaluated(self):
        template = make_template(self.acme, components=body("A {{1}} b {{2}} c"))
        given = [
            {"type": "text", "text": "{{2}} {% now 'Y' %} {x}"},
            {"type": "currency", "currency": {"fallback_value": "R$ 5"}},
        ]
        rendered = render(template, [{"type": "body", "parameters": given}])
        self.assertEqual(rendered.body, "A {{2}} {% now 'Y' %} {x} b R$ 5 c")

    def test_named_values(self):
        template = make_template(
            self.acme,
            components=body("Hello {{name}}, you are {{age}} now"),
            parameter_format="NAMED",
        )
        given = [
            {"type": "text", "parameter_name": "age", "text": "30"},
            {"type": "text", "parameter_name": "name", "text": "Ana"},
        ]
        rendered = render(template, [{"type": "body", "parameters": given}])
        self.assertEqual(rendered.body, "Hello Ana, you are 30 now")

    def test_each_refusal_has_its_code(self):
        template = make_template(self.acme, components=body("A {{1}} b"))
        for parameters, code in (
            ([], "parameter_count"),
            ([{"type": "text", "text": "x"}] * 2, "parameter_count"),
            ([{"type": "text", "text": 5}], "parameter_format"),
            ([{"type": "image", "image": {}}], "parameter_format"),
            ([{"type": "text", "text": "x" * 5000}], "text_too_long"),
        ):
            with self.subTest(code), self.assertRaises(Refused) as refusal:
                render(template, [{"type": "body", "parameters": parameters}])
            self.assertEqual(refusal.exception.code, code)

    def test_buttons_links_and_media_headers(self):
        template = make_template(
            self.acme,
            components=[
                {"type": "HEADER", "format": "IMAGE"},
                *body("Look at this"),
                {
                    "type": "BUTTONS",
                    "buttons": [
                        {"type": "URL", "text": "Track", "url": "https://acme.example/t/{{1}}"},
                        {"type": "COPY_CODE", "example": "SAVE10"},
                    ],
                },
            ],
        )
        rendered = render(
            template,
            [
                {
                    "type": "header",
                    "parameters": [{"type": "image", "image": {"link": "https://x"}}],
                },
                {"type": "button", "index": 0, "parameters": [{"type": "text", "text": "42"}]},
                {
                    "type": "BUTTON",
                    "index": "1",
                    "parameters": [{"type": "coupon_code", "coupon_code": "SAVE20"}],
                },
            ],
        )
        self.assertEqual(
            rendered.content["header"], {"type": "image", "image": {"link": "https://x"}}
        )
        self.assertEqual(rendered.content["buttons"][0]["url"], "https://acme.example/t/42")
        self.assertEqual(rendered.content["buttons"][1]["code"], "SAVE20")


class ConstraintTests(Cast, TestCase):
    def test_the_database_refuses_a_silent_rejection(self):
        from django.db import IntegrityError, transaction

        template = make_template(self.acme)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Template.objects.filter(pk=template.pk).update(status="REJECTED")
