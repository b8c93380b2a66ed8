"""Celery beat's timetable in the database, giving signs of life."""

from django_celery_beat.schedulers import DatabaseScheduler

from portal import heartbeat


class Scheduler(DatabaseScheduler):
    """Looks at the timetable at least every 5 seconds, and says so."""

    def tick(self, *args, **kwargs):
        seconds_to_wait = super().tick(*args, **kwargs)
        heartbeat.give_sign(heartbeat.BEAT)
        return seconds_to_wait
