"""What is written in addresses is read, or it is none; it is never a fault of ours."""

from datetime import UTC, datetime

from django.test import SimpleTestCase, TestCase

from portal.base.written import moment_in, number_in


class WrittenTests(SimpleTestCase):
    def test_numbers_are_digits_and_no_longer_than_ids(self):
        self.assertEqual(number_in("0"), 0)
        self.assertEqual(number_in("999999999999999"), 999_999_999_999_999)
        for wrong in ("", "²", "٣", "-1", "1.5", " 1", "9" * 19, "9" * 5_000, "\x00", "1e3"):
            self.assertIsNone(number_in(wrong), wrong)

    def test_moments_are_of_days_that_there_are(self):
        self.assertEqual(moment_in("2026-11-23T12:00Z"), datetime(2026, 11, 23, 12, tzinfo=UTC))
        for wrong in ("", "soon", "2026-13-45T12:00", "0001-01-01T00:00:00+23:59", "\x00"):
            self.assertIsNone(moment_in(wrong), wrong)


class PlainRequestTests(TestCase):
    def test_an_address_with_nul_leads_nowhere(self):
        self.assertEqual(self.client.get("/b/ac%00me/").status_code, 404)

    def test_a_way_back_that_is_no_address_is_refused(self):
        for ask in (self.client.get, self.client.post):
            self.assertEqual(ask("/account/login/", {"next": "http://["}).status_code, 400)
        self.assertEqual(self.client.get("/account/login/", {"next": "/w/"}).status_code, 200)
