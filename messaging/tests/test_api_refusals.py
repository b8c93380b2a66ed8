"""What the API answers where a message may not or can't be sent."""

import json
from datetime import timedelta

from django.utils import timezone

from audience.services.consent import block
from messaging.models import AccessToken, Message
from messaging.services.integrators.keys import create_token, revoke_token
from messaging.services.integrators.wamids import wamid
from messaging.services.messages import receive_message
from messaging.tests.api import ApiCase
from messaging.tests.cast import ANA, RAVI
from portal.base.pairwise import pairwise_number


class RefusalTests(ApiCase):
    def test_strangers_profile_and_random_id_can_not_be_told_apart(self):
        results = []
        for node in (self.other_profile.pk, 999_999_999_999_999):
            result = self.send(path=f"/v23.0/{node}/messages", text={"body": "Hi"})
            error = self.assertError(result, 400, 100, 33)
            error.pop("fbtrace_id")
            results.append(json.dumps(error).replace(str(node), "ID"))
        self.assertEqual(*results)

    def test_who_is_unknown_blocked_or_a_phone_is_equally_undeliverable(self):
        block(ANA, self.profile.pk)
        told = set()
        for to in (
            pairwise_number(self.acme.pk, RAVI),  # never wrote
            pairwise_number(self.elsewhere.pk, ANA),  # another business's number
            self.ana,  # blocked
            "5511998765432",  # a phone
            "123456789012",
        ):
            error = self.assertError(self.send(to=to, text={"body": "Hi"}), 400, 131026)
            error.pop("fbtrace_id")
            told.add(json.dumps(error))
        self.assertEqual(len(told), 1)

    def test_a_campaigns_message_can_not_be_asked_for(self):
        sent = Message.objects.create(
            person_id=ANA,
            id=self.from_ana.id + 1,
            profile_id=self.profile.pk,
            campaign_id=5,
            direction="out",
            status="read",
            created_at=timezone.now(),
        )
        reaction = {"message_id": wamid(self.acme.pk, ANA, sent.id), "emoji": "👍"}
        self.assertError(self.send(type="reaction", reaction=reaction), 400, 131009)

    def test_tokens_that_open_nothing(self):
        path = f"/v23.0/{self.profile.pk}/messages"
        data = {"messaging_product": "whatsapp", "to": self.ana, "text": {"body": "Hi"}}
        self.assertError(self.call("POST", path, data, token=None), 401, 0)
        self.assertError(self.call("POST", path, data, token="sgt_wrong"), 401, 190, 467)
        expired = create_token(
            self.app, name="old", by=self.alice, expires_at=timezone.now() - timedelta(1)
        )[1]
        self.assertError(self.call("POST", path, data, token=expired), 401, 190, 463)
        revoke_token(self.token_row, by=self.alice)
        self.assertError(self.call("POST", path, data), 401, 190, 460)
        reader = create_token(
            self.app, name="reader", by=self.alice, scopes=[AccessToken.Scope.MANAGEMENT]
        )[1]
        self.assertError(self.call("POST", path, data, token=reader), 403, 10)
        self.assertFalse(Message.objects.filter(direction="out").exists())

    def test_a_token_for_one_profile_does_not_see_another(self):
        from profiles.models import Profile

        second = Profile.objects.create(business=self.acme, handle="acme_two", name="Acme Two")
        narrow = create_token(self.app, name="two", by=self.alice, profiles=[second])[1]
        self.assertEqual(self.call("GET", f"/{second.pk}", token=narrow)[0], 200)
        self.assertError(self.call("GET", f"/{self.profile.pk}", token=narrow), 400, 100, 33)

    def test_what_is_missing_or_wrong_is_named(self):
        for data, code, word in (
            ({"text": {"body": "Hi"}, "messaging_product": "x"}, 100, "messaging_product"),
            ({"text": {}}, 131008, "text.body"),
            ({"type": "text"}, 131008, "text"),
            ({"text": {"body": "x" * 4097}}, 131009, "4096"),
            ({"type": "product", "product": {}}, 131051, "product"),
            ({"text": "Hi"}, 131009, "text"),
            ({"type": "location", "location": {"latitude": 91, "longitude": 0}}, 131009, "lat"),
        ):
            with self.subTest(data=data):
                error = self.assertError(self.send(**data), 400, code)
                self.assertIn(word, error["error_data"]["details"])

    def test_rules_that_say_no_are_told_by_their_code(self):
        later = timezone.now() + timedelta(hours=25)
        Message.objects.all()  # the window closes by itself: Ravi wrote long ago
        receive_message(RAVI, self.profile, body="Hi", now=later - timedelta(hours=50))
        ravi = pairwise_number(self.acme.pk, RAVI)
        self.assertError(self.send(to=ravi, text={"body": "Hi"}), 400, 131047)
        for field, value, code, status in (
            ("paid_through", timezone.now(), 131042, 400),
            ("verified_until", timezone.now(), 131042, 400),
        ):
            setattr(self.acme, field, value)
            self.acme.save()
            self.assertError(self.send(to=ravi, text={"body": "Hi"}), status, code)

    def test_what_can_not_be_parsed_is_an_envelope_too(self):
        path = f"/v23.0/{self.profile.pk}/messages"
        for body in ("{", "[]", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000, '{"a":"\\ud800"}'):
            with self.subTest(body=body[:20]):
                response = self.client.post(
                    path,
                    body,
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {self.token}"},
                )
                self.assertEqual(response.json()["error"]["code"], 100)
                self.assertEqual(response.status_code, 400)

    def test_unknown_paths_and_methods_are_envelopes_too(self):
        self.assertError(self.call("GET", "/v23.0/nonsense"), 400, 2500)
        self.assertError(self.call("GET", f"/v23.0/{self.profile.pk}/nonsense"), 400, 2500)
        self.assertError(self.call("PUT", f"/v23.0/{self.profile.pk}/messages", {}), 405, 100)
        self.assertError(self.call("GET", f"/v23.0/{self.profile.pk}/messages"), 400, 100, 33)
        self.assertError(self.call("GET", "/v23.0/12345"), 400, 100, 33)
