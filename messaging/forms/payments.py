"""What a member asks a person to pay for."""

import secrets
from datetime import datetime, timedelta
from decimal import Decimal

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.money import as_minor, decimals
from billing.plans import currency_for
from billing.services.payment_requests import EXTRAS, Item
from billing.terms import TERMS
from profiles.models import Business

ROWS = 5
WAITS = {"1": _("1 hour"), "24": _("1 day"), "72": _("3 days"), "168": _("7 days")}


class PaymentForm(forms.Form):
    """A bill: up to ROWS items, what is added and taken off, and how long it waits."""

    reference = forms.CharField(
        label=_("Order"), max_length=35, help_text=_("Your own number of it; the person sees it.")
    )
    currency = forms.ChoiceField(label=_("Currency"))
    waits = forms.ChoiceField(label=_("Can be paid for"), choices=WAITS.items(), initial="72")
    words = forms.CharField(
        label=_("A few words"),
        max_length=1024,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, business: Business, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        currency = self.fields["currency"]
        assert isinstance(currency, forms.ChoiceField)
        currency.choices = [(code, code.upper()) for code in TERMS]
        own = currency_for(business.country)
        self.initial.setdefault("currency", own if own in TERMS else "usd")
        self.initial.setdefault("reference", suggested_reference())
        for n in range(ROWS):
            required = n == 0
            self.fields[f"name_{n}"] = forms.CharField(
                label=_("Item"), max_length=120, required=required
            )
            self.fields[f"quantity_{n}"] = forms.IntegerField(
                label=_("Quantity"), min_value=1, max_value=9_999, required=required, initial=1
            )
            self.fields[f"price_{n}"] = self._amount(_("Price of one"), required)
        for name, label in zip(EXTRAS, (_("Tax"), _("Shipping"), _("Discount")), strict=True):
            self.fields[name] = self._amount(label, False)
        self.fields["quantity_0"].initial = 1

    @staticmethod
    def _amount(label, required: bool) -> forms.DecimalField:
        return forms.DecimalField(
            label=label,
            min_value=Decimal(0),
            max_digits=15,
            decimal_places=3,
            required=required,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )

    def rows(self):
        """The fields of each item, as the page draws them."""
        parts = ("name", "quantity", "price")
        return [[self[f"{part}_{n}"] for part in parts] for n in range(ROWS)]

    def extras_fields(self):
        return [self[name] for name in EXTRAS]

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        currency = cleaned.get("currency", "")
        items = []
        for n in range(ROWS):
            name, price = cleaned.get(f"name_{n}"), cleaned.get(f"price_{n}")
            if not name and price is None:
                continue
            if not name:
                self.add_error(f"name_{n}", _("What is this price for?"))
            elif price is None:
                if f"price_{n}" not in self.errors:
                    self.add_error(f"price_{n}", _("What does it cost?"))
            elif (amount := self._minor(f"price_{n}", currency)) is not None:
                items.append(Item(name, amount, cleaned.get(f"quantity_{n}") or 1))
        cleaned["items"] = items
        cleaned["extras"] = {
            name: amount
            for name in EXTRAS
            if cleaned.get(name) and (amount := self._minor(name, currency))
        }
        return cleaned

    def _minor(self, field: str, currency: str) -> int | None:
        try:
            return as_minor(self.cleaned_data[field], currency)
        except ValueError:
            self.add_error(
                field,
                _("%(currency)s has %(n)s decimals.")
                % {"currency": currency.upper(), "n": decimals(currency)},
            )
            return None

    @property
    def expires_at(self) -> datetime:
        """Until when it can be paid; after `is_valid`."""
        return timezone.now() + timedelta(hours=int(self.cleaned_data["waits"]))


def suggested_reference() -> str:
    """A number for who has none: the day and five digits."""
    return f"{timezone.now():%y%m%d}-{secrets.randbelow(90_000) + 10_000}"
