"""People: brought in, looked up, erased, exported, and led to their inbox."""

from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audience.models import Block, Person
from audience.services.erasure import erase_person, export_person
from messaging.models import Member
from messaging.platform import serializers as forms
from messaging.platform.base import PlatformView
from messaging.platform.parsers import LinesParser
from messaging.services.gateway.members import load_members, member_named
from messaging.services.people.sessions import LINK_AGE, make_sign_in_link
from profiles.models import Profile

REJECTS_SHOWN = 100
LINE = """One JSON object a line: `external_id` and `country`, and if known `name`, `region`,
`birth_year`, `device`, `language`, `time_zone`, `marketing`, `consent_at`, `wording`, `joined`."""


class PeopleView(PlatformView):
    """Adds and changes people, and their devices. May be repeated; streamed, so of any length."""

    parser_classes = [LinesParser]

    @extend_schema(
        operation_id="people_load",
        summary="Bring people and their devices in",
        description=LINE,
        request={"application/x-ndjson": {"type": "string", "format": "binary"}},
        responses={200: forms.ImportDoneSerializer},
        tags=["People"],
    )
    def post(self, request: Request) -> Response:
        result = load_members(self.messenger, _reader(cast(HttpRequest, request._request)))
        run = result.run
        run.refresh_from_db()
        answer = forms.ImportSerializer(run).data
        rejects = run.rejects.order_by("line")[:REJECTS_SHOWN]
        return Response(answer | {"rejects": forms.RejectSerializer(rejects, many=True).data})


class PersonView(PlatformView):
    """Looks a person up. The id is in the body, so that it is in nobody's log of addresses."""

    @extend_schema(
        operation_id="people_look_up",
        summary="Look a person up",
        request=forms.PersonSerializer,
        responses={200: forms.PersonKnownSerializer, 404: forms.ErrorSerializer},
        tags=["People"],
    )
    def post(self, request: Request) -> Response:
        external_id = _external_id(request)
        person_id = member_named(external_id)
        blocked = Block.objects.filter(person_id=person_id).values_list("profile_id", flat=True)
        known = {
            "person": external_id,
            "marketing": Person.objects.values_list("marketing", flat=True).get(pk=person_id),
            "member": Member.objects.filter(
                person_id=person_id, messenger_id=self.messenger.pk
            ).exists(),
            "blocked": list(
                Profile.objects.filter(pk__in=list(blocked)).values_list("handle", flat=True)
            ),
        }
        return Response(forms.PersonKnownSerializer(known).data)


class SessionsView(PlatformView):
    """A one-time link, with which a person comes to their inbox without signing in."""

    @extend_schema(
        operation_id="sessions_create",
        summary="Make a one-time link to a person's inbox",
        request=forms.SessionSerializer,
        responses={201: forms.SessionMadeSerializer, 404: forms.ErrorSerializer},
        tags=["People"],
    )
    def post(self, request: Request) -> Response:
        form = forms.SessionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        now = timezone.now()
        token = make_sign_in_link(member_named(form.validated_data["person"]), now=now)
        url = settings.SITE_URL + reverse("inbox_link", args=[token])
        if handle := form.validated_data.get("profile"):
            url += "?" + urlencode({"chat": handle})
        made = {"url": url, "expires_at": now + LINK_AGE}
        return Response(forms.SessionMadeSerializer(made).data, 201)


class ErasuresView(PlatformView):
    """Deletes every row about a person, for good. They come back only if they are loaded again."""

    @extend_schema(
        operation_id="erasures_create",
        summary="Erase a person",
        request=forms.PersonSerializer,
        responses={200: forms.ErasedSerializer, 404: forms.ErrorSerializer},
        tags=["People"],
    )
    def post(self, request: Request) -> Response:
        erased = erase_person(member_named(_external_id(request)))
        return Response(forms.ErasedSerializer({"erased": erased}).data)


class ExportsView(PlatformView):
    """Every row about a person, by table, for the person who asks for it."""

    @extend_schema(
        operation_id="exports_create",
        summary="Export all that is kept of a person",
        request=forms.PersonSerializer,
        responses={
            200: OpenApiResponse(
                {"type": "object", "additionalProperties": {"type": "array", "items": {}}},
                "Rows by table.",
            ),
            404: forms.ErrorSerializer,
        },
        tags=["People"],
    )
    def post(self, request: Request) -> Response:
        return Response(export_person(member_named(_external_id(request))))


def _external_id(request: Request) -> str:
    form = forms.PersonSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    return form.validated_data["person"]


def _reader(request: HttpRequest):
    """Reads the body as it comes in; of one without a length (chunked), until its end."""
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    source = request.META.get("wsgi.input") if chunked else None
    return source.read if source else request.read
