"""Papers of a case: redrawn page by page, sealed under keys of their own, seen by few.

A page can be read only with three keys: MASTER_KEY opens the business's key, that opens the
document's key, that opens the page. Each is bound to what it belongs to, so nothing can be swapped.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base import sealing
from portal.base.pictures import redraw
from portal.base.refused import Refused
from profiles.models import AuditRow, Business, BusinessKey, Document, User, VerificationCase
from profiles.services.audit import record
from profiles.services.notices import notify

MAX_BYTES = 10 * 1024 * 1024
MAX_PAGES = 20
MAX_DOCUMENTS = 12  # in one case
KINDS = ("pdf", "png", "jpeg")
PURPOSE = "business keys"
UNFINISHED = (VerificationCase.State.DRAFT, VerificationCase.State.NEEDS_INFORMATION)
KEPT_FOR = timedelta(days=90)  # after the decision
ABANDONED_AFTER = timedelta(days=90)  # without a change to a request that is not handed in


def add_document(
    case: VerificationCase,
    *,
    by: User,
    kind: str,
    name: str,
    size: int,
    read: Callable[[], bytes],
) -> Document:
    """Redraw, seal and keep a paper.

    Arguments:
        kind: one of Document.Kind.
        name: the file's name as it came; only shown.
        size: bytes of the file; more than MAX_BYTES is refused without reading it.
        read: gives the file, a PDF, PNG or JPEG.

    Raises Refused with what is wrong with the file, or when the case is decided.
    """
    if size > MAX_BYTES:
        raise Refused(
            _("The file is %(size).1f MB; at most 10 MB are taken.") % {"size": size / 2**20},
            code="file_too_large",
        )
    _guard_open(case)
    data = read()
    pages = redraw(data, kinds=KINDS, max_pages=MAX_PAGES)
    document = Document(
        case=case,
        kind=kind,
        name=_shown_name(name),
        pages=len(pages),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        folder=secrets.token_hex(16),
        uploaded_by=by,
    )
    key = os.urandom(32)
    _store(document, case, pages, key)  # slow, perhaps on another machine: no transaction yet
    try:
        return _keep(document, key, by=by)
    except Refused:
        _delete_pages(document)
        raise


def _store(document: Document, case: VerificationCase, pages: list[bytes], key: bytes) -> None:
    for number, page in enumerate(pages, 1):
        sealed = sealing.seal(page, key=key, bound_to=_bound(document, case, f"page {number}"))
        default_storage.save(document.page_path(number), ContentFile(sealed))


def _delete_pages(document: Document) -> None:
    for number in range(1, document.pages + 1):
        default_storage.delete(document.page_path(number))


@transaction.atomic
def _keep(document: Document, key: bytes, *, by: User) -> Document:
    case = VerificationCase.objects.select_for_update().get(pk=document.case_id)
    _guard_open(case)
    if case.documents.filter(deleted_at=None).count() >= MAX_DOCUMENTS:
        raise Refused(_("A request takes at most 12 documents. Remove one first."))

    _business_key(case.business)
    # Locked, so that a rotation in the middle can't leave this key under the one before.
    row = BusinessKey.objects.select_for_update().get(business=case.business_id)
    bound_to = _bound(document, case, "key")
    document.wrapped_key = sealing.seal(key, key=_opened(row), bound_to=bound_to)
    document.save(force_insert=True)

    record(
        case,
        "document.added",
        by=by,
        document=str(document.uuid),
        kind=document.kind,
        pages=document.pages,
        sha256=document.sha256,
    )
    return document


def read_page(document: Document, *, number: int) -> bytes:
    """One page as JPEG. The caller records who looked. Raises sealing.Unreadable, or Refused."""
    if document.deleted_at or not 1 <= number <= document.pages:
        raise Refused(_("This document was deleted."), code="document_deleted")
    case = document.case
    key = sealing.unseal(
        bytes(document.wrapped_key),
        key=_business_key(case.business),
        bound_to=_bound(document, case, "key"),
    )
    with default_storage.open(document.page_path(number)) as file:
        return sealing.unseal(
            file.read(), key=key, bound_to=_bound(document, case, f"page {number}")
        )


@transaction.atomic
def view_page(document: Document, *, by: User, number: int) -> bytes:
    """One page as JPEG for a member of staff; that they looked is a row of the audit."""
    page = read_page(document, number=number)
    record(document.case, "document.viewed", by=by, document=str(document.uuid), page=number)
    return page


@transaction.atomic
def remove_document(document: Document, *, by: User) -> Document:
    """Take a paper out of a request that is not decided yet."""
    case = VerificationCase.objects.select_for_update().get(pk=document.case_id)
    _guard_open(case)
    return _erase(document, by=by, event="document.removed", now=timezone.now())


@shared_task
def delete_old_documents(now: datetime | None = None) -> int:
    """Delete the pages of every paper 90 days after its case ended. Returns how many papers.

    The hash, the result of the checks and who looked stay.
    """
    now = now or timezone.now()
    old = Document.objects.filter(deleted_at=None, case__decided_at__lte=now - KEPT_FOR)
    papers = list(old.select_related("case__business").order_by("pk")[:5000])
    for document in papers:
        with transaction.atomic():
            _erase(document, by=None, event="document.deleted", now=now)
    return len(papers)


@shared_task
def delete_abandoned_documents(now: datetime | None = None) -> int:
    """Delete the papers of requests that were begun, or sent back, and then left alone for 90
    days: nobody needs them. What was typed stays. Returns how many papers.
    """
    now = now or timezone.now()
    old = _abandoned(VerificationCase.objects.filter(documents__deleted_at=None), now)
    cases = old.order_by("pk").distinct()[:1000]
    return sum(_abandon(case, now) for case in cases)


def _abandoned(cases: QuerySet[VerificationCase], now: datetime) -> QuerySet[VerificationCase]:
    """Those of the cases that wait for the business, in whose history nothing is younger."""
    news = AuditRow.objects.filter(
        object_type=VerificationCase._meta.label_lower,
        object_id=Cast(OuterRef("pk"), CharField()),
        at__gt=now - ABANDONED_AFTER,
    )
    return cases.filter(state__in=UNFINISHED, created_at__lte=now - ABANDONED_AFTER).exclude(
        Exists(news)
    )


@transaction.atomic
def _abandon(case: VerificationCase, now: datetime) -> int:
    # The business may have gone on with it since we looked.
    locked = VerificationCase.objects.select_for_update().filter(pk=case.pk)
    if not _abandoned(locked, now).exists():
        return 0
    papers = list(case.documents.filter(deleted_at=None).select_related("case__business"))
    for document in papers:
        _erase(document, by=None, event="document.abandoned", now=now)
    if papers and case.business.closed_at is None:
        notify(
            case.business,
            "documents_abandoned",
            title=_("We deleted the papers of your verification request"),
            body=_(
                "Nothing had changed in it for 90 days, and we keep no papers that nobody needs. "
                "What you wrote is still there: add the papers again when you go on."
            ),
            link=f"/w/{case.business.slug}/verification/",
        )
    return len(papers)


def _erase(document: Document, *, by: User | None, event: str, now: datetime) -> Document:
    """The pages and their key go; name, hash and size stay."""
    document = Document.objects.select_for_update().get(pk=document.pk)
    if document.deleted_at:
        return document
    document.deleted_at = now
    document.wrapped_key = b""
    document.save(update_fields=["deleted_at", "wrapped_key"])
    transaction.on_commit(lambda: _delete_pages(document), robust=True)

    record(document.case, event, by=by, document=str(document.uuid), sha256=document.sha256)
    return document


def _business_key(business: Business) -> bytes:
    """The key that opens the keys of the business's documents; made at first use."""
    row, _made = BusinessKey.objects.get_or_create(
        business=business, defaults={"wrapped_key": _wrapped(os.urandom(32), business)}
    )
    return _opened(row)


def _wrapped(key: bytes, business: Business) -> bytes:
    return sealing.seal(key, key=sealing.derive(PURPOSE), bound_to=f"business {business.pk}")


def _opened(row: BusinessKey) -> bytes:
    return sealing.unseal(
        bytes(row.wrapped_key),
        key=sealing.derive(PURPOSE),
        bound_to=f"business {row.business_id}",
    )


@transaction.atomic
def rotate_key(business: Business) -> int:
    """Give the business a new key and seal its documents' keys with it. Returns how many documents.

    The pages stay as they are: each is sealed by its document's key, which does not change.
    Raises sealing.Unreadable, and changes nothing, when one of the keys can't be opened.
    """
    row = BusinessKey.objects.select_for_update().get(business=business)
    old, new = _opened(row), os.urandom(32)
    papers = list(
        Document.objects.select_for_update(of=("self",))
        .filter(case__business=business, deleted_at=None)
        .select_related("case")
    )
    for document in papers:
        bound_to = _bound(document, document.case, "key")
        key = sealing.unseal(bytes(document.wrapped_key), key=old, bound_to=bound_to)
        document.wrapped_key = sealing.seal(key, key=new, bound_to=bound_to)
    Document.objects.bulk_update(papers, ["wrapped_key"], batch_size=1000)
    row.wrapped_key, row.created_at = _wrapped(new, business), timezone.now()
    row.save(update_fields=["wrapped_key", "created_at"])

    record(business, "documents.key_rotated", by=None, documents=len(papers))
    return len(papers)


def _bound(document: Document, case: VerificationCase, part: str) -> str:
    return f"document {document.uuid} of case {case.uuid} of business {case.business_id}, {part}"


def _guard_open(case: VerificationCase) -> None:
    if case.state not in UNFINISHED:
        raise Refused(
            _("The request was handed in; its documents can't be changed now."), code="case_closed"
        )


def _shown_name(name: str) -> str:
    """The last part of the name, without control characters; never used as a path."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[-120:] or "document"
