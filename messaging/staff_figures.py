"""What templates add to the staff's home page."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from messaging.models import Template
from profiles.desk import Queue, queue, queue_of


@queue(order=20, permission="messaging.view_template")
def waiting_templates(now: datetime) -> Queue:
    waiting = Template.objects.filter(status=Template.Status.PENDING, deleted_at=None)
    return queue_of(waiting, _("Templates"), since="created_at", target=timedelta(hours=24))
