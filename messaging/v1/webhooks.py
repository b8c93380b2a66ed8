"""/webhooks and /events: where events go, what became of them, and the same to pull."""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.models import WebhookAttempt, WebhookEndpoint, WebhookEvent
from messaging.services.integrators.keys import finish_rotation, rotate_secret
from messaging.services.webhooks.addresses import (
    FIELDS,
    enable_webhook,
    remove_webhook,
    set_webhook,
    subscribe,
)
from messaging.services.webhooks.calls import standard_secret
from messaging.services.webhooks.replays import (
    events_after,
    replay_event,
    replay_span,
    try_endpoint,
)
from messaging.v1.audiences import UUID
from messaging.v1.base import BusinessViewSet
from messaging.v1.paging import AS_PARAMETERS, cursor, limit_of, page_of, read_cursor

Level = WebhookEndpoint.Level


class WebhookSerializer(serializers.ModelSerializer):
    """An address of the key's app; the narrowest of its levels counts."""

    id = serializers.UUIDField(source="uuid", read_only=True)
    url = serializers.CharField(max_length=500)
    verify_token = serializers.CharField(max_length=200, write_only=True)
    level = serializers.ChoiceField(Level.choices, default=Level.APP)
    profile_id = serializers.RegexField(
        r"^\d{15}$", required=False, allow_null=True, help_text="Of the level “profile”."
    )
    fields_heard = serializers.ListField(
        child=serializers.ChoiceField([(name, name) for name in FIELDS]),
        required=False,
        source="app.fields",
        help_text="What the app hears of, at all its addresses.",
    )

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id", "url", "verify_token", "level", "profile_id", "fields_heard", "verified_at",
            "failing_since", "resting_until", "disabled_at", "disabled_reason",
        ]  # fmt: skip
        read_only_fields = fields[6:]
        validators: list = []


class AttemptSerializer(serializers.ModelSerializer):
    """One try of one event."""

    id = serializers.CharField()
    event_id = serializers.CharField(source="call.event_id")
    field = serializers.CharField(source="call.event.field")
    done = serializers.BooleanField(source="call.done_at")
    status = serializers.IntegerField(allow_null=True, help_text="null: no answer.")

    class Meta:
        model = WebhookAttempt
        fields = [
            "id", "event_id", "field", "at", "milliseconds", "status", "error", "response", "done",
        ]  # fmt: skip


class SpanSerializer(serializers.Serializer):
    """Which events."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


class ReplayedSerializer(serializers.Serializer):
    """How many are on their way again."""

    events = serializers.IntegerField()


class TestedSerializer(serializers.Serializer):
    """What came back."""

    status = serializers.IntegerField(allow_null=True)
    milliseconds = serializers.IntegerField()
    error = serializers.CharField(allow_blank=True)
    response = serializers.CharField(allow_blank=True)


class SecretSerializer(serializers.Serializer):
    """A secret, as the Cloud API's signature and as Standard Webhooks use it."""

    secret = serializers.CharField()
    standard = serializers.CharField(help_text="whsec_…")


class WebhookEventSerializer(serializers.Serializer):
    """What happened, in the very words that webhooks carry."""

    id = serializers.CharField()
    field = serializers.CharField()
    at = serializers.DateTimeField()
    body = serializers.DictField()


class EventPage(serializers.Serializer):
    """Oldest first; keep the last `after` and go on from there."""

    data = WebhookEventSerializer(many=True)  # type: ignore[assignment]
    after = serializers.CharField(allow_null=True)
    next = serializers.URLField(allow_null=True)


class WebhookViewSet(ListModelMixin, RetrieveModelMixin, DestroyModelMixin, BusinessViewSet):
    """The addresses of the key's own app."""

    queryset = WebhookEndpoint.objects.select_related("app__business", "profile")
    serializer_class = WebhookSerializer
    noun = "webhooks"
    calling_out = ("create", "test")
    lookup_field, lookup_url_kwarg, lookup_value_regex = "uuid", "id", UUID

    def within(self, rows):
        return rows.filter(app=self.token.app)

    @extend_schema(responses={201: WebhookSerializer})
    def create(self, request: Request) -> Response:
        """Set the address of a level, in place of the one it had; it must repeat a challenge."""
        chosen = self.checked(WebhookSerializer)
        fields = chosen.pop("app", {}).get("fields")
        profile_id, level = chosen.pop("profile_id", None), chosen["level"]
        if (level == Level.PROFILE) != bool(profile_id):
            said = _("The level “profile” names a profile, the others don't.")
            raise serializers.ValidationError({"profile_id": [said]})
        profile = None
        if profile_id:
            profile = self.business.profiles.filter(pk=int(profile_id), closed_at=None).first()
            if profile is None:
                said = _("There is no such profile.")
                raise serializers.ValidationError({"profile_id": [said]})
        endpoint = set_webhook(self.token.app, by=self.by, profile=profile, **chosen)
        subscribe(self.token.app, by=self.by, fields=fields)
        return self.shown(self.get_queryset().get(pk=endpoint.pk), status=201)

    def perform_destroy(self, instance: WebhookEndpoint) -> None:
        remove_webhook(instance, by=self.by)

    @extend_schema(request=None, responses=WebhookSerializer)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, id: str) -> Response:
        """Switch it on again; it gets all that still waits for it."""
        endpoint = self.get_object()
        enable_webhook(endpoint, by=self.by)
        return self.shown(self.get_object())

    @extend_schema(request=None, responses=TestedSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str) -> Response:
        """Send it a message that nobody wrote, and say what came back."""
        outcome = try_endpoint(self.get_object(), by=self.by)
        return Response(TestedSerializer(outcome).data)

    @extend_schema(request=SpanSerializer, responses={202: ReplayedSerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, id: str) -> Response:
        """Send all events of a span again."""
        endpoint, span = self.get_object(), self.checked(SpanSerializer)
        events = replay_span(endpoint, since=span["since"], until=span["until"], by=self.by)
        return Response({"events": events}, status=202)

    @extend_schema(
        parameters=[OpenApiParameter("event_id", str, "path", pattern=r"\d{1,19}")],
        request=None,
        responses={202: ReplayedSerializer},
    )
    @action(detail=True, methods=["post"], url_path=r"events/(?P<event_id>\d{1,19})/replay")
    def replay_one(self, request: Request, id: str, event_id: str) -> Response:
        """Send one event again."""
        endpoint = self.get_object()
        event = WebhookEvent.objects.filter(pk=int(event_id), business=self.business).first()
        if event is None:
            raise Http404
        replay_event(event, endpoint, by=self.by)
        return Response({"events": 1}, status=202)

    @extend_schema(responses=AttemptSerializer(many=True))
    @action(detail=True)
    def attempts(self, request: Request, id: str) -> Response:
        """Every call of the last 30 days, newest first."""
        rows = WebhookAttempt.objects.filter(call__endpoint=self.get_object())
        found = self.paginate_queryset(rows.select_related("call__event"))
        return self.get_paginated_response(AttemptSerializer(found, many=True).data)


class SecretViewSet(BusinessViewSet):
    """The secret that signs, and the one that takes over."""

    queryset = WebhookEndpoint.objects.none()
    serializer_class = SecretSerializer
    noun = "webhooks"
    pagination_class = None

    @extend_schema(request=None, responses={201: SecretSerializer})
    def rotate(self, request: Request) -> Response:
        """Make the next secret. Both sign until it takes over: by `finish`, or after 24 hours."""
        secret = rotate_secret(self.token.app, by=self.by)
        return Response({"secret": secret, "standard": standard_secret(secret)}, status=201)

    @extend_schema(request=None, responses={204: None})
    def finish(self, request: Request) -> Response:
        """Let the next secret take over now."""
        finish_rotation(self.token.app, by=self.by)
        return Response(status=204)


class EventViewSet(BusinessViewSet):
    """What webhooks carry, for who would rather ask."""

    queryset = WebhookEvent.objects.none()
    serializer_class = WebhookEventSerializer
    noun = "webhooks"
    pagination_class = None

    @extend_schema(
        parameters=AS_PARAMETERS,
        responses=EventPage,
    )
    def list(self, request: Request) -> Response:
        """Oldest first. `after` is there even on the last page: ask again with it later."""
        limit = limit_of(request)
        written = request.query_params.get("after", "")
        found = events_after(
            self.token.app,
            after=read_cursor(written) or 0,
            limit=limit,
            profile_ids=self.token.profile_ids,
        )
        data = [
            {"id": str(event.pk), "field": event.field, "at": event.created_at, "body": body}
            for event, body in found
        ]
        after = cursor(found[-1][0].pk) if found else written
        return page_of(request, self.get_serializer(data, many=True).data, after=after)
