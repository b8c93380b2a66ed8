"""What was loaded and counted."""

from django.contrib import admin

from audience.models import ImportRun, Snapshot
from profiles.admin.base import StaffAdmin


@admin.register(ImportRun)
class ImportRunAdmin(StaffAdmin):
    list_display = ["name", "started_at", "finished_at", "lines", "added", "known", "rejected"]
    ordering = ["-started_at"]


@admin.register(Snapshot)
class SnapshotAdmin(StaffAdmin):
    list_display = ["taken_at", "epsilon", "seconds"]
    ordering = ["-taken_at"]
