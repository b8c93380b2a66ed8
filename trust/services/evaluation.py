"""Evaluate: count in what happened, compute the evidence, and let the ladder decide."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from portal.base.live import announce
from profiles.models import Profile
from trust import ladder
from trust.evidence import Look, judge_first_batch
from trust.models import Appeal, Decision, DeliveryDelta, Evidence, Mark, Policy, Unit
from trust.rules import Rules
from trust.services.cases import look_for_alarms, open_case, with_complaints
from trust.services.evidence import (
    MONTH,
    Stand,
    begin_of,
    complaints_since,
    evidence_of,
    explain,
    highest_rate,
    keep_readings,
    quality_of,
    recompute,
    save_evidence,
    stops_since,
)
from trust.services.standing import Ground, change_standing, locked, locked_many
from trust.services.units import count_in, named, save_judged, units_of

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TOGETHER = 250  # profiles in one transaction; each holds their rows as long


def evaluate(profile: Profile, *, now: datetime | None = None) -> Evidence:
    """Judge the profile by both published rules, with what is known now.

    Safe to call at any time and by many at once: the profile's row is locked, and what is counted
    in is counted once. Changes its quality and, where the ladder says so, its standing.
    """
    return evaluate_many([profile.pk], now=now)[0]


@transaction.atomic
def evaluate_many(profiles: Collection[int], *, now: datetime | None = None) -> list[Evidence]:
    """The same for several, in the order of their numbers, by few statements for all of them.

    Only who may be on another rung than before is asked about one by one.
    """
    now = now or timezone.now()
    rows = locked_many(profiles)
    policy = Policy.objects.active()
    before = {row.pk: (row.quality, row.standing) for row in rows}

    stands, moved = _judge(rows, policy, now=now)
    for stand in stands:
        stand.profile.quality = quality_of(stand.evidence, policy.rules)
    Profile.objects.bulk_update(
        [row for row in rows if row.quality != before[row.pk][0]], ["quality"], batch_size=100
    )

    judged = [stand for stand in stands if not (stand.profile.is_test or stand.profile.closed_at)]
    for stand in judged:
        profile, evidence = stand.profile, stand.evidence
        outrage = stand.highest_rate(policy.rules.outrage_reporters)
        if not ladder.rests(profile.standing, evidence.value, outrage, policy.rules):
            _climb(profile, evidence, policy, now=now)
    for profile in with_complaints([stand.profile for stand in judged], now=now):
        look_for_alarms(profile, policy.rules, now=now)
    keep_readings(judged, now=now)
    for stand in judged:
        row = stand.profile
        if before[row.pk] != (row.quality, row.standing) or moved[row.pk] > 0.01:
            announce(f"business:{row.business_id}", "standing", row.pk)
    return [stand.evidence for stand in stands]


def _judge(
    rows: Collection[Profile], policy: Policy, *, now: datetime
) -> tuple[list[Stand], dict[int, float]]:
    """Count in what is new, and compute the evidence of each; by how much it moved."""
    since = count_in([row.pk for row in rows], now=now)
    known = Evidence.objects.in_bulk([row.pk for row in rows])
    evidence = {row.pk: known.get(row.pk) or evidence_of(row, now=now) for row in rows}
    old = {pk: one.value for pk, one in evidence.items()}
    units = units_of(
        {pk: begin_of(one, policy, since=since.get(pk), now=now) for pk, one in evidence.items()},
        now=now,
    )
    anew: list[Unit] = []
    for pk, one in evidence.items():
        anew += recompute(one, units[pk], policy, since=since.get(pk), now=now)
    save_judged(anew)
    save_evidence(evidence.values())
    stands = [Stand(row, evidence[row.pk], units[row.pk]) for row in rows]
    return stands, {pk: abs(one.value - old[pk]) for pk, one in evidence.items()}


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
    month = max(begun, now - MONTH)
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
def evaluate_waiting() -> int:
    """Evaluate every profile that has something not yet counted in. Returns how many."""
    waiting = set(Mark.objects.filter(counted_at=None).values_list("profile", flat=True).distinct())
    waiting |= set(DeliveryDelta.objects.values_list("profile", flat=True).distinct())
    return _evaluate_each(sorted(waiting))


@shared_task
def evaluate_all() -> int:
    """Evaluate every open profile that was ever judged: evidence fades, limits end, clocks run."""
    everybody = Evidence.objects.filter(profile__closed_at=None).order_by("pk")
    return _evaluate_each(list(everybody.values_list("pk", flat=True)))


def _evaluate_each(pks: Sequence[int]) -> int:
    for start in range(0, len(pks), TOGETHER):
        evaluate_many(pks[start : start + TOGETHER])
    return len(pks)
