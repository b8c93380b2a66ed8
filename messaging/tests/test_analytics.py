from django.test import SimpleTestCase
from django.urls import reverse
from django.utils import timezone

from audience.tests.people import NOW
from messaging.models import SavedFilter
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.numbers import shown_counts
from messaging.services.conversations.response_times import METRICS as ANSWERED
from messaging.services.messages import mark_read
from messaging.tests.campaigns import NO_HOLD, CampaignCase
from messaging.views.analytics import median_step, step_names
from profiles.tests.people import sign_in


class MedianTests(SimpleTestCase):
    def test_half_of_all_were_answered_within_it(self):
        self.assertIsNone(median_step([0] * 7))
        self.assertEqual(median_step([1, 0, 3, 0, 0, 0, 0]), 2)
        self.assertEqual(median_step([2, 0, 0, 0, 0, 0, 2]), 0)
        self.assertEqual(len(step_names()), len(ANSWERED))


class AnalyticsPageTests(CampaignCase):
    def address(self, **query: str) -> str:
        return reverse("analytics", args=["acme"], query=query)

    def test_strangers_find_nothing_and_agents_may_not(self):
        for user, status in ((self.mallory, 404), (self.bob, 403), (self.alice, 200)):
            answer = sign_in(self.client, user).get(self.address())
            self.assertEqual(answer.status_code, status, user)

    def test_without_messages_it_says_what_will_be_here(self):
        answer = sign_in(self.client, self.alice).get(self.address())
        self.assertContains(answer, "Nothing to count yet")

    @NO_HOLD
    def test_it_shows_campaigns_as_their_own_page_does(self):
        now = timezone.now()
        campaign = self.launched()
        type(campaign).objects.filter(pk=campaign.pk).update(launched_at=now)
        run_campaign(campaign, now=NOW)
        mark_read(1_000_000, self.profile, now=now)
        answer = sign_in(self.client, self.alice).get(self.address(days="7"))
        self.assertEqual(answer.context["them"].total("sent"), shown_counts(campaign)["sent"])
        self.assertEqual(answer.context["them"].total("read"), 0)  # one person is not shown
        sheet = self.client.get(reverse("analytics_csv", args=["acme"]) + "?days=7")
        self.assertEqual(len(sheet.content.decode().splitlines()), 8)
        other = self.client.get(self.address(profile="nobody", days="1000"))
        self.assertEqual(other.context["window"], 28)


class SavedFilterTests(CampaignCase):
    def keep(self, **values: str):
        return self.client.post(reverse("campaign_filters", args=["acme"]), values, follow=True)

    def test_a_member_keeps_uses_and_forgets_a_filter(self):
        sign_in(self.client, self.alice)
        answer = self.keep(name="Winter ones", q="winter", state="over")
        self.assertContains(answer, "Winter ones")
        self.assertEqual(SavedFilter.objects.get().query, "state=over&q=winter")
        self.assertEqual(answer.context["chosen"]["q"], "winter")
        self.keep(name="Winter ones", q="snow")
        self.assertEqual(SavedFilter.objects.get().query, "q=snow")
        self.keep(forget=str(SavedFilter.objects.get().pk))
        self.assertFalse(SavedFilter.objects.exists())

    def test_what_can_t_be_kept_says_why(self):
        sign_in(self.client, self.alice)
        self.assertContains(self.keep(name="", q="x"), "Give the filter a name.")
        self.assertContains(self.keep(name="x"), "Choose something to filter by first.")

    def test_nobody_forgets_another_s(self):
        sign_in(self.client, self.alice)
        self.keep(name="mine", q="x")
        self.assertEqual(
            sign_in(self.client, self.mallory)
            .post(reverse("campaign_filters", args=["acme"]), {"forget": "1"})
            .status_code,
            404,
        )
        self.assertTrue(SavedFilter.objects.exists())

    def test_the_list_by_time(self):
        self.launched()
        sign_in(self.client, self.alice)
        address = reverse("campaigns", args=["acme"])
        for query, n in (("since=2026-11-23", 1), ("until=2026-11-22", 0), ("since=x", 1)):
            self.assertEqual(len(self.client.get(f"{address}?{query}").context["rows"]), n, query)
