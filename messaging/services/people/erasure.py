"""What else is kept of a person who is erased: beside the rows whose key begins with them."""

from datetime import datetime

from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from audience.signals import person_erased
from messaging.models import AccountLink, LinkRequest, Media, SignInLink, WebhookEvent
from trust.models import SpamReport

NOBODY = 0  # the person of what stays


@receiver(person_erased)
def forget_traces(person_id: int, now: datetime, **kwargs: object) -> None:
    """Events told or still to be told about the person go; their files go with the next run of
    `forget_unused_media`, which deletes what no message stands on and has expired.
    """
    WebhookEvent.objects.filter(person_id=person_id).delete()
    Media.objects.filter(person_id=person_id).update(person_id=None, used_at=None, expires_at=now)
    SignInLink.objects.filter(person_id=person_id).delete()


@receiver(person_erased)
def forget_link_requests(person_id: int, **kwargs: object) -> None:
    """The questions by which businesses came to know the person as their customer."""
    asked = Q()
    for link in AccountLink.objects.filter(person_id=person_id).exclude(reference=""):
        asked |= Q(business_id=link.business_id, reference=link.reference)
    if asked:
        LinkRequest.objects.filter(asked).delete()


@receiver(person_erased)
def forget_reporter(person_id: int, **kwargs: object) -> None:
    """What a person reported stays judged and counted, and says no more who they are.

    A campaign's words are everybody's and stay as evidence; a message to them alone goes.
    """
    reports = SpamReport.objects.filter(person_id=person_id)
    for report in reports.filter(campaign_id=None).exclude(evidence={}):
        words = {"body": _("Erased with the person who reported it."), "content": None}
        report.evidence = {**report.evidence, **words}
        report.save(update_fields=["evidence"])
    reports.update(person_id=NOBODY, text="", cluster="")
