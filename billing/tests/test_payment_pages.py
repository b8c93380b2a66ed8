"""The pages about payments in chats: of the business, of the person who pays, of staff."""

import csv
import io

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from billing.models import PaymentAccount, PaymentDispute, PaymentHalt, PaymentRefund
from billing.services.payment_complaints import complain
from billing.tests.payments import ReadyCase, ask, paid
from portal.base.pairwise import pairwise_number
from profiles.models import Membership
from profiles.tests.people import make_business, member, person, sign_in, staff

Role = Membership.Role


class BusinessPagesTests(ReadyCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.payment = paid(cls.profile, reference_id="=A1")
        cls.mallory = person("mallory")
        make_business("Elsewhere", owner=cls.mallory)
        cls.bob, cls.ann = member(cls.acme), member(cls.acme, Role.ANALYST)
        cls.dev = member(cls.acme, Role.DEVELOPER)

    def url(self, name: str, *args) -> str:
        return reverse(name, args=[self.acme.slug, *args])

    def act(self, user, **fields):
        sign_in(self.client, user)
        return self.client.post(self.url("payment_act", self.payment.uuid), fields, follow=True)

    def test_a_stranger_finds_nothing_and_can_do_nothing(self):
        sign_in(self.client, self.mallory)
        one = self.payment.uuid
        for url in (
            self.url("payments"),
            self.url("payment", one),
            self.url("payments_books"),
            self.url("payments_csv"),
            self.url("payments_return"),
        ):
            self.assertEqual(self.client.get(url).status_code, 404, url)
        for url in (self.url("payment_act", one), self.url("payments_setup")):
            self.assertEqual(self.client.post(url, {"do": "refund"}).status_code, 404, url)

    def test_a_payment_of_another_business_is_not_found_under_ones_own(self):
        sign_in(self.client, self.mallory)
        url = reverse("payment", args=["elsewhere", self.payment.uuid])
        self.assertEqual(self.client.get(url).status_code, 404)

    def test_each_role_sees_what_it_needs(self):
        pages = ("payments", "payments_books", "payments_csv")
        for user, codes in (
            (self.alice, (200, 200, 200)),
            (self.bob, (200, 403, 403)),
            (self.ann, (200, 200, 200)),
            (self.dev, (403, 403, 403)),
        ):
            sign_in(self.client, user)
            got = tuple(self.client.get(self.url(page)).status_code for page in pages)
            self.assertEqual(got, codes, user)

    def test_an_agent_asks_an_owner_for_refunds(self):
        answer = self.act(self.bob, do="refund", amount="1", reason="Broken")

        self.assertContains(answer, "Owners and admins give money back")
        self.assertFalse(PaymentRefund.objects.exists())

    def test_an_owner_gives_a_part_back(self):
        self.act(self.alice, do="refund", amount="4.50", reason="Broken")
        self.assertContains(
            self.act(self.alice, do="refund", amount="1e3", reason="Broken"), "At most $7.50"
        )
        self.assertContains(
            self.act(self.alice, do="refund", amount="nan", reason="Broken"), "Write the amount"
        )

        self.assertEqual(PaymentRefund.objects.get().amount, 450)

    def test_an_agent_answers_a_complaint_and_says_where_the_goods_are(self):
        complain(self.payment, words="It never came.")

        self.act(self.bob, do="answer", words="It is at your neighbour's.")
        self.act(self.bob, do="order", status="shipped")

        self.assertEqual(PaymentDispute.objects.get().answer, "It is at your neighbour's.")
        self.payment.refresh_from_db()
        self.assertEqual(self.payment.order_status, "shipped")

    def test_every_view_of_the_list(self):
        sign_in(self.client, self.alice)
        for view, shown in (("all", 1), ("paid", 1), ("waiting", 0), ("wrong", 0), ("ended", 0)):
            page = self.client.get(self.url("payments"), {"view": view})
            self.assertEqual(len(page.context["rows"]), shown, view)
        self.assertEqual(self.client.get(self.url("payments"), {"view": "x"}).status_code, 404)

    def test_the_csv_has_every_payment_with_decimals_and_no_formula(self):
        ask(self.profile, currency="kwd", amount=1250, reference_id="K-1", message_id=2)
        sign_in(self.client, self.alice)

        text = b"".join(self.client.get(self.url("payments_csv")).streaming_content).decode()

        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([row["reference"] for row in rows], ["'=A1", "K-1"])
        self.assertEqual([row["amount"] for row in rows], ["12.00", "1.250"])
        self.assertEqual(rows[0]["net"], "11.88")
        self.assertEqual(rows[0]["person"], pairwise_number(self.acme.pk, 7))


class PayPageTests(ReadyCase):
    def page(self, request):
        return self.client.get(reverse("pay", args=[request.token]))

    def test_a_token_that_is_none_opens_nothing(self):
        self.assertEqual(self.client.get("/pay/nothing/").status_code, 404)

    def test_it_shows_the_verified_legal_name_and_the_amount_before_anyone_leaves(self):
        page = self.page(ask(self.profile))

        self.assertContains(page, "Acme Ltd")
        self.assertContains(page, "Pay $12.00")
        self.assertEqual(page["Cache-Control"], "private, no-store")

    def test_who_looks_opens_it_once(self):
        request = ask(self.profile)
        self.page(request)
        request.refresh_from_db()
        first = request.opened_at
        self.page(request)
        request.refresh_from_db()
        self.assertEqual(request.opened_at, first)

    def test_what_cannot_be_paid_says_why_and_has_no_button(self):
        request = ask(self.profile)
        PaymentHalt.objects.create(began_by=self.alice, reason="A test")
        page = self.page(request)
        self.assertContains(page, "Acme Ltd can&#x27;t take payments at the moment.")
        self.assertNotContains(page, "Pay $12.00")
        PaymentHalt.objects.all().delete()
        type(request).objects.update(expires_at=timezone.now())
        self.assertContains(self.page(request), "This request has expired.")

    def test_the_receipt_stays_and_takes_a_complaint(self):
        request = paid(self.profile)

        self.assertContains(self.page(request), "Receipt")
        answer = self.client.post(
            reverse("pay_complain", args=[request.token]), {"words": "Broken"}, follow=True
        )

        self.assertContains(answer, "You said that something is wrong.")
        self.client.post(reverse("pay_complain", args=[request.token]), {"do": "content"})
        self.assertTrue(request.disputes.get().resolved_at)


class StaffPagesTests(TestCase):
    PAGES = ("paymentrequest", "paymentaccount", "paymentdispute", "paymenthalt", "paymentrefund")

    @classmethod
    def setUpTestData(cls) -> None:
        ReadyCase.setUpTestData.__func__(cls)
        cls.payment = paid(cls.profile)
        complain(cls.payment, words="It never came.")

    def post(self, model: str, action: str, pk, **fields):
        url = reverse(f"admin:billing_{model}_{action}", args=[pk] if pk else [])
        return self.client.post(url, {"_form_submitted": "on"} | fields)

    def test_staff_without_the_right_see_nothing(self):
        sign_in(self.client, staff("verifier"))
        for page in self.PAGES:
            url = reverse(f"admin:billing_{page}_changelist")
            self.assertEqual(self.client.get(url).status_code, 403, page)

    def test_finance_sees_every_page(self):
        sign_in(self.client, staff("finance"))
        for page in self.PAGES:
            self.assertEqual(
                self.client.get(reverse(f"admin:billing_{page}_changelist")).status_code, 200, page
            )
        url = reverse("admin:billing_paymentrequest_change", args=[self.payment.pk])
        page = self.client.get(url)
        self.assertEqual(page.status_code, 200)
        self.assertNotContains(page, self.payment.token)

    def test_the_kill_switch_is_thrown_with_a_reason_and_ended(self):
        sign_in(self.client, staff("finance"))
        self.post("paymenthalt", "halt", None, reason="Stripe is broken into")
        halt = PaymentHalt.objects.get(ended_at=None)
        self.assertEqual(halt.reason, "Stripe is broken into")

        self.post("paymenthalt", "resume", halt.pk, reason="Mended")

        self.assertFalse(PaymentHalt.objects.filter(ended_at=None).exists())

    def test_support_does_not_throw_it(self):
        sign_in(self.client, staff("support"))
        self.post("paymenthalt", "halt", None, reason="For fun")
        self.assertFalse(PaymentHalt.objects.exists())

    def test_a_moderator_freezes_and_settles(self):
        sign_in(self.client, staff("moderator"))
        self.post("paymentaccount", "freeze", self.account.pk, reason="Fraud suspected")
        self.post("paymentdispute", "settle", PaymentDispute.objects.get().pk, reason="It came")

        self.assertEqual(PaymentAccount.objects.get().frozen_reason, "Fraud suspected")
        self.assertEqual(PaymentDispute.objects.get().outcome, "It came")

    def test_finance_gives_back_and_a_moderator_does_not(self):
        for group, n in (("moderator", 0), ("finance", 1)):
            sign_in(self.client, staff(group))
            self.post("paymentrequest", "refund", self.payment.pk, amount="2.00", reason="Broken")
            self.assertEqual(PaymentRefund.objects.count(), n)
