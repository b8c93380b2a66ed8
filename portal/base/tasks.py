"""Index of this layer's tasks, for Celery."""

from portal.base.services import mail  # noqa: F401  (registers its handler)
from portal.base.services.outbox import forget_done, perform_due

__all__ = ["forget_done", "perform_due"]
