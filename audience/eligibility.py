"""Who may get a message now, as SQL for the chunk of a campaign, set-based and the same for one.

share_bucket(bucket)                                      -- audience.locks; first statement
CREATE TEMP TABLE chunk ON COMMIT DROP AS
  SELECT p.person_id, {adverts_allowed()} AS allowed FROM audience_person p
  WHERE p.bucket = ... AND {eligible(definition, ...)}
{claim_budgets(now=now)}                                  -- marketing: who comes back gets it
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from audience.ages import ADULT, birth_year_at
from audience.definition import AudienceDefinition
from audience.models import Consent

MARKETING = "marketing"
CRITICAL = "critical"


def eligible(
    definition: AudienceDefinition | None,
    *,
    profile_id: int,
    business_id: int,
    message_class: str,
    now: datetime,
) -> Composed:
    """The conditions on a row `p` of audience_person under which the person gets the message now.

    They read what is committed when the statement begins, so hold the bucket's lock before. Adverts
    go to adults who said yes to adverts, have not muted the business, and for whom it is not a
    quiet hour. Nothing goes to who blocked the profile; alerts that a person switched off stay off,
    except critical ones. Budgets are claimed after, by `claim_budgets`.

    Arguments:
        definition: whom the campaign is for; None: no filters (a message to a known contact).
        message_class: value of Message.Class; "marketing" is what consent, quiet hours and the
            weekly budget are about.
        now: the moment that ages and quiet hours are computed for.
    """
    conditions: list[Composable] = [_not_blocked(profile_id)]
    if definition is not None:
        conditions += [*_matches(definition, now=now), _adult(now)]
    if message_class == MARKETING:
        conditions += [
            SQL("p.marketing"),
            _not_refused(business_id, MARKETING_KINDS),
            _adult(now),
            _not_quiet(now),
        ]
    elif message_class != CRITICAL:
        conditions.append(_not_refused(business_id, [Consent.Kind.BUSINESS_ALERTS]))
    return SQL("(") + SQL("\n AND ").join(conditions) + SQL(")")


def adverts_allowed() -> Composed:
    """How many adverts a week the person of the row `p` takes, as SQL."""
    return SQL("coalesce(p.ads_per_week, {})").format(Literal(settings.ADS_PER_WEEK))


def claim_budgets(*, now: datetime, table: str = "chunk") -> Composed:
    """A statement that takes one advert from this week's budget of each person_id in `table`.

    The rows it returns (person_id) are the recipients; who is missing has no advert left this week.
    Two campaigns at once can't both take the last one, since each row is claimed under its own
    lock, in the order of person_id.

    Arguments:
        table: has person_id and allowed, as `adverts_allowed` says; read in this transaction.
    """
    return SQL(
        """INSERT INTO audience_budget AS b (person_id, week, n, allowed)
SELECT c.person_id, {week}, 1, c.allowed FROM {table} c WHERE c.allowed > 0
ORDER BY c.person_id
ON CONFLICT (person_id, week) DO UPDATE SET n = b.n + 1, allowed = excluded.allowed
WHERE b.n < excluded.allowed
RETURNING person_id"""
    ).format(week=Literal(week_of(now)), table=Identifier(table))


def week_of(now: datetime) -> int:
    """The ISO week that a budget counts, as year * 100 + week, in UTC."""
    year, week, _ = now.isocalendar()
    return year * 100 + week


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


def _not_quiet(now: datetime) -> Composed:
    # Quiet from 22 until 7 is the hours h with (h - 22) mod 24 < (7 - 22) mod 24.
    return SQL(
        "CASE WHEN p.quiet_from IS NULL THEN true ELSE"
        " mod(extract(hour FROM {}::timestamptz AT TIME ZONE p.time_zone)::int"
        " - p.quiet_from + 24, 24) >= mod(p.quiet_until - p.quiet_from + 24, 24) END"
    ).format(Literal(now.isoformat()))
