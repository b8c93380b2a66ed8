"""A profile is made, changed, shown, and says plainly why it has no badge."""

import io
import tempfile
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from portal.base.refused import Refused
from profiles.badges import badge_of
from profiles.models import AuditRow, Profile
from profiles.services.profiles import change_logo, change_profile, close_profile, create_profile
from profiles.services.terms import lapse_verifications, withdraw_verification
from profiles.tests.files import picture
from profiles.tests.people import (
    make_business,
    make_profile,
    pay,
    person,
    sign_in,
    staff,
    verified_profile,
    verify,
)


class ProfileTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)

    def setUp(self):
        media = tempfile.TemporaryDirectory()
        self.addCleanup(media.cleanup)
        self.enterContext(override_settings(MEDIA_ROOT=media.name))

    def test_handles_are_plain_unique_and_not_ours(self):
        create_profile(self.acme, by=self.alice, handle="@Acme", name="Acme")
        other = make_business("Other", owner=person("mallory"))
        for handle, sentence in [
            ("acme", "is taken"),
            ("signet", "is kept back"),
            ("a/b", "3 to 30 small letters"),
            ("ab", "3 to 30 small letters"),
            ("аcme", "3 to 30 small letters"),  # a Cyrillic letter
        ]:
            with self.subTest(handle), self.assertRaisesMessage(Refused, sentence):
                create_profile(other, by=None, handle=handle, name="Other")
        with self.assertRaises(IntegrityError), transaction.atomic():
            Profile.objects.create(business=other, handle="../x", name="x")

    def test_a_closed_profiles_handle_is_never_given_again(self):
        close_profile(make_profile(self.acme, "acme"), by=self.alice)
        self.assertEqual(self.client.get("/b/acme/").status_code, 404)
        with self.assertRaisesMessage(Refused, "is taken"):
            make_profile(self.acme, "acme")

    def test_changes_are_rows_of_the_audit(self):
        profile = make_profile(self.acme, "acme")
        change_profile(profile, by=self.alice, name="Acme Bank", about="", standing="clear")
        row = AuditRow.objects.get(event="profile.changed")
        self.assertEqual(row.details, {"before": {"name": "Acme"}, "after": {"name": "Acme Bank"}})

    def test_what_is_not_the_businesses_own_cant_be_changed(self):
        profile = make_profile(self.acme, "acme")
        profile = change_profile(profile, by=self.alice, standing="revoked", daily_cap=None)
        self.assertEqual((profile.standing, profile.daily_cap), ("clear", 250))

    def test_a_logo_is_drawn_anew_without_what_came_with_it(self):
        profile = make_profile(self.acme, "acme")
        exif = Image.Exif()
        exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}  # a position
        change_logo(profile, by=self.alice, data=picture("JPEG", exif=exif))
        profile.refresh_from_db()
        response = self.client.get(profile.logo_url)
        made = b"".join(response.streaming_content)
        logo = Image.open(io.BytesIO(made))
        self.assertEqual((logo.format, logo.size), ("WEBP", (320, 320)))
        self.assertFalse(logo.getexif())
        self.assertEqual(response["Content-Type"], "image/webp")
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")

    def test_a_wrong_logo_is_said_at_its_field_and_the_rest_is_kept(self):
        sign_in(self.client, self.alice)
        file = io.BytesIO(b"<svg onload=alert(1)>")
        file.name = "logo.svg"
        response = self.client.post(
            reverse("public_profile", args=["acme"]),
            {"name": "Acme", "handle": "acme", "vertical": "RETAIL", "logo_file": file},
        )
        self.assertContains(response, "This is not a PNG, JPEG or WEBP file that we can read.")
        self.assertEqual(self.acme.profiles.get().vertical, "RETAIL")

    def test_no_path_leads_out_of_the_logos(self):
        for name in ("..%2fsettings.py", "a.webp", "../documents/x", "0" * 32 + ".webp"):
            self.assertEqual(self.client.get(f"/logo/{name}").status_code, 404)


class BadgeTests(TestCase):
    def sentence(self, profile) -> tuple[bool, str]:
        badge = badge_of(Profile.objects.select_related("business").get(pk=profile.pk))
        self.assertEqual(badge.shown, Profile.objects.get(pk=profile.pk).badge_shown)
        return badge.shown, badge.sentence

    def test_the_page_says_what_was_checked_and_until_when(self):
        verified_profile()
        page = self.client.get("/b/ACME/")
        self.assertContains(page, "Acme is a verified business.")
        self.assertContains(page, "The entry in the business register")
        self.assertContains(page, "Acme Ltd")

    def test_it_says_plainly_why_there_is_no_badge(self):
        acme = make_business()
        profile = make_profile(acme, "acme")
        self.assertEqual(self.sentence(profile), (False, "This business is not verified."))
        verify(acme)
        self.assertEqual(
            self.sentence(profile),
            (False, "The business was checked, but its badge is not active now."),
        )
        pay(acme)
        self.assertTrue(self.sentence(profile)[0])
        today = f"{timezone.now():%-d %B %Y}"
        for standing, sentence in [
            ("suspended", f"Its badge was taken away for now, on {today}"),
            ("revoked", f"Its verification was withdrawn on {today} after complaints."),
        ]:
            Profile.objects.update(standing=standing, standing_changed_at=timezone.now())
            shown, said = self.sentence(profile)
            self.assertFalse(shown)
            self.assertTrue(said.startswith(sentence), said)
        Profile.objects.update(standing="clear")
        withdraw_verification(acme, by=staff("lead"), reason="Gone")
        self.assertEqual(
            self.sentence(profile), (False, f"Its verification was withdrawn on {today}.")
        )

    def test_it_says_when_it_lapsed(self):
        acme = make_business()
        profile = make_profile(acme, "acme")
        pay(acme)
        verify(acme, now=timezone.now() - timedelta(days=365, hours=1))
        ended = "Its verification ended on"
        self.assertIn(ended, self.sentence(profile)[1])
        lapse_verifications()
        self.assertIn(ended, self.sentence(profile)[1])

    def test_a_test_profile_has_no_badge(self):
        acme = verified_profile().business
        test = create_profile(acme, by=None, handle="acme_test", name="Acme test", is_test=True)
        self.assertEqual(self.sentence(test), (False, "This is a test profile. It has no badge."))
