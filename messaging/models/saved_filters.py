from django.conf import settings
from django.db import models

from profiles.models import Business


class SavedFilter(models.Model):
    """A way to look at the list of campaigns that a member gave a name. Seen by that member."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=400)  # of the list's address, made by us

    class Meta:
        constraints = [
            # A name means one filter.
            models.UniqueConstraint(
                fields=["business", "user", "name"], name="one_saved_filter_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
