"""Ways to send a chunk that are wrong in one way, to show that the tests see it.

marks_first     a chunk is marked done before its messages are written: a crash between loses it
marks_late      it is marked in a transaction of its own afterwards: a crash between repeats it,
                and only the unique key of the ledger keeps people from getting it twice
never_asks      it is sent whatever became of the sender since the launch
"""

from datetime import datetime
from unittest.mock import patch

from django.db import transaction

from messaging.crash import may_crash
from messaging.services.campaigns import delivery


def marks_first(campaign_id: int, now: datetime):
    with transaction.atomic():
        campaign = delivery._campaign(campaign_id)
        chunks = delivery._claim(campaign, now) if campaign.state == "running" else {}
        if not chunks:
            return None
        delivery._mark_done(campaign, chunks, None, now)
    may_crash("between")
    with transaction.atomic():
        recipients = delivery._choose(campaign, sorted(chunks.values()), None, now)
        sent = delivery._write(campaign, recipients, now)
    return delivery.Done(len(chunks), sent.people)


def marks_late(campaign_id: int, now: datetime):
    with transaction.atomic():
        campaign = delivery._campaign(campaign_id)
        chunks = delivery._claim(campaign, now) if campaign.state == "running" else {}
        if not chunks:
            return None
        recipients = delivery._choose(campaign, sorted(chunks.values()), None, now)
        sent = delivery._write(campaign, recipients, now)
    may_crash("between")
    with transaction.atomic():
        delivery._mark_done(campaign, chunks, sent, now)
    return delivery.Done(len(chunks), sent.people)


def never_asks(campaign_id: int, now: datetime):
    with patch.object(delivery, "_check", lambda campaign, now: None):
        return send_chunk(campaign_id, now)


send_chunk = delivery._send_chunk  # as it is before a mutant takes its place
MUTANTS = {"marks_first": marks_first, "marks_late": marks_late, "never_asks": never_asks}
