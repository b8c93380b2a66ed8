"""Staff connect the operator's messengers."""

from django.test import TestCase, override_settings
from django.urls import reverse

from messaging.models import Messenger, MessengerKey
from messaging.services.gateway.messengers import add_messenger, create_key, key_behind
from messaging.tests.cast import Cast
from profiles.models import AuditRow
from profiles.tests.people import sign_in, staff


class MessengersAdminTests(Cast, TestCase):
    def setUp(self) -> None:
        self.lead = staff("lead", name="lena")
        self.papo = add_messenger("Papo", by=self.lead)

    def act(self, action: str, pk: int | None = None, model: str = "messenger", **data: str):
        url = reverse(f"admin:messaging_{model}_{action}", kwargs={"object_id": pk or self.papo.pk})
        return self.client.post(url, {"_form_submitted": "1"} | data)

    def page(self):
        return self.client.get(reverse("admin:messaging_messenger_change", args=[self.papo.pk]))

    def test_members_of_businesses_and_wrong_groups_may_not(self):
        for user in (self.alice, staff("moderator", name="mona")):
            sign_in(self.client, user)
            self.assertNotEqual(self.page().status_code, 200)
            self.act("make_key", name="x")
        sign_in(self.client, staff("support", name="sue"))
        self.assertEqual(self.page().status_code, 200)
        self.act("make_key", name="x")
        self.assertFalse(MessengerKey.objects.exists())

    def test_a_lead_adds_a_messenger(self):
        sign_in(self.client, self.lead)
        url = reverse("admin:messaging_messenger_add")
        self.assertEqual(self.client.post(url, {"name": "Papo"}).status_code, 200)  # taken
        self.assertEqual(self.client.post(url, {"name": "Chat"}).status_code, 302)
        self.assertEqual(Messenger.objects.get(name="Chat").created_by, self.lead)
        self.assertEqual(AuditRow.objects.filter(event="messenger.added").count(), 2)

    def test_a_key_is_shown_once(self):
        sign_in(self.client, self.lead)
        self.act("make_key", name="server")
        first = self.page().content.decode()
        raw = first.split("plk_")[1].split("<")[0].strip()
        key = key_behind("plk_" + raw)
        self.assertEqual((key.name, key.created_by), ("server", self.lead))
        self.assertNotIn(raw, self.page().content.decode())

    def test_a_key_is_revoked(self):
        key, raw = create_key(self.papo, name="server", by=self.lead)
        sign_in(self.client, self.lead)
        self.act("revoke", key.pk, "messengerkey")
        self.assertIsNone(key_behind(raw))
        page = reverse("admin:messaging_messengerkey_change", args=[key.pk])
        self.assertNotContains(self.client.get(page), MessengerKey.objects.get().sha256)

    @override_settings(WEBHOOK_ALLOW_LOOPBACK=False)
    def test_a_gateway_is_public_or_named_in_the_settings(self):
        sign_in(self.client, self.lead)
        self.act("set_gateway", url="http://10.1.2.3/take")
        self.assertContains(self.page(), "must begin with https")
        self.assertEqual(Messenger.objects.get().gateway_url, "")
        with override_settings(GATEWAY_HOSTS=["10.1.2.3"]):
            self.act("set_gateway", url="http://10.1.2.3/take")
        self.assertContains(self.page(), "whsec_")
        self.assertNotContains(self.page(), "whsec_")
        self.act("drop_gateway")
        self.assertEqual(Messenger.objects.get().gateway_url, "")

    def test_a_closed_messenger_says_so(self):
        sign_in(self.client, self.lead)
        self.act("close", reason="It moved.")
        self.assertContains(self.page(), "Closed")
        self.assertTrue(AuditRow.objects.filter(event="messenger.closed", actor=self.lead))
