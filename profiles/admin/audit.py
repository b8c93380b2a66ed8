"""The audit, to read."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from profiles.admin.base import StaffAdmin
from profiles.models import AuditRow


@admin.register(AuditRow)
class AuditRowAdmin(StaffAdmin):
    list_display = ["at", "event", "object_link", "who", "why"]
    list_filter = [("at", RangeDateTimeFilter), "event"]
    list_select_related = ["actor"]
    search_fields = ["event", "object_name", "=object_id", "actor__email"]
    search_help_text = _("Event, object or actor")
    ordering = ["-id"]
    list_per_page = 50

    @display(description=_("Actor"))
    def who(self, row: AuditRow) -> str:
        return str(row.actor or _("The system"))

    @display(description=_("Reason"))
    def why(self, row: AuditRow) -> str:
        return str(row.details.get("reason", ""))[:120] or "–"

    @display(description=_("Object"))
    def object_link(self, row: AuditRow) -> str:
        app, _dot, model = row.object_type.partition(".")
        try:
            url = reverse(f"admin:{app}_{model}_change", args=[row.object_id])
        except NoReverseMatch:
            return row.object_name
        return format_html('<a href="{}">{}</a>', url, row.object_name)

    def get_search_results(self, request: HttpRequest, queryset, search_term: str):
        """By words; "profiles.profile:123" finds the rows of one object."""
        kind, colon, key = search_term.partition(":")
        if colon and "." in kind:
            return queryset.filter(object_type=kind, object_id=key), False
        return super().get_search_results(request, queryset, search_term)
