"""What templates add to the staff's home page."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.urls import reverse
from django.utils.translation import gettext as _

from messaging.models import Template
from profiles.desk import Queue, queue


@queue(order=20, permission="messaging.view_template")
def waiting_templates(now: datetime) -> Queue:
    waiting = Template.objects.filter(status=Template.Status.PENDING, deleted_at=None)
    return Queue(
        name=_("Templates"),
        url=reverse("admin:messaging_template_changelist"),
        waiting=waiting.count(),
        oldest=waiting.aggregate(oldest=Min("created_at"))["oldest"],
        target=timedelta(hours=24),
    )
