"""The catalogue of devices, which staff correct and extend, and the cuts made of it."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import FieldTextFilter

from audience.models import DeviceModel, TierCut
from profiles.admin.base import StaffAdmin


@admin.register(DeviceModel)
class DeviceModelAdmin(StaffAdmin):
    """What is edited here is never overwritten by a newer list; tiers follow the next night."""

    list_display = ["code", "brand", "name", "released", "launch_usd", "source"]
    list_filter = [("brand", FieldTextFilter)]
    search_fields = ["code", "name", "brand"]
    search_help_text = _("A model code such as SM-A145M, a name or a brand.")
    editable = ("brand", "name", "released", "launch_usd", "source")

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
    list_display = ["country", "entry_until", "middle_until", "share", "at"]
    list_filter = [("country", FieldTextFilter)]
    ordering = ["-at", "country"]

    @admin.display(description=_("Devices with a price"))
    def share(self, cut: TierCut) -> str:
        return f"{100 * cut.with_price / cut.people:.0f} %" if cut.people else "—"
