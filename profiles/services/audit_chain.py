"""The chain over the audit: seal new rows, sign the end, and find whatever was tampered with.

Writers only insert rows; one sealer reads them seconds later and links them, so nobody queues
behind it. A link is HMAC-SHA256(key, link before + row); who can write to the database but lacks
MASTER_KEY can't make one.
"""

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import shared_task
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from portal.base import signing
from portal.base.sealing import derive
from profiles.models import AuditHead, AuditRow, AuditSeal

PURPOSE = "audit heads"
START = b"\0" * 32  # the link before the first
BATCH = 50_000
LOCK = 0x51_6E_E7  # the advisory lock of the one sealer
UNDER_WAY = timedelta(hours=1)  # no transaction lasts longer, so older gaps are final
COPY_EVERY = timedelta(minutes=10)
AT_ONCE = 5_000  # links handed to the database while the next are made

_as_json = json.JSONEncoder(check_circular=False).encode  # rows hold numbers and text only

# The row as it is sealed; times in microseconds, so that no setting changes their text.
COLUMNS = """r.id, (extract(epoch from r.at) * 1000000)::bigint, r.actor_id, r.business_id,
    r.object_type, r.object_id, r.object_name, r.event, r.details::text"""

Row = tuple[int, int, int | None, int | None, str, str, str, str, str]


@dataclass(frozen=True)
class Link:
    """A seal and the row it stands for; None where the row is gone."""

    position: int
    row_id: int
    mac: bytes
    row: Row | None


@dataclass(frozen=True)
class Head:
    position: int
    mac: bytes
    signed_at: datetime
    signature: bytes


@dataclass(frozen=True)
class Fault:
    """What was found, and where."""

    row_id: int | None
    position: int | None
    what: str

    def __str__(self) -> str:
        where = f"row {self.row_id}" if self.row_id else f"position {self.position}"
        return f"{where}: {self.what}"


def mac_of(before: bytes, row: Row, *, key: bytes) -> bytes:
    """The link of a row: 32 bytes that bind its content and its place."""
    return hmac.digest(key, before + _as_json(row).encode(), "sha256")


def chain_key() -> bytes:
    return derive("audit chain")


# Sealing.


@shared_task
def seal_audit() -> int:
    """Link every row that has no link yet and sign the end. Returns how many were linked."""
    sealed = 0
    while batch := _seal_batch(timezone.now()):
        sealed += batch
        if batch < BATCH:
            break
    copy_head()
    return sealed


@transaction.atomic
def _seal_batch(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0  # another sealer is at it
        head = AuditHead.objects.order_by("-position").first()
        position, mac, floor = (
            (head.position, bytes(head.mac), head.floor) if head else (0, START, 0)
        )
        cursor.execute(
            f"""select {COLUMNS} from profiles_auditrow r
                where r.id > %s
                  and not exists (select from profiles_auditseal s where s.row_id = r.id)
                order by r.id limit %s""",
            [floor, BATCH],
        )
        rows = cursor.fetchall()
        if not rows:
            return 0
        key = chain_key()
        # The database takes in the first links while we make the next.
        with cursor.copy("copy profiles_auditseal (position, row_id, mac) from stdin") as copy:
            for start in range(0, len(rows), AT_ONCE):
                lines = []
                for row in rows[start : start + AT_ONCE]:
                    position, mac = position + 1, mac_of(mac, row, key=key)
                    lines.append(f"{position}\t{row[0]}\t\\\\x{mac.hex()}\n")
                copy.write("".join(lines))
        cursor.execute("select max(id) from profiles_auditrow where at < %s", [now - UNDER_WAY])
        oldest = cursor.fetchone()[0] or 0
    AuditHead.objects.create(
        position=position,
        mac=mac,
        signed_at=now,
        signature=signing.sign(_said(position, mac, now), purpose=PURPOSE),
        floor=max(floor, min(oldest, rows[-1][0])),
    )
    return len(rows)


def copy_head() -> str:
    """Keep the newest head in the file storage too, every ten minutes. Returns its path."""
    now = timezone.now()
    head = AuditHead.objects.order_by("-position").first()
    last = AuditHead.objects.exclude(copied_at=None).order_by("-copied_at").first()
    copied_at = last.copied_at if last else None
    if head is None or head.copied_at or (copied_at and copied_at > now - COPY_EVERY):
        return ""
    path = default_storage.save(
        f"audit-heads/{head.signed_at:%Y%m%dT%H%M%SZ}-{head.position}.json",
        ContentFile(json.dumps(head_as_text(head), indent=1).encode()),
    )
    AuditHead.objects.filter(pk=head.pk).update(copied_at=now)
    return path


def head_as_text(head: AuditHead) -> dict:
    """A head as JSON: what an outsider needs to hold us to it."""
    return {
        "position": head.position,
        "mac": bytes(head.mac).hex(),
        "signed_at": head.signed_at.isoformat(),
        "signature": bytes(head.signature).hex(),
        "key": signing.public_key(PURPOSE).hex(),
    }


def read_head(text: dict) -> Head:
    """The head of such a text."""
    return Head(
        text["position"],
        bytes.fromhex(text["mac"]),
        datetime.fromisoformat(text["signed_at"]),
        bytes.fromhex(text["signature"]),
    )


def _said(position: int, mac: bytes, signed_at: datetime) -> bytes:
    return json.dumps([position, mac.hex(), signed_at.isoformat()]).encode()


# Verifying.


def find_faults(
    links: Iterable[Link], heads: Iterable[Head], unsealed: Iterable[int], *, key: bytes
) -> Iterator[Fault]:
    """Whatever does not fit, in the order of the chain.

    Arguments:
        links: all seals by position, with their rows.
        heads: signed ends, from the database and from copies kept elsewhere.
        unsealed: ids of rows that should long have a seal.
        key: of the chain (`chain_key`).
    """
    public = signing.public_key(PURPOSE)
    signed: dict[int, list[Head]] = {}
    for head in heads:
        if signing.is_signed(
            _said(head.position, head.mac, head.signed_at), head.signature, key=public
        ):
            signed.setdefault(head.position, []).append(head)
        else:
            yield Fault(None, head.position, "the signature of this end is not ours")

    before, expected = START, 1
    for link in links:
        if link.position != expected:
            yield Fault(None, expected, f"{link.position - expected} links are missing from here")
        if link.row is None:
            yield Fault(link.row_id, link.position, "the row is gone")
        elif link.row[0] != link.row_id or link.mac != mac_of(before, link.row, key=key):
            yield Fault(link.row_id, link.position, "the row or its link was altered")
        for head in signed.pop(link.position, ()):
            if head.mac != link.mac:
                yield Fault(link.row_id, link.position, "the chain differs from its signed end")
        before, expected = link.mac, link.position + 1
    for position in sorted(signed):
        yield Fault(None, expected, f"the end was cut off: it once reached position {position}")
    for row_id in unsealed:
        yield Fault(row_id, None, "the row was slipped in: it has no link")


def verify_audit(copies: Iterable[Head] = ()) -> tuple[int, list[Fault]]:
    """Check the whole chain. Returns how many links were read, and what was found.

    Arguments:
        copies: heads that were kept elsewhere.
    """
    read = 0

    def counted() -> Iterator[Link]:
        nonlocal read
        for link in _links():
            read += 1
            yield link

    heads = [
        Head(head.position, bytes(head.mac), head.signed_at, bytes(head.signature))
        for head in AuditHead.objects.order_by("position")
    ]
    with transaction.atomic():
        faults = list(find_faults(counted(), [*heads, *copies], _unsealed(), key=chain_key()))
    return read, faults


def _links() -> Iterator[Link]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"""select s.position, s.row_id, s.mac, {COLUMNS} from profiles_auditseal s
                left join profiles_auditrow r on r.id = s.row_id order by s.position"""
        )
        while rows := cursor.fetchmany(5000):
            for position, row_id, mac, *row in rows:
                yield Link(position, row_id, bytes(mac), None if row[0] is None else tuple(row))


def _unsealed() -> list[int]:
    """Rows without a seal that are older than the last sealing."""
    head = AuditHead.objects.order_by("-position").first()
    if head is None:
        return []
    sealed = AuditSeal.objects.filter(row_id=OuterRef("id"))
    last = AuditSeal.objects.order_by("-row_id").values_list("row_id", flat=True).first() or 0
    under_way = timezone.now() - UNDER_WAY
    rows = AuditRow.objects.filter(id__lt=last, at__lt=under_way) | AuditRow.objects.filter(
        id__lte=head.floor
    )
    rows = rows.filter(~Exists(sealed)).order_by("id")
    return list(rows.values_list("id", flat=True)[:10_000])
