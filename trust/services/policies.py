"""The policy: drafts, putting one in force, and replaying what was decided under it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from portal.base.services.wake import wake
from profiles.models import User
from profiles.services.audit import record
from trust import ladder
from trust.evidence import decayed, likelihood, step
from trust.models import Decision, Policy
from trust.rules import Rules
from trust.services.evaluation import evaluate_all

CLOSE_ENOUGH = 1e-9


@transaction.atomic
def draft_policy(*, by: User, values: dict, note: str) -> Policy:
    """A new version with these numbers, not in force yet."""
    Policy.objects.active()
    last = Policy.objects.aggregate(last=Max("version"))["last"]
    policy = Policy.objects.create(
        version=last + 1, values=Rules.of(values).values(), note=note.strip(), created_by=by
    )
    record(policy, "policy.drafted", by=by, version=policy.version)
    return policy


@transaction.atomic
def publish_policy(policy: Policy, *, by: User, now: datetime | None = None) -> Policy:
    """Put a draft in force, in place of the one before. Every profile is judged anew by it."""
    now = now or timezone.now()
    current = Policy.objects.active()
    held = {row.pk: row for row in Policy.objects.select_for_update().order_by("pk")}
    policy = held[policy.pk]
    if policy.state != Policy.State.DRAFT:
        raise Refused(_("Only a draft can be put in force."), code="already_decided")
    if not policy.note.strip():
        raise Refused(_("Say what changes and why: the note is public."), code="no_reason")

    Policy.objects.filter(state=Policy.State.ACTIVE).update(
        state=Policy.State.RETIRED, retired_at=now
    )
    policy.state, policy.published_at, policy.published_by = Policy.State.ACTIVE, now, by
    policy.save(update_fields=["state", "published_at", "published_by"])

    changed = {
        name: [current.values.get(name), value]
        for name, value in policy.values.items()
        if current.values.get(name) != value
    }
    record(policy, "policy.published", by=by, version=policy.version, changed=changed)
    wake(evaluate_all)
    return policy


@dataclass(frozen=True)
class Replay:
    """What stored inputs give when they are put through the stored rules again."""

    decision: Decision
    evidence: float
    to: str
    rule: str

    @property
    def agrees(self) -> bool:
        return abs(self.evidence - self.decision.evidence) <= CLOSE_ENOUGH and (
            self.to,
            self.rule,
        ) == (self.decision.to_standing, self.decision.rule)


def replay_decision(decision: Decision) -> Replay | None:
    """Compute an automatic decision again from what it stored. None for a person's decision."""
    facts = decision.inputs.get("facts")
    if facts is None:
        return None
    rules = decision.policy.rules
    value = _sum_again(decision.inputs, rules)
    verdict = ladder.judge(ladder.Facts(**{**facts, "evidence": value}), rules)
    return Replay(decision, value, verdict.to, verdict.rule)


def _sum_again(inputs: dict, rules: Rules) -> float:
    value, at = inputs["start"], _moment(inputs["start_at"])
    for unit in inputs["units"]:
        began = _moment(unit["started_at"])
        value = step(
            decayed(value, _days(at, began), rules), likelihood(unit["x"], unit["n"], rules)
        )
        at = began
    return decayed(value, _days(at, _moment(inputs["at"])), rules)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _days(then: datetime | None, now: datetime | None) -> float:
    return (now - then) / timedelta(days=1) if then and now else 0.0
