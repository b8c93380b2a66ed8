"""What waits for a messenger's gateway: rows, written with the messages themselves.

Where no messenger has a gateway nothing is asked and nothing written: other channels go as fast as
if there were none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.dispatch import receiver
from psycopg.sql import SQL, Composed, Literal

from audience.models import bucket_of
from messaging.models import Campaign, GatewayMessage, Member, Message
from messaging.services.gateway.batches import LANES
from messaging.services.gateway.handing_over import serve_gateways
from messaging.services.gateway.messengers import gateways
from messaging.signals import status_changed
from portal.base.ids import new_id
from portal.base.services.wake import wake

Urgency = GatewayMessage.Urgency


@receiver(status_changed)
def queue_message(sender, *, message: Message, **kwargs) -> None:
    """A single message was sent: if its person is in a messenger with a gateway, it waits there."""
    if message.status != Message.Status.SENT or message.direction != Message.Direction.OUT:
        return
    if not (known := gateways()):
        return
    member = Member.objects.filter(person_id=message.person_id, messenger_id__in=known).first()
    if member is None:
        return
    is_critical = message.message_class == Message.Class.CRITICAL
    GatewayMessage.objects.bulk_create(
        [
            GatewayMessage(
                person_id=message.person_id,
                message_id=message.id,
                profile_id=message.profile_id,
                messenger_id=member.messenger_id,
                lane=bucket_of(message.person_id) % LANES,
                urgency=Urgency.CRITICAL if is_critical else Urgency.SINGLE,
                place=message.id,
            )
        ],
        ignore_conflicts=True,
    )
    _wake(is_critical=is_critical)


def queue_campaign(campaign: Campaign, *, now: datetime) -> None:
    """The same for a chunk of a campaign: those whose message was written (table `sent`)."""
    if not (known := gateways()):
        return
    _queue(
        campaign,
        # Each of them is looked up among the members, however few of these the planner believes
        # there are: an `offset` keeps it from beginning with the members.
        SQL(
            "select s.person_id, c.bucket, k.messenger_id"
            "  from sent s join chunk c using (person_id)"
            "  cross join lateral (select messenger_id from messaging_member"
            "   where person_id = s.person_id and messenger_id = any({}) offset 0) k"
        ).format(Literal(list(known))),
        now,
    )


def members_among(people: Sequence[int]) -> dict[int, int]:
    """Who of these people is in a messenger with a gateway: person -> messenger."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select person_id, messenger_id from messaging_member"
            " where person_id = any(%s) and messenger_id = any(%s)",
            [list(people), list(gateways())],
        )
        return dict(cursor.fetchall())


def queue_again(campaign: Campaign, members: Mapping[int, int], *, now: datetime) -> None:
    """The same for people whose message had failed before.

    Arguments:
        members: person -> messenger.
    """
    rows = [(person_id, bucket_of(person_id), to) for person_id, to in sorted(members.items())]
    _queue(
        campaign,
        SQL("select * from unnest({}, {}, {}) r(person_id, bucket, messenger_id)").format(
            *(Literal(list(column)) for column in zip(*rows, strict=True))
        ),
        now,
    )


def _queue(campaign: Campaign, recipients: SQL | Composed, now: datetime) -> None:
    """Queue the campaign's message for recipients (person_id, bucket, messenger_id)."""
    is_critical = campaign.message_class == Message.Class.CRITICAL
    with connection.cursor() as cursor:
        cursor.execute(
            SQL(
                """
                with queued as (
                  insert into messaging_gatewaymessage
                    (person_id, message_id, profile_id, messenger_id, lane, urgency, place)
                  select r.person_id, {message}, {profile}, r.messenger_id, mod(r.bucket, {lanes}),
                         {urgency}, {place}
                    from ({recipients}) r
                   order by r.person_id
                  on conflict do nothing returning 1)
                select count(*) from queued
                """
            ).format(
                recipients=recipients,
                message=Literal(campaign.message_id),
                profile=Literal(campaign.profile_id),
                lanes=Literal(LANES),
                urgency=Literal(int(Urgency.CRITICAL if is_critical else Urgency.CAMPAIGN)),
                # After whatever was written to the person before, unlike the campaign's shared id.
                place=Literal(new_id(now)),
            )
        )
        queued = cursor.fetchone()[0]
    if queued:
        _wake(is_critical=is_critical)


def _wake(*, is_critical: bool) -> None:
    """Have what waits handed over once the transaction has committed."""
    wake(serve_gateways, queue="critical" if is_critical else "default")
