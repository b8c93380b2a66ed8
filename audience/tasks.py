"""Index of this app's tasks, for Celery."""

from audience.services.pauses import end_pauses
from audience.services.snapshots import take_due_snapshot
from audience.services.tiers import refresh_all_tiers

__all__ = ["end_pauses", "refresh_all_tiers", "take_due_snapshot"]
