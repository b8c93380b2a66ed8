"""Index of this app's tasks, for Celery, and the handlers of its outbox rows."""

from trust.services import spreading  # noqa: F401  (registers its handler)
from trust.services.appeals import stay_overdue_appeals
from trust.services.caps import raise_caps
from trust.services.evaluation import evaluate_all, evaluate_profile, evaluate_waiting
from trust.services.transparency import count_running_half_year

__all__ = [
    "count_running_half_year",
    "evaluate_all",
    "evaluate_profile",
    "evaluate_waiting",
    "raise_caps",
    "stay_overdue_appeals",
]
