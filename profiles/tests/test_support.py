"""Support looks through a business's eyes, and leaves notes for colleagues."""

from datetime import timedelta
from unittest import mock

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from profiles.models import AuditRow, Business, SupportNote
from profiles.services.support import VIEW_FOR
from profiles.tests.people import make_business, make_profile, person, sign_in, staff


class SupportTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)
        make_profile(cls.acme, "acme")
        make_business("Other", owner=person("mallory"))
        cls.sue = staff("support", name="sue")

    def press(self, button: str, **given):
        return self.client.post(
            reverse(f"admin:profiles_business_{button}", args=[self.acme.pk]),
            {"_form_submitted": "1", **given},
            headers={"HX-Request": "true"},
        )

    def events(self) -> list[str]:
        rows = AuditRow.objects.filter(business_id=self.acme.pk, actor=self.sue)
        return list(rows.order_by("id").values_list("event", flat=True))


class ViewAsTests(SupportTests):
    def look(self):
        sign_in(self.client, self.sue)
        return self.press("view_as", reason="Ticket 7")

    def test_others_of_staff_have_no_such_button(self):
        for group in ("verifier", "moderator", "finance"):
            sign_in(self.client, staff(group, name=f"some_{group}"))
            self.assertEqual(self.press("view_as", reason="Curious").status_code, 403)
            self.assertEqual(self.client.get("/w/acme/").status_code, 404)

    def test_without_asking_support_is_a_stranger(self):
        sign_in(self.client, self.sue)
        self.assertEqual(self.client.get("/w/acme/").status_code, 404)

    def test_each_page_opens_under_a_strip_and_is_a_row_of_the_audit(self):
        self.assertEqual(self.look().headers["HX-Redirect"], "/w/acme/")
        for name in ("business_home", "team", "verification", "quality", "campaigns", "billing"):
            with self.subTest(name):
                page = self.client.get(reverse(name, args=["acme"]))
                self.assertContains(page, "You look at Acme as staff.")
        self.assertEqual(self.events(), ["business.viewing_began"] + ["business.page_viewed"] * 6)
        row = AuditRow.objects.get(event="business.viewing_began")
        self.assertEqual(row.details["reason"], "Ticket 7")

    def test_nothing_can_be_changed(self):
        self.look()
        answer = self.client.post("/w/acme/team/", {"email": "x@example.com", "role": "owner"})
        self.assertContains(answer, "nothing can be changed", status_code=403)
        self.assertFalse(self.acme.invitations.exists())

    def test_what_people_wrote_keys_and_downloads_stay_closed(self):
        self.look()
        for name in ("business_inbox", "contacts", "contacts_csv", "developers", "api_log"):
            with self.subTest(name):
                page = self.client.get(reverse(name, args=["acme"]))
                self.assertEqual(page.status_code, 403)

    def test_no_other_business_opens(self):
        self.look()
        self.assertEqual(self.client.get("/w/other/").status_code, 404)

    def test_after_half_an_hour_it_is_over(self):
        self.look()
        later = timezone.now() + VIEW_FOR + timedelta(seconds=1)
        with mock.patch("profiles.viewing.timezone.now", return_value=later):
            self.assertEqual(self.client.get("/w/acme/").status_code, 404)

    def test_it_ends_with_the_right_to_it(self):
        self.look()
        self.sue.groups.clear()
        self.assertEqual(self.client.get("/w/acme/").status_code, 404)

    def test_stopping_ends_it(self):
        self.look()
        self.client.post(reverse("viewing_stop"))
        self.assertEqual(self.client.get("/w/acme/").status_code, 404)
        self.assertEqual(self.events()[-1], "business.viewing_ended")

    def test_a_closed_business_is_not_looked_at(self):
        Business.objects.filter(pk=self.acme.pk).update(closed_at=timezone.now())
        self.look()
        self.assertEqual(self.client.get("/w/acme/").status_code, 404)


class NoteTests(SupportTests):
    def test_staff_read_it_on_the_business_and_the_business_never_does(self):
        sign_in(self.client, self.sue)
        self.press("note", text="Calls on Mondays.")
        page = reverse("admin:profiles_business_change", args=[self.acme.pk])
        self.assertContains(self.client.get(page), "Calls on Mondays.")
        self.assertEqual(self.events(), ["business.noted"])
        sign_in(self.client, self.alice)
        self.assertNotContains(self.client.get("/w/acme/"), "Calls on Mondays.")

    def test_a_stranger_writes_none(self):
        sign_in(self.client, person("eve"))
        self.assertNotEqual(self.press("note", text="Me too").status_code, 200)
        self.assertFalse(SupportNote.objects.exists())
