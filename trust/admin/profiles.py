"""The staff's page of a profile, with its evidence and the measures added."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from profiles.admin.base import ReadOnlyTable
from profiles.admin.businesses import ProfileAdmin
from profiles.models import Profile
from trust.admin.measures import Measures
from trust.models import Decision, Evidence, SpamReport, Unit


class UnitTable(ReadOnlyTable):
    model = Unit
    fields = readonly_fields = [
        "key",
        "started_at",
        "delivered",
        "blocks",
        "reports",
        "share",
        "likelihood",
        "evidence",
        "stopped_at",
    ]
    verbose_name_plural = _("Campaigns and days")
    ordering = ["-started_at"]
    per_page = 20
    tab = True

    @display(description=_("Rate"))
    def share(self, unit: Unit) -> str:
        return f"{100 * unit.rate:.2f} %"


class DecisionTable(ReadOnlyTable):
    model = Decision
    fields = readonly_fields = ["made_at", "from_standing", "to_standing", "rule", "by", "reason"]
    verbose_name_plural = _("Decisions")
    ordering = ["-made_at"]
    show_change_link = True
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("profile", "by")


class ReportTable(ReadOnlyTable):
    model = SpamReport
    fields = readonly_fields = ["created_at", "reason", "text", "weight", "state"]
    verbose_name_plural = _("Reports")
    ordering = ["-created_at"]
    show_change_link = True
    per_page = 20
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("profile")


admin.site.unregister(Profile)


@admin.register(Profile)
class JudgedProfileAdmin(Measures, ProfileAdmin):
    list_display = [*ProfileAdmin.list_display[:3], "show_evidence", *ProfileAdmin.list_display[3:]]
    list_select_related = ["business", "evidence"]
    readonly_fields = [*ProfileAdmin.readonly_fields, "show_evidence"]
    inlines = [UnitTable, DecisionTable, ReportTable]
    actions_detail = ["warn", "limit", "suspend", "revoke", "reinstate", "set_cap"]

    def profile_of(self, obj: Profile) -> Profile:
        return obj

    @display(description=_("Evidence"), ordering="evidence__value")
    def show_evidence(self, profile: Profile) -> str:
        try:
            return f"{profile.evidence.value:.1f}"
        except Evidence.DoesNotExist:
            return "–"
