"""The adverts of the demo's month: launched, sent, read and answered by the product's own
services.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import cast

from django.db import connection

from messaging.models import Campaign, Template
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.first_batch import judge_first_batch
from messaging.services.campaigns.launching import create_campaign, launch_campaign
from messaging.services.campaigns.transitions import finish_if_done
from messaging.services.messages import receive_message
from messaging.services.people.blocking import block_profile
from messaging.services.people.receipts import Receipt, take_receipts
from messaging.services.people.reports import report_profile
from messaging.services.templates.lifecycle import approve_template, create_template
from portal.base.refused import Refused
from portal.demo.cast import MARTA
from profiles.models import Membership, Profile, User
from trust.services.evaluation import evaluate

BATCHES = 2  # the first, that is watched, and the rest
READ = 0.42  # of those whom it reaches
PHONES_ON = (1, 4, 9, 15)  # minutes after which a part of the phones fetches it, and some look
WATCHED = timedelta(minutes=40)  # between the first batch and its verdict
COMPLAINTS = (
    ("spam", "I get this every day."),
    ("never_signed_up", "I never gave them my number."),
    ("scam", "The link asks for my card."),
    ("spam", ""),
)


@dataclass(frozen=True)
class Advert:
    """One campaign: its words, whom it goes to, and how it is taken (shares of whom it reaches)."""

    name: str
    template: str
    body: str
    audience: dict = field(default_factory=dict)
    blocks: float = 0.0
    reports: float = 0.0
    replies: float = 0.002


SAVE = Advert(
    "Save a little each month",
    "monthly_saving",
    "Put a little aside each month, and watch it grow. Our savings account pays interest from the "
    "first real, and you can take it back any day.",
    {"country": "BR", "age_from": 25, "age_until": 54},
    blocks=0.002,
)
CARD = Advert(
    "The card without a yearly fee",
    "no_fee_card",
    "New: the Ipê card has no yearly fee. Order it in the app, it is in your letter box within a "
    "week.",
    {"country": "BR", "regions": ["BR-SP", "BR-RJ", "BR-MG"]},
)
WINTER = Advert(
    "Weekend in Recife",
    "weekend_recife",
    "A weekend in Recife: flights from R$ 289, until Sunday.",
    {"country": "BR", "regions": ["BR-SP", "BR-RJ"]},
    replies=0.004,
)
CARNIVAL = Advert(
    "Carnival in Salvador",
    "carnival_salvador",
    "Carnival in Salvador: book before the end of the month and your bag flies free.",
    {"country": "BR"},
    blocks=0.002,
)
EARPHONES = Advert(
    "Earphones at half price",
    "earphones_half",
    "Earphones at half price, only today. Tell your friends.",
    {"country": "IN"},
    blocks=0.004,
)
FLASH = Advert(
    "Flash sale",
    "flash_sale",
    "Flash sale! Everything must go. Offers end tonight.",
    {"country": "IN", "age_until": 39},
    blocks=0.012,
    reports=0.006,
)
FLASH_AGAIN = Advert(
    "Flash sale, last chance",
    "flash_sale_again",
    "Last chance! The flash sale ends at midnight, really.",
    {"country": "IN"},
    blocks=0.05,
    reports=0.03,
)

# (handle, days ago) -> adverts of that day.
CAMPAIGNS = {
    ("banco_ipe", 23): [SAVE],
    ("banco_ipe", 9): [CARD],
    ("ceu_airlines", 19): [WINTER],
    ("ceu_airlines", 5): [CARNIVAL],
    ("kite_deals", 21): [EARPHONES],
    ("kite_deals", 11): [FLASH],
    ("kite_deals", 1): [FLASH_AGAIN],
}


def run_in_the_past(advert: Advert, profile: Profile, random: Random, *, now: datetime) -> Campaign:
    """Live through the whole campaign: first batch, its hold and verdict, then the rest."""
    owner = profile.business.memberships.get(role=Membership.Role.OWNER).user
    campaign = create_campaign(
        profile,
        by=owner,
        name=advert.name,
        template=_template(advert, profile, by=owner, now=now - timedelta(days=1)),
        audience=advert.audience,
        now=now - timedelta(hours=3),
    )
    try:
        campaign = launch_campaign(campaign, by=owner, now=now)
    except Refused:
        return campaign  # a limited profile's draft waits, as it would

    sent = 0
    for batch in range(BATCHES):
        sent_before, sent = sent, sent + run_campaign(campaign, now=now)
        if sent > sent_before:
            _take_it(advert, campaign, profile, random, at=now)
        now += WATCHED
        campaign.refresh_from_db()
        if batch == 0 and campaign.state == Campaign.State.RUNNING:
            judge_first_batch(campaign, now=now)
    finish_if_done(campaign.pk, now=now)
    evaluate(profile, now=now)
    return campaign


def _template(advert: Advert, profile: Profile, *, by: User, now: datetime) -> Template:
    template = create_template(
        profile.business,
        name=advert.template,
        language="en",
        category=Template.Category.MARKETING,
        components=[{"type": "BODY", "text": advert.body}],
        by=by,
        now=now,
    )
    if template.status == Template.Status.PENDING:
        template = approve_template(template, by=User.objects.get(email=MARTA), now=now)
    return template


def _take_it(
    advert: Advert, campaign: Campaign, profile: Profile, random: Random, *, at: datetime
) -> None:
    """It reaches most phones, some read it, a few answer, and so many say no."""
    reached, message_id = _reached(campaign), cast(int, campaign.message_id)
    random.shuffle(reached)
    readers = []
    for part, minutes in enumerate(PHONES_ON):
        receipts = [
            Receipt(person_id, message_id, is_read=random.random() < READ)
            for person_id in reached[part :: len(PHONES_ON)]
        ]
        take_receipts(receipts, now=at + timedelta(minutes=minutes))
        readers += [receipt.person_id for receipt in receipts if receipt.is_read]
    people, answered = iter(readers), at + timedelta(minutes=18)
    for _n in range(round(advert.replies * len(reached))):
        with suppress(Refused):  # who has blocked it meanwhile does not answer
            receive_message(next(people), profile, body="Tell me more, please.", now=answered)
    _complain(advert, people, profile, random, len(reached), at + timedelta(minutes=16))


def _complain(
    advert: Advert,
    people: Iterator[int],
    profile: Profile,
    random: Random,
    reached: int,
    at: datetime,
) -> None:
    for _n in range(round(advert.blocks * reached)):
        reason = random.choice(("not_interested", "too_many", "unknown_sender"))
        at += timedelta(seconds=random.randint(5, 60))
        block_profile(next(people), profile, reason=reason, now=at)
    for _n in range(round(advert.reports * reached)):
        reason, text = random.choice(COMPLAINTS)
        at += timedelta(seconds=random.randint(5, 60))
        report_profile(next(people), profile, reason=reason, text=text, now=at)


def _reached(campaign: Campaign) -> list[int]:
    """Whom it is on its way to and whose phone is on, all but one in nine; the ledger is asked, as
    only staff may.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select person_id from messaging_message where campaign_id = %s and id = %s"
            " and status = 'sent' and hashint8extended(person_id, 1) %% 9 <> 0"
            " order by person_id",
            [campaign.pk, campaign.message_id],
        )
        return [person_id for (person_id,) in cursor.fetchall()]
