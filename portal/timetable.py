"""What beat has done when: the jobs of all apps, each named for its effect, in one place.

A job that waits longer than its own interval is dropped; the next one does the same.
"""

from celery.schedules import crontab

SECONDS, MINUTES = 1, 60


def every(interval: float, task: str) -> dict:
    """The task each `interval` seconds."""
    return {"task": task, "schedule": interval, "options": {"expires": interval}}


def daily(hour: int, minute: int, task: str) -> dict:
    """The task once a day (UTC)."""
    return {"task": task, "schedule": crontab(minute=str(minute), hour=str(hour))}


TIMETABLE = {
    "do what is due for the outside world": every(
        15 * SECONDS, "portal.base.services.outbox.perform_due"
    ),
    "call webhooks that are due": every(
        15 * SECONDS, "messaging.services.webhooks.calls.call_webhooks"
    ),
    "hand messages to messengers": every(
        15 * SECONDS, "messaging.services.gateway.handing_over.serve_gateways"
    ),
    "seal the audit": every(10 * SECONDS, "profiles.services.audit_chain.seal_audit"),
    "look at domains again": every(1 * MINUTES, "profiles.services.domains.check_domains"),
    "bring snoozed conversations back": every(
        30 * SECONDS, "messaging.services.conversations.snoozing.wake_snoozed_conversations"
    ),
    "end pauses of adverts": every(1 * MINUTES, "audience.services.pauses.end_pauses"),
    # Campaigns.
    "launch scheduled campaigns": every(
        15 * SECONDS, "messaging.services.campaigns.schedules.launch_scheduled"
    ),
    "release first batches": every(
        10 * SECONDS, "messaging.services.campaigns.sweepers.release_first_batches"
    ),
    "resume stalled campaigns": every(
        10 * SECONDS, "messaging.services.campaigns.sweepers.resume_stalled_campaigns"
    ),
    "try failed messages again": every(
        15 * SECONDS, "messaging.services.campaigns.retries.try_failed_again"
    ),
    "finish campaigns": every(
        30 * SECONDS, "messaging.services.campaigns.sweepers.finish_campaigns"
    ),
    "look at running campaigns": every(
        1 * MINUTES, "messaging.services.campaigns.sweepers.look_at_running_campaigns"
    ),
    "squash counters": every(30 * SECONDS, "messaging.services.campaigns.sweepers.squash_counters"),
    # Trust.
    "evaluate profiles that wait": every(
        30 * SECONDS, "trust.services.evaluation.evaluate_waiting"
    ),
    "evaluate all profiles": every(15 * MINUTES, "trust.services.evaluation.evaluate_all"),
    "count what is public": every(
        60 * MINUTES, "trust.services.transparency.count_running_half_year"
    ),
    "let penalties rest where an appeal is late": every(
        1 * MINUTES, "trust.services.appeals.stay_overdue_appeals"
    ),
    # Money.
    "handle Stripe's events": every(30 * SECONDS, "billing.services.stripe_events.handle_events"),
    "fetch Stripe's events that no webhook brought": every(
        10 * MINUTES, "billing.services.reconcile.reconcile_events"
    ),
    "ask after payments of which nothing was heard": every(
        5 * MINUTES, "billing.services.paying.ask_after_payments"
    ),
    "end payment requests that were not paid in time": every(
        1 * MINUTES, "billing.services.payment_requests.expire_payment_requests"
    ),
    "tell of late answers about payments": every(
        10 * MINUTES, "billing.services.payment_complaints.tell_of_late_complaints"
    ),
    "remind of charges": every(60 * MINUTES, "billing.services.letters.remind_of_charges"),
    # The API.
    "let next secrets take over": every(
        5 * MINUTES, "messaging.services.integrators.keys.finish_due_rotations"
    ),
    # Once a day.
    "raise caps that were earned": daily(0, 20, "trust.services.caps.raise_caps"),
    "ask Stripe about every live subscription": daily(
        3, 20, "billing.services.reconcile.refresh_live_subscriptions"
    ),
    "fetch events of businesses' own accounts": daily(
        3, 40, "billing.services.reconcile.reconcile_accounts"
    ),
    "forget what was done for the outside world": daily(
        3, 50, "portal.base.services.outbox.forget_done"
    ),
    "forget sessions that are over": daily(3, 55, "profiles.services.users.forget_ended_sessions"),
    "forget media that nobody used": daily(4, 0, "messaging.services.media.forget_unused_media"),
    "forget old calls of the API": daily(
        4, 10, "messaging.services.integrators.api_log.forget_old_calls"
    ),
    "forget answers to named requests": daily(
        4, 15, "messaging.services.integrators.idempotency.forget_old_answers"
    ),
    "forget old webhook events": daily(
        4, 20, "messaging.services.webhooks.events.forget_old_events"
    ),
    "forget old link requests": daily(
        4, 30, "messaging.services.linking.requests.forget_old_link_requests"
    ),
    "forget what messengers told long ago": daily(
        4, 30, "messaging.services.gateway.messenger_events.forget_messenger_events"
    ),
    "forget doors that open nothing": daily(
        4, 40, "messaging.services.people.sessions.forget_old_sessions"
    ),
    "set tiers from devices": daily(1, 30, "audience.services.tiers.refresh_all_tiers"),
    "take a due snapshot": daily(2, 30, "audience.services.snapshots.take_due_snapshot"),
    "lapse verifications": daily(3, 0, "profiles.services.terms.lapse_verifications"),
    "remind of renewals": daily(7, 0, "profiles.services.terms.remind_of_renewal"),
    "delete old documents": daily(3, 40, "profiles.services.documents.delete_old_documents"),
    "delete documents of abandoned requests": daily(
        3, 45, "profiles.services.documents.delete_abandoned_documents"
    ),
}
