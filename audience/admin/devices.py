"""The catalogue of devices, which staff correct and extend, and the cuts made of it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from audience.models import DeviceModel, TierCut
from audience.places import country_name
from audience.services.catalogue import COLUMNS, add_devices, read_devices
from portal.base.refused import Refused
from profiles.admin.base import StaffAdmin, StaffRequest, dialog_action


class DevicesForm(BaseDialogForm):
    """Lines of CSV, all of which are right, or none is taken."""

    lines = forms.CharField(
        label=_("Lines of CSV"),
        max_length=200_000,
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 10, "placeholder": ",".join(COLUMNS), "spellcheck": "false"}
        ),
        help_text=_(
            "The first line names the columns: code,brand,name,released,launch_usd,source. Year,"
            " price and source may be empty together; then the model has no tier."
        ),
    )

    def clean_lines(self) -> list[DeviceModel]:
        try:
            return read_devices(self.cleaned_data["lines"])
        except Refused as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal


@admin.register(DeviceModel)
class DeviceModelAdmin(StaffAdmin):
    """What is edited here is never overwritten by a newer list; tiers follow the next night."""

    list_display = ["code", "brand", "name", "released", "launch_usd", "source"]
    list_filter = [("brand", FieldTextFilter)]
    search_fields = ["code", "name", "brand"]
    ordering = [F("released").desc(nulls_last=True), "brand", "name"]  # what has a price first
    fields = ["code", "brand", "name", "released", "launch_usd", "source", "edited_at"]
    search_help_text = _("A model code such as SM-A145M, a name or a brand.")
    editable = ("brand", "name", "released", "launch_usd", "source")
    actions_list = ["load"]

    def has_load_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    @dialog_action(
        _("Load lines of CSV"),
        title=_("Add models, or correct them"),
        text=_("A code that is there already is corrected. At most 500 at once."),
        form=DevicesForm,
        submit=_("Load them"),
        needs="load",
        icon="upload",
    )
    def load(self, request: StaffRequest, form, **kwargs: Any) -> HttpResponse:
        return self.run(
            request,
            lambda: add_devices(form.cleaned_data["lines"], by=request.user),
            done=_("Loaded. Tiers follow the next night."),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audience.add_devicemodel")  # type: ignore[union-attr]

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if obj else [name for name in fields if name != "code"]

    def save_model(self, request, obj, form, change):
        obj.edited_at = timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(TierCut)
class TierCutAdmin(StaffAdmin):
    list_display = ["place", "entry", "middle", "share", "at"]
    list_filter = [("country", FieldTextFilter)]
    ordering = ["-at", "country"]

    @admin.display(description=_("Country"), ordering="country")
    def place(self, cut: TierCut) -> str:
        return country_name(cut.country) or cut.country

    @admin.display(description=_("Entry phones, today's value up to"), ordering="entry_until")
    def entry(self, cut: TierCut) -> str:
        return f"${cut.entry_until:,}"

    @admin.display(description=_("Middle phones, up to"), ordering="middle_until")
    def middle(self, cut: TierCut) -> str:
        return f"${cut.middle_until:,}"

    @admin.display(description=_("Devices with a price"))
    def share(self, cut: TierCut) -> str:
        return f"{100 * cut.with_price / cut.people:.0f} %" if cut.people else "—"
