"""What money adds to the staff's home page: refunds that did not reach who should have them."""

from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import PaymentRefund, Refund
from profiles.desk import Queue, queue

TARGET = timedelta(hours=24)


def _failed(name: str, model: type[Refund] | type[PaymentRefund]) -> Queue:
    sums = model._default_manager.filter(state="failed").aggregate(
        n=Count("pk"), oldest=Min("decided_at")
    )
    url = reverse(f"admin:billing_{model._meta.model_name}_changelist") + "?state__exact=failed"
    return Queue(name=name, url=url, waiting=sums["n"], oldest=sums["oldest"], target=TARGET)


@queue(order=70, permission="billing.view_refund")
def refunds_of_plans(now: datetime) -> Queue:
    return _failed(_("Failed refunds of plans"), Refund)


@queue(order=80, permission="billing.view_paymentrefund")
def refunds_in_chats(now: datetime) -> Queue:
    return _failed(_("Failed refunds in chats"), PaymentRefund)
