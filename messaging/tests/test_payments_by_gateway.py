"""A bill reaches the messenger's own app, with all it needs to show it and lead to the payment."""

from billing.models import PaymentAccount, PaymentRequest
from billing.services.payment_requests import Item, set_order_status
from messaging.services.payments import request_payment
from messaging.tests.cast import ANA
from messaging.tests.gateway import GatewayCase


class BillByGatewayTests(GatewayCase):
    def test_a_bill_and_the_lines_about_it_are_handed_over(self):
        PaymentAccount.objects.create(
            business=self.acme, stripe_id="acct_1", charges_enabled=True, payouts_enabled=True
        )
        self.meet(ANA)
        request_payment(
            self.profile,
            ANA,
            by=self.alice,
            items=[Item("Filter", 2500)],
            currency="brl",
            reference_id="A-1",
            now=self.now,
        )
        request = PaymentRequest.objects.get()
        set_order_status(request, "processing", by=self.alice)

        self.serve()

        bill, line = self.server.seen
        self.assertEqual(bill["kind"], "payment")
        self.assertTrue(bill["content"]["bill"]["url"].endswith(f"/pay/{request.token}/"))
        self.assertEqual(bill["content"]["bill"]["amount"], {"value": 2500, "offset": 100})
        self.assertEqual(
            (line["kind"], line["text"]), ("system", "Your order A-1: In preparation.")
        )
