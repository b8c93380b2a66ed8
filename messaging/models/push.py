from django.db import models


class PushSubscription(models.Model):
    """One browser of a person that wants to be told of messages, at its maker's push service.

    It belongs to the session in which it was made and goes with it, so that a browser in which
    somebody else signs in tells them nothing. A service that says it is gone ends it too.
    """

    pk = models.CompositePrimaryKey("person_id", "endpoint_hash")
    person_id = models.BigIntegerField()
    endpoint_hash = models.CharField(max_length=64)
    endpoint = models.TextField()
    p256dh = models.CharField(max_length=100)  # the browser's public key, base64url
    auth = models.CharField(max_length=32)  # its secret, base64url
    session_hash = models.CharField(max_length=64)
    browser = models.CharField(max_length=200, blank=True)
    shows_words = models.BooleanField(default=False)  # the person wants to read them at once
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Push to {self.person_id}"
