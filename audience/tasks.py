"""Index of this app's tasks, for Celery."""

from audience.services.snapshots import take_due_snapshot
from audience.services.tiers import refresh_all_tiers

__all__ = ["refresh_all_tiers", "take_due_snapshot"]
