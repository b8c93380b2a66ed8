"""Trying a campaign's failed messages again: those that a messenger turned away, and only those.

Asking writes a row. Workers take it a few hundred people at a time: each step is one transaction
that moves messages from failed back to sent, queues them under the same ids, and moves the row on.
So a worker may die anywhere, and a messenger that knows ids shows nobody a message twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import shared_task
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.sql import SQL, Composable, Literal

from audience.eligibility import allowed, seconds_to_wait
from audience.locks import BUCKET_LOCK
from audience.models import bucket_of
from messaging import rules
from messaging.crash import may_crash
from messaging.models import Campaign, CampaignRetry, Message
from messaging.services.campaigns.topics import topics_of_campaign
from messaging.services.campaigns.transitions import announce_progress
from messaging.services.counters import count
from messaging.services.gateway.messengers import gateways
from messaging.services.gateway.queue import members_among, queue_again
from portal.base.refused import Refused
from portal.base.services.wake import wake
from profiles.models import User
from profiles.services.audit import record

State = Campaign.State
MAY_BE_RETRIED = (State.RUNNING, State.FINISHED)
A_STEP = 500  # people in one transaction
MOST = 3  # retries of a campaign: each adds to what its counts tell of a person (docs/privacy.md)
LONGEST_WAIT = timedelta(hours=36)  # for people's mornings, from when it was asked for


@dataclass(frozen=True)
class Step:
    """Some of those who failed: who goes now, and seconds until the first of the others may."""

    people: list[int]
    wait: int | None


def may_retry(campaign: Campaign) -> bool:
    """Whether trying again can be asked for: says nothing about whether anybody failed."""
    asked = campaign.retries.aggregate(n=Count("pk"), open=Count("pk", filter=Q(done_at=None)))
    is_free = asked["n"] < MOST and not asked["open"]
    return campaign.state in MAY_BE_RETRIED and bool(gateways()) and is_free


@transaction.atomic
def retry_failed(campaign: Campaign, *, by: User, now: datetime | None = None) -> CampaignRetry:
    """Have those whom their messenger turned away until now tried again, if they may still get it.

    Raises Refused: the campaign was cancelled, stopped or is paused; the sender may not send; they
    are being tried again already; or they were, as often as may be.
    """
    now = now or timezone.now()
    campaign = (
        Campaign.objects.select_for_update(of=("self",))
        .select_related("profile__business", "template")
        .get(pk=campaign.pk)
    )
    if campaign.state not in MAY_BE_RETRIED:
        raise Refused(
            _("“%(name)s” is %(state)s, so nobody is tried again.")
            % {"name": campaign.name, "state": campaign.get_state_display().lower()},
            code="wrong_state",
        )
    if campaign.retries.filter(done_at__isnull=False).count() >= MOST:
        raise Refused(
            _("They were tried again %(n)d times, and that is enough.") % {"n": MOST},
            code="wrong_state",
        )
    _check(campaign, now)
    try:
        with transaction.atomic():
            retry = CampaignRetry.objects.create(campaign=campaign, asked_by=by, asked_at=now)
    except IntegrityError as error:
        raise Refused(_("They are being tried again already."), code="wrong_state") from error
    record(campaign, "campaign.retried", by=by)
    announce_progress(campaign)
    wake(try_failed_again)
    return retry


@shared_task
def try_failed_again() -> int:
    """Work off what was asked for. May run in any number of workers, and twice. Returns people."""
    people = 0
    due = CampaignRetry.objects.filter(Q(due_at=None) | Q(due_at__lte=timezone.now()), done_at=None)
    for pk in due.order_by("pk").values_list("pk", flat=True):
        while (done := next_step(pk)) is not None:
            people += done
    return people


@transaction.atomic
def next_step(retry_id: int, *, now: datetime | None = None) -> int | None:
    """Try the next few again. Returns how many; None where nothing is to be done for now."""
    now = now or timezone.now()
    retry = (
        CampaignRetry.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("campaign__profile__business", "campaign__template")
        .filter(Q(due_at=None) | Q(due_at__lte=now), pk=retry_id, done_at=None)
        .first()
    )
    if retry is None:
        return None
    campaign = retry.campaign
    if campaign.state not in MAY_BE_RETRIED:
        _end(retry, now, because=_("The campaign is not under way any more."))
        return None
    try:
        _check(campaign, now)
    except Refused as refusal:
        _end(retry, now, because=refusal.sentence)
        return None
    if not (failed := _failed_after(retry)):
        _turn_over(retry, now)
        return None

    _share_buckets_of(failed)
    step = _choose(campaign, failed, now)
    tried = _put_back(campaign, step.people, now)
    may_crash("retried")
    retry.after = failed[-1]
    retry.people += len(tried)
    if step.wait is not None:
        until = now + timedelta(seconds=step.wait)
        retry.waits_until = min(until, retry.waits_until or until)
    retry.save(update_fields=["after", "people", "waits_until"])
    return len(tried)


def _check(campaign: Campaign, now: datetime) -> None:
    rules.may_begin(campaign.profile, now=now)
    if campaign.template:
        rules.check_template(
            campaign.profile,
            campaign.template,
            kind=Message.Kind.TEMPLATE,
            message_class=campaign.message_class,
        )


def _failed_after(retry: CampaignRetry) -> list[int]:
    """The next people whose message had failed when it was asked for, by person_id."""
    rows = Message.objects.filter(
        campaign_id=retry.campaign_id,
        person_id__gt=retry.after,
        failed_at__isnull=False,
        failed_at__lte=retry.asked_at,
    )
    return list(rows.order_by("person_id").values_list("person_id", flat=True)[:A_STEP])


def _share_buckets_of(people: Sequence[int]) -> None:
    """As a chunk does: who says no from here on waits, and who said no before is seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock_shared(%s, b) from unnest(%s::int[]) b",
            [BUCKET_LOCK, sorted({bucket_of(person_id) for person_id in people})],
        )


def _choose(campaign: Campaign, people: Sequence[int], now: datetime) -> Step:
    """Who of them may still get it, and may be disturbed now."""
    is_advert = campaign.message_class == Message.Class.MARKETING
    condition = allowed(
        None,
        profile_id=campaign.profile_id,
        business_id=campaign.business_id,
        message_class=campaign.message_class,
        topics=topics_of_campaign(campaign),
        now=now,
    )
    wait: Composable = seconds_to_wait(now=now) if is_advert else SQL("0")
    with connection.cursor() as cursor:
        cursor.execute(
            SQL(
                "select p.person_id, {wait} from audience_person p"
                " where p.person_id = any({people}) and {condition} order by p.person_id"
            ).format(wait=wait, people=Literal(list(people)), condition=condition)
        )
        rows = cursor.fetchall()
    waits = [seconds for _person, seconds in rows if seconds > 0]
    return Step([person for person, seconds in rows if seconds <= 0], min(waits, default=None))


def _put_back(campaign: Campaign, people: Sequence[int], now: datetime) -> list[int]:
    """Their messages are sent once more: the same rows, waiting for the same messengers."""
    # One table a statement: joined, a planner that knows nothing of a table yet begins with all of
    # it, and looks each of its rows up among the people.
    members = members_among(people)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update messaging_message m set status = 'sent', error = null, failed_at = null
             where m.person_id = any(%s) and m.id = %s and m.status = 'failed'
            returning m.person_id
            """,
            [list(members), campaign.message_id],
        )
        tried = sorted(person_id for (person_id,) in cursor.fetchall())
    if tried:
        queue_again(campaign, {pk: members[pk] for pk in tried}, now=now)
        count(campaign.profile, "failed", -len(tried), campaign_id=campaign.pk, now=now)
        announce_progress(campaign)
    return tried


def _turn_over(retry: CampaignRetry, now: datetime) -> None:
    """Everybody was looked at: it is done, or comes again for who had quiet hours."""
    until = retry.waits_until
    if until is None or until > retry.asked_at + LONGEST_WAIT:
        _end(retry, now)
        return
    retry.after, retry.waits_until, retry.due_at = -1, None, until
    retry.save(update_fields=["after", "waits_until", "due_at"])


def _end(retry: CampaignRetry, now: datetime, *, because: str = "") -> None:
    retry.done_at, retry.ended_because = now, because
    retry.save(update_fields=["done_at", "ended_because"])
    announce_progress(retry.campaign)
