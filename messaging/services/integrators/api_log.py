"""The developers' log of API calls: collected in memory, written once a second, secrets cut out.

A log must not slow the call it is about, nor fail it; when the process is killed its last second is
lost, and nothing else.
"""

import atexit
import logging
import re
import threading
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from celery import shared_task
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from messaging.models import AccessToken, ApiCall
from portal.base.ids import lowest_id_at, new_id

logger = logging.getLogger(__name__)

EVERY = 1.0  # seconds between two writes
MOST_WAITING = 5000  # calls in memory; more than that are not logged
KEPT = 4000  # characters of a body
KEPT_FOR = timedelta(days=30)
SECRET = re.compile(
    r"""((?:access_token|client_secret|input_token|verify_token|secret|pin|password)"?\s*[=:]\s*"?)"""
    r"""[^"&\s,}]+"""
)
TOKEN = re.compile(r"sgt_\w{5}\w+|\b\d{15}(?:\||%7C)\w+")

COPY = """copy messaging_apicall (id, business_id, token_id, at, method, path, status, code,
                                milliseconds, trace, request, response) from stdin"""

_waiting: list[tuple] = []
_lock = threading.Lock()
_writer: threading.Timer | None = None


def note(
    business_id: int,
    *,
    token: AccessToken | None,
    request: HttpRequest,
    response: HttpResponse,
    code: int | None,
    milliseconds: int,
    trace: str,
    now: datetime,
) -> None:
    """Remember a call for the log."""
    row = (
        new_id(now),
        business_id,
        token.pk if token else None,
        now,
        (request.method or "")[:8],
        without_secrets(request.get_full_path())[:300],
        response.status_code,
        code,
        milliseconds,
        trace,
        _words(request.body if hasattr(request, "_body") else b"", request.content_type),
        _words(response.content, response.get("Content-Type", "")),
    )
    if settings.API_LOG_AT_ONCE:
        _insert([row])
    else:
        transaction.on_commit(lambda: _remember(row))


def _remember(row: tuple) -> None:
    global _writer
    with _lock:
        if len(_waiting) < MOST_WAITING:
            _waiting.append(row)
        if _writer is None:
            _writer = threading.Timer(EVERY, write)
            _writer.daemon = True
            _writer.start()


def write() -> int:
    """Write what was remembered. Returns how many calls."""
    global _writer
    with _lock:
        rows, _waiting[:] = list(_waiting), []
        _writer = None
    try:
        _insert(rows)
    except DatabaseError as error:
        logger.warning("%s calls are missing in the log: %s", len(rows), error)
        return 0
    finally:
        connection.close()  # this thread's own
    return len(rows)


def _insert(rows: list[tuple]) -> None:
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(COPY) as copy:
        for row in rows:
            copy.write_row(row)


@shared_task
def forget_old_calls() -> int:
    """Delete what is older than KEPT_FOR. Returns how many."""
    return ApiCall.objects.filter(id__lt=lowest_id_at(timezone.now() - KEPT_FOR)).delete()[0]


def without_secrets(text: str) -> str:
    """The text with tokens and secrets cut out."""
    return TOKEN.sub("…", SECRET.sub(r"\1…", text))


def _words(body: bytes, content_type: str | None) -> str:
    if not (content_type or "json").startswith(("application/", "text/")):
        return f"({urlsplit(content_type or '').path}, {len(body)} bytes)" if body else ""
    text = body[: 2 * KEPT].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return without_secrets(text)[:KEPT]


atexit.register(lambda: _waiting and write())
