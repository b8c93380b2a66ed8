"""Four weeks of the demo's three businesses, made by the product's own services with their
`now` passed in: people write, are answered, get adverts, read them, and say no to some.

The same seed makes the same month, but for the hour at which it ends.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from django.db import connection

from audience.definition import read_definition
from audience.models import Person
from audience.services.saved import save_audience
from messaging.services.messages import mark_read, receive_message, send_message
from portal.base.refused import Refused
from portal.demo.campaigns import CAMPAIGNS, run_in_the_past
from portal.demo.cast import MARTA
from portal.demo.words import TALKS
from profiles.models import Membership, Profile, User
from trust.models import SpamReport
from trust.services.evaluation import evaluate
from trust.services.reports import uphold_reports

DAYS = 27  # before today
SEED = 20261123
TALKS_A_DAY = {"banco_ipe": 5, "ceu_airlines": 4, "kite_deals": 2}
REGULARS = {"banco_ipe": 70, "ceu_airlines": 50, "kite_deals": 25}  # people who write at all
UNANSWERED = 0.12  # of talks on the last day


def make_history(profiles: Sequence[Profile], *, ana: int, now: datetime) -> None:
    """Live through the last DAYS days up to `now`."""
    random = Random(SEED)
    regulars = {profile.pk: _some_people(profile, random) for profile in profiles}
    for day in range(DAYS, -1, -1):
        morning = (now - timedelta(days=day)).replace(hour=11, minute=0, second=0, microsecond=0)
        morning = min(morning, now - timedelta(hours=3))
        for profile in profiles:
            profile.refresh_from_db()
            _talk(profile, regulars[profile.pk], morning, random, last=day == 0)
            for campaign in CAMPAIGNS.get((profile.handle, day), []):
                run_in_the_past(campaign, profile, random, now=morning + timedelta(hours=1))
            evaluate(profile, now=min(now, morning + timedelta(hours=6)))
        _decide_reports(morning)
    _talk_with_ana(profiles, ana, now - timedelta(minutes=50))
    for profile in profiles:
        _save_audience(profile)


def _decide_reports(now: datetime) -> None:
    """Marta works off the reports that have waited for a day; the latest are left for whoever
    tries the demo.
    """
    waiting = SpamReport.objects.filter(
        state=SpamReport.State.OPEN, created_at__lte=now - timedelta(days=1)
    )
    uphold_reports(
        waiting,
        by=User.objects.get(email=MARTA),
        reason="An advert to people who never asked for it.",
        now=now,
    )


def _save_audience(profile: Profile) -> None:
    """One audience to begin with: the adults of its country."""
    owner = profile.business.memberships.get(role=Membership.Role.OWNER).user
    definition = read_definition({"country": profile.business.country, "age_from": 25})
    save_audience(
        profile.business, name="Everyone of 25 and older", definition=definition, by=owner
    )


def _some_people(profile: Profile, random: Random) -> list[int]:
    """The people who write to this business: a fixed few of its country."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select person_id from audience_person where country = %s and bucket < 40"
            " and external_id not like 'demo-%%' order by person_id limit 2000",
            [profile.business.country],
        )
        people = [person_id for (person_id,) in cursor.fetchall()]
    return random.sample(people, min(len(people), REGULARS[profile.handle]))


def _talk(
    profile: Profile, people: list[int], morning: datetime, random: Random, *, last: bool
) -> None:
    names = dict(Person.objects.filter(person_id__in=people).values_list("person_id", "name"))
    agents = list(
        User.objects.filter(
            memberships__business=profile.business_id,
            memberships__role__in=[Membership.Role.OWNER, Membership.Role.AGENT],
        )
    )
    for person_id in random.sample(people, min(len(people), TALKS_A_DAY[profile.handle])):
        lines = random.choice(TALKS[profile.handle])
        stops = last and random.random() < UNANSWERED
        # Three of four chose to be called by their first name.
        name = names[person_id].split(" ")[0] if person_id % 4 else ""
        lines = lines[:1] if stops else lines
        _say(profile, person_id, lines, agents, morning, random, name=name)
        morning += timedelta(minutes=random.randint(3, 25))


def _say(
    profile: Profile,
    person_id: int,
    lines: Sequence[str],
    agents: list[User],
    at: datetime,
    random: Random,
    *,
    name: str,
) -> None:
    """The lines in turn, the person's first; whatever a rule refuses ends the talk."""
    agent = random.choice(agents)
    try:
        for n, words in enumerate(lines):
            at += timedelta(seconds=random.randint(20, 240))
            if n % 2 == 0:
                receive_message(person_id, profile, body=words, name=name, now=at)
            else:
                send_message(profile, person_id, by=agent, body=words, now=at)
                mark_read(person_id, profile, now=at + timedelta(seconds=30))
    except Refused:
        return


def _talk_with_ana(profiles: Sequence[Profile], ana: int, at: datetime) -> None:
    """Ana has a chat with each business; the bank's ends with her question."""
    for profile in profiles:
        lines = TALKS[profile.handle][0]
        owner = profile.business.memberships.get(role=Membership.Role.OWNER).user
        _say(profile, ana, lines, [owner], at, Random(SEED), name="Ana")
        at += timedelta(minutes=7)
    bank = profiles[0]
    receive_message(ana, bank, body="Did my transfer of R$ 250 go through?", now=at)
