"""What every view of the management API is: within one business, within its key's scopes, counted,
logged, and done once where the client says so.
"""

import json
import secrets
import time
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.pagination import BasePagination
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from messaging.models import AccessToken
from messaging.services.integrators.api_log import note
from messaging.services.integrators.idempotency import Answer, fingerprint_of, once
from messaging.services.integrators.rates import take_call
from messaging.v1.bodies import StrictJSONParser, check_query
from messaging.v1.errors import handle, limits
from messaging.v1.keys import HasScope, KeyAuthentication
from messaging.v1.paging import ByKey
from portal.base.whole_bodies import take_whole
from profiles.models import Business, User

KEY = "Idempotency-Key"


class BusinessViewSet(GenericViewSet):
    """A view that can only ever see rows of the caller's own business."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [HasScope]
    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    pagination_class: type[BasePagination] | None = ByKey
    filter_backends = []
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    noun = ""  # of its scopes; empty: any key will do
    reading: tuple[str, ...] = ()  # actions that POST and change nothing
    calling_out: tuple[str, ...] = ()  # actions that call others, so not in one transaction

    trace = ""

    @property
    def token(self) -> AccessToken:
        token = self.request.auth
        assert isinstance(token, AccessToken)
        return token

    @property
    def by(self) -> User:
        """In whose name the key acts."""
        return self.token.created_by

    @property
    def business(self) -> Business:
        return self.token.app.business

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return self.within(rows)

    def within(self, rows: QuerySet) -> QuerySet:
        """The rows that are the business's own, and of those the ones the key is limited to."""
        return rows.filter(business=self.business)

    def checked(self, serializer: type, **options) -> dict[str, Any]:
        """The body as `serializer` reads it. Raises ValidationError."""
        found = serializer(data=self.request.data, context=self.get_serializer_context(), **options)
        found.is_valid(raise_exception=True)
        return found.validated_data

    def shown(self, row: object, status: int = 200) -> Response:
        return Response(self.get_serializer(row).data, status=status)

    # The way of a request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        begun, now = time.monotonic(), timezone.now()
        self.trace = secrets.token_urlsafe(12)
        self.args, self.kwargs = args, kwargs
        self.request = wrapped = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            take_whole(request, most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            raw = request.body
            self.initial(wrapped, *args, **kwargs)
            method, handler = (request.method or "").lower(), self.http_method_not_allowed
            if method in self.http_method_names:  # TRACE is none, but also a name of ours
                handler = getattr(self, method, handler)
            response = self._once(partial(handler, wrapped, *args, **kwargs), raw)
        except Exception as error:  # (no failure may leave in another shape)
            response = self.handle_exception(error)
        self.response = self.finalize_response(wrapped, response, *args, **kwargs)
        self.response["X-Trace"] = self.trace
        self.response["Cache-Control"] = "no-store"
        self.response.add_post_render_callback(
            lambda rendered: self._note(request, rendered, begun, now)
        )
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        request.accepted_renderer = self.renderer_classes[0]()
        request.accepted_media_type = "application/json"
        self.perform_authentication(request)
        if request.auth is not None:
            room = take_call(self.token.app)
            self.headers |= limits(room.most, room.left, room.wait)
        self.check_permissions(request)
        check_query(request)

    def handle_exception(self, error: Exception) -> Response:
        response = handle(error, {"view": self})
        if response.status_code == 403 and self.request.auth is None:
            response.status_code = 401
            response.data["error"]["code"] = "no_key"
        if response.status_code == 401:
            response["WWW-Authenticate"] = 'Bearer realm="Signet"'
        response.exception = True
        return response

    def get_exception_handler(self):
        return handle

    def _once(self, do: partial, raw: bytes) -> Response:
        """Do it; where the request names itself, only if it was not done before."""
        key = self.request.headers.get(KEY)
        if key is None or self.request.method != "POST" or self.action in self.calling_out:
            return do()
        kept: list[Response] = []

        def work() -> Answer:
            try:
                response = do()
            except Exception as error:  # (as it would be answered without the key)
                response = self.handle_exception(error)
            kept.append(response)
            return Answer(response.status_code, JSONRenderer().render(response.data).decode())

        path = self.request.get_full_path()
        answer = once(self.token.app, key=key, request=fingerprint_of("POST", path, raw), do=work)
        if not answer.is_replay:
            return kept[0]
        replay = Response(json.loads(answer.body), status=answer.status)
        replay["Idempotent-Replayed"] = "true"
        return replay

    def _note(self, request: HttpRequest, response: HttpResponse, begun: float, now: Any) -> None:
        if self.request.auth is None:
            return
        note(
            self.business.pk,
            token=self.token,
            request=request,
            response=response,
            code=None,
            milliseconds=round((time.monotonic() - begun) * 1000),
            trace=self.trace,
            now=now,
        )
