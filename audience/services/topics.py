"""Topics of which a person wants no adverts. No business is told, and nothing counts against one:
an advert that nobody got was never sent.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.locks import hold_bucket
from audience.models import MutedTopic, Person, Topic
from audience.services.consent import OWN_PAGES, check_pause
from portal.base.refused import Refused


def muted_topics(person_id: int) -> dict[str, datetime | None]:
    """topic -> until when it is muted; None: for good."""
    return dict(MutedTopic.objects.filter(person_id=person_id).values_list("topic", "until"))


def mutes_of(people: Iterable[int]) -> set[tuple[int, str]]:
    """(person, topic) of all that these people muted."""
    array = "{" + ",".join(map(str, people)) + "}"  # as the database writes it
    if array == "{}":
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "select person_id, topic from audience_mutedtopic where person_id = any(%s::bigint[])",
            [array],
        )
        return set(cursor.fetchall())


@transaction.atomic
def mute_topic(
    person_id: int,
    topic: str,
    *,
    source: str = OWN_PAGES,
    until: datetime | None = None,
    now: datetime | None = None,
) -> None:
    """No adverts about it, from anybody, for good or until then; said anew it replaces the last.

    Raises Refused where there is no such topic or person, or `until` is not within a year.
    """
    now = now or timezone.now()
    _check([topic])
    check_pause(until, now=now)
    _hold(person_id)

    MutedTopic.objects.update_or_create(
        person_id=person_id, topic=topic, defaults={"source": source, "at": now, "until": until}
    )


@transaction.atomic
def unmute_topic(person_id: int, topic: str) -> bool:
    """Adverts about it may come again. Returns False where it was not muted."""
    hold_bucket(person_id)

    deleted, _by_model = MutedTopic.objects.filter(person_id=person_id, topic=topic).delete()
    return bool(deleted)


@transaction.atomic
def choose_muted_topics(
    person_id: int,
    topics: Collection[str],
    *,
    source: str = OWN_PAGES,
    until: datetime | None = None,
    now: datetime | None = None,
) -> None:
    """Mute these topics and no others. What was muted before stays as it was.

    Arguments:
        until: when those that were not muted before end by themselves; None: never.

    Raises Refused where there is no such topic or person, or `until` is not within a year.
    """
    now = now or timezone.now()
    _check(topics)
    check_pause(until, now=now)
    _hold(person_id)

    muted = MutedTopic.objects.filter(person_id=person_id)
    muted.exclude(topic__in=list(topics)).delete()
    MutedTopic.objects.bulk_create(
        MutedTopic(person_id=person_id, topic=topic, source=source, at=now, until=until)
        for topic in sorted(set(topics) - set(muted.values_list("topic", flat=True)))
    )


def _check(topics: Collection[str]) -> None:
    if not set(topics) <= set(Topic.values):
        raise Refused(_("Choose one of the topics."), code="topic_invalid")


def _hold(person_id: int) -> None:
    hold_bucket(person_id)
    if not Person.objects.filter(person_id=person_id).exists():
        raise Refused(_("There is no such person."), code="person_unknown")
