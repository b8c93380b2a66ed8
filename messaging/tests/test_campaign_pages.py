import csv
import io
from datetime import timedelta

from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from audience.models import SavedAudience
from messaging.models import Campaign, Message, Template
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.campaigns.numbers import shown_counts
from messaging.services.campaigns.transitions import cancel_campaign
from messaging.services.messages import receive_message
from messaging.tests.cast import Cast, make_template
from messaging.tests.crowd import BRAZIL, allow_campaigns, count_people, draft, make_crowd
from portal.base.pairwise import pairwise_number
from profiles.models import Membership, User
from profiles.tests.people import sign_in, staff

ANA = 1_000_000


class PagesCase(Cast, TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        now = timezone.now()
        make_crowd(4_000)
        count_people(now=now)
        allow_campaigns(cls.profile, now=now)
        allow_campaigns(cls.other_profile, now=now)
        cls.template = make_template(cls.acme)
        cls.audience = SavedAudience.objects.create(
            business=cls.acme, name="Brazil", definition=BRAZIL, created_by=cls.alice
        )
        cls.analyst = User.objects.create_user("ann@acme.example", name="Ann")
        Membership.objects.create(business=cls.acme, user=cls.analyst, role="analyst")

    def url(self, name: str, campaign: Campaign | None = None) -> str:
        more = {"uuid": campaign.uuid} if campaign else {}
        return reverse(name, kwargs={"slug": "acme", **more})

    def draft(self, **values) -> Campaign:
        return draft(self.profile, self.alice, now=timezone.now(), **values)

    def act(self, campaign: Campaign, act: str, **values):
        sign_in(self.client, self.alice)
        answer = self.client.post(
            self.url("campaign_act", campaign), {"act": act, **values}, follow=True
        )
        campaign.refresh_from_db()
        return answer


class DoorTests(PagesCase):
    def test_strangers_find_nothing(self):
        campaign = self.draft()
        sign_in(self.client, self.mallory)
        for name in ("campaigns", "campaign_new", "campaign_preview"):
            self.assertEqual(self.client.get(self.url(name)).status_code, 404)
        for name in ("campaign", "campaign_edit", "campaign_csv"):
            self.assertEqual(self.client.get(self.url(name, campaign)).status_code, 404)
        answer = self.client.post(self.url("campaign_act", campaign), {"act": "cancel"})
        self.assertEqual(answer.status_code, 404)
        own = reverse("campaign", kwargs={"slug": "elsewhere", "uuid": campaign.uuid})
        self.assertEqual(self.client.get(own).status_code, 404)

    def test_analysts_read_and_agents_don_t(self):
        campaign = self.draft()
        sign_in(self.client, self.analyst)
        for name, status in (("campaign", 200), ("campaign_csv", 200), ("campaign_edit", 403)):
            self.assertEqual(self.client.get(self.url(name, campaign)).status_code, status)
        self.assertEqual(self.client.get(self.url("campaigns")).status_code, 200)
        answer = self.client.post(self.url("campaign_act", campaign), {"act": "cancel"})
        self.assertEqual(answer.status_code, 403)
        sign_in(self.client, self.bob)
        self.assertEqual(self.client.get(self.url("campaigns")).status_code, 403)


class ComposeTests(PagesCase):
    def setUp(self):
        sign_in(self.client, self.alice)

    def chosen(self, **values) -> dict:
        return {
            "profile": self.profile.pk,
            "audience": self.audience.uuid,
            "template": self.template.pk,
            **values,
        }

    def test_whom_and_what_make_a_draft(self):
        answer = self.client.post(self.url("campaign_new"), self.chosen())
        campaign = Campaign.objects.get()
        self.assertRedirects(answer, self.url("campaign", campaign))
        self.assertEqual((campaign.name, campaign.state), ("Hello", "draft"))
        self.assertEqual(campaign.audience["country"], "BR")

    def test_what_is_missing_is_said_and_the_rest_kept(self):
        answer = self.client.post(self.url("campaign_new"), {"template": self.template.pk})
        self.assertContains(answer, "Choose an audience.")
        self.assertContains(answer, f'value="{self.template.pk}" checked')
        self.assertFalse(Campaign.objects.exists())

    def test_another_s_audience_and_template_can_t_be_chosen(self):
        theirs = SavedAudience.objects.create(
            business=self.elsewhere, name="x", definition=BRAZIL, created_by=self.mallory
        )
        self.client.post(self.url("campaign_new"), self.chosen(audience=theirs.uuid))
        self.client.post(
            self.url("campaign_new"), self.chosen(template=make_template(self.elsewhere).pk)
        )
        self.assertFalse(Campaign.objects.exists())

    def test_values_are_asked_for_and_filled_in(self):
        template = make_template(
            self.acme,
            "sale",
            components=[
                {"type": "BODY", "text": "Hi, {{1}} off until {{2}} at our shop."},
                {
                    "type": "BUTTONS",
                    "buttons": [{"type": "URL", "text": "Go", "url": "https://a.example/{{1}}"}],
                },
            ],
        )
        shown = self.client.get(
            self.url("campaign_preview"),
            {"template": template.pk, "body_1": "20 %"},
            headers={"hx-request": "true"},
        )
        self.assertContains(shown, 'name="body_2"')
        self.assertContains(shown, 'value="20 %"')
        missing = self.client.post(
            self.url("campaign_new"), self.chosen(template=template.pk, body_1="20 %")
        )
        self.assertContains(missing, "The value for {{2}} in the text is empty.")
        self.client.post(
            self.url("campaign_new"),
            self.chosen(template=template.pk, body_1="20 %", body_2="Friday", button_0="winter"),
        )
        campaign = Campaign.objects.get()
        review = self.client.get(self.url("campaign", campaign))
        self.assertContains(review, "Hi, 20 % off until Friday at our shop.")
        edit = self.client.get(self.url("campaign_edit", campaign))
        self.assertContains(edit, 'value="Friday"')
        self.assertContains(edit, 'value="winter"')
        self.assertContains(edit, f'value="{self.audience.uuid}" checked')

    def test_a_draft_can_be_changed(self):
        campaign = self.draft()
        self.client.post(
            self.url("campaign_edit", campaign), self.chosen(name="Spring", max_recipients=100)
        )
        campaign.refresh_from_db()
        self.assertEqual((campaign.name, campaign.max_recipients), ("Spring", 100))

    def test_without_anything_to_choose_the_way_on_is_shown(self):
        SavedAudience.objects.all().delete()
        Template.objects.all().delete()
        answer = self.client.get(self.url("campaign_new"))
        self.assertContains(answer, "No audiences yet")
        self.assertContains(answer, "No approved adverts yet")


class ReviewTests(PagesCase):
    def test_it_says_what_sending_means(self):
        sign_in(self.client, self.alice)
        campaign = self.draft(max_recipients=700)
        answer = self.client.get(self.url("campaign", campaign))
        self.assertContains(answer, "700 of the 5,000,000 recipients left in your plan")
        self.assertContains(answer, "a random part: your own limit")
        self.assertContains(answer, "Send to 700 people")

    def test_what_stands_in_the_way_is_said(self):
        sign_in(self.client, self.alice)
        self.template.status = Template.Status.PAUSED
        self.template.save()
        answer = self.client.get(self.url("campaign", self.draft()))
        self.assertContains(answer, "This template is not approved.")

    def test_launch_pause_go_on_cancel(self):
        campaign = self.draft()
        self.assertContains(self.act(campaign, "launch"), "It is on its way.")
        self.assertEqual(campaign.state, "running")
        self.assertContains(self.act(campaign, "launch"), "so this can&#x27;t be done")
        self.act(campaign, "pause")
        self.assertEqual(campaign.state, "paused")
        self.act(campaign, "resume")
        self.assertEqual(campaign.state, "running")
        self.act(campaign, "cancel")
        self.assertEqual(campaign.state, "cancelled")
        self.assertEqual(
            self.client.post(self.url("campaign_act", campaign), {"act": "x"}).status_code, 404
        )

    def test_a_repetition_needs_a_tick(self):
        self.act(self.draft(), "launch")
        again = self.draft(name="Again")
        self.assertContains(self.act(again, "launch"), "Confirm to send again.")
        self.assertEqual(again.state, "draft")
        self.act(again, "launch", again="1")
        self.assertEqual(again.state, "running")

    def test_schedule_by_the_business_s_clock(self):
        self.acme.time_zone = "America/Sao_Paulo"
        self.acme.save()
        campaign = self.draft()
        self.act(campaign, "schedule", at="2031-05-01T10:00")
        self.assertEqual(campaign.scheduled_at.isoformat(), "2031-05-01T13:00:00+00:00")
        self.act(campaign, "take_back")
        self.assertEqual(campaign.state, "draft")
        self.assertContains(self.act(campaign, "schedule", at="x"), "Choose a day and a time.")
        self.assertContains(self.act(campaign, "schedule", at="2001-01-01T10:00"), "still to come")

    def test_schedule_by_each_person_s_clock(self):
        campaign = self.draft()
        self.act(campaign, "schedule", at="2031-05-01T10:00", local="1")
        self.assertEqual(campaign.wall_clock.isoformat(), "2031-05-01T10:00:00+00:00")
        self.assertEqual(campaign.scheduled_at.isoformat(), "2031-05-01T13:00:00+00:00")

    def test_a_test_goes_to_the_contact_that_was_chosen(self):
        receive_message(ANA, self.profile, body="Hi")
        campaign = self.draft()
        answer = self.act(campaign, "try", number=pairwise_number(self.acme.pk, ANA))
        self.assertContains(answer, "Sent.")
        message = Message.objects.get(person_id=ANA, direction="out")
        self.assertEqual((message.body, message.campaign_id), ("Hello from our shop.", None))
        for number in ("", "1234", pairwise_number(self.elsewhere.pk, ANA)):
            self.act(campaign, "try", number=number)
        self.assertEqual(Message.objects.filter(direction="out").count(), 1)


@override_settings(FIRST_BATCH_HOLD=timedelta(0))
class SentTests(PagesCase):
    def sent(self) -> Campaign:
        campaign = launch_campaign(self.draft(name="=Winter"), by=self.alice)
        run_campaign(campaign)
        campaign.refresh_from_db()
        return campaign

    def test_the_page_and_the_list_show_noised_counts(self):
        campaign = self.sent()
        sign_in(self.client, self.alice)
        page = self.client.get(self.url("campaign", campaign))
        shown = f"{shown_counts(campaign)['sent']:,}"
        self.assertContains(page, shown)
        self.assertContains(page, "under 50")
        self.assertContains(self.client.get(self.url("campaigns")), shown)

    def test_the_csv_has_the_same_numbers_and_no_formula(self):
        campaign = self.sent()
        sign_in(self.client, self.analyst)
        answer = self.client.get(self.url("campaign_csv", campaign))
        rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
        self.assertEqual(rows[0]["campaign"], "'=Winter")
        self.assertEqual(rows[0]["people"], str(shown_counts(campaign)["sent"]))
        self.assertEqual({row["people"] for row in rows[1:]}, {"fewer than 50"})

    def test_it_can_be_used_again_and_by_nobody_else(self):
        campaign = self.sent()
        sign_in(self.client, self.alice)
        again = f"{reverse('campaign_new', args=['acme'])}?like={campaign.uuid}"
        self.assertContains(self.client.get(self.url("campaign", campaign)), "Use again")
        page = self.client.get(again)
        self.assertEqual(page.context["chosen"]["template"], str(campaign.template_id))
        self.assertContains(self.client.get(again + "0"), "New campaign")
        sign_in(self.client, self.mallory)
        elsewhere = again.replace("/acme/", "/elsewhere/")
        self.assertNotIn("name", self.client.get(elsewhere).context["chosen"])

    def test_the_list_by_state_and_name(self):
        self.sent()
        cancelled = self.draft(name="Summer")
        cancel_campaign(cancelled, by=self.alice)
        self.draft(name="Autumn")
        sign_in(self.client, self.alice)
        for query, names in (
            ("", {"Summer", "Autumn", "=Winter"}),
            ("?state=draft", {"Autumn"}),
            ("?state=over", {"Summer", "=Winter"}),
            ("?state=live", set()),
            ("?q=summ", {"Summer"}),
            ("?state=nonsense", {"Summer", "Autumn", "=Winter"}),
        ):
            answer = self.client.get(self.url("campaigns") + query)
            self.assertEqual({row.name for row, _counts in answer.context["rows"]}, names, query)


class StaffTests(PagesCase):
    def test_staff_see_it_exactly_and_stop_it_with_a_reason(self):
        campaign = launch_campaign(self.draft(), by=self.alice)
        run_campaign(campaign)
        sign_in(self.client, staff("moderator", name="mo"))
        self.assertContains(self.client.get("/admin/messaging/campaign/"), "Winter")
        page = self.client.get(f"/admin/messaging/campaign/{campaign.pk}/change/")
        sent = Message.objects.filter(campaign_id=campaign.pk).count()
        self.assertContains(page, f"sent {sent:,}")
        stop = reverse("admin:messaging_campaign_stop", args=[campaign.pk])
        self.client.post(stop, {"_form_submitted": "1", "reason": "Misleading."})
        campaign.refresh_from_db()
        self.assertEqual((campaign.state, campaign.stop_reason), ("stopped", "Misleading."))

    def test_support_reads_only(self):
        campaign = launch_campaign(self.draft(), by=self.alice)
        sign_in(self.client, staff("support", name="sue"))
        stop = reverse("admin:messaging_campaign_stop", args=[campaign.pk])
        self.client.post(stop, {"_form_submitted": "1", "reason": "x"})
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "running")
