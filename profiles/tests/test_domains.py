"""A domain is proved from the outside, and nothing inside can be reached that way."""

import random
from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from portal.base import fetch as fetching
from portal.base.fetch import Answer, Unreachable
from portal.base.refused import Refused
from profiles.models import AuditRow, Check, VerificationCase
from profiles.services.domains import (
    FILE,
    check_domain,
    check_email,
    look_at_domain,
    plain_domain,
    word_for,
)
from profiles.services.verification import change_case, open_case
from profiles.tests.people import make_business, person, sign_in

PUBLIC = "93.184.215.14"
PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "192.168.0.1",
    "::1",
    "fd00::1",
    "100.64.0.1",
]


def silent(url, **options):
    raise Unreachable("No connection.")


def site(pages: dict[str, Answer]):
    """A fetcher that knows these addresses only."""

    def fetch(url, **options):
        if url not in pages:
            return Answer(404, {}, b"", True)
        return pages[url]

    return fetch


def page(body: str, status: int = 200, **headers) -> Answer:
    return Answer(status, headers, body.encode(), True)


class DomainTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)
        cls.case = change_case(
            open_case(cls.acme, by=cls.alice), by=cls.alice, domain="acme.example"
        )
        cls.word = word_for(cls.acme, "acme.example")

    def result(self, *, records=(), pages=None) -> Check:
        return check_domain(
            self.case, by=self.alice, look_up=lambda name: list(records), fetch=site(pages or {})
        )

    def test_what_is_no_domain_is_refused(self):
        for wrong in ("[", "http://[", "http://[::1", "acme", "²", "a" * 300 + ".example"):
            with self.subTest(wrong), self.assertRaises(Refused):
                plain_domain(wrong)

    def test_domains_have_one_spelling(self):
        for given, plain in [
            ("https://www.Example.com/shop?a=1", "www.example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("EXAMPLE.com.", "example.com"),
        ]:
            self.assertEqual(plain_domain(given), plain)
        for wrong in (
            "localhost",
            "127.0.0.1",
            "a b.com",
            "-a.com",
            "com",
            "",
            "[::1]",
            "a..com",
            "x_y.com",
        ):
            with self.subTest(wrong), self.assertRaises(Refused):
                plain_domain(wrong)

    def test_each_of_the_three_ways_is_enough(self):
        ways = {
            "dns": {"records": ["v=spf1", f"signet-verification={self.word}"]},
            "file": {"pages": {f"https://acme.example{FILE}": page(f"{self.word}\n")}},
            "tag": {
                "pages": {
                    "https://acme.example/": page(
                        f"<head><META NAME='signet-verification' content='{self.word}'></head>"
                    )
                }
            },
        }
        for way, there in ways.items():
            with self.subTest(way):
                check = self.result(**there)
                self.assertEqual(
                    (check.result, check.evidence["looks"][-1]["way"]), ("passed", way)
                )
        self.assertEqual(AuditRow.objects.filter(event="case.domain_proved").count(), 1)

    def test_what_was_found_is_said_beside_what_was_expected(self):
        check = self.result(
            records=["signet-verification=nearly"],
            pages={"https://acme.example/": page("<p>Hello</p>")},
        )
        dns, file, tag = check.evidence["looks"]
        self.assertEqual(check.result, "failed")
        self.assertEqual(dns["found"], "signet-verification=nearly")
        self.assertEqual(file["problem"], "It answered 404.")
        self.assertEqual((tag["found"], tag["problem"]), ("", ""))

    def test_the_word_of_another_business_or_domain_proves_nothing(self):
        mallory = make_business("Elsewhere", owner=person("mallory"))
        for word in (word_for(mallory, "acme.example"), word_for(self.acme, "other.example")):
            self.assertEqual(self.result(records=[f"signet-verification={word}"]).result, "failed")

    def test_one_step_to_www_is_taken_and_no_other(self):
        away = page("", 301, Location="https://evil.example/")
        own = page("", 301, Location="https://www.acme.example/")
        right = page(f"<meta name=signet-verification content={self.word}>")
        there = {"https://www.acme.example/": right, "https://evil.example/": right}
        self.assertEqual(self.result(pages=there | {"https://acme.example/": own}).result, "passed")
        self.assertEqual(
            self.result(pages=there | {"https://acme.example/": away}).result, "failed"
        )

    def test_another_domain_begins_anew(self):
        self.result(records=[f"signet-verification={self.word}"])
        change_case(self.case, by=self.alice, domain="other.example")
        self.assertFalse(self.case.checks.filter(kind="domain").exists())

    def test_a_domain_named_while_we_looked_is_not_proved(self):
        """Else a slow answer of one's own site would prove somebody else's."""

        def look_up(name: str) -> list[str]:
            change_case(self.case, by=self.alice, domain="bank.example")
            return [f"signet-verification={self.word}"]

        with self.assertRaises(Refused):
            check_domain(self.case, by=self.alice, look_up=look_up, fetch=silent)
        self.assertFalse(Check.objects.filter(case=self.case, kind=Check.Kind.DOMAIN).exists())

    def test_who_looks_all_the_time_is_asked_to_wait(self):
        """Each look makes our servers call one that the business chose, so ten an hour are all."""
        for number in range(10):
            change_case(self.case, by=self.alice, domain=f"d{number}.example")
            self.case.refresh_from_db()
            self.result()
        change_case(self.case, by=self.alice, domain="acme.example")
        self.case.refresh_from_db()
        called = []
        look = {"look_up": lambda name: called.append(name) or [], "fetch": silent}
        sentence = "You looked 10 times within an hour. Wait 60 minutes, then look again."
        with self.assertRaisesMessage(Refused, sentence):
            check_domain(self.case, by=self.alice, **look)
        self.assertEqual(called, [])

        check_domain(self.case, by=None, **look)  # (our own looks go on)
        later = timezone.now() + timedelta(hours=1, minutes=1)
        check_domain(self.case, by=self.alice, now=later, **look)
        self.assertEqual(len(called), 2)
        rows = AuditRow.objects.filter(event="case.domain_looked_at").order_by("-id")
        self.assertEqual((rows.count(), rows[0].actor), (11, self.alice))

    def test_the_page_says_how_long_to_wait(self):
        for _number in range(10):
            self.result()
        sign_in(self.client, self.alice)
        said = {"do": "look", "domain": "acme.example", "country": "GB"}
        page = self.client.post("/w/acme/verification/", said, follow=True)
        self.assertContains(page, "You looked 10 times within an hour. Wait")

    def test_an_address_at_the_domain_counts_only_when_it_is_verified(self):
        self.assertIsNone(check_email(self.case))
        self.alice.emailaddress_set.create(email="Alice@acme.example", verified=False)
        self.assertIsNone(check_email(self.case))
        self.alice.emailaddress_set.update(verified=True)
        self.assertEqual(check_email(self.case).result, "passed")

    def test_we_look_again_once_a_minute(self):
        from profiles.services import domains

        self.result()
        looked = []
        with self.settings():
            real, domains.check_domain = domains.check_domain, lambda case, by: looked.append(case)
            try:
                self.assertEqual(domains.check_domains(), 0)
                Check.objects.update(checked_at=timezone.now() - timedelta(minutes=2))
                self.assertEqual(domains.check_domains(), 1)
                self.assertEqual(domains.check_domains(), 0)
            finally:
                domains.check_domain = real
        self.assertEqual(looked, [VerificationCase.objects.get()])


class RebindingTests(TestCase):
    """A name that moves between our questions never gets us to dial inside."""

    def test_a_thousand_rebinds_dial_nothing_inside(self):
        acme = make_business("Acme", owner=person("alice"))
        dialled = []

        def connect(ip, port, seconds):
            dialled.append(ip)
            raise OSError(111, "Connection refused")

        for seed in range(1000):
            chance = random.Random(seed)

            def resolve(host, port, chance=chance):
                count = chance.randint(1, 3)
                return [chance.choice([PUBLIC, PUBLIC, *PRIVATE]) for _ in range(count)]

            def guarded(url, resolve=resolve, **options):
                return fetching.fetch(url, resolve=resolve, connect=connect, **options)

            look_at_domain(acme, "moves.example", look_up=lambda name: [], fetch=guarded)
        self.assertGreater(len(dialled), 100)
        self.assertEqual({ip for ip in dialled if ip != PUBLIC}, set())
