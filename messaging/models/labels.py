from django.db import models
from django.db.models.functions import Lower

from profiles.models import Business


class Label(models.Model):
    """A word by which a business sorts its contacts; the contacts hold the words themselves."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="labels")
    name = models.CharField(max_length=30)

    class Meta:
        ordering = ["name"]
        constraints = [
            # A word is there once, however it is spelled.
            models.UniqueConstraint("business", Lower("name"), name="one_label_per_word"),
            # A label is a word, not a gap.
            models.CheckConstraint(condition=models.Q(name__regex=r"\S"), name="label_is_a_word"),
        ]

    def __str__(self) -> str:
        return self.name
