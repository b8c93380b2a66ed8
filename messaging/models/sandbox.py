from django.db import models

from profiles.models import Profile


class SandboxPerson(models.Model):
    """One of the made-up people of a test profile: only it may write to them."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="test_people")
    person_id = models.BigIntegerField(unique=True)
    name = models.CharField(max_length=40)
    about = models.CharField(max_length=120)  # what can be tried with them
    position = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "sandbox people"
        ordering = ["position"]
        constraints = [
            # Each place in the row of test people is taken once.
            models.UniqueConstraint(fields=["profile", "position"], name="one_person_per_place"),
        ]

    def __str__(self) -> str:
        return self.name
