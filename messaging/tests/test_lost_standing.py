"""A lost standing holds at once at every door: campaign, API, dashboard; and answers for 72 hours.

The queue of a messenger is in test_gateway_standing.py.
"""

from django.utils import timezone

from messaging.models import Campaign
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.launching import launch_campaign
from messaging.tests.api import ApiCase
from messaging.tests.cast import make_template
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from portal.base.refused import Refused
from profiles.tests.people import sign_in, staff
from trust.services.standing import revoke_profile


class EveryDoorTests(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        self.profile.refresh_from_db()

    def revoke(self) -> None:
        revoke_profile(self.profile, by=staff("moderator", name="mo"), reason="Sold fake tickets.")
        self.profile.refresh_from_db()

    def test_the_running_campaign_ends_and_no_other_begins(self):
        now = timezone.now()
        make_crowd(2_000)
        count_people(now=now)
        allow_campaigns(self.profile, now=now)
        running = launch_campaign(draft(self.profile, self.alice, now=now), by=self.alice)
        waiting = draft(self.profile, self.alice, name="Summer", now=now)
        self.revoke()
        self.assertEqual(run_campaign(running), 0)
        running.refresh_from_db()
        self.assertEqual(
            (running.state, running.stop_reason), (Campaign.State.STOPPED, "Sold fake tickets.")
        )
        with self.assertRaisesMessage(Refused, "lost its verification"):
            launch_campaign(waiting, by=self.alice)

    def test_the_api_refuses_to_begin_and_lets_answer(self):
        template = {"name": make_template(self.acme).name, "language": {"code": "en"}}
        self.revoke()
        refused = self.send(type="template", template=template)
        self.assertError(refused, 403, 131031)
        self.assertEqual(self.send(text={"body": "Sorry, we are closing."})[0], 200)

    def test_the_dashboard_says_why(self):
        self.revoke()
        page = sign_in(self.client, self.alice).get("/w/acme/quality/")
        self.assertContains(page, "Acme has lost its badge")
        self.assertContains(page, "Read why, and appeal")
        self.assertNotContains(page, "Nothing to judge yet")
