"""The one door of the Cloud-API compatible face: read, authenticate, find, answer, note.

A plain view, not a REST framework's: a path's meaning depends on what its id is, every kind of body
is taken, and every failure, also an unforeseen one, has the same envelope.
"""

import json
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from messaging.api import handlers  # noqa: F401  (registers who answers)
from messaging.api.auth import caller_of
from messaging.api.bodies import read_body
from messaging.api.calls import EDGES, METHODS, Call, Caller, find
from messaging.api.errors import GraphError, graph_error
from messaging.api.roots import ROOTS, RootCall, upload_root
from messaging.services.integrators.api_log import note
from messaging.services.integrators.rates import take_call
from messaging.services.media_types import LARGEST
from portal.base.whole_bodies import take_whole

METHODS_HEARD = "GET, POST, DELETE, HEAD, OPTIONS"
LARGEST_BODY = LARGEST + 1024 * 1024  # bytes: a file and the form around it
MOST_IDS = 50  # of one call


@csrf_exempt
def graph(
    request: HttpRequest, version: str = "", node: str = "", edge: str = "", leaf: str = ""
) -> HttpResponse:
    """Answer one call; whatever happens is JSON with 200 or an error's envelope."""
    begun, now, trace = time.monotonic(), timezone.now(), secrets.token_urlsafe(12)
    if request.method == "OPTIONS":
        return to_all_origins(HttpResponse(), request)
    caller: list[Caller] = []
    try:
        answer: Any = _answer(request, node, edge, leaf, now, trace, caller)
        error = None
    except Exception as raised:  # (no failure may leave without the envelope)
        error = graph_error(raised)
        answer = {"error": error.as_dict(trace), **error.extra}

    if isinstance(answer, HttpResponse):
        response = answer
    else:
        response = HttpResponse(json.dumps(answer), content_type="application/json")
    if error:
        response.status_code = error.status
        if error.retry_after is not None:
            response["Retry-After"] = str(error.retry_after)
        if error.status == 405:
            response["Allow"] = METHODS_HEARD
        if error.status == 401:
            response["WWW-Authenticate"] = 'OAuth "Signet" "invalid_token"'
    response["facebook-api-version"] = version or "v23.0"
    response["x-fb-trace-id"] = trace
    response["Cache-Control"] = "no-store"
    if caller:
        note(
            caller[0].business.pk,
            token=caller[0].token,
            request=request,
            response=response,
            code=error.code if error else None,
            milliseconds=round((time.monotonic() - begun) * 1000),
            trace=trace,
            now=now,
        )
    return to_all_origins(response, request)


def to_all_origins(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Let scripts of any page read the answer: what opens something here is a token, no cookie."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "facebook-api-version, x-fb-trace-id, Retry-After"
    if request.method == "OPTIONS":
        response["Allow"] = response["Access-Control-Allow-Methods"] = METHODS_HEARD
        response["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
        if asked := request.headers.get("Access-Control-Request-Headers", ""):
            response["Access-Control-Allow-Headers"] = asked[:500]
        response["Access-Control-Max-Age"] = "86400"
    return response


def _answer(
    request: HttpRequest,
    node: str,
    edge: str,
    leaf: str,
    now: datetime,
    trace: str,
    known: list[Caller],
) -> Any:
    method = "GET" if request.method == "HEAD" else request.method or ""
    take_whole(request, most=LARGEST_BODY)
    if node.startswith("upload:"):
        return upload_root(RootCall(request, {}, now), node)
    data, files = read_body(request)
    if root := ROOTS.get((f"{node}/{edge}".strip("/"), method)):
        return root(RootCall(request, data, now))
    caller = caller_of(request, data, now, node=node)
    known.append(caller)
    take_call(caller.app)
    if method not in METHODS:
        raise GraphError(100, f"The method {method} is not supported.", status=405)

    def one(node_id: str) -> Any:
        found, answerer = find(caller, node_id, edge, method)
        _check_scope(caller, answerer.scope, answerer.with_secret)
        call = Call(request, caller, method, found, edge, leaf, data, now, trace, files)
        return answerer.handler(call)

    if node:
        return one(node)
    if method == "GET" and (ids := str(data.get("ids") or "")):
        wanted = list(dict.fromkeys(ids.split(",")))
        if len(wanted) > MOST_IDS:
            raise GraphError(100, f"ids: at most {MOST_IDS}.")
        return {node_id: one(node_id.strip()) for node_id in wanted}
    raise GraphError(2500, message="Unknown path")


def _check_scope(caller: Caller, scope: str | None, with_secret: bool) -> None:
    if caller.token is None:
        if not with_secret:
            raise GraphError(200, "An app's own secret does not open this. Use an access token.")
    elif scope and scope not in caller.token.scopes:
        raise GraphError(10, f"The access token lacks the scope {scope}.")


def edges() -> dict[tuple[str, str, str], Callable]:
    """Every operation there is, for the documentation and the tests."""
    return {
        (model.__name__, name, method): answerer.handler
        for (model, name, method), answerer in EDGES.items()
    }
