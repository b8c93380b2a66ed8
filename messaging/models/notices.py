from django.db import models


class AnswerNotice(models.Model):
    """A person was told what a sender can infer from their answer to one filtered campaign."""

    pk = models.CompositePrimaryKey("person_id", "campaign_id")
    person_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField()
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} knows about {self.campaign_id}"


class PersonNotice(models.Model):
    """What the operator tells one person, such as what came of their report.

    It never stands in a chat with a business: what stands there, the business can read.
    """

    pk = models.CompositePrimaryKey("person_id", "id")
    person_id = models.BigIntegerField()
    id = models.BigIntegerField()
    profile_id = models.BigIntegerField(null=True)  # whom it is about
    body = models.TextField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Notice to {self.person_id}"
