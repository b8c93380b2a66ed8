"""A person tells staff about a sender: with the message as it was, so that it can be judged."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.models import Person
from messaging.models import Campaign, Message
from messaging.services.counters import count
from messaging.services.people.blocking import last_delivery
from messaging.weights import cluster_of, unit_of, weight_of
from portal.base.refused import Refused
from profiles.models import Profile
from trust.models import SpamReport
from trust.services.complaints import file_report


@transaction.atomic
def report_profile(
    person_id: int,
    profile: Profile,
    *,
    reason: str,
    text: str = "",
    message_id: int | None = None,
    now: datetime | None = None,
) -> SpamReport:
    """Report the profile for one of its messages, the newest where none is named.

    Raises Refused where the profile has sent the person nothing, unless it is about an impostor.
    """
    now = now or timezone.now()
    person = Person.objects.get(person_id=person_id)
    message = _message(person_id, profile, message_id)
    impostor = reason == "impostor"
    if message is None and not impostor:
        raise Refused(
            _("This sender has sent you nothing yet. You can block it instead."), code="no_delivery"
        )
    report = file_report(
        profile,
        person_id=person_id,
        reason=reason,
        weight=weight_of(person, now.date()),
        cluster=cluster_of(person),
        unit=unit_of(message) if message else None,
        text=text.replace("\x00", ""),
        evidence=_evidence(message) if message else {},
        kind=SpamReport.Kind.IMPOSTOR if impostor else SpamReport.Kind.SPAM,
        now=now,
    )
    count(profile, "reported", campaign_id=message.campaign_id if message else None, now=now)
    return report


def _message(person_id: int, profile: Profile, message_id: int | None) -> Message | None:
    if message_id is None:
        return last_delivery(person_id, profile)
    return Message.objects.filter(
        person_id=person_id,
        id=message_id,
        profile_id=profile.pk,
        direction=Message.Direction.OUT,
    ).first()


def _evidence(message: Message) -> dict:
    """The message as the person saw it; what happens to it later changes nothing here."""
    campaign = Campaign.objects.filter(pk=message.campaign_id or 0).first()
    return {
        "body": message.body if message.body is not None else campaign and campaign.body,
        "content": message.content or (campaign and campaign.content),
        "kind": message.kind,
        "class": message.message_class,
        "campaign": campaign and campaign.name,
        "sent_at": message.created_at.isoformat(),
    }
