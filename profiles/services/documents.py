"""Papers of a case: redrawn page by page, sealed under keys of their own, seen by few.

A page can be read only with three keys: MASTER_KEY opens the business's key, that opens the
document's key, that opens the page. Each is bound to what it belongs to, so nothing can be swapped.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base import sealing
from portal.base.pictures import redraw
from portal.base.refused import Refused
from profiles.models import Business, BusinessKey, Document, User, VerificationCase
from profiles.services.audit import record

MAX_BYTES = 10 * 1024 * 1024
MAX_PAGES = 20
MAX_DOCUMENTS = 12  # in one case
KINDS = ("pdf", "png", "jpeg")
PURPOSE = "business keys"


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
    _store(document, case, pages)  # slow, and perhaps on another machine: before the transaction
    try:
        return _keep(document, by=by)
    except Refused:
        _delete_pages(document)
        raise


def _store(document: Document, case: VerificationCase, pages: list[bytes]) -> None:
    key = os.urandom(32)
    document.wrapped_key = sealing.seal(
        key, key=_business_key(case.business), bound_to=_bound(document, case, "key")
    )
    for number, page in enumerate(pages, 1):
        sealed = sealing.seal(page, key=key, bound_to=_bound(document, case, f"page {number}"))
        default_storage.save(document.page_path(number), ContentFile(sealed))


def _delete_pages(document: Document) -> None:
    for number in range(1, document.pages + 1):
        default_storage.delete(document.page_path(number))


@transaction.atomic
def _keep(document: Document, *, by: User) -> Document:
    case = VerificationCase.objects.select_for_update().get(pk=document.case_id)
    _guard_open(case)
    if case.documents.filter(deleted_at=None).count() >= MAX_DOCUMENTS:
        raise Refused(_("A request takes at most 12 documents. Remove one first."))

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
        business=business,
        defaults={
            "wrapped_key": sealing.seal(
                os.urandom(32), key=sealing.derive(PURPOSE), bound_to=f"business {business.pk}"
            )
        },
    )
    return sealing.unseal(
        bytes(row.wrapped_key), key=sealing.derive(PURPOSE), bound_to=f"business {business.pk}"
    )


def _bound(document: Document, case: VerificationCase, part: str) -> str:
    return f"document {document.uuid} of case {case.uuid} of business {case.business_id}, {part}"


def _guard_open(case: VerificationCase) -> None:
    if case.state not in (case.State.DRAFT, case.State.NEEDS_INFORMATION):
        raise Refused(
            _("The request was handed in; its documents can't be changed now."), code="case_closed"
        )


def _shown_name(name: str) -> str:
    """The last part of the name, without control characters; never used as a path."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[-120:] or "document"
