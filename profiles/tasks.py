"""Index of this app's tasks, for Celery."""

from profiles.services.verification import lapse_verifications

__all__ = ["lapse_verifications"]
