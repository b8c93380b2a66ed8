"""How much of its plan a business has used."""

from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.entitlements import entitlements
from billing.models import Usage
from portal.base.refused import Refused
from profiles.models import Business


def month_of(now: datetime) -> date:
    """The first day of the month that `now` counts for: calendar months in UTC, for all."""
    return now.astimezone(UTC).date().replace(day=1)


def next_reset(now: datetime) -> datetime:
    """When the count begins anew."""
    month = month_of(now)
    year, following = (month.year + 1, 1) if month.month == 12 else (month.year, month.month + 1)
    return datetime(year, following, 1, tzinfo=UTC)


def recipients_used(business: Business, *, now: datetime | None = None) -> int:
    """How many recipients of campaigns the business has had this month."""
    row = Usage.objects.filter(business=business, month=month_of(now or timezone.now())).first()
    return row.recipients if row else 0


@transaction.atomic
def claim_recipients(business: Business, n: int, *, now: datetime | None = None) -> int:
    """Take `n` recipients from this month's quota, all or none.

    Call it in the transaction that launches: one statement checks and counts, so two launches at
    once never share the last unit, and a launch that fails gives its units back by itself.

    Arguments:
        n: recipients, at least 1.

    Returns how many are left this month. Raises Refused without a plan and beyond the quota.
    """
    now = now or timezone.now()
    rights = entitlements(business, now)
    if not rights.may_send:
        raise Refused(rights.why_not, code="no_plan")

    used = _take(business, n, rights.recipients_a_month, now)
    if used is None:
        left = max(0, rights.recipients_a_month - recipients_used(business, now=now))
        raise Refused(
            _(
                "This would reach %(n)s people, but %(left)s of this month's %(limit)s recipients "
                "are left. Make the audience smaller, or take a larger plan."
            )
            % {"n": f"{n:,}", "left": f"{left:,}", "limit": f"{rights.recipients_a_month:,}"},
            code="quota_reached",
        )
    return rights.recipients_a_month - used


def release_recipients(business: Business, n: int, *, now: datetime | None = None) -> None:
    """Give back recipients that were claimed in the month of `now` but never messaged."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update billing_usage set recipients = greatest(0, recipients - %s)"
            " where business_id = %s and month = %s",
            [n, business.pk, month_of(now or timezone.now())],
        )


def _take(business: Business, n: int, limit: int, now: datetime) -> int | None:
    """Count `n` more if they fit: the new total, or None. Waits for whoever claims at once."""
    if not 0 < n <= limit:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into billing_usage as row (business_id, month, recipients, warned_percent)
            values (%(business)s, %(month)s, %(n)s, 0)
            on conflict (business_id, month) do update
            set recipients = row.recipients + excluded.recipients
            where row.recipients + excluded.recipients <= %(limit)s
            returning recipients
            """,
            {"business": business.pk, "month": month_of(now), "n": n, "limit": limit},
        )
        taken = cursor.fetchone()
    return taken[0] if taken else None
