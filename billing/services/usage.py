"""How much of its plan a business has used."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.entitlements import Entitlements, entitlements
from billing.models import Usage
from billing.services.disputes import is_disputed
from portal.base.refused import Refused
from profiles.models import Business, Notice
from profiles.services.notices import notify

WARN_AT = (100, 80)  # percent of the month's recipients, the highest first


@dataclass(frozen=True)
class UsageLine:
    """One limit of the plan and how much of it is taken."""

    name: str
    used: int
    limit: int

    @property
    def tone(self) -> str:
        """How worried its bar looks."""
        if self.limit and self.used * 100 >= self.limit * 80:
            return "bad" if self.used >= self.limit else "warn"
        return ""


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
    if is_disputed(business):
        raise Refused(
            _("A payment of yours is disputed. Until that is settled no campaign can start."),
            code="disputed",
        )

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

    _warn(business, used, rights.recipients_a_month, now)
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


def _warn(business: Business, used: int, limit: int, now: datetime) -> None:
    """Tell the owners once at 80 and once at 100 percent. The row is still locked by the claim."""
    percent = next((step for step in WARN_AT if used * 100 >= step * limit), 0)
    if not percent or not Usage.objects.filter(
        business=business, month=month_of(now), warned_percent__lt=percent
    ).update(warned_percent=percent):
        return
    notify(
        business,
        "usage_warning",
        title=_("%(percent)s %% of this month's recipients are used") % {"percent": percent},
        body=_("%(used)s of %(limit)s. The count begins anew on %(day)s.")
        % {"used": f"{used:,}", "limit": f"{limit:,}", "day": f"{next_reset(now):%d %B}"},
        link=reverse("billing", args=[business.slug]),
        level=Notice.Level.WARN,
    )


def usage_lines(
    business: Business, rights: Entitlements, *, now: datetime | None = None
) -> list[UsageLine]:
    """What the billing page shows as bars."""
    seats = business.memberships.filter(removed_at=None)
    invited = business.invitations.filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=now or timezone.now()
    )
    profiles = business.profiles.filter(is_test=False, closed_at=None)
    return [
        UsageLine(
            _("Recipients of campaigns"),
            recipients_used(business, now=now),
            rights.recipients_a_month,
        ),
        UsageLine(_("Seats, with open invitations"), seats.count() + invited.count(), rights.seats),
        UsageLine(_("Profiles"), profiles.count(), rights.profiles),
    ]
