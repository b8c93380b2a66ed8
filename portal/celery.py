"""Background work: tasks live beside the operations they run, in each app's services."""

import os

from celery import Celery
from celery.signals import heartbeat_sent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# Which queues there are; `Procfile` gives each to a worker.
QUEUES = ("critical", "conversation", "campaign", "default")

app = Celery("signet")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@heartbeat_sent.connect
def say_what_is_worked_on(**kwargs) -> None:
    """A worker says every 2 seconds which queues it takes from."""
    from portal import heartbeat  # needs the settings

    heartbeat.give_sign(*app.amqp.queues.consume_from)
