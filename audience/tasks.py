"""Index of this app's tasks, for Celery."""

from audience.services.snapshots import take_due_snapshot

__all__ = ["take_due_snapshot"]
