"""What every view of the platform API has in common."""

from typing import Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from messaging.models import Messenger
from messaging.platform import errors
from messaging.platform.auth import HasKey, KeyAuthentication
from messaging.platform.parsers import StrictJSONParser
from portal.base.refused import Refused


class PlatformView(APIView):
    """A view for messengers: a key, JSON in, JSON out, one form of error."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [HasKey]
    parser_classes: list[type] = [StrictJSONParser]

    @property
    def messenger(self) -> Messenger:
        assert isinstance(self.request.user, Messenger)
        return self.request.user

    def get_exception_handler(self):
        return errors.handle

    def permission_denied(self, request: Request, message=None, code=None) -> NoReturn:
        raise NotAuthenticated

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class Pages(CursorPagination):
    """Pages by key: {"next": address or null, "results": [...]}; `limit` up to 200."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    cursor_query_param = "after"
    cursor_query_description = "From the address in “next”."

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.get_next_link(), "results": data})

    def get_paginated_response_schema(self, schema: dict) -> dict:
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {"type": "string", "format": "uri", "nullable": True},
                "results": schema,
            },
        }

    def decode_cursor(self, request: Request):
        written = request.query_params.get(self.cursor_query_param, "")
        if len(written) > 200 or "\x00" in written:
            raise Refused(_("This cursor is not one of ours."), code="invalid")
        return super().decode_cursor(request)
