"""Staff take the badge away while workers send a campaign: by commit timestamps only the chunks in
hand are committed after it, and none five seconds later.

make chaos N=200000 is the published size (trust.md, "Revocation holds at once").
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from messaging.models import Campaign
from messaging.services.campaigns import delivery
from messaging.services.campaigns.delivery import wake_workers
from messaging.services.campaigns.lost_standing import end_campaigns
from portal.base.refused import Refused
from profiles.models import Profile
from profiles.tests.people import staff
from tests.chaos.found import caught, found
from tests.chaos.size import FULL
from tests.chaos.workers import done_chunks, in_hand, is_finished, start_sender, start_worker, until
from trust.models import Decision
from trust.services.standing import revoke_profile
from trust.signals import standing_changed

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

WORKERS = 2 if FULL else 1
HANDS = 2 * WORKERS  # processes that send
AT_MOST = timedelta(seconds=5)
WATCHED = timedelta(seconds=15)  # in a full run, with beat and its sweepers beside it


@dataclass(frozen=True)
class Aftermath:
    """What was committed after a decision had been.

    Attributes:
        chunks: transactions. begun_later: those of them that began after the decision.
        people: who got a message in them. last: seconds from the decision to the last of them.
        too_late: people whose message was committed over five seconds after the decision.
    """

    chunks: int
    begun_later: int
    people: int
    last: float
    too_late: int


def aftermath(campaign: Campaign, decision: Decision) -> Aftermath:
    """Read by commit timestamps; a chunk's `done_at` is the moment at which it was begun."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with decided as (
              select pg_xact_commit_timestamp(xmin) as at from trust_decision
               where id = %(decision)s
            ), chunk as (
              select xmin::text, pg_xact_commit_timestamp(xmin) as at, min(done_at) as begun
                from messaging_campaignchunk
               where campaign_id = %(campaign)s and state = 'done' group by xmin::text, at
            ), sent as (
              select pg_xact_commit_timestamp(xmin) as at from messaging_message
               where campaign_id = %(campaign)s
            )
            select (select count(*) from chunk, decided d where chunk.at > d.at),
                   (select count(*) from chunk, decided d where chunk.at > d.at and begun > d.at),
                   (select count(*) from sent, decided d where sent.at > d.at),
                   (select extract(epoch from max(chunk.at) - max(d.at)) from chunk, decided d),
                   (select count(*) from sent, decided d where sent.at > d.at + %(most)s)
            """,
            {"decision": decision.pk, "campaign": campaign.pk, "most": AT_MOST},
        )
        chunks, later, people, last, too_late = cursor.fetchone()
    return Aftermath(chunks, later, people, max(0.0, round(float(last), 3)), too_late)


def revoke_in_the_middle(processes, campaign: Campaign, name: str) -> Decision:
    """Wait until half is sent and a chunk is in hand, and take the badge away."""
    moderator, half = staff("moderator", name="mo"), campaign.chunks.count() // 2
    until(lambda: done_chunks(campaign) >= half and in_hand(), processes, name)
    assert not is_finished(campaign), "It was over before the revocation."
    return revoke_profile(Profile.objects.get(pk=campaign.profile_id), by=moderator, reason="Scam.")


def test_after_a_revocation_only_the_chunks_in_hand_go(processes, campaign):
    chunk = {} if FULL else {"CHUNK_PEOPLE": "20"}
    for number in range(WORKERS):
        start_worker(processes, f"worker{number}", **chunk)
    if FULL:
        processes.start_beat()
    decision = revoke_in_the_middle(processes, campaign, "worker0")
    wake_workers("campaign")
    until(lambda: not in_hand(), processes)
    if FULL:
        over = timezone.now() + WATCHED
        until(lambda: timezone.now() > over, processes)

    after, got = aftermath(campaign, decision), campaign.chunks.filter(state="done").count()
    found(
        "revoked in mid campaign",
        of_people=len(campaign.wanted),
        chunks_done=f"{got} of {campaign.chunks.count()}",
        transactions_committed_after_it=after.chunks,
        people_in_them=after.people,
        seconds_to_the_last=after.last,
        none_of={
            "more transactions after it than were in hand": max(0, after.chunks - HANDS),
            "begun after it": after.begun_later,
            "people reached over 5 s after it": after.too_late,
        },
    )
    assert after.chunks <= HANDS
    assert after.begun_later == 0
    assert after.too_late == 0
    nothing_is_left_to_send(campaign, decision)


def nothing_is_left_to_send(campaign: Campaign, decision: Decision) -> None:
    """It has ended, with the reason; what had not gone by then never goes."""
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.STOPPED
    assert campaign.stop_reason == "Scam."
    assert campaign.chunks.filter(state="waiting").exists()
    assert delivery.send_next(campaign.pk) is None
    with pytest.raises(Refused, match="lost its verification"):
        delivery.rules.may_begin(Profile.objects.get(pk=campaign.profile_id))
    assert aftermath(campaign, decision).begun_later == 0


# What the short lane has no time for; that a chunk asks is also in messaging/tests.
in_full = pytest.mark.skipif(not FULL, reason="make chaos")


@pytest.fixture
def only_the_page_knows():
    """A portal that shows the lost badge and tells no campaign of it."""
    standing_changed.disconnect(end_campaigns)
    yield
    standing_changed.connect(end_campaigns)


@in_full
def test_a_worker_asks_by_itself_whether_the_sender_may_go_on(
    processes, campaign, only_the_page_knows
):
    start_sender(processes, campaign, CHUNK_PEOPLE="20")
    after = aftermath(campaign, revoke_in_the_middle_and_wait(processes, campaign))
    found("a worker that was not told", none_of={"begun after it": after.begun_later})
    assert after.begun_later == 0
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.STOPPED


@in_full
def test_a_suspension_only_in_the_page_is_seen(processes, campaign, only_the_page_knows):
    start_sender(processes, campaign, "--mutant", "never_asks", CHUNK_PEOPLE="20")
    after = aftermath(campaign, revoke_in_the_middle_and_wait(processes, campaign))
    caught("mutant: revoked only in the page", after.begun_later > 0, people=after.people)
    assert after.begun_later > 0
    assert after.chunks > HANDS
    assert is_finished(campaign)


def revoke_in_the_middle_and_wait(processes, campaign: Campaign) -> Decision:
    decision = revoke_in_the_middle(processes, campaign, "sender")
    assert processes.running.pop("sender").wait() == 0, processes.log("sender")[-3000:]
    return decision
