"""A population with every kind of no in it, and who of it must get a campaign, computed apart.

The expected set is made in Python from plain rows: it shares no line with the SQL that it judges.
"""

from collections.abc import Iterator
from datetime import date, datetime

from django.db import connection

from audience.models import Block, Budget, Consent, Person
from messaging.models import Campaign, Message
from messaging.tests.crowd import make_crowd
from profiles.models import Profile
from tests.chaos.size import N

DEFAULT_ADS = 7  # settings.ADS_PER_WEEK
FIRST = 1_000_000
PEOPLE = round(2.4 * N)  # about two fifths of them must get it

# Of i, the number of a person: all in São Paulo or Rio, some too young, without consent, or spent.
VALUES = {
    "region": "case when i % 3 = 0 then 'BR-RJ' else 'BR-SP' end",
    "birth_year": "case when i % 17 = 0 then null when i % 13 = 0 then 2012 else 1950 + i % 50 end",
    "tier": "case i % 4 when 0 then 'entry' when 1 then 'middle' when 2 then 'premium' end",
    "marketing": "i % 11 <> 0",
    "ads_per_week": "case when i % 29 = 0 then 0 when i % 31 = 0 then 1 end",
}


def populate(n: int, profile: Profile, other: Profile, *, now: datetime) -> None:
    """`n` people; every 7th has blocked the profile, every 9th muted the business, and so on."""
    make_crowd(n, first=FIRST, **VALUES)
    people = f"generate_series(0, {n - 1}) i"
    moment = now.isoformat()
    with connection.cursor() as cursor:
        for profile_id, every in ((profile.pk, 7), (other.pk, 5)):
            cursor.execute(
                "insert into audience_block (person_id, profile_id, reason, created_at)"
                f" select {FIRST} + i, {profile_id}, 'none', '{moment}' from {people}"
                f" where i % {every} = 0"
            )
        cursor.execute(
            "insert into audience_consent"
            " (person_id, kind, scope_id, granted, wording, source, at)"
            f" select {FIRST} + i, 'business_marketing', {profile.business_id}, i % 2 = 0, '1',"
            f" 'inbox', '{moment}' from {people} where i % 9 = 0"
        )
        year, week, _day = now.isocalendar()
        cursor.execute(
            "insert into audience_budget (person_id, week, n, allowed)"
            f" select {FIRST} + i, {year * 100 + week}, {DEFAULT_ADS}, {DEFAULT_ADS} from {people}"
            " where i % 37 = 0"
        )
        cursor.execute("analyze audience_person, audience_block, audience_consent, audience_budget")


def expected(profile: Profile, *, regions: tuple[str, ...], now: datetime) -> set[int]:
    """Who must get an advert of the profile to these regions, if it went out `now`."""
    blocked = set(Block.objects.filter(profile_id=profile.pk).values_list("person_id", flat=True))
    refused = set(
        Consent.objects.filter(
            kind="business_marketing", scope_id=profile.business_id, granted=False
        ).values_list("person_id", flat=True)
    )
    year, week, _day = now.isocalendar()
    used = dict(Budget.objects.filter(week=year * 100 + week).values_list("person_id", "n"))
    columns = ("person_id", "region", "birth_year", "marketing", "ads_per_week")
    return {
        person_id
        for person_id, region, born, marketing, ads in _rows(columns)
        if region in regions
        and _is_adult(born, now.date())
        and marketing
        and person_id not in blocked
        and person_id not in refused
        and used.get(person_id, 0) < (DEFAULT_ADS if ads is None else ads)
    }


def ledger(campaign: Campaign) -> list[int]:
    """Everyone who has the campaign's message, once for each time."""
    rows = Message.objects.filter(campaign_id=campaign.pk)
    return list(rows.values_list("person_id", flat=True))


def compare(got: list[int], wanted: set[int]) -> dict[str, int]:
    """missing, twice and extra, counted."""
    return {
        "missing": len(wanted - set(got)),
        "twice": len(got) - len(set(got)),
        "extra": len(set(got) - wanted),
    }


def _rows(columns: tuple[str, ...]) -> Iterator[tuple]:
    yield from Person.objects.values_list(*columns).iterator(chunk_size=10_000)


def _is_adult(born: int | None, today: date) -> bool:
    """Certainly 18: whoever was born this long ago, on 31 December at the latest."""
    return born is not None and today.year - born - 1 >= 18
