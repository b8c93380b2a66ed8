"""Asking for money by the Cloud API: order_details, order_status, and what the webhooks say."""

import json

from django.utils import timezone

from billing.models import PaymentAccount, PaymentAttempt, PaymentHalt, PaymentRequest
from billing.services.paying import settle_attempt
from billing.services.payment_refunds import sync_refunds
from billing.snapshots import GivenBack, PaymentSnapshot
from messaging.models import Message, WebhookEvent
from messaging.services.webhooks.bodies import make_body
from messaging.tests.api import ApiCase
from profiles.models import Profile


def amount(value: int, offset: int = 100) -> dict:
    return {"value": value, "offset": offset}


def order(**changes) -> dict:
    """Two filters and a brush with tax: 25.00 reais."""
    parameters = {
        "reference_id": "A-1001",
        "type": "physical-goods",
        "currency": "BRL",
        "total_amount": amount(2500),
        "order": {
            "status": "pending",
            "items": [
                {"retailer_id": "f1", "name": "Filter", "amount": amount(1000), "quantity": 2},
                {"name": "Brush", "amount": amount(500), "sale_amount": amount(300), "quantity": 1},
            ],
            "subtotal": amount(2300),
            "tax": amount(200),
        },
    } | changes
    return {
        "type": "interactive",
        "interactive": {
            "type": "order_details",
            "body": {"text": "Your order, ready to pay"},
            "action": {"name": "review_and_pay", "parameters": parameters},
        },
    }


def status(name: str, reference: str = "A-1001") -> dict:
    return {
        "type": "interactive",
        "interactive": {
            "type": "order_status",
            "body": {"text": "Your parcel has left."},
            "action": {
                "name": "review_order",
                "parameters": {"reference_id": reference, "order": {"status": name}},
            },
        },
    }


class OrderTests(ApiCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        PaymentAccount.objects.create(business=cls.acme, stripe_id="acct_1", charges_enabled=True)
        cls.app.subscribed_at, cls.app.fields = timezone.now(), ["messages"]
        cls.app.save()

    def paid(self) -> PaymentRequest:
        self.send(**order())
        request = PaymentRequest.objects.get()
        attempt = PaymentAttempt.objects.create(
            request=request, session_id="cs_1", expires_at=request.expires_at
        )
        settle_attempt(
            attempt,
            PaymentSnapshot(
                session_id="cs_1",
                status="complete",
                payment_status="paid",
                url="",
                reference=str(request.uuid),
                payment_intent="pi_1",
                intent_status="succeeded",
                amount=request.amount,
                currency=request.currency,
            ),
        )
        return request

    def told(self) -> list[dict]:
        """The payment statuses, as integrators get them."""
        events = WebhookEvent.objects.filter(facts__kind="payment").order_by("id")
        bodies = [json.loads(make_body(event)) for event in events]
        return [each["entry"][0]["changes"][0]["value"]["statuses"][0] for each in bodies]

    def test_an_order_becomes_a_bill_in_the_chat(self):
        code, answer = self.send(**order())

        self.assertEqual(code, 200, answer)
        request = PaymentRequest.objects.get()
        self.assertEqual((request.amount, request.currency, request.by), (2500, "brl", None))
        self.assertEqual(request.extras, {"tax": 200})
        self.assertEqual([item["amount"] for item in request.items], [1000, 300])
        message = Message.objects.get(id=request.message_id)
        self.assertEqual((message.kind, message.body), ("payment", "Your order, ready to pay"))

    def test_sums_that_do_not_add_up_ask_for_nothing(self):
        error = self.assertError(self.send(**order(total_amount=amount(2600))), 400, 131009)

        self.assertIn("the items make 2500", error["error_data"]["details"])
        self.assertFalse(PaymentRequest.objects.exists())

    def test_an_offset_that_is_not_the_currencys_own_is_refused(self):
        error = self.assertError(self.send(**order(total_amount=amount(2500, 1))), 400, 131009)

        self.assertIn("for BRL it is 100", error["error_data"]["details"])

    def test_the_same_reference_is_asked_for_once(self):
        self.send(**order())

        self.assertError(self.send(**order()), 400, 131009)

        self.assertEqual(PaymentRequest.objects.count(), 1)
        self.assertEqual(Message.objects.filter(kind="payment").count(), 1)

    def test_who_may_not_ask_is_told_why(self):
        Profile.objects.filter(pk=self.profile.pk).update(standing="warned")
        self.assertError(self.send(**order()), 403, 131031)
        Profile.objects.filter(pk=self.profile.pk).update(standing="clear")
        PaymentHalt.objects.create(began_by=self.alice, reason="A test of the switch")
        self.assertError(self.send(**order()), 503, 131016)
        PaymentHalt.objects.update(ended_at=timezone.now())
        PaymentAccount.objects.update(charges_enabled=False)
        self.assertError(self.send(**order()), 400, 131042)

        self.assertFalse(PaymentRequest.objects.exists())

    def test_a_payment_and_its_refund_are_told_by_webhook(self):
        request = self.paid()
        attempt = request.attempts.get()

        sync_refunds(attempt, [GivenBack("re_1", 500, timezone.now(), "")])

        paid, back = self.told()
        self.assertEqual((paid["type"], paid["status"]), ("payment", "captured"))
        self.assertEqual(paid["payment"]["reference_id"], "A-1001")
        self.assertEqual(paid["payment"]["amount"], amount(2500))
        self.assertEqual(paid["payment"]["transaction"]["status"], "success")
        self.assertEqual(back["payment"]["transaction"]["refunds"][0]["amount"], amount(500))

    def test_the_order_moves_on_with_the_integrators_words(self):
        self.paid()

        code, _answer = self.send(**status("shipped"))

        self.assertEqual(code, 200)
        self.assertEqual(PaymentRequest.objects.get().order_status, "shipped")
        newest = Message.objects.filter(kind="interactive").order_by("-id").first()
        self.assertEqual(newest.body, "Your parcel has left.")

    def test_a_paid_order_is_cancelled_only_after_the_money_went_back(self):
        self.paid()

        self.assertError(self.send(**status("canceled")), 400, 131009)
        self.assertError(self.send(**status("shipped", "B-2")), 400, 131009)

    def test_another_business_finds_no_order(self):
        self.paid()
        path = f"/v23.0/{self.profile.pk}/messages"

        result = self.call("POST", path, status("shipped"), token=self.other_token)

        self.assertError(result, 400, 100, 33)
