import secrets

from django.db import models
from django.utils import timezone

from profiles.models import Profile

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def new_code() -> str:
    """Fourteen letters and digits, as clients expect a code to look."""
    return "".join(secrets.choice(ALPHABET) for _place in range(14))


class MessageLink(models.Model):
    """A short link and QR code that opens a chat with a profile, with words to begin with."""

    code = models.CharField(max_length=14, primary_key=True, default=new_code)
    profile = models.ForeignKey(Profile, models.CASCADE, related_name="links")
    prefilled_message = models.CharField(max_length=140)
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.code
