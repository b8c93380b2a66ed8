"""The log of calls to the APIs: found by what they asked and answered, and copied as curl."""

import shlex

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from messaging.models import ApiCall
from profiles.models import Business
from profiles.tenancy import DEVELOP, MemberRequest, business_page, in_business

A_PAGE = 50
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANSWERS = {"good": {"status__lt": 400}, "bad": {"status__gte": 400}}
FACES = {
    "cloud": lambda rows: rows.exclude(path__startswith="/api/v1/"),
    "v1": lambda rows: rows.filter(path__startswith="/api/v1/"),
}


@require_GET
@in_business(roles=DEVELOP)
def api_log(request: MemberRequest, business: Business) -> HttpResponse:
    """The newest calls that match what is chosen in the address."""
    chosen = {
        name: request.GET.get(name, "").replace("\x00", "").strip()
        for name in ("face", "method", "answer", "code", "q", "app", "before")
    }
    rows = ApiCall.objects.filter(business=business).select_related("token__app")
    if chosen["face"] in FACES:
        rows = FACES[chosen["face"]](rows)
    if chosen["method"] in METHODS:
        rows = rows.filter(method=chosen["method"])
    if chosen["answer"] in ANSWERS:
        rows = rows.filter(**ANSWERS[chosen["answer"]])
    if _is_number(chosen["code"]):
        rows = rows.filter(code=int(chosen["code"]))
    if chosen["q"]:
        rows = rows.filter(path__icontains=chosen["q"]) | rows.filter(trace=chosen["q"])
    if _is_number(chosen["app"]):
        rows = rows.filter(token__app=int(chosen["app"]))
    if _is_number(chosen["before"]):
        rows = rows.filter(id__lt=int(chosen["before"]))
    found = list(rows.order_by("-id")[: A_PAGE + 1])
    query = request.GET.copy()
    if older := len(found) > A_PAGE:
        query["before"] = str(found[A_PAGE - 1].pk)
    return business_page(
        request,
        business,
        "messaging/developers/log.html",
        calls=found[:A_PAGE],
        chosen=chosen,
        is_chosen=any(chosen.values()),
        methods=METHODS,
        apps=business.apps.order_by("created_at"),
        older=query.urlencode() if older else "",
    )


@require_GET
@in_business(roles=DEVELOP)
def api_call(request: MemberRequest, business: Business, pk: int) -> HttpResponse:
    """One call: what was asked, what was answered, and the same as a line of curl."""
    call = get_object_or_404(ApiCall.objects.select_related("token__app"), pk=pk, business=business)
    return business_page(
        request,
        business,
        "messaging/developers/call.html",
        call=call,
        curl=as_curl(call, request),
    )


def as_curl(call: ApiCall, request: HttpRequest) -> str:
    """The call as pasted into a shell; the token is not known here, so its place is named."""
    lines = [
        f"curl -X {call.method} {shlex.quote(request.build_absolute_uri(call.path))}",
        "-H 'Authorization: Bearer YOUR_TOKEN'",
    ]
    if call.request[:1] in ("{", "["):
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(call.request)}"]
    elif call.request and not call.request.startswith("("):
        lines.append(f"--data {shlex.quote(call.request)}")
    return " \\\n  ".join(lines)


def _is_number(written: str) -> bool:
    return written.isascii() and written.isdecimal() and len(written) < 19
