"""One webhook address: what was sent there and what came back, once more, and a test call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from messaging.models import WebhookAttempt, WebhookCall, WebhookEndpoint, WebhookEvent
from messaging.services.webhooks.addresses import enable_webhook, remove_webhook
from messaging.services.webhooks.replays import replay_event, replay_span, try_endpoint
from portal.base.refused import Refused
from portal.base.written import moment_in
from profiles.models import Business
from profiles.tenancy import DEVELOP, MemberRequest, business_page, in_business

A_PAGE = 50


@dataclass(frozen=True)
class Backlog:
    """What still waits for an address, up to a number that is worth counting."""

    waiting: int
    is_more: bool
    given_up: int


@require_GET
@in_business(roles=DEVELOP)
def webhook(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """The log of calls to one address, newest first."""
    endpoint = _endpoint(business, uuid)
    result, before = request.GET.get("result", ""), request.GET.get("before", "")
    rows = WebhookAttempt.objects.filter(call__endpoint=endpoint).select_related("call__event")
    if result == "good":
        rows = rows.filter(status__range=(200, 299))
    elif result == "bad":
        rows = rows.exclude(status__range=(200, 299), status__isnull=False)
    if event := request.GET.get("event", ""):
        rows = rows.filter(call__event_id=int(event) if _is_id(event) else 0)
    if _is_id(before):
        rows = rows.filter(id__lt=int(before))
    found = list(rows.order_by("-id")[: A_PAGE + 1])
    return business_page(
        request,
        business,
        "messaging/developers/webhook.html",
        endpoint=endpoint,
        app=endpoint.app,
        attempts=found[:A_PAGE],
        older=found[A_PAGE - 1].pk if len(found) > A_PAGE else None,
        result=result,
        event=event,
        backlog=_backlog(endpoint),
    )


@require_POST
@in_business(roles=DEVELOP)
def webhook_act(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """Test it, send events again, switch it on, or take it away."""
    endpoint = _endpoint(business, uuid)
    if (act := ACTS.get(request.POST.get("act", ""))) is None:
        raise Http404
    try:
        messages.success(request, act(request, endpoint))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    if not WebhookEndpoint.objects.filter(pk=endpoint.pk).exists():
        return redirect("developer_app", slug=business.slug, app_id=endpoint.app_id)
    return redirect("developer_webhook", slug=business.slug, uuid=uuid)


def _test(request: MemberRequest, endpoint: WebhookEndpoint) -> str:
    outcome = try_endpoint(endpoint, by=request.user)
    if outcome.is_success:
        return _("It answered %(status)s after %(ms)s ms.") % {
            "status": outcome.status,
            "ms": outcome.milliseconds,
        }
    said = outcome.error or _("it answered %s") % outcome.status
    raise Refused(_("The test call failed: %s") % said)


def _replay(request: MemberRequest, endpoint: WebhookEndpoint) -> str:
    written = request.POST.get("event", "")
    event = get_object_or_404(
        WebhookEvent, pk=int(written) if _is_id(written) else 0, business=endpoint.app.business
    )
    replay_event(event, endpoint, by=request.user)
    return _("It is on its way again.")


def _replay_span(request: MemberRequest, endpoint: WebhookEndpoint) -> str:
    zone = ZoneInfo(endpoint.app.business.time_zone)
    since, until = (_moment(request.POST.get(name, ""), zone) for name in ("since", "until"))
    n = replay_span(endpoint, since=since, until=until, by=request.user)
    return _("%s events are on their way again.") % f"{n:,}"


def _enable(request: MemberRequest, endpoint: WebhookEndpoint) -> str:
    enable_webhook(endpoint, by=request.user)
    return _("Switched on. What waited is on its way.")


def _remove(request: MemberRequest, endpoint: WebhookEndpoint) -> str:
    remove_webhook(endpoint, by=request.user)
    return _("The address is taken away.")


ACTS: dict[str, Callable[[MemberRequest, WebhookEndpoint], str]] = {
    "test": _test,
    "replay": _replay,
    "span": _replay_span,
    "enable": _enable,
    "remove": _remove,
}


def _endpoint(business: Business, uuid) -> WebhookEndpoint:
    return get_object_or_404(
        WebhookEndpoint.objects.select_related("app__business", "profile"),
        uuid=uuid,
        app__business=business,
    )


def _backlog(endpoint: WebhookEndpoint) -> Backlog:
    calls = WebhookCall.objects.filter(endpoint=endpoint, done_at=None)
    waiting = len(calls.filter(given_up_at=None).values_list("pk")[:1001])
    given_up = len(calls.filter(given_up_at__isnull=False).values_list("pk")[:1000])
    return Backlog(min(waiting, 1000), waiting > 1000, given_up)


def _moment(written: str, zone: ZoneInfo) -> datetime:
    found = moment_in(written)
    if found is None:
        raise Refused(_("Choose a beginning and an end."))
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _is_id(written: str) -> bool:
    return written.isascii() and written.isdecimal() and len(written) < 19
