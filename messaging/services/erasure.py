"""What else is kept of a person who is erased: beside the rows whose key begins with them."""

from datetime import datetime

from django.dispatch import receiver

from audience.signals import person_erased
from messaging.models import Media, WebhookEvent


@receiver(person_erased)
def forget_traces(person_id: int, now: datetime, **kwargs: object) -> None:
    """Events told or still to be told about the person go; their files go with the next run of
    `forget_unused_media`, which deletes what no message stands on and has expired.
    """
    WebhookEvent.objects.filter(person_id=person_id).delete()
    Media.objects.filter(person_id=person_id).update(person_id=None, used_at=None, expires_at=now)
