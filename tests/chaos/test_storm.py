"""A storm of pause, resume and cancel while workers send: every answer that was given is kept.

After a pause or a cancel has been acknowledged, only what was in hand then may still be committed;
whoever comes after `cancelled` is told so; and the counts say what the ledger says.
"""

import random
from collections import Counter
from datetime import datetime

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from messaging.models import Campaign, CounterDelta
from messaging.services.campaigns.delivery import wake_workers
from messaging.services.campaigns.launching import resume_campaign
from messaging.services.campaigns.transitions import cancel_campaign, pause_campaign
from portal.base.refused import Refused
from profiles.models import User
from tests.chaos.found import found
from tests.chaos.people import ledger
from tests.chaos.size import FULL, SEED
from tests.chaos.workers import done_chunks, in_hand, start_worker, until

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

ORDERS = 1_000 if FULL else 60
HANDS = 4  # processes that send


def test_after_an_order_only_the_chunk_in_hand_goes(processes, campaign):
    alice, chance = User.objects.get(email="alice@acme.example"), random.Random(SEED)
    for number in range(HANDS // 2):
        start_worker(processes, f"worker{number}", CHUNK_PEOPLE="20")
    until(lambda: done_chunks(campaign) > 0, processes, "worker0")

    late, answers = 0, Counter()
    for _number in range(ORDERS):
        order = chance.choice(["pause", "resume", "resume"])
        busy = len(in_hand())
        answers[give(order, campaign, alice)] += 1
        if campaign.state == Campaign.State.PAUSED:
            late = max(late, committed_after(campaign, database_clock()) - max(busy, HANDS))
    give("resume", campaign, alice)
    wake_workers("campaign")

    assert give("cancel", campaign, alice) == "cancel: done"
    acknowledged = database_clock()
    for order in ("pause", "resume", "cancel") * 5:
        assert give(order, campaign, alice).endswith("wrong_state")
    until(lambda: not in_hand(), processes)
    after = committed_after(campaign, acknowledged)
    for name in list(processes.running):
        processes.kill(name)

    got, counted = ledger(campaign), sum_of(CounterDelta.objects.filter(metric="sent"), "n")
    found(
        "storm of orders",
        orders=dict(answers),
        delivered=len(got),
        chunks_committed_after_the_cancel=after,
        none_of={
            "more chunks after a cancel than were in hand": max(0, after - HANDS),
            "more chunks after a pause than were in hand": max(0, late),
            "twice": len(got) - len(set(got)),
            "extra": len(set(got) - campaign.wanted),
            "counts that differ from the ledger": abs(counted - len(got)),
        },
    )
    assert after <= HANDS
    assert late <= 0
    assert len(got) == len(set(got)) == counted == sum_of(campaign.chunks, "sent")
    assert set(got) <= campaign.wanted
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.CANCELLED


def give(order: str, campaign: Campaign, alice: User) -> str:
    """Give the order; says what came of it."""
    act = {"pause": pause_campaign, "resume": resume_campaign, "cancel": cancel_campaign}[order]
    try:
        act(campaign, by=alice)
    except Refused as refusal:
        campaign.refresh_from_db()
        return f"{order}: {refusal.code}"
    return f"{order}: done"


def database_clock() -> datetime:
    return timezone.now()  # the database is on this machine


def committed_after(campaign: Campaign, moment: datetime) -> int:
    """Chunks whose transaction was committed after the moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(distinct xmin::text) from messaging_campaignchunk"
            " where campaign_id = %s and state = 'done' and pg_xact_commit_timestamp(xmin) > %s",
            [campaign.pk, moment],
        )
        return cursor.fetchone()[0]


def sum_of(rows, column: str) -> int:
    return rows.aggregate(n=Sum(column))["n"] or 0
