"""What the developers' log keeps of a person goes when the person does."""

from datetime import datetime

from django.db.models import Q
from django.dispatch import receiver

from audience.signals import person_erased
from messaging.models import ApiCall, App, IdempotentAnswer
from portal.base.pairwise import pairwise_number


@receiver(person_erased)
def forget_logged_calls(sender, *, person_id: int, now: datetime, **kwargs) -> None:
    """Calls that name the person's number. Events and files are seen to in `erasure`."""
    for business_id in App.objects.values_list("business_id", flat=True).distinct():
        number = pairwise_number(business_id, person_id)
        ApiCall.objects.filter(
            Q(request__contains=number) | Q(response__contains=number), business_id=business_id
        ).delete()
        IdempotentAnswer.objects.filter(
            app__business_id=business_id, answer__contains=number
        ).delete()
