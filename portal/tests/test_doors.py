from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from messaging.inbox.sessions import COOKIE
from portal.demo import cast

DOORS = ("door_bank", "door_moderator", "door_person", "door_integrator")


class WithoutDemoTests(TestCase):
    def test_the_front_page_has_no_doors(self):
        page = self.client.get("/")
        self.assertContains(page, "People can always say no.")
        self.assertNotContains(page, "/demo/")

    def test_a_door_is_not_there(self):
        for door in DOORS:
            self.assertEqual(self.client.post(reverse(door)).status_code, 404, door)


@override_settings(DEMO=True)
class DoorTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cast.make_cast(since=timezone.now())

    def test_the_front_page_offers_four(self):
        page = self.client.get("/")
        for door in DOORS:
            self.assertContains(page, reverse(door))

    def test_no_door_opens_by_a_link(self):
        for door in DOORS:
            self.assertEqual(self.client.get(reverse(door)).status_code, 405, door)

    def test_the_bank_is_in_its_dashboard(self):
        page = self.client.post(reverse("door_bank"), follow=True)
        self.assertContains(page, "Banco Ipê")

    def test_the_moderator_is_through_the_second_factor(self):
        page = self.client.post(reverse("door_moderator"), follow=True)
        self.assertEqual(page.request["PATH_INFO"], reverse("admin:index"))
        self.assertEqual(page.status_code, 200)

    def test_the_person_reads_her_chats(self):
        page = self.client.post(reverse("door_person"), follow=True)
        self.assertEqual(page.request["PATH_INFO"], reverse("inbox"))
        self.assertIn(COOKIE, self.client.cookies)

    def test_the_integrators_line_names_a_working_token(self):
        page = self.client.post(reverse("door_integrator"))
        self.assertContains(page, "Authorization: Bearer sgt_")
        self.assertContains(page, cast.recipient_number(page.context["profile"]))
