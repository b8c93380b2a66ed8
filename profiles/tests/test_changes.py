"""A verified business's new name, logo or domain waits for a look; the old stays until then."""

from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from portal.base.refused import Refused
from profiles import signals
from profiles.models import AuditRow, Check, Notice, VerificationCase
from profiles.services.businesses import change_business
from profiles.services.changes import (
    approve_change,
    digest_of,
    refuse_change,
    take_back_change,
    waiting_change,
)
from profiles.services.profiles import change_logo, change_profile
from profiles.services.verification import (
    approve_case,
    ask_for_information,
    claim_case,
    reject_case,
)
from profiles.tests.files import picture
from profiles.tests.people import (
    make_business,
    make_profile,
    person,
    sign_in,
    staff,
    verified_profile,
)

State = VerificationCase.State


class ChangeTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.profile = verified_profile("acme")
        cls.acme = cls.profile.business
        cls.vera = staff("verifier", name="vera")

    def waiting(self) -> VerificationCase:
        case = waiting_change(self.acme)
        assert case
        return case

    def now_shown(self):
        self.profile.refresh_from_db()
        return self.profile

    def test_a_new_name_waits_and_the_rest_shows_at_once(self):
        change_profile(self.profile, by=self.alice, name="Acme Bank", about="Since 1901")
        self.assertEqual((self.now_shown().name, self.profile.about), ("Acme", "Since 1901"))
        self.assertTrue(self.profile.badge_shown)
        (change,) = self.waiting().changes
        self.assertEqual((change["before"], change["after"]), ("Acme", "Acme Bank"))

    def test_once_approved_it_shows_and_the_verification_is_the_same(self):
        before = self.acme.verified_until
        change_profile(self.profile, by=self.alice, name="Acme Bank")
        case = self.waiting()
        approve_change(case, by=self.vera, seen=digest_of(case))
        self.assertEqual(self.now_shown().name, "Acme Bank")
        self.acme.refresh_from_db()
        self.assertEqual(self.acme.verified_until, before)
        self.assertEqual(self.acme.verifications.count(), 1)
        row = AuditRow.objects.get(event="profile.changed", details__after={"name": "Acme Bank"})
        self.assertEqual((row.actor, row.details["before"]), (self.vera, {"name": "Acme"}))
        self.assertIn("Name: Acme Bank", Notice.objects.get(kind="change_approved").body)

    def test_a_refused_change_costs_nothing_but_itself(self):
        """No refund, no end of the verification, no month of waiting."""
        refused = []
        receiver = lambda **kwargs: refused.append(kwargs)  # noqa: E731
        signals.verification_refused.connect(receiver)
        self.addCleanup(signals.verification_refused.disconnect, receiver)
        change_profile(self.profile, by=self.alice, name="Acme Bank")
        refuse_change(self.waiting(), by=self.vera, reason="You are no bank.")
        self.assertEqual((self.now_shown().name, self.profile.badge_shown), ("Acme", True))
        self.assertEqual(refused, [])
        change_profile(self.profile, by=self.alice, name="Acme Shop")
        self.assertTrue(self.waiting())

    def test_nobody_approves_what_they_have_not_seen(self):
        change_profile(self.profile, by=self.alice, name="Acme Shop")
        case = claim_case(self.waiting(), by=self.vera)
        seen = digest_of(case)
        change_profile(self.profile, by=self.alice, name="PayPal")
        case.refresh_from_db()
        self.assertEqual((case.state, case.claimed_by), (State.SUBMITTED, None))
        with self.assertRaisesMessage(Refused, "something else meanwhile"):
            approve_change(case, by=self.vera, seen=seen)
        self.assertEqual(self.now_shown().name, "Acme")
        self.assertEqual(len(case.changes), 1)

    @override_settings(STORAGES={
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    })  # fmt: skip
    def test_a_new_logo_waits_and_the_one_that_is_refused_is_deleted(self):
        change_logo(self.profile, by=self.alice, data=picture())
        self.assertEqual(self.now_shown().logo.name, "")
        case = self.waiting()
        (change,) = case.changes
        self.assertTrue(default_storage.exists(change["after"]))
        with self.captureOnCommitCallbacks(execute=True):
            refuse_change(case, by=self.vera, reason="Not yours.")
        self.assertFalse(default_storage.exists(change["after"]))

        change_logo(self.profile, by=self.alice, data=picture())
        case = self.waiting()
        with self.captureOnCommitCallbacks(execute=True):
            approve_change(case, by=self.vera, seen=digest_of(case))
        self.assertTrue(default_storage.exists(self.now_shown().logo.name))

    def test_another_domain_than_the_proved_one_waits(self):
        case = self.acme.verifications.get().case
        change_profile(self.profile, by=self.alice, website="https://anything.example/")
        self.assertIsNone(waiting_change(self.acme), "no domain was proved yet")
        VerificationCase.objects.filter(pk=case.pk).update(domain="acme.example")
        case.checks.create(kind=Check.Kind.DOMAIN, result=Check.Result.PASSED)
        change_profile(self.profile, by=self.alice, website="https://www.acme.example/shop")
        self.assertIsNone(waiting_change(self.acme))
        change_profile(self.profile, by=self.alice, website="https://evil.example/")
        self.assertEqual(self.now_shown().website, "https://www.acme.example/shop")
        self.assertEqual(self.waiting().changes[0]["after"], "https://evil.example/")

    def test_the_businesss_own_name_waits_too(self):
        change_business(self.acme, by=self.alice, name="Acme Holding", time_zone="Europe/Paris")
        self.acme.refresh_from_db()
        self.assertEqual((self.acme.name, self.acme.time_zone), ("Acme", "Europe/Paris"))
        case = self.waiting()
        approve_change(case, by=self.vera, seen=digest_of(case))
        self.acme.refresh_from_db()
        self.assertEqual(self.acme.name, "Acme Holding")

    def test_a_name_that_looks_like_anothers_says_so_in_the_queue(self):
        verified_profile("harbour", business=make_business("Harbour Bank", owner=person("bob")))
        change_profile(self.profile, by=self.alice, name="Harbouг Bank")  # a Cyrillic letter
        check = self.waiting().checks.get(kind=Check.Kind.LOOK_ALIKE)
        self.assertEqual(check.result, Check.Result.NEEDS_PERSON)

    def test_who_is_not_verified_changes_at_once(self):
        other = make_profile(make_business("Other", owner=person("mallory")), "other")
        self.assertEqual(change_profile(other, by=None, name="Another").name, "Another")
        self.assertEqual(
            change_profile(self.profile, by=None, name="X1").name, "Acme", "but Acme is"
        )
        later = timezone.now() + timedelta(days=400)
        self.acme.verified_until = later - timedelta(days=500)
        self.acme.save(update_fields=["verified_until"])
        self.assertEqual(change_profile(self.profile, by=None, name="X2").name, "X2")

    def test_it_is_decided_as_a_change_only(self):
        change_profile(self.profile, by=self.alice, name="Acme Bank")
        case = self.waiting()
        for decide in (
            lambda: approve_case(case, by=self.vera),
            lambda: reject_case(case, by=self.vera, reason="No"),
            lambda: ask_for_information(case, by=self.vera, reason="What"),
        ):
            with self.assertRaises(Refused):
                decide()
        with self.assertRaises(IntegrityError), transaction.atomic():
            VerificationCase.objects.filter(pk=case.pk).update(changes=[])

    def test_it_is_taken_back_by_managers_only(self):
        change_profile(self.profile, by=self.alice, name="Acme Bank")
        url = reverse("change_take_back", args=[self.acme.slug])
        sign_in(self.client, person("mallory"))
        self.assertEqual(self.client.post(url).status_code, 404)
        sign_in(self.client, self.alice)
        page = self.client.get(reverse("public_profile", args=[self.acme.slug]))
        self.assertContains(page, "Name: Acme Bank")
        self.client.post(url)
        self.assertIsNone(waiting_change(self.acme))
        self.assertEqual(self.client.post(url).status_code, 404)
        with self.assertRaises(Refused):
            take_back_change(self.acme.cases.get(kind="change"), by=self.alice)
