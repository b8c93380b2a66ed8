from django.db import models
from django.utils import timezone

from messaging.models.apps import App


class IdempotentAnswer(models.Model):
    """What a request that named itself was answered: written in the transaction of its effect.

    Whoever asks again by the same name gets the same answer, and nothing happens a second time.
    """

    app = models.ForeignKey(App, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64)  # SHA-256 of method, path and body
    status = models.PositiveSmallIntegerField()
    answer = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # A name stands for one request of an app.
            models.UniqueConstraint(fields=["app", "key"], name="one_answer_per_key"),
        ]
        indexes = [
            # used by the job that forgets them
            models.Index(fields=["at"], name="answers_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.app_id}: {self.key}"
