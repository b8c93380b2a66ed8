"""Many people at once, written by one statement, and campaigns to them."""

from datetime import datetime

from django.db import connection

from audience.models import bucket_sql
from audience.services.snapshots import take_snapshot
from audience.tests.people import NOW
from billing.tests.subscriptions import subscribe
from messaging.models import Campaign, Template
from messaging.services.campaigns.launching import create_campaign
from messaging.tests.cast import make_template
from profiles.models import Profile, User

BRAZIL = {"country": "BR"}


def make_crowd(n: int, *, first: int = 1_000_000, country: str = "BR", **values: object) -> None:
    """`n` adults with consent, numbered from `first`; `values` are SQL expressions over `i`."""
    columns = {
        "person_id": f"{first} + i",
        "external_id": f"'crowd-' || ({first} + i)",
        "name": "''",
        "country": f"'{country}'",
        "region": "''",
        "birth_year": "1990",
        "device": "''",
        "tier": "null",
        "tier_source": "'device'",
        "language": "''",
        "time_zone": "'America/Sao_Paulo'",
        "marketing": "true",
        "joined": "date '2026-01-01'",
        "bucket": bucket_sql(f"({first} + i)"),
    } | values
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into audience_person ({', '.join(columns)})"
            f" select {', '.join(map(str, columns.values()))} from generate_series(0, {n - 1}) i"
        )


def count_people(country: str = "BR", *, now: datetime = NOW) -> None:
    """Publish the counts that estimates are made of."""
    take_snapshot(now=now, only=[country])


def allow_campaigns(profile: Profile, *, cap: int | None = None, now: datetime = NOW) -> None:
    """The largest plan, and no daily cap unless said."""
    subscribe(profile.business, "enterprise", now=now)
    profile.business.refresh_from_db()
    profile.daily_cap = cap
    profile.save(update_fields=["daily_cap"])


def draft(profile: Profile, by: User, **values: object) -> Campaign:
    """A campaign to all of Brazil, ready to be launched."""
    template = (
        values.pop("template", None)
        or Template.objects.filter(business=profile.business, deleted_at=None).first()
        or make_template(profile.business)
    )
    return create_campaign(
        profile,
        by=by,
        **{"name": "Winter", "template": template, "audience": BRAZIL, "now": NOW} | values,
    )
