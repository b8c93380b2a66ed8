"""Index of this app's tasks, for Celery."""

from messaging.services.webhook_calls import call_webhooks

__all__ = ["call_webhooks"]
