from django.db import models


class AnswerNotice(models.Model):
    """A person was told what a sender can infer from their answer to one filtered campaign."""

    pk = models.CompositePrimaryKey("person_id", "campaign_id")
    person_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField()
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} knows about {self.campaign_id}"
