from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviceModel(models.Model):
    """What a platform's model code is: brand, name, and what it cost when it was new.

    From the published lists and our facts (audience/data); staff correct and add. Without year and
    price its people have no tier.
    """

    code = models.CharField(_("model code"), max_length=40, primary_key=True)
    brand = models.CharField(_("brand"), max_length=80)
    name = models.CharField(_("name"), max_length=80)
    released = models.SmallIntegerField(_("release year"), null=True, blank=True)
    launch_usd = models.IntegerField(_("launch price, USD"), null=True, blank=True)
    source = models.CharField(_("source of the price"), max_length=200, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)  # by staff

    class Meta:
        ordering = ["brand", "name", "code"]
        constraints = [
            # Year and price come together, with their source.
            models.CheckConstraint(
                condition=models.Q(released=None, launch_usd=None)
                | models.Q(released__isnull=False, launch_usd__isnull=False)
                & models.Q(released__range=(2005, 2100), launch_usd__range=(1, 20_000))
                & ~models.Q(source=""),
                name="device_price_has_year_and_source",
            ),
        ]
        indexes = [
            # used by the staff's list and by tiers: models whose price is known
            models.Index(
                fields=["brand", "name"],
                condition=models.Q(launch_usd__isnull=False),
                name="device_models_with_price",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.name}"


class TierCut(models.Model):
    """Where a country's thirds lie: USD of today up to which a phone is entry, up to which middle.

    Rows are kept, so that each snapshot can be explained: the newest before it applies.
    """

    country = models.CharField(max_length=2)
    entry_until = models.DecimalField(max_digits=8, decimal_places=2)  # USD
    middle_until = models.DecimalField(max_digits=8, decimal_places=2)  # USD
    people = models.BigIntegerField()  # with a device
    with_price = models.BigIntegerField()  # of them, whose device has a price
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # Thirds are in order.
            models.CheckConstraint(
                condition=models.Q(entry_until__lte=models.F("middle_until")),
                name="tier_cuts_in_order",
            ),
        ]
        indexes = [models.Index(fields=["country", "-at"], name="latest_cut")]  # used by the admin

    def __str__(self) -> str:
        return f"{self.country} {self.at:%Y-%m-%d}"


class DeviceTier(models.Model):
    """The tier of a model within a country, by its latest cuts: gives people theirs."""

    pk = models.CompositePrimaryKey("country", "code")
    country = models.CharField(max_length=2)
    code = models.CharField(max_length=80)
    tier = models.CharField(max_length=8)

    def __str__(self) -> str:
        return f"{self.code} in {self.country}: {self.tier}"
