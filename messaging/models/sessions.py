from django.db import models
from django.db.models import Q
from django.utils import timezone


class PersonSession(models.Model):
    """A person's open door to the web inbox, in one browser. The cookie holds the token, we its
    hash.
    """

    pk = models.CompositePrimaryKey("person_id", "token_hash")
    person_id = models.BigIntegerField()
    token_hash = models.CharField(max_length=64)
    browser = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Session of {self.person_id}"


class SignInLink(models.Model):
    """A one-time link by which the messenger hands a signed-in person over: 60 seconds, one use."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    person_id = models.BigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # A link is never used after its time.
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(used_at__lte=models.F("expires_at")),
                name="link_used_in_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Link for {self.person_id}"
