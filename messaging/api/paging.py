"""Pages by key: opaque cursors, links only where there is more."""

import base64
import binascii
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from messaging.api.calls import Call
from messaging.api.errors import GraphError
from messaging.api.fields import limit_of


def page(
    call: Call, rows: QuerySet, *, show: Callable[[Any], dict], key: str = "pk", default: int = 25
) -> dict:
    """A page of `rows`, highest key first, as {"data": [...], "paging": ...}."""
    limit = limit_of(call.data, default=default)
    after, before = _read(call.data.get("after")), _read(call.data.get("before"))
    if before is not None:
        found = list(rows.filter(**{f"{key}__gt": before}).order_by(key)[: limit + 1])
        more_before, more_after = len(found) > limit, True
        found = found[:limit][::-1]
    else:
        if after is not None:
            rows = rows.filter(**{f"{key}__lt": after})
        found = list(rows.order_by(f"-{key}")[: limit + 1])
        more_before, more_after = after is not None, len(found) > limit
        found = found[:limit]
    answer: dict = {"data": [show(row) for row in found]}
    if found:
        first, last = (_cursor(getattr(row, key)) for row in (found[0], found[-1]))
        answer["paging"] = {"cursors": {"before": first, "after": last}}
        if more_after:
            answer["paging"]["next"] = _link(call, limit, after=last)
        if more_before:
            answer["paging"]["previous"] = _link(call, limit, before=first)
    return answer


def _link(call: Call, limit: int, **place: str) -> str:
    kept = {
        name: value
        for name, value in call.request.GET.items()
        if name not in ("after", "before", "limit", "access_token")
    }
    if call.caller.raw_in_query:
        kept["access_token"] = call.caller.raw_in_query
    return f"{call.absolute(call.request.path)}?{urlencode(kept | {'limit': limit} | place)}"


def _cursor(key: int) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def _read(cursor: object) -> int | None:
    if not cursor:
        return None
    try:
        padded = str(cursor) + "=" * (-len(str(cursor)) % 4)
        key = int(base64.b64decode(padded.encode(), b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise GraphError(100, _("This cursor is not one of ours.")) from None
    if not 0 <= key < 2**63:
        raise GraphError(100, _("This cursor is not one of ours."))
    return key
