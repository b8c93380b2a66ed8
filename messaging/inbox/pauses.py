"""The field that asks until which day adverts stay away."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone


class UntilField(forms.DateField):
    """A day to come, read as its first moment where the person is; empty is for good."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, *, label: Any, help_text: Any) -> None:
        super().__init__(required=False, label=label, help_text=help_text)

    def clean(self, value: object) -> datetime | None:
        day: date | None = super().clean(value)
        return timezone.make_aware(datetime.combine(day, time())) if day else None
