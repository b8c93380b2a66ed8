"""The public log of badges: granted, ended, taken away, given back; append-only and provable."""

import json
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from portal.base import merkle, signing
from profiles.models import (
    Business,
    Check,
    Profile,
    RegistryEntry,
    RegistryHead,
    RegistryNode,
    Verification,
)

PURPOSE = "registry"
LOCK = 0x51_6E_E8  # one entry is appended at a time
Event = RegistryEntry.Event


@transaction.atomic
def note_verification(
    business: Business, event: str, *, verification: Verification, now: datetime | None = None
) -> RegistryEntry:
    """Write down that the business's identity was confirmed, or that this ended."""
    case = verification.case
    checked = case.checks.filter(result=Check.Result.PASSED).values_list("kind", flat=True)
    return _append(
        business,
        event,
        now or timezone.now(),
        legal_name=case.legal_name,
        country=case.country,
        checked=sorted(checked),
        until=verification.valid_until.date().isoformat(),
    )


@transaction.atomic
def note_standing(
    profile: Profile, *, old: str, new: str, rule: str = "", now: datetime | None = None
) -> RegistryEntry | None:
    """Write down that a profile's badge was taken away, or given back; other moves are not public.

    Arguments:
        rule: the name of the published rule; no complaint's text.
    """
    if new == old or profile.is_test:
        return None
    if new in Profile.BADGE_OFF:
        event = Event.REVOKED if new == Profile.Standing.REVOKED else Event.SUSPENDED
    elif old in Profile.BADGE_OFF:
        event = Event.REINSTATED
    else:
        return None
    return _append(profile.business, event, now or timezone.now(), handle=profile.handle, rule=rule)


def _append(
    business: Business, event: str, now: datetime, *, handle: str = "", **facts: object
) -> RegistryEntry:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
    last = RegistryEntry.objects.order_by("-index").first()
    index = last.index + 1 if last else 0
    said = {
        "index": index,
        "at": now.isoformat(timespec="seconds"),
        "event": event,
        "business": str(business.pk),
        "name": business.name,
        "handle": handle,
    } | facts
    entry = RegistryEntry.objects.create(
        index=index,
        at=now,
        event=event,
        business_id=business.pk,
        handle=handle,
        leaf=canonical(said),
    )
    made = merkle.nodes_made_by(index, entry.leaf.encode(), node)
    for level, position, value in made:
        RegistryNode.objects.create(level=level, position=position, hash=value)
    _sign(index + 1, now)
    return entry


def canonical(said: dict) -> str:
    """JSON with sorted keys and no blanks, non-ASCII as it is: the same bytes everywhere."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _sign(size: int, now: datetime) -> RegistryHead:
    root = merkle.root(size, node)
    return RegistryHead.objects.create(
        size=size,
        root=root,
        signed_at=now,
        signature=signing.sign(head_bytes(size, root, now), purpose=PURPOSE),
    )


def head_bytes(size: int, root: bytes, signed_at: datetime) -> bytes:
    """What is signed: size, root and time as canonical JSON."""
    at = signed_at.isoformat(timespec="seconds")
    return canonical({"size": size, "root": root.hex(), "signed_at": at}).encode()


def node(level: int, position: int) -> bytes:
    """The hash of a full subtree. Raises RegistryNode.DoesNotExist."""
    return bytes(RegistryNode.objects.get(level=level, position=position).hash)


# What outsiders read.


def head_as_text(head: RegistryHead | None) -> dict:
    """The signed end of the log; the empty log has a root and no signature."""
    key = signing.public_key(PURPOSE).hex()
    if head is None:
        return {"size": 0, "root": merkle.EMPTY.hex(), "key": key}
    return {
        "size": head.size,
        "root": bytes(head.root).hex(),
        "signed_at": head.signed_at.isoformat(timespec="seconds"),
        "signature": bytes(head.signature).hex(),
        "key": key,
    }


def current_head() -> RegistryHead | None:
    return RegistryHead.objects.order_by("-size").first()


def prove_inclusion(index: int, size: int) -> list[str]:
    """Hashes that lead from entry `index` to the root of `size`. Raises ValueError."""
    return [value.hex() for value in merkle.inclusion_proof(index, _known(size), node)]


def prove_consistency(first: int, second: int) -> list[str]:
    """Hashes that lead from the root of `first` to that of `second`. Raises ValueError."""
    return [value.hex() for value in merkle.consistency_proof(first, _known(second), node)]


def _known(size: int) -> int:
    head = current_head()
    if head is None or size > head.size:
        raise ValueError("The log is not that long.")
    return size
