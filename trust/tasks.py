"""Index of this app's tasks, for Celery."""

from trust.services.evaluation import evaluate_all, evaluate_profile, evaluate_waiting

__all__ = ["evaluate_all", "evaluate_profile", "evaluate_waiting"]
