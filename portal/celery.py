"""Background work: tasks live beside the operations they run, in each app's services."""

import os

from celery import Celery
from celery.signals import heartbeat_sent
from kombu.transport import redis as kombu_redis

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

# Which queues there are; `Procfile` gives each to a worker.
QUEUES = ("critical", "conversation", "campaign", "default")


class QoS(kombu_redis.QoS):
    """A task whose end the broker does not confirm takes up no place any more.

    With as many of them as a worker may hold, it would never take another one. The broker will give
    the task to somebody again, and every task may run twice.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        finally:
            self._quick_ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue)
        finally:
            self._quick_ack(delivery_tag)


kombu_redis.Channel.QoS = QoS
app = Celery("signet")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@heartbeat_sent.connect
def say_what_is_worked_on(**kwargs) -> None:
    """A worker says every 2 seconds which queues it takes from."""
    from portal import heartbeat  # needs the settings

    heartbeat.give_sign(*app.amqp.queues.consume_from)
