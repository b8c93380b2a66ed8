"""Which filters campaigns of a category may use, by country."""

from django.contrib import admin
from django.http import HttpRequest

from audience.models import FilterRule
from profiles.admin.base import StaffAdmin

WHAT = ["country", "category", "filter"]


@admin.register(FilterRule)
class FilterRuleAdmin(StaffAdmin):
    """A rule says its country, category and filter for good; only the answer changes."""

    list_display = [*WHAT, "allowed"]
    list_filter = ["category", "filter", "allowed"]
    ordering = ["country", "category", "filter"]
    editable = ("allowed",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audience.add_filterrule")  # type: ignore[union-attr]

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if obj else [name for name in fields if name not in WHAT]
