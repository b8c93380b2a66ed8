"""A worker that is asked to end, as at each roll-out, ends soon and leaves the rest to the next."""

import time

import pytest
from django.conf import settings
from django.utils import timezone

from messaging.models import Message
from messaging.services.campaigns.launching import launch_campaign
from messaging.tests.cast import Cast
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from portal.tests.processes import broker

PEOPLE = 6_000
SOON = 5  # seconds; the campaign alone takes longer


@pytest.mark.live
def test_a_worker_ends_in_the_middle_of_a_campaign_and_the_next_finishes_it(processes):
    cast, now = Cast(), timezone.now()
    Cast.setUpTestData.__func__(Cast)
    make_crowd(PEOPLE)
    count_people(now=now)
    allow_campaigns(cast.profile, now=now)
    campaign = draft(cast.profile, cast.alice, now=now)
    launch_campaign(campaign, by=cast.alice, now=now)
    slowly = {"CHUNK_PEOPLE": "1", "FIRST_BATCH_HOLD_MINUTES": "0"}
    worker = processes.start_worker("w1", **slowly)
    assert not listeners()

    processes.wait("w1", lambda: campaign.chunks.filter(state="done").count() > 30)
    asked = time.monotonic()
    processes.end("w1")
    took = time.monotonic() - asked
    left = campaign.chunks.exclude(state="done").count()
    assert worker.returncode == 0
    assert took < SOON
    assert left > 0

    processes.start_worker("w2", FIRST_BATCH_HOLD_MINUTES="0")
    processes.wait("w2", lambda: not campaign.chunks.exclude(state="done").exists())
    got = list(Message.objects.filter(campaign_id=campaign.pk).values_list("person_id", flat=True))
    assert len(got) == len(set(got)) == PEOPLE


def listeners() -> list[dict]:
    """Who subscribes at the broker: a worker whose subscription is half open would be deaf."""
    number = settings.REDIS_URL.rpartition("/")[2]
    return [each for each in broker().client_list(_type="pubsub") if each["db"] == number]
