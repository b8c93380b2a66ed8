"""/campaigns: written, looked at, launched, watched, stopped."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.models import Campaign, Template
from messaging.services.campaigns.launching import (
    create_campaign,
    launch_campaign,
    resume_campaign,
    update_campaign,
)
from messaging.services.campaigns.numbers import SHOWN, progress_of, shown_counts
from messaging.services.campaigns.plans import plan_of
from messaging.services.campaigns.retries import retry_failed
from messaging.services.campaigns.schedules import schedule_campaign, unschedule_campaign
from messaging.services.campaigns.transitions import cancel_campaign, pause_campaign
from messaging.v1.audiences import UUID, DefinitionSerializer
from messaging.v1.base import BusinessViewSet
from profiles.models import Profile

NODE_ID = r"^\d{15}$"


class CampaignSerializer(serializers.ModelSerializer):
    """A campaign. What is left out when a draft is changed stays as it is."""

    id = serializers.UUIDField(source="uuid", read_only=True)
    profile_id = serializers.RegexField(NODE_ID, help_text="Who sends it.")
    template_id = serializers.RegexField(NODE_ID, required=False, allow_null=True)
    audience = DefinitionSerializer(required=False, allow_null=True)
    parameters = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        max_length=20,
        help_text="Values of the template's variables, in the shape of the Cloud API.",
    )
    max_recipients = serializers.IntegerField(
        min_value=1, max_value=2**62, required=False, allow_null=True
    )

    class Meta:
        model = Campaign
        fields = [
            "id", "name", "profile_id", "template_id", "audience", "parameters", "max_recipients",
            "state", "estimate", "charged", "scheduled_at", "launched_at", "hold_until",
            "released_at", "ended_at", "paused_because", "stop_reason", "created_at",
        ]  # fmt: skip
        read_only_fields = fields[7:]

    def to_representation(self, instance: Campaign) -> dict:
        parameters = (instance.content or {}).get("parameters") or []
        instance.parameters = parameters  # type: ignore[attr-defined]
        shown = super().to_representation(instance)
        shown["template_id"] = str(instance.template_id) if instance.template_id else None
        shown["profile_id"] = str(instance.profile_id)
        shown["audience"] = instance.audience or None
        return shown


class PlanSerializer(serializers.Serializer):
    """What launching now would mean."""

    people = serializers.IntegerField(help_text="Charged to the month's quota.")
    limit = serializers.CharField(help_text="What made it fewer: own, cap, quota, or empty.")
    left = serializers.IntegerField(help_text="Recipients left in this month.")
    first_batch = serializers.IntegerField(help_text="People of the random first batch, about.")
    seconds = serializers.IntegerField(help_text="How long, about, without the hold.")
    repeats = serializers.SerializerMethodField(
        help_text="An earlier campaign with the same words to the same people, within 48 hours."
    )

    turn = serializers.IntegerField(
        help_text="How many times as coarse as those of a first one its counts are: 1 for the first"
        " campaign to these people in a month, 2 for the next."
    )

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_repeats(self, plan) -> str | None:
        return str(plan.repeats.uuid) if plan.repeats else None


class ProgressSerializer(serializers.Serializer):
    """How far it is. Counts are noised; null is “fewer than hidden_below”."""

    state = serializers.CharField()
    percent = serializers.IntegerField()
    people_a_minute = serializers.IntegerField()
    seconds_left = serializers.IntegerField(allow_null=True)
    counts = serializers.DictField(
        child=serializers.IntegerField(allow_null=True), help_text=", ".join(SHOWN)
    )
    hidden_below = serializers.IntegerField(
        help_text="50; 100 for the second campaign to the same people in a month, and so on."
    )


class LaunchSerializer(serializers.Serializer):
    """How to launch."""

    again = serializers.BooleanField(
        default=False, help_text="Yes, the same words to the same people within 48 hours."
    )


class ScheduleSerializer(serializers.Serializer):
    """When to launch."""

    at = serializers.DateTimeField()


class CampaignViewSet(ListModelMixin, RetrieveModelMixin, BusinessViewSet):
    """Campaigns, newest first. POST with an Idempotency-Key makes one, however often it is sent."""

    queryset = Campaign.objects.select_related("profile__business", "business", "template")
    serializer_class = CampaignSerializer
    noun = "campaigns"
    lookup_field, lookup_url_kwarg, lookup_value_regex = "uuid", "id", UUID

    def within(self, rows):
        rows = super().within(rows)
        only = self.token.profile_ids
        return rows.filter(profile__in=only) if only else rows

    @extend_schema(responses={201: CampaignSerializer})
    def create(self, request: Request) -> Response:
        chosen = self.checked(CampaignSerializer)
        profile = self._profile(chosen["profile_id"])
        row = create_campaign(profile, by=self.by, **self._values(chosen, None))
        return self.shown(row, status=201)

    def partial_update(self, request: Request, id: str) -> Response:
        row = self.get_object()
        chosen = self.checked(CampaignSerializer, partial=True)
        return self.shown(update_campaign(row, by=self.by, **self._values(chosen, row)))

    @extend_schema(responses=PlanSerializer)
    @action(detail=True)
    def plan(self, request: Request, id: str) -> Response:
        """What launching now would mean; 409 with the reason where it may not."""
        return Response(PlanSerializer(plan_of(self.get_object())).data)

    @extend_schema(responses=ProgressSerializer)
    @action(detail=True)
    def progress(self, request: Request, id: str) -> Response:
        """How far it is, and what came of it."""
        row = self.get_object()
        progress = progress_of(row)
        return Response(
            {
                "state": row.state,
                "percent": progress.percent,
                "people_a_minute": progress.rate,
                "seconds_left": round(progress.left.total_seconds()) if progress.left else None,
                "counts": shown_counts(row),
                "hidden_below": row.hidden_below,
            }
        )

    @extend_schema(request=LaunchSerializer, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def launch(self, request: Request, id: str) -> Response:
        """Freeze it and send it: first to a random part, then to the rest."""
        row, again = self.get_object(), self.checked(LaunchSerializer)["again"]
        return self.shown(launch_campaign(row, by=self.by, confirmed_repeat=again))

    @extend_schema(request=ScheduleSerializer, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, id: str) -> Response:
        """Launch it later."""
        row, at = self.get_object(), self.checked(ScheduleSerializer)["at"]
        return self.shown(schedule_campaign(row, by=self.by, at=at))

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def unschedule(self, request: Request, id: str) -> Response:
        """Make it a draft again."""
        return self.shown(unschedule_campaign(self.get_object(), by=self.by))

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, id: str) -> Response:
        """Send nothing more for now."""
        return self.shown(pause_campaign(self.get_object(), by=self.by))

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, id: str) -> Response:
        """Go on."""
        return self.shown(resume_campaign(self.get_object(), by=self.by))

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, id: str) -> Response:
        """Try those again whom their messenger turned away (`failed`), and only those."""
        row = self.get_object()
        retry_failed(row, by=self.by)
        return self.shown(row)

    @extend_schema(request=None, responses=CampaignSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        """End it for good; what was not sent is not charged."""
        return self.shown(cancel_campaign(self.get_object(), by=self.by))

    def _profile(self, pk: str) -> Profile:
        rows = Profile.objects.filter(business=self.business, closed_at=None, is_test=False)
        if self.token.profile_ids:
            rows = rows.filter(pk__in=self.token.profile_ids)
        if (found := rows.filter(pk=int(pk)).first()) is None:
            raise serializers.ValidationError({"profile_id": [_("There is no such profile.")]})
        return found

    def _template(self, pk: str | None) -> Template | None:
        if pk is None:
            return None
        found = Template.objects.filter(pk=int(pk), business=self.business, deleted_at=None).first()
        if found is None:
            raise serializers.ValidationError({"template_id": [_("There is no such template.")]})
        return found

    def _values(self, chosen: dict, row: Campaign | None) -> dict:
        """What the services take; of a draft, what was not sent stays."""
        values: dict = {
            "name": row.name if row else "",
            "template": row.template if row else None,
            "audience": row.audience if row else None,
            "parameters": (row.content or {}).get("parameters") if row else None,
            "max_recipients": row.max_recipients if row else None,
        }
        for name in ("name", "audience", "parameters", "max_recipients"):
            if name in chosen:
                values[name] = chosen[name]
        if "template_id" in chosen:
            values["template"] = self._template(chosen["template_id"])
        return values
