"""A business's payments in chats: setting up, the list, one payment, the books."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

import segno
from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from billing.models import PaymentAccount, PaymentDispute, PaymentRefund, PaymentRequest
from billing.money import as_decimal, as_minor
from billing.payment_rules import payments_are_off
from billing.services.payment_accounts import refresh_account, set_up_payments
from billing.services.payment_books import differences, months
from billing.services.payment_complaints import answer_complaint
from billing.services.payment_refunds import left_to_refund, refund_payment
from billing.services.payment_requests import cancel_request, set_order_status
from billing.services.plainly import said_plainly
from billing.stripe_gateway import StripeSaysNo, StripeUnavailable
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from portal.base.written import moment_in
from profiles.models import Business, Membership, Profile
from profiles.tenancy import ANSWER, MANAGE, MEASURE, MemberRequest, business_page, in_business

LOOK = (*ANSWER, Membership.Role.ANALYST)
PAGE = 50
Status = PaymentRequest.Status
# What the list can be narrowed to.
VIEWS = {
    "all": Q(),
    "waiting": Q(status__in=PaymentRequest.PAYABLE),
    "paid": Q(paid_at__isnull=False),
    "refunded": Q(amount_refunded__gt=0),
    "wrong": Q(disputes__resolved_at=None, disputes__isnull=False) | Q(status=Status.DISPUTED),
    "ended": Q(status__in=PaymentRequest.REPEATABLE),
}


@require_GET
@in_business(roles=LOOK)
def payments(request: MemberRequest, business: Business) -> HttpResponse:
    """The list, newest first, by key; before it what is missing to ask for money."""
    view = request.GET.get("view", "all")
    if view not in VIEWS:
        raise Http404
    rows = _rows(business).filter(VIEWS[view]).distinct()
    if before := moment_in(request.GET.get("before", "")):
        rows = rows.filter(created_at__lt=before)
    found = list(rows[: PAGE + 1])
    return business_page(
        request,
        business,
        "billing/payments.html",
        live=live(f"business:{business.pk}"),
        view=view,
        rows=found[:PAGE],
        older=found[PAGE - 1].created_at.isoformat() if len(found) > PAGE else "",
        account=PaymentAccount.objects.filter(business=business).first(),
        is_off=payments_are_off(),
        standing_clear=business.profiles.filter(
            is_test=False, closed_at=None, standing=Profile.Standing.CLEAR
        ).exists(),
        is_verified=business.is_verified(),
        is_paid=business.is_paid(),
        may_manage=request.membership.role in MANAGE,
        may_measure=request.membership.role in MEASURE,
    )


@require_POST
@in_business(roles=MANAGE)
def payments_setup(request: MemberRequest, business: Business) -> HttpResponse:
    """On to Stripe's questions about the business."""
    try:
        return HttpResponseRedirect(set_up_payments(business, by=request.user), status=303)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("payments", business.slug)


@require_GET
@in_business(roles=MANAGE)
def payments_return(request: MemberRequest, business: Business) -> HttpResponse:
    """Back from Stripe's questions: ask at once whether they suffice."""
    account = get_object_or_404(PaymentAccount, business=business)
    try:
        account = refresh_account(account.stripe_id) or account
    except (StripeUnavailable, StripeSaysNo):
        messages.warning(request, _("Stripe is slow to answer. Look again in a minute."))
        return redirect("payments", business.slug)
    if account.charges_enabled:
        messages.success(request, _("You can ask for money in chats now."))
    else:
        messages.warning(request, _("Stripe still wants to know something. Go on when you can."))
    return redirect("payments", business.slug)


@require_GET
@in_business(roles=MANAGE)
def payments_again(request: MemberRequest, business: Business) -> HttpResponse:
    """Stripe's link had expired; a new one takes a click, since opening a page must not make one"""
    messages.warning(request, _("That link had expired. Go on from here."))
    return redirect("payments", business.slug)


@require_GET
@in_business(roles=LOOK)
def payment(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """One payment: what happened when, and what can be done."""
    row = _payment(business, uuid)
    return business_page(
        request,
        business,
        "billing/payment.html",
        live=live(f"business:{business.pk}"),
        payment=row,
        number=_number(row),
        pay_url=_pay_url(row),
        timeline=_timeline(row),
        refunds=PaymentRefund.objects.filter(attempt__request=row).order_by("-decided_at"),
        disputes=row.disputes.order_by("-opened_at"),
        left=left_to_refund(row) if row.refundable else 0,
        left_decimal=as_decimal(left_to_refund(row) if row.refundable else 0, row.currency),
        may_answer=request.membership.role in ANSWER,
        may_manage=request.membership.role in MANAGE,
        order_statuses=PaymentRequest.OrderStatus.choices,
        now=timezone.now(),
    )


@require_GET
@in_business(roles=ANSWER)
def payment_code(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """The address of the pay page as a QR code, for a person who stands at the counter."""
    row = _payment(business, uuid)
    drawn = io.BytesIO()
    segno.make(_pay_url(row), error="m").save(drawn, kind="svg", scale=6, border=3, light="#fff")
    answer = HttpResponse(drawn.getvalue(), content_type="image/svg+xml")
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@in_business(roles=ANSWER)
def payment_act(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """Refund, cancel, say where the goods are, or answer a complaint: `do` says which."""
    row = _payment(business, uuid)
    do = ACTS.get(request.POST.get("do", ""))
    if do is None:
        raise Http404
    try:
        messages.success(request, do(row, request))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("payment", business.slug, row.uuid)


def _refund(row: PaymentRequest, request: MemberRequest) -> str:
    if request.membership.role not in MANAGE:
        raise Refused(_("Owners and admins give money back. Ask one of them."), code="not_allowed")
    try:
        amount = as_minor(Decimal(request.POST.get("amount", "")), row.currency)
    except (InvalidOperation, ValueError):
        raise Refused(_("Write the amount as a number, such as 12.50.")) from None
    refund_payment(row, amount=amount, by=request.user, reason=request.POST.get("reason", ""))
    return _("The money is on its way back.")


def _cancel(row: PaymentRequest, request: MemberRequest) -> str:
    cancel_request(row, by=request.user)
    return _("Cancelled. It can't be paid any more.")


def _order(row: PaymentRequest, request: MemberRequest) -> str:
    set_order_status(row, request.POST.get("status", ""), by=request.user)
    return _("Saved. The person sees it in the chat.")


def _answer(row: PaymentRequest, request: MemberRequest) -> str:
    dispute = row.disputes.filter(
        source=PaymentDispute.Source.PERSON, resolved_at=None, answered_at=None
    ).first()
    if dispute is None:
        raise Http404
    answer_complaint(dispute, by=request.user, words=request.POST.get("words", ""))
    return _("Your answer is in the chat.")


ACTS = {"refund": _refund, "cancel": _cancel, "order": _order, "answer": _answer}


@require_GET
@in_business(roles=MEASURE)
def payments_books(request: MemberRequest, business: Business) -> HttpResponse:
    """Sums by month; on demand, a comparison with Stripe's own list."""
    found, compared = [], False
    if "compare" in request.GET:
        try:
            with said_plainly():
                found, compared = differences(business, now=timezone.now()), True
        except Refused as refusal:
            messages.error(request, refusal.sentence)
    return business_page(
        request,
        business,
        "billing/books.html",
        months=months(business),
        differences=found,
        compared=compared,
    )


COLUMNS = (
    "created",
    "paid",
    "reference",
    "person",
    "status",
    "order",
    "currency",
    "amount",
    "refunded",
    "operator_fee",
    "net",
    "stripe_payment",
)


@require_GET
@in_business(roles=MEASURE)
def payments_csv(request: MemberRequest, business: Business) -> StreamingHttpResponse:
    """All payments, for the accountant; amounts with the currency's own decimals."""
    rows = _rows(business).prefetch_related("attempts").order_by("created_at", "pk")
    answer = StreamingHttpResponse(_sheet(rows), content_type="text/csv; charset=utf-8")
    day = f"{timezone.now():%Y-%m-%d}"
    answer["Content-Disposition"] = f'attachment; filename="payments-{business.slug}-{day}.csv"'
    return answer


class _Echo:
    """A file that gives each line back instead of keeping it."""

    def write(self, value: str) -> str:
        return value


def _sheet(rows: QuerySet[PaymentRequest]) -> Iterator[str]:
    sheet = csv.writer(_Echo())
    yield sheet.writerow(COLUMNS)
    for row in rows.iterator(chunk_size=500):
        paid = [each.payment_intent for each in row.attempts.all() if each.state == "paid"]
        amounts = (row.amount, row.amount_refunded, row.fee if row.paid_at else 0, row.net)
        yield sheet.writerow(
            [
                row.created_at.isoformat(),
                row.paid_at.isoformat() if row.paid_at else "",
                _cell(row.reference_id),
                _number(row),
                row.status,
                row.order_status,
                row.currency.upper(),
                *(as_decimal(amount, row.currency) for amount in amounts),
                *(paid or [""]),
            ]
        )


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _rows(business: Business) -> QuerySet[PaymentRequest]:
    rows = PaymentRequest.objects.filter(business=business).exclude(status=Status.DRAFT)
    return rows.select_related("profile", "by").order_by("-created_at", "-pk")


def _payment(business: Business, uuid) -> PaymentRequest:
    return get_object_or_404(_rows(business).select_related("profile__business"), uuid=uuid)


def _pay_url(row: PaymentRequest) -> str:
    return settings.SITE_URL + reverse("pay", args=[row.token])


def _number(row: PaymentRequest) -> str:
    """The number by which the business knows the person; empty when they were erased."""
    return pairwise_number(row.business_id, row.person_id) if row.person_id else ""


def _timeline(row: PaymentRequest) -> list[tuple[datetime, str]]:
    """What happened, oldest first."""
    facts = [
        (row.created_at, _("Asked for by %(who)s") % {"who": row.by or _("a program")}),
        (row.opened_at, _("Opened by the person")),
        (row.paid_at, _("Paid")),
        (row.ended_at, row.get_status_display()),
    ]
    return sorted((at, words) for at, words in facts if at)
