"""What money adds to the staff's home page: refunds that did not reach who should have them."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from billing.models import PaymentRefund, Refund
from billing.services.failed_refunds import FAILED
from profiles.desk import Queue, queue, queue_of

TARGET = timedelta(hours=24)
QUERY = f"?state__exact={FAILED}"


@queue(order=70, permission="billing.view_refund")
def refunds_of_plans(now: datetime) -> Queue:
    failed = Refund.objects.filter(state=FAILED)
    return queue_of(
        failed, _("Failed refunds of plans"), since="decided_at", target=TARGET, query=QUERY
    )


@queue(order=80, permission="billing.view_paymentrefund")
def refunds_in_chats(now: datetime) -> Queue:
    failed = PaymentRefund.objects.filter(state=FAILED)
    return queue_of(
        failed, _("Failed refunds in chats"), since="decided_at", target=TARGET, query=QUERY
    )
