"""Events in: receipts, what people write, their yes and no."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.platform import serializers as forms
from messaging.platform.base import PlatformView
from messaging.services.gateway.messenger_events import MOST, Event, Result, take_events
from portal.base.refused import Refused


class EventsView(PlatformView):
    """Takes up to 500 events. Each has a result of its own; sending one again does nothing."""

    @extend_schema(
        operation_id="events_create",
        summary="Tell what happened at your members",
        request=forms.EventsSerializer,
        responses={200: forms.ResultsSerializer, 400: forms.ErrorSerializer},
        tags=["Events"],
    )
    def post(self, request: Request) -> Response:
        told = _events_in(request.data)
        checked = [_check(one) for one in told]
        taken = iter(take_events(self.messenger, [e for e in checked if isinstance(e, Event)]))
        results = [next(taken) if isinstance(one, Event) else one for one in checked]
        return Response({"results": [_shown(result) for result in results]})


def _events_in(data: object) -> list:
    events = data.get("events") if isinstance(data, dict) and len(data) == 1 else None
    if not isinstance(events, list):
        raise Refused(_("Send an object with a list named “events”."), code="invalid")
    if not 1 <= len(events) <= MOST:
        raise Refused(_("Send 1 to %d events at a time.") % MOST, code="too_many")
    return events


def _check(one: object) -> Event | Result:
    """The event, or the result of one that is none."""
    form = forms.MemberEventSerializer(data=one)
    if form.is_valid():
        return form.as_event()
    field, said = next(iter(form.errors.items()))
    sentence = f"{field}: {said[0]}" if field != "non_field_errors" else str(said[0])
    event_id = one.get("id") if isinstance(one, dict) else None
    return Result(
        event_id if isinstance(event_id, str) and len(event_id) <= 64 else None,
        "refused",
        "invalid",
        sentence,
    )


def _shown(result: Result) -> dict:
    shown: dict = {"id": result.id, "result": result.result}
    if result.code:
        shown |= {"code": result.code, "error": result.sentence}
    if result.message:
        shown["message"] = result.message
    return shown
