"""Pages by key: an opaque cursor, never a count, never an offset."""

import base64
import binascii
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

A_PAGE, MOST = 25, 100
HIGHEST = 2**63 - 1


def limit_of(request: Request) -> int:
    """How many rows the client wants, 1 to MOST. Raises ValidationError."""
    written = request.query_params.get("limit") or str(A_PAGE)
    if not written.isascii() or not written.isdecimal() or int(written[:6]) < 1:
        raise ValidationError({"limit": [_("A whole number from 1 to %d is expected.") % MOST]})
    return min(int(written[:6]), MOST)


def page_of(request: Request, data: list, *, after: str) -> Response:
    """The answer's shape; `after` is the cursor of the next page, empty on the last."""
    next_page = None
    if after:
        kept = {k: v for k, v in request.query_params.items() if k != "after"} | {"after": after}
        next_page = f"{request.build_absolute_uri(request.path)}?{urlencode(kept)}"
    return Response({"data": data, "after": after or None, "next": next_page})


class ByKey(BasePagination):
    """Newest first, by the primary key."""

    def paginate_queryset(self, queryset, request, view=None):
        limit = limit_of(request)
        if (key := read_cursor(request.query_params.get("after", ""))) is not None:
            queryset = queryset.filter(pk__lt=key)
        found = list(queryset.order_by("-pk")[: limit + 1])
        self.request = request
        self.after = cursor(found[limit - 1].pk) if len(found) > limit else ""
        return found[:limit]

    def get_paginated_response(self, data):
        return page_of(self.request, data, after=self.after)

    def get_paginated_response_schema(self, schema):
        return {
            "type": "object",
            "required": ["data", "after", "next"],
            "properties": {
                "data": schema,
                "after": {"type": "string", "nullable": True},
                "next": {"type": "string", "format": "uri", "nullable": True},
            },
        }

    def get_schema_operation_parameters(self, view):
        return PARAMETERS


PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": f"Rows of a page, {A_PAGE} where it is left out; {MOST} at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST},
    },
    {
        "name": "after",
        "in": "query",
        "required": False,
        "description": "`after` of the page before.",
        "schema": {"type": "string"},
    },
]

# The same for views that page in their own order.
AS_PARAMETERS = [
    OpenApiParameter(each["name"], str, description=each["description"]) for each in PARAMETERS
]


def cursor(key: int) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def read_cursor(written: str) -> int | None:
    """The key in a cursor; None where there is none. Raises ValidationError."""
    if not written:
        return None
    try:
        padded = written + "=" * (-len(written) % 4)
        text = base64.b64decode(padded.encode(), b"-_", validate=True).decode("ascii")
        key = int(text) if text.isdecimal() and len(text) < 20 else -1
    except (binascii.Error, ValueError):
        key = -1
    if not 0 <= key <= HIGHEST:
        raise ValidationError({"after": [_("This cursor is not one of ours.")]})
    return key
