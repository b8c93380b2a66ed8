"""What integrators' logs and queues keep of a person goes when the person does."""

from datetime import datetime
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from audience.signals import person_erased
from messaging.models import ApiCall, App, Media, WebhookEvent
from portal.base.pairwise import pairwise_number


@receiver(person_erased)
def forget_person(sender, *, person_id: int, now: datetime, **kwargs) -> None:
    """Events about them, files they sent, and logged calls that name their number."""
    WebhookEvent.objects.filter(person_id=person_id).delete()
    for media in Media.objects.filter(person_id=person_id):
        name = media.stored_as
        transaction.on_commit(partial(default_storage.delete, name), robust=True)
    Media.objects.filter(person_id=person_id).delete()
    for business_id in App.objects.values_list("business_id", flat=True).distinct():
        number = pairwise_number(business_id, person_id)
        ApiCall.objects.filter(
            Q(request__contains=number) | Q(response__contains=number), business_id=business_id
        ).delete()
