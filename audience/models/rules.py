from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """What a campaign is about. In some trades choosing people by age, place or means is unfair."""

    GENERAL = "general", _("None of these")
    CREDIT = "credit", _("Credit and loans")
    INSURANCE = "insurance", _("Insurance")
    EMPLOYMENT = "employment", _("Jobs")
    HOUSING = "housing", _("Housing")
    HEALTH = "health", _("Health")
    POLITICS = "politics", _("Politics and elections")


class Filter(models.TextChoices):
    REGION = "region", _("region")
    AGE = "age", _("age")
    TIER = "tier", _("phone")


class FilterRule(models.Model):
    """Says whether campaigns of a category may use a filter in a country.

    A row for the country itself wins over the row for everywhere; without any row it is allowed.
    """

    country = models.CharField(
        max_length=2, blank=True, help_text=_("ISO 3166 code; empty: everywhere.")
    )
    category = models.CharField(max_length=10, choices=Category)
    filter = models.CharField(max_length=6, choices=Filter)
    allowed = models.BooleanField()

    class Meta:
        constraints = [
            # One answer to each question.
            models.UniqueConstraint(
                fields=["category", "filter", "country"], name="one_filter_rule"
            ),
        ]

    def __str__(self) -> str:
        where = self.country or "everywhere"
        return f"{self.category} by {self.filter} in {where}: {'yes' if self.allowed else 'no'}"
