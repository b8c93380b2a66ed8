"""What the operator tells single people: what came of their reports."""

from datetime import datetime

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from audience.models import Person
from messaging.models import PersonNotice
from portal.base.ids import new_id
from portal.base.live import announce
from trust.models import SpamReport
from trust.services.reports import mark_told
from trust.signals import report_decided

PAGE = 50


@transaction.atomic
def notify_person(
    person_id: int, *, body: str, profile_id: int | None = None, now: datetime | None = None
) -> PersonNotice | None:
    """Tell a person something; None where nobody has this id any more."""
    now = now or timezone.now()
    if not Person.objects.filter(person_id=person_id).exists():
        return None
    notice = PersonNotice.objects.create(
        person_id=person_id, id=new_id(now), profile_id=profile_id, body=body, created_at=now
    )
    announce(f"person:{person_id}", "chat", "")
    return notice


def notices_of(person_id: int) -> list[PersonNotice]:
    """The newest, oldest first, as in a chat."""
    return list(PersonNotice.objects.filter(person_id=person_id).order_by("-id")[:PAGE])[::-1]


def newest_notice(person_id: int) -> PersonNotice | None:
    """The newest, as the person's list shows it."""
    return PersonNotice.objects.filter(person_id=person_id).order_by("-id").first()


def mark_notices_read(person_id: int, *, now: datetime | None = None) -> None:
    """The person has read what the operator told them."""
    PersonNotice.objects.filter(person_id=person_id, read_at=None).update(
        read_at=now or timezone.now()
    )


@receiver(report_decided)
def tell_reporter(report: SpamReport, **kwargs: object) -> None:
    """Who reported a sender learns what came of it; the sender never learns who it was."""
    if notify_person(report.person_id, body=report.outcome, profile_id=report.profile_id):
        mark_told(report)
