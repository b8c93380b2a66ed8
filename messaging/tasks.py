"""Index of this app's tasks, for Celery."""

from messaging.services.campaigns import launch_scheduled
from messaging.services.delivery import send_chunks
from messaging.services.sweepers import (
    finish_campaigns,
    look_at_running_campaigns,
    release_first_batches,
    resume_stalled_campaigns,
    squash_counters,
)
from messaging.services.webhook_calls import call_webhooks

__all__ = [
    "call_webhooks",
    "finish_campaigns",
    "launch_scheduled",
    "look_at_running_campaigns",
    "release_first_batches",
    "resume_stalled_campaigns",
    "send_chunks",
    "squash_counters",
]
