from datetime import timedelta

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from audience.tests.people import NOW
from messaging.models import Campaign, CounterDelta
from messaging.services.conversations.figures import Shown, figures_of
from messaging.services.messages import send_message
from messaging.tests.cast import ANA, Cast
from portal.base.ids import new_id


class FiguresTests(Cast, TestCase):
    def test_single_messages_are_counted_on_their_day(self):
        self.meet()
        send_message(self.profile, ANA, by=self.bob, body="Hi", now=NOW)
        them = figures_of(self.acme, now=NOW)
        self.assertEqual((them.sent, them.received, len(them.days)), (1, 1, 28))
        self.assertEqual(them.by_day["sent"][-1], 1)

    def test_what_is_older_than_28_days_is_gone(self):
        self.meet()
        send_message(self.profile, ANA, by=self.bob, body="Hi", now=NOW)
        self.assertEqual(figures_of(self.acme, now=NOW + timedelta(days=28)).sent, 0)

    def test_a_campaign_of_few_people_leaves_no_trace(self):
        campaign = Campaign.objects.create(
            business=self.acme,
            profile=self.profile,
            name="Small",
            state="running",
            created_by=self.alice,
            message_id=new_id(NOW),
            salt=1,
            first_chunks=1,
            launched_at=NOW,
        )
        CounterDelta.objects.create(
            business_id=self.acme.pk,
            profile_id=self.profile.pk,
            campaign_id=campaign.pk,
            metric="read",
            day=NOW.date(),
            n=3,
        )
        them = figures_of(self.acme, now=NOW)
        self.assertEqual((them.total("read"), them.recent[0].counts["read"]), (0, None))
        self.assertEqual(them.shown("read"), Shown(f"under {campaign.hidden_below}", is_few=True))
        self.assertEqual(them.shown("received"), Shown("0"))

    def test_nobody_elses_messages_are_in_it(self):
        self.meet()
        send_message(self.profile, ANA, by=self.bob, body="Hi", now=NOW)
        self.assertEqual(figures_of(self.elsewhere, now=NOW).sent, 0)

    def test_the_home_page_shows_them(self):
        self.client.force_login(self.alice)
        page = self.client.get(reverse("business_home", args=["acme"]))
        self.assertContains(page, "Messages sent")
        self.assertNotContains(page, "Messages by day")  # nothing to draw yet
        CounterDelta.objects.create(
            business_id=self.acme.pk,
            profile_id=self.profile.pk,
            metric="sent",
            day=timezone.now().date(),
            n=3,
        )
        page = self.client.get(reverse("business_home", args=["acme"]))
        self.assertContains(page, "Messages by day")
        self.assertContains(page, "too few to show")
