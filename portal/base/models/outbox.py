from django.db import models
from django.utils import timezone


class Outbox(models.Model):
    """Something to do for the outside world, written in the transaction that wants it.

    waiting --leased--> done
       ^        |
       +--------+  failed or worker died: due again later, at most MAX_ATTEMPTS times, then given up
    """

    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "outbox"
        indexes = [
            # used by the dispatcher: what is due
            models.Index(
                fields=["due_at"],
                condition=models.Q(done_at=None, given_up_at=None),
                name="outbox_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
