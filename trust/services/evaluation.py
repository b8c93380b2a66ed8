"""Evaluate: count in what happened, compute the evidence, and let the ladder decide."""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from portal.base.live import announce
from profiles.models import Profile
from trust import ladder
from trust.evidence import Look, judge_first_batch
from trust.models import Appeal, Decision, DeliveryDelta, Evidence, Mark, Policy, Unit
from trust.rules import Rules
from trust.services.cases import look_for_alarms, open_case
from trust.services.evidence import (
    complaints_since,
    evidence_of,
    explain,
    highest_rate,
    keep_reading,
    quality_of,
    recompute,
    stops_since,
)
from trust.services.standing import Ground, change_standing, locked
from trust.services.units import count_in, named

logger = logging.getLogger(__name__)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
REPORTS_WINDOW = timedelta(days=28)


@transaction.atomic
def evaluate(profile: Profile, *, now: datetime | None = None) -> Evidence:
    """Judge the profile by both published rules, with what is known now.

    Safe to call at any time and by many at once: the profile's row is locked, and what is counted
    in is counted once. Changes its quality and, where the ladder says so, its standing.
    """
    now = now or timezone.now()
    profile = locked(profile)
    policy = Policy.objects.active()
    before = (profile.quality, profile.standing)

    since = count_in(profile, now=now)
    evidence = evidence_of(profile, now=now)
    value = evidence.value
    recompute(profile, evidence, policy, since=since, now=now)
    evidence.save()

    profile.quality = quality_of(evidence, policy.rules)
    if profile.quality != before[0]:
        profile.save(update_fields=["quality"])
    if profile.is_test or profile.closed_at:
        return evidence

    _climb(profile, evidence, policy, now=now)
    look_for_alarms(profile, policy.rules, now=now)
    keep_reading(profile, evidence, now=now)
    if before != (profile.quality, profile.standing) or abs(evidence.value - value) > 0.01:
        announce(f"business:{profile.business_id}", "standing", profile.pk)
    return evidence


def _climb(profile: Profile, evidence: Evidence, policy: Policy, *, now: datetime) -> None:
    if Appeal.objects.filter(
        decision__profile=profile, state=Appeal.State.OPEN, stayed_at__isnull=False
    ).exists():
        return  # the penalty rests until a person has decided
    # A profile may climb two rungs at once, such as suspended and then revoked, each with its
    # own decision and statement.
    for _ in ladder.RUNGS:
        facts = facts_of(profile, evidence, policy.rules, now=now)
        verdict = ladder.judge(facts, policy.rules)
        if verdict.to == profile.standing:
            return
        if verdict.needs_staff:
            open_case(profile, cause="revoke", facts=facts.as_dict(), now=now)
            return
        if verdict.to == Profile.Standing.SUSPENDED:
            open_case(profile, cause="suspended", facts=facts.as_dict(), now=now)
        change_standing(
            profile,
            to=verdict.to,
            ground=Ground(
                rule=verdict.rule,
                inputs={"facts": facts.as_dict(), **explain(profile, evidence)},
            ),
            evidence=evidence,
            policy=policy,
            now=now,
        )


def facts_of(profile: Profile, evidence: Evidence, rules: Rules, *, now: datetime) -> ladder.Facts:
    """What the ladder looks at, read from the profile's rows."""
    begun = evidence.base_at or profile.created_at - 3650 * DAY
    stops, last_stop = stops_since(profile, max(begun, now - rules.stops_days * DAY))
    last = profile.decisions.order_by("-made_at", "-pk").first()
    changed = [evidence.high_at, last_stop, profile.standing_changed_at]
    last_trouble = max((at for at in changed if at), default=None)
    month = max(begun, now - REPORTS_WINDOW)
    return ladder.Facts(
        standing=profile.standing,
        evidence=evidence.value,
        **complaints_since(profile, month),
        stops=stops,
        outrage=highest_rate(profile, month, rules.outrage_reporters),
        calm_days=(now - last_trouble) / DAY if last_trouble else 3650.0,
        revoked_before=Decision.objects.filter(
            profile__business=profile.business_id, to_standing="revoked", by__isnull=False
        ).exists(),
        silent_hours=_silent_hours(profile, last, now),
        by_staff=bool(last and last.by_id),
    )


def _silent_hours(profile: Profile, last: Decision | None, now: datetime) -> float:
    if profile.standing != Profile.Standing.SUSPENDED or profile.standing_changed_at is None:
        return 0.0
    if last is None or Appeal.objects.filter(decision=last).exists():
        return 0.0
    return (now - profile.standing_changed_at) / HOUR


@transaction.atomic
def look_at_campaign(
    profile: Profile, *, campaign_id: int, name: str = "", now: datetime | None = None
) -> Look:
    """Rule 1 at a planned look: the verdict on one campaign, kept with its unit.

    A stop also counts in the ladder, so the profile is evaluated at once. The caller stops the
    campaign when the verdict says so. `name` is what the business calls it.
    """
    now = now or timezone.now()
    profile = locked(profile)
    evaluate(profile, now=now)
    where = named(campaign_id)
    unit, _made = Unit.objects.get_or_create(
        profile=profile,
        key=where.key,
        defaults={"campaign_id": campaign_id, "started_at": now},
    )
    look = judge_first_batch(unit.n, unit.x, unit.reporters, Policy.objects.active().rules)
    unit.name = name[:120] or unit.name
    unit.look = {**look.as_dict(), "at": now.isoformat()}
    stopped = look.stop and unit.stopped_at is None
    if stopped:
        unit.stopped_at = now
    unit.save(update_fields=["name", "look", "stopped_at"])
    if stopped:
        evaluate(profile, now=now)
    return look


@shared_task
def evaluate_profile(profile_id: int) -> str:
    """Evaluate one profile soon after a complaint. May run twice; the second finds nothing new."""
    profile = Profile.objects.filter(pk=profile_id).first()
    if profile is None:
        return "gone"
    return f"{evaluate(profile).value:.2f}"


@shared_task
def evaluate_waiting(limit: int = 500) -> int:
    """Evaluate every profile that has something not yet counted in. Returns how many."""
    waiting = Profile.objects.filter(
        Exists(Mark.objects.filter(profile=OuterRef("pk"), counted_at=None))
        | Exists(DeliveryDelta.objects.filter(profile=OuterRef("pk")))
    )
    done = 0
    for profile in waiting[:limit]:
        evaluate(profile)
        done += 1
    return done


@shared_task
def evaluate_all(batch: int = 1000) -> int:
    """Evaluate every open profile that was ever judged: evidence fades, limits end, clocks run."""
    done, last = 0, 0
    while True:
        pks = list(
            Evidence.objects.filter(pk__gt=last, profile__closed_at=None)
            .order_by("pk")
            .values_list("pk", flat=True)[:batch]
        )
        if not pks:
            return done
        for pk in pks:
            evaluate(Profile(pk=pk))
            done += 1
        last = pks[-1]
