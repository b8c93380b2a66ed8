"""Index of this app's tasks, for Celery."""

from messaging.services.campaigns.delivery import send_chunks
from messaging.services.campaigns.retries import try_failed_again
from messaging.services.campaigns.schedules import launch_scheduled
from messaging.services.campaigns.sweepers import (
    finish_campaigns,
    look_at_running_campaigns,
    release_first_batches,
    resume_stalled_campaigns,
    squash_counters,
)
from messaging.services.conversations.snoozing import wake_snoozed_conversations
from messaging.services.gateway.handing_over import serve_gateways
from messaging.services.gateway.messenger_events import forget_messenger_events
from messaging.services.integrators.api_log import forget_old_calls
from messaging.services.integrators.idempotency import forget_old_answers
from messaging.services.integrators.keys import finish_due_rotations
from messaging.services.linking.requests import forget_old_link_requests
from messaging.services.media import forget_unused_media
from messaging.services.people.sessions import forget_old_sessions
from messaging.services.webhooks.calls import call_webhooks
from messaging.services.webhooks.events import forget_old_events

__all__ = [
    "call_webhooks",
    "finish_campaigns",
    "finish_due_rotations",
    "forget_old_answers",
    "forget_old_calls",
    "forget_messenger_events",
    "forget_old_events",
    "forget_old_link_requests",
    "forget_old_sessions",
    "forget_unused_media",
    "launch_scheduled",
    "look_at_running_campaigns",
    "release_first_batches",
    "resume_stalled_campaigns",
    "send_chunks",
    "serve_gateways",
    "squash_counters",
    "try_failed_again",
    "wake_snoozed_conversations",
]
