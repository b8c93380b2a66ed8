"""Whole countries of people for the benchmarks, some of whom say no, and campaigns to them."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from messaging.models import Campaign
from messaging.services.campaigns.launching import launch_campaign
from messaging.tests.cast import make_business, make_template
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from profiles.models import Profile, User


def make_country(country: str, n: int, *, first: int) -> None:
    """`n` people who may be reached and 1 in 8 more who may not; their counts are published."""
    make_crowd(
        n + n // 8,
        first=first,
        country=country,
        marketing="i % 9 <> 8",
        tier="case i % 4 when 0 then 'entry' when 1 then 'middle' when 2 then 'premium' end",
    )
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze audience_person")
    count_people(country, now=timezone.now())  # the latest counts are those of this country


def make_sender(name: str, *, people: range, now: datetime) -> Profile:
    """A profile with the largest plan, which every 50th of `people` has blocked."""
    business, profile = make_business(name)
    allow_campaigns(profile, now=now)
    make_template(business)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into audience_block (person_id, profile_id, reason, created_at)"
            " select i, %s, 'none', %s from generate_series(%s, %s, 50) i",
            [profile.pk, now, people.start, people.stop],
        )
        cursor.execute("vacuum analyze audience_block")
    return profile


def make_user(name: str) -> User:
    return User.objects.get_or_create(email=f"{name}@acme.example", defaults={"name": name})[0]


def launch(profile: Profile, country: str, *, now: datetime, **values: object) -> Campaign:
    """A campaign of the profile to the whole country, on its way."""
    alice = make_user("alice")
    campaign = draft(profile, alice, audience={"country": country}, now=now, **values)
    return launch_campaign(campaign, by=alice, confirmed_repeat=True, now=now)
