"""Who may get a message now, as SQL for the chunk of a campaign, set-based and the same for one.

share_bucket(bucket)                                      -- audience.locks; first statement
CREATE TEMP TABLE chunk ON COMMIT DROP AS
  SELECT p.person_id, {adverts_allowed()} AS allowed FROM audience_person p
  WHERE p.bucket = ... AND {eligible(definition, ...)}
{claim_budgets(now=now)}                                  -- marketing: who comes back gets it
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from audience.ages import ADULT, birth_year_at
from audience.definition import AudienceDefinition
from audience.models import Budget, Consent

MARKETING = "marketing"
CRITICAL = "critical"


def eligible(
    definition: AudienceDefinition | None,
    *,
    profile_id: int,
    business_id: int,
    message_class: str,
    topics: Sequence[str],
    now: datetime,
) -> Composed:
    """The conditions on a row `p` of audience_person under which the person gets the message now:
    those of `allowed`, and that nothing makes an advert wait.
    """
    found = allowed(
        definition,
        profile_id=profile_id,
        business_id=business_id,
        message_class=message_class,
        topics=topics,
        now=now,
    )
    if message_class != MARKETING:
        return found
    return SQL("({} AND {} = 0)").format(found, seconds_to_wait(now=now))


def allowed(
    definition: AudienceDefinition | None,
    *,
    profile_id: int,
    business_id: int,
    message_class: str,
    topics: Sequence[str],
    now: datetime,
) -> Composed:
    """The conditions on a row `p` of audience_person under which the person may get the message,
    now or when their quiet hours are over.

    They read what is committed when the statement begins, so hold the bucket's lock before. Adverts
    go to adults who said yes to adverts and muted neither the business nor a topic of the advert.
    Nothing goes to who blocked the profile; alerts that a person switched off stay off, except
    critical ones. Budgets are claimed after, by `claim_budgets`, and `seconds_to_wait` says who
    must not be disturbed yet.

    Arguments:
        definition: whom the campaign is for; None: no filters (a message to a known contact).
        message_class: value of Message.Class; "marketing" is what consent, quiet hours and the
            weekly budget are about.
        topics: what an advert is about, as audience.topics says.
        now: the moment that ages and quiet hours are computed for.
    """
    conditions: list[Composable] = [_not_blocked(profile_id)]
    if definition is not None:
        conditions += [*_matches(definition, now=now), _adult(now)]
    if message_class == MARKETING:
        conditions += [
            SQL("p.marketing"),
            _not_refused(business_id, MARKETING_KINDS),
            _not_muted(topics),
            _adult(now),
        ]
    elif message_class != CRITICAL:
        conditions.append(_not_refused(business_id, [Consent.Kind.BUSINESS_ALERTS]))
    return SQL("(") + SQL("\n AND ").join(conditions) + SQL(")")


def matching(definition: AudienceDefinition, *, now: datetime) -> Composed:
    """The conditions on a row `p` of audience_person that the definition alone makes."""
    return SQL("(") + SQL(" AND ").join(_matches(definition, now=now)) + SQL(")")


def adverts_allowed() -> Composed:
    """How many adverts a week the person of the row `p` takes, as SQL."""
    return SQL("coalesce(p.ads_per_week, {})").format(Literal(settings.ADS_PER_WEEK))


def claim_budgets(*, now: datetime, table: str = "chunk") -> Composed:
    """A statement that takes one advert from this week's budget of each person_id in `table`.

    The rows it returns (person_id) are the recipients; who is missing has no advert left this week.
    Two campaigns at once can't both take the last one, since each row is claimed under its own
    lock, in the order of person_id. Campaigns share the larger half of the week: the smaller one is
    for single messages (`claim_advert`).

    Arguments:
        table: has person_id and allowed, as `adverts_allowed` says; read in this transaction.
    """
    return SQL(
        """INSERT INTO audience_budget AS b (person_id, week, n, allowed)
SELECT c.person_id, {week}, 1, c.allowed FROM {table} c WHERE c.allowed > 0
ORDER BY c.person_id
ON CONFLICT (person_id, week) DO UPDATE SET n = b.n + 1, allowed = excluded.allowed
WHERE b.n < excluded.allowed
  AND b.n - coalesce(b.singles, 0) < excluded.allowed - excluded.allowed / 2
RETURNING person_id"""
    ).format(week=Literal(week_of(now)), table=Identifier(table))


def claim_advert(person_id: int, *, now: datetime) -> bool:
    """Take one advert from the person's budget of this week, for a single message.

    False where none is left, at their quiet hours, and for who may not be an adult. Call it in the
    transaction that sends, after `share_bucket`.

    Single messages have the smaller half of the week to themselves. Were it one sum for all, a
    business could tell by a no whether its own campaign had reached this contact, and with that
    what its filters say of them.
    """
    statement = SQL(
        """INSERT INTO audience_budget AS b (person_id, week, n, allowed, singles)
SELECT p.person_id, {week}, 1, {allowed}, 1 FROM audience_person p
WHERE p.person_id = {person} AND {allowed} > 1 AND {adult} AND {waits} = 0
ON CONFLICT (person_id, week) DO UPDATE
SET n = b.n + 1, singles = coalesce(b.singles, 0) + 1, allowed = excluded.allowed
WHERE b.n < excluded.allowed AND coalesce(b.singles, 0) < excluded.allowed / 2
RETURNING person_id"""
    ).format(
        week=Literal(week_of(now)),
        allowed=adverts_allowed(),
        person=Literal(person_id),
        adult=_adult(now),
        waits=seconds_to_wait(now=now),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() is not None


def adverts_this_week(person_id: int, *, now: datetime | None = None) -> int:
    """How many adverts the person has got in the week of `now`."""
    week = week_of(now or timezone.now())
    row = Budget.objects.filter(person_id=person_id, week=week).first()
    return row.n if row else 0


def week_of(now: datetime) -> int:
    """The ISO week that a budget counts, as year * 100 + week, in UTC."""
    year, week, _ = now.isocalendar()
    return year * 100 + week


def seconds_to_wait(*, now: datetime, wall_clock: datetime | None = None) -> Composed:
    """How long the person of the row `p` must not be disturbed yet, as SQL: 0 for now.

    Until the quiet hours end where the person is, and until the clock there shows `wall_clock`.

    Arguments:
        wall_clock: the time on each person's own clock, written as if it were UTC; None for any.
    """
    # Quiet from 22 until 7 is the hours h with (h - 22) mod 24 < (7 - 22) mod 24.
    quiet = SQL(
        """CASE WHEN p.quiet_from IS NULL
 OR mod(extract(hour FROM {local})::int - p.quiet_from + 24, 24)
    >= mod(p.quiet_until - p.quiet_from + 24, 24) THEN 0
ELSE 3600 * mod(p.quiet_until - extract(hour FROM {local})::int + 24, 24)
     - extract(minute FROM {local})::int * 60 - floor(extract(second FROM {local}))::int END"""
    ).format(local=_local(now))
    if wall_clock is None:
        return SQL("({})").format(quiet)
    return SQL("greatest(0, {}, ceil(extract(epoch FROM {}::timestamp - {}))::int)").format(
        quiet, Literal(wall_clock.astimezone(UTC).replace(tzinfo=None).isoformat()), _local(now)
    )


def _local(now: datetime) -> Composed:
    return SQL("({}::timestamptz AT TIME ZONE p.time_zone)").format(Literal(now.isoformat()))


MARKETING_KINDS = [Consent.Kind.MARKETING, Consent.Kind.BUSINESS_MARKETING]


def _matches(definition: AudienceDefinition, *, now: datetime) -> Iterable[Composable]:
    yield SQL("p.country = {}").format(Literal(definition.country))
    if definition.regions:
        yield SQL("p.region = ANY({})").format(Literal(list(definition.regions)))
    if definition.age_from > ADULT:
        yield _born(SQL("<="), birth_year_at(definition.age_from, now=now))
    if definition.age_until is not None:
        yield _born(SQL(">="), birth_year_at(definition.age_until, now=now))
    if definition.tiers:
        yield SQL("p.tier = ANY({})").format(Literal(list(definition.tiers)))


def _adult(now: datetime) -> Composed:
    return _born(SQL("<="), birth_year_at(ADULT, now=now))  # null, unknown, is not


def _born(comparison: SQL, year: int) -> Composed:
    return SQL("p.birth_year {} {}").format(comparison, Literal(year))


def _not_blocked(profile_id: int) -> Composed:
    return SQL(
        "NOT EXISTS (SELECT 1 FROM audience_block k"
        " WHERE k.person_id = p.person_id AND k.profile_id = {})"
    ).format(Literal(profile_id))


def _not_refused(business_id: int, kinds: Iterable[str]) -> Composed:
    return SQL(
        "NOT EXISTS (SELECT 1 FROM audience_consent n WHERE n.person_id = p.person_id"
        " AND n.kind = ANY({}) AND n.scope_id IN (0, {}) AND NOT n.granted)"
    ).format(Literal([str(kind) for kind in kinds]), Literal(business_id))


def _not_muted(topics: Sequence[str]) -> Composed:
    return SQL(
        "NOT EXISTS (SELECT 1 FROM audience_mutedtopic t"
        " WHERE t.person_id = p.person_id AND t.topic = ANY({}))"
    ).format(Literal([str(topic) for topic in topics]))
