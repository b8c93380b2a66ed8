"""Sending campaigns: chunk by chunk, each in one transaction with its ledger.

A chunk is one bucket of people (several, where a campaign has few in each). In one transaction it
is claimed, its people are chosen by what holds *now*, their messages and chats are written and
counted, and it is marked done. So a worker may die anywhere: either all of it is there, or none.
The broker only carries "look now"; the rows say what is left.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from audience.definition import read_definition
from audience.eligibility import adverts_allowed, allowed, claim_budgets, seconds_to_wait
from audience.locks import BUCKET_LOCK
from messaging import rules
from messaging.crash import may_crash
from messaging.models import Campaign, CampaignChunk, Message
from messaging.services.campaigns.first_batch import hold_first_batch
from messaging.services.campaigns.lanes import LANES, campaigns_with_work, lane_of
from messaging.services.campaigns.rounds import come_back_later, who_waits
from messaging.services.campaigns.topics import topics_of_campaign
from messaging.services.campaigns.transitions import (
    announce_progress,
    finish_if_done,
    pause_campaign,
    stop_campaign,
)
from messaging.services.counters import count
from messaging.services.gateway.queue import queue_campaign
from portal.base.live import announce_listed
from portal.base.refused import Refused
from portal.base.services.wake import wake
from portal.base.turns import begin_turn
from profiles.models import Profile

logger = logging.getLogger(__name__)

State = Campaign.State
TURN = 20.0  # seconds a task works before it lets others of its queue have a turn
GIVEN_UP = 120  # seconds: a process that is not back by then waits for a connection that is dead
MOST_CHUNKS_AT_ONCE = 64
DEADLOCK, NOT_SERIALIZABLE = "40P01", "40001"
WORKERS = 4  # how many tasks look for work at once after a launch


@dataclass(frozen=True)
class Done:
    """What one transaction did."""

    chunks: int
    people: int


@dataclass(frozen=True)
class Sent:
    """Who got it: how many in each bucket, and their topics, quoted for a JSON list."""

    by_bucket: dict[int, int]
    topics: str

    @property
    def people(self) -> int:
        return sum(self.by_bucket.values())


def wake_workers(lane: str) -> None:
    """Have the lane's workers look for chunks once the transaction has committed."""
    for _worker in range(WORKERS):
        wake(send_chunks, lane, queue=lane)


@shared_task(time_limit=GIVEN_UP)
def send_chunks(lane: str = "campaign") -> int:
    """Send what the lane's campaigns have waiting, a chunk at a time, each time of another business
    drawn at random: so a small campaign is not behind a large one.

    May run in any number of workers at once, and any number of times. Returns how many people.
    """
    people, lasts = 0, begin_turn(TURN)
    while lasts():
        done = _send_one_of(lane)
        if done is None:
            return people
        people += done.people
    wake(send_chunks, lane, queue=lane)
    return people


@worker_ready.connect
def look_for_chunks(**kwargs) -> None:
    """A worker that starts looks at once for what another one left when it died."""
    for lane in LANES:
        wake(send_chunks, lane, queue=lane)


def run_campaign(campaign: Campaign, *, now: datetime | None = None) -> int:
    """Send all that may be sent of one campaign, here and now. Returns how many people."""
    people = 0
    while done := send_next(campaign.pk, now=now):
        people += done.people
    return people


def _send_one_of(lane: str) -> Done | None:
    """One chunk of some campaign; None when there is nothing to claim."""
    waiting = campaigns_with_work(lane)
    while waiting:
        business = random.choice(list({business for _pk, business in waiting}))
        campaign = random.choice([pk for pk, owner in waiting if owner == business])
        if done := send_next(campaign):
            return done
        waiting = [row for row in waiting if row[0] != campaign]
    return None


def send_next(campaign_id: int, *, now: datetime | None = None) -> Done | None:
    """Send the next chunk of a campaign; None where there is none to claim."""
    moment = now or timezone.now()
    try:
        done = _retried(lambda: _send_chunk(campaign_id, moment))
    except Refused as refusal:
        _give_up(campaign_id, refusal, moment)
        return None
    if finish_if_done(campaign_id, now=moment):
        return done
    released = hold_first_batch(campaign_id, now=moment)
    if released:
        _call_others(campaign_id)
    return send_next(campaign_id, now=now) if released and done is None else done


def _call_others(campaign_id: int) -> None:
    """Who found nothing to do while the first batch was all there was may help with the rest."""
    wake_workers(lane_of(Campaign.objects.only("message_class").get(pk=campaign_id)))


def _retried(act):
    """Run `act` again when the database chose it as the victim of a deadlock."""
    for attempt in range(5):
        try:
            return act()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in (DEADLOCK, NOT_SERIALIZABLE):
                raise
            logger.info("A chunk met a deadlock, try %d", attempt + 1)
    return act()


def _give_up(campaign_id: int, refusal: Refused, now: datetime) -> None:
    """The sender may not send any more: a lost standing ends the campaign, all else pauses it."""
    campaign = Campaign.objects.select_related("business").get(pk=campaign_id)
    try:
        if refusal.code in Profile.BADGE_OFF or refusal.code == "closed":
            stop_campaign(campaign, by=None, reason=refusal.sentence, now=now)
        else:
            pause_campaign(campaign, by=None, because=refusal.sentence)
    except Refused:
        logger.info("Campaign %s is %s already", campaign_id, campaign.state)


@transaction.atomic
def _send_chunk(campaign_id: int, now: datetime) -> Done | None:
    campaign = _campaign(campaign_id)
    if campaign.state != State.RUNNING:
        return None
    chunks = _claim(campaign, now)
    if not chunks:
        return None
    _share_buckets(chunks.values())
    may_crash("claimed")
    room = _room(campaign)
    if room == 0:
        return _nothing_more(campaign, now)
    _check(campaign, now)

    recipients = _choose(campaign, sorted(chunks.values()), room, now)
    sent = _write(campaign, recipients, now)
    queue_campaign(campaign, now=now)
    may_crash("written")
    _mark_done(campaign, chunks, sent, now)
    come_back_later(campaign, chunks, who_waits(), now=now)
    may_crash("marked")

    announce_progress(campaign)
    if sent.people:
        announce_listed(f"[{sent.topics}]", "chat", campaign.profile_id)
    transaction.on_commit(lambda: may_crash("committed"))
    return Done(len(chunks), sent.people)


def _campaign(campaign_id: int) -> Campaign:
    """The campaign as it stands; with a cap its chunks go one after the other, to count exactly."""
    rows = Campaign.objects.select_related("profile__business", "template")
    campaign = rows.get(pk=campaign_id)
    if campaign.cap is not None and campaign.state == State.RUNNING:
        campaign = rows.select_for_update(of=("self",), no_key=True).get(pk=campaign_id)
    return campaign


def _claim(campaign: Campaign, now: datetime) -> dict[int, int]:
    """Chunk id -> bucket, of the next chunks that nobody else has in hand."""
    expected = max(1.0, (campaign.estimate or 0) / settings.BUCKETS)
    at_once = max(1, min(MOST_CHUNKS_AT_ONCE, int(settings.CHUNK_PEOPLE / expected)))
    rows = campaign.chunks.select_for_update(skip_locked=True).filter(
        Q(due_at=None) | Q(due_at__lte=now), state=CampaignChunk.State.WAITING
    )
    if campaign.released_at is None:
        rows = rows.filter(position__lt=campaign.first_chunks)
    return dict(rows.order_by("position").values_list("pk", "bucket")[:at_once])


def _share_buckets(buckets) -> None:
    """Hold all of them against who says no meanwhile; in one order, so that nobody waits in a ring.

    A statement of its own: what comes after it sees what was committed before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock_shared(%s, b) from unnest(%s::int[]) b",
            [BUCKET_LOCK, sorted(buckets)],
        )


def _room(campaign: Campaign) -> int | None:
    """How many people the cap still lets in; None: no cap."""
    if campaign.cap is None:
        return None
    sent = campaign.chunks.aggregate(n=Sum("sent"))["n"] or 0
    return max(0, campaign.cap - sent)


def _nothing_more(campaign: Campaign, now: datetime) -> Done:
    """The cap is reached: the other chunks are done with nobody in them."""
    n = campaign.chunks.filter(state=CampaignChunk.State.WAITING).update(
        state=CampaignChunk.State.DONE, sent=0, done_at=now
    )
    announce_progress(campaign)
    return Done(n, 0)


def _check(campaign: Campaign, now: datetime) -> None:
    """Whether the sender and the words are still allowed. Raises Refused."""
    rules.may_begin(campaign.profile, now=now)
    if campaign.template:
        rules.check_template(
            campaign.profile,
            campaign.template,
            kind=Message.Kind.TEMPLATE,
            message_class=campaign.message_class,
        )


# Kept for the session and emptied by each commit. `chunk`: who matches, with the adverts a week
# they allow (0 for who must wait) and the seconds to wait; `claimed`: who of them had an advert
# left this week; `sent`: whose message was written.
TABLES = """
create temp table if not exists chunk (person_id bigint, bucket int, allowed int, wait int)
  on commit delete rows;
create temp table if not exists claimed (person_id bigint) on commit delete rows;
create temp table if not exists sent (person_id bigint) on commit delete rows;
delete from chunk; delete from claimed; delete from sent
"""


def _choose(campaign: Campaign, buckets: Sequence[int], room: int | None, now: datetime) -> str:
    """Find who gets it: who matches now and has room for it. Returns the table they are in.

    Of more people than the cap lets in, a random part, drawn by the campaign's salt.
    """
    advert = campaign.message_class == Message.Class.MARKETING
    condition = allowed(
        read_definition(campaign.audience),
        profile_id=campaign.profile_id,
        business_id=campaign.business_id,
        message_class=campaign.message_class,
        topics=topics_of_campaign(campaign),
        now=now,
    )
    wait = seconds_to_wait(now=now, wall_clock=campaign.wall_clock) if advert else SQL("0")
    part: Composable = SQL("")
    if room is not None:
        part = SQL(" order by w.wait > 0, hashint8extended(p.person_id, {}) limit {}").format(
            Literal(campaign.salt), Literal(room)
        )
    _execute(SQL(TABLES))
    _execute(
        SQL(
            "insert into chunk"
            " select p.person_id, p.bucket, case when w.wait > 0 then 0 else {} end, w.wait"
            " from audience_person p cross join lateral (select {} as wait) w"
            " where p.bucket = any({}) and {}{}"
        ).format(adverts_allowed(), wait, Literal(list(buckets)), condition, part)
    )
    may_crash("chosen")
    if not advert:
        return "chunk"
    _execute(
        SQL("with took as ({}) insert into claimed select person_id from took").format(
            claim_budgets(now=now)
        )
    )
    return "claimed"


def _write(campaign: Campaign, recipients: str, now: datetime) -> Sent:
    """The messages, and the chats on the person's side.

    The message's primary key (person, message_id) is what makes it arrive once.
    """
    _execute(
        SQL(
            """
            with new as (
              insert into messaging_message
                (person_id, id, profile_id, campaign_id, direction, kind, message_class, status,
                 created_at)
              select person_id, {id}, {profile}, {campaign}, 'out', 'template', {class_}, 'sent',
                     {now}
                from {recipients} order by person_id
              on conflict do nothing
              returning person_id)
            insert into sent select person_id from new
            """
        ).format(recipients=Identifier(recipients), **_values(campaign, now))
    )
    may_crash("messages")
    _execute(
        SQL(
            """
            insert into messaging_conversation as v
              (person_id, profile_id, business_id, last_id, last_at, last_body, unread,
               business_last_body, business_unread, state)
            select person_id, {profile}, {business}, {id}, {now}, {preview}, 1, '', 0, 'open'
              from sent order by person_id
            on conflict (person_id, profile_id) do update set
              last_id = greatest(v.last_id, excluded.last_id), last_at = excluded.last_at,
              last_body = excluded.last_body, unread = least(v.unread + 1, 9999),
              -- the message's id is of the launch: it must not fall among what was read since
              read_id = least(v.read_id, excluded.last_id - 1)
            """
        ).format(**_values(campaign, now))
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select c.bucket, count(*), string_agg('"person:' || c.person_id || '"', ',')
              from sent join chunk c using (person_id) group by c.bucket
            """
        )
        rows = cursor.fetchall()
    return Sent({bucket: n for bucket, n, _topics in rows}, ",".join(row[2] for row in rows))


def _values(campaign: Campaign, now: datetime) -> dict[str, Literal]:
    preview = " ".join(campaign.body.split())[:120]
    return {
        "id": Literal(campaign.message_id),
        "profile": Literal(campaign.profile_id),
        "business": Literal(campaign.business_id),
        "campaign": Literal(campaign.pk),
        "class_": Literal(str(campaign.message_class)),
        "preview": Literal(preview),
        "now": Literal(now),
    }


def _mark_done(
    campaign: Campaign, chunks: dict[int, int], sent: Sent | None, now: datetime
) -> None:
    of = sent.by_bucket if sent else {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update messaging_campaignchunk k set state = 'done', sent = d.n, done_at = %s
              from unnest(%s::bigint[], %s::int[]) d(id, n) where k.id = d.id
            """,
            [now, list(chunks), [of.get(bucket, 0) for bucket in chunks.values()]],
        )
    if people := sum(of.values()):
        count(campaign.profile, "sent", people, campaign_id=campaign.pk, now=now)


def _execute(statement: Composed | SQL) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
