"""What waits for a messenger when its sender loses its standing, or its campaign is stopped."""

from messaging.models import Campaign, Message
from messaging.services.gateway.handing_over import LOCKED
from messaging.tests.cast import ANA, RAVI, make_template
from messaging.tests.gateway import GatewayCase
from profiles.tests.people import staff
from trust.services.standing import revoke_profile


class LostStandingTests(GatewayCase):
    def test_what_waited_fails_with_the_reason_but_answers_go(self):
        self.meet(ANA, RAVI)
        answer = self.send(RAVI, "Your answer")
        advert = self.send(ANA, "Buy!", kind="template", template=make_template(self.acme))
        revoke_profile(self.profile, by=staff("moderator", name="mo"), reason="Scam.")
        self.assertEqual((self.serve(), self.waiting()), (1, 0))
        self.assertEqual([m["text"] for m in self.server.seen], [answer.body])
        failed = Message.objects.get(person_id=ANA, id=advert.id)
        self.assertEqual((failed.status, failed.error), ("failed", LOCKED))

    def test_a_campaign_that_was_stopped_goes_no_further(self):
        self.crowd(30)
        Campaign.objects.update(
            state="stopped", stop_reason="Scam.", salt=1, launched_at=self.now, first_chunks=1
        )
        self.assertEqual((self.serve(), self.waiting(), self.server.seen), (0, 0, []))

    def test_a_campaign_of_a_revoked_profile_goes_no_further(self):
        self.crowd(30)
        revoke_profile(self.profile, by=staff("moderator", name="mo"), reason="Scam.")
        self.assertEqual((self.serve(), self.waiting(), self.server.seen), (0, 0, []))
