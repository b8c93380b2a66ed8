"""The audit, to read: who did what to what, what it was before, and why."""

import csv
from collections.abc import Iterator

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import action, display

from profiles.admin.base import StaffAdmin, StaffRequest
from profiles.differences import read_details
from profiles.models import AuditRow
from profiles.services.audit import record

COLUMNS = ("id", "at", "actor", "event", "object", "object id", "name", "business", "details")
MOST_ROWS = 1_000_000


class _Line:
    """What csv writes to: it gives the line back."""

    def write(self, line: str) -> str:
        return line


@admin.register(AuditRow)
class AuditRowAdmin(StaffAdmin):
    list_display = ["at", "event", "object_link", "who", "what", "why"]
    list_filter = [("at", RangeDateTimeFilter), "event"]
    list_select_related = ["actor"]
    search_fields = ["event", "object_name", "=object_id", "actor__email", "=details__request"]
    search_help_text = _("Event, object, actor or the name of a request")
    ordering = ["-id"]
    list_per_page = 50
    actions_list = ["export"]
    readonly_fields = ["object_link", "who", "said"]
    fields = ["at", "who", "event", "object_link", "said"]

    class Media:
        css = {"all": ["css/pages/audit.css"]}

    @display(description=_("Actor"))
    def who(self, row: AuditRow) -> str:
        return str(row.actor or _("The system"))

    @display(description=_("What changed"))
    def what(self, row: AuditRow) -> str:
        changes = read_details(row.details).changes
        return "; ".join(f"{c.field}: {c.before} → {c.after}" for c in changes)[:160] or "–"

    @display(description=_("Reason"))
    def why(self, row: AuditRow) -> str:
        return str(row.details.get("reason", ""))[:120] or "–"

    @display(description=_("What it says"))
    def said(self, row: AuditRow) -> SafeString:
        return render_to_string("admin/_audit_details.html", {"said": read_details(row.details)})

    @display(description=_("Object"))
    def object_link(self, row: AuditRow) -> str:
        """To the object; its page has a button to its whole history."""
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

    # As a file.

    @action(description=_("Export as CSV"), permissions=["view"], icon="download")
    def export(self, request: StaffRequest) -> HttpResponse:
        """To the file of what the list shows, with the same filters."""
        _page, _sign, query = request.headers.get("Referer", "").partition("?")
        return redirect(f"{reverse('admin:audit_csv')}?{query}")

    def get_urls(self) -> list[URLPattern]:
        own = path("export.csv", self.admin_site.admin_view(self.csv_view), name="audit_csv")
        return [own, *super().get_urls()]

    def csv_view(self, request: StaffRequest) -> StreamingHttpResponse:
        """The rows of the list as CSV, newest first; that they were taken is a row itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).get_queryset(request)
        filters = {name: str(value)[:200] for name, value in request.GET.items()}
        record(request.user, "audit.exported", by=request.user, filters=filters)
        response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="audit.csv"'
        return response


def _lines(rows: QuerySet) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(COLUMNS)
    for row in rows.select_related("actor")[:MOST_ROWS].iterator(chunk_size=2000):
        cells = [
            row.pk,
            row.at.isoformat(),
            row.actor.email if row.actor else "",
            row.event,
            row.object_type,
            row.object_id,
            row.object_name,
            row.business_id or "",
            row.details,
        ]
        yield writer.writerow([_harmless(cell) for cell in cells])


def _harmless(cell: object) -> str:
    """Spreadsheets take what begins so for a formula; with a quote in front it is text."""
    text = str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
