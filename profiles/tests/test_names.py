"""Names have one spelling and nothing in them that deceives the eye."""

from django.test import SimpleTestCase

from portal.base.refused import Refused
from profiles.names import plain_name


class NameTests(SimpleTestCase):
    def test_names_of_the_world_pass_as_they_are(self):
        for name in [
            "Acme",
            "Müller & Söhne GmbH",
            "株式会社テスト",
            "भारतीय बैंक",
            "L'Oréal",
            "3M",
            "بنك",
        ]:
            self.assertEqual(plain_name(name), name)

    def test_one_spelling(self):
        self.assertEqual(plain_name("  Ａｃｍｅ \u00a0 Ltd "), "Acme Ltd")
        self.assertEqual(plain_name("Cafe\u0301"), "Café")

    def test_what_deceives_is_refused(self):
        for name in [
            "Acme \u202eknaB",
            "Ac\u200bme",
            "Acme\u2066",
            "Acme ✓",
            "Acme ✅",
            "Bank \U0001f6e1",
            "Acme\ufe0f",
            "Acme\U000e0041",
            "\u3164",
            "   ",
            "!!!",
            "Acme\x00",
            "Acme\u00ad",
        ]:
            with self.subTest(name=ascii(name)), self.assertRaises(Refused):
                plain_name(name)
