from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Topic(models.TextChoices):
    """What an advert is about, as people choose it. audience.topics says which an advert has."""

    MONEY = "money", _("Banking and finance")
    LOANS = "loans", _("Credit and loans")
    INSURANCE = "insurance", _("Insurance")
    POLITICS = "politics", _("Politics and elections")
    HEALTH = "health", _("Health")
    BEAUTY = "beauty", _("Beauty and wellness")
    SHOPPING = "shopping", _("Shopping and clothes")
    FOOD = "food", _("Food and restaurants")
    TRAVEL = "travel", _("Travel and hotels")
    EVENTS = "events", _("Events and entertainment")
    CARS = "cars", _("Cars")
    HOUSING = "housing", _("Housing")
    JOBS = "jobs", _("Jobs")
    EDUCATION = "education", _("Education")
    CAUSES = "causes", _("Charities")
    PUBLIC = "public", _("Public service")
    SERVICES = "services", _("Professional services")
    OTHER = "other", _("Everything else")


class MutedTopic(models.Model):
    """A person wants no adverts about a topic, from anybody. The row is the no; it holds from the
    moment it is committed, and a yes is that it goes.
    """

    pk = models.CompositePrimaryKey("person_id", "topic")
    person_id = models.BigIntegerField()
    topic = models.CharField(max_length=10, choices=Topic)
    source = models.CharField(max_length=40)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)  # it ends by itself then

    class Meta:
        constraints = [
            # A topic is one that adverts can have: any other no would hold nothing back.
            models.CheckConstraint(
                condition=Q(topic__in=[topic.value for topic in Topic]), name="topic_is_known"
            ),
            # It ends after it began.
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=models.F("at")), name="topic_mute_ends_later"
            ),
        ]
        indexes = [
            # used to end those that are over
            models.Index(
                fields=["until"], condition=Q(until__isnull=False), name="topic_mutes_by_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} wants nothing about {self.topic}"
