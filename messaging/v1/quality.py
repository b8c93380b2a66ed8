"""/quality, /decisions: how profiles stand, by which numbers, and what was decided."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.v1.audiences import UUID
from messaging.v1.base import BusinessViewSet
from profiles.models import Profile
from trust.models import Appeal, Decision
from trust.services.appeals import file_appeal, may_appeal
from trust.services.pictures import picture_of
from trust.services.published import published_evidence


class RungSerializer(serializers.Serializer):
    """A rung of the ladder."""

    standing = serializers.CharField()
    at = serializers.FloatField(help_text="Evidence from which it applies.")
    reporters = serializers.IntegerField(help_text="People complaining, at least.")
    is_reached = serializers.BooleanField()


class QualitySerializer(serializers.Serializer):
    """A profile's standing, and the numbers of the published rules, as docs/privacy.md allows."""

    standing = serializers.ChoiceField(Profile.Standing.choices)
    quality = serializers.ChoiceField(Profile.Quality.choices)
    daily_cap = serializers.IntegerField(allow_null=True)
    evidence = serializers.FloatField(help_text="Rounded down to half of the first rung.")
    complaint_rate = serializers.FloatField(
        help_text="A share, 0.005 is 0.5 %; rounded down to steps of five people or more."
    )
    reporters = serializers.CharField(help_text="Tens of people, or that they are few.")
    rungs = RungSerializer(many=True)
    reports_to_next = serializers.IntegerField(
        allow_null=True, help_text="Rounded down to fives; 0 is fewer than five."
    )
    calm_days_to_clear = serializers.FloatField(allow_null=True)
    policy_version = serializers.IntegerField()


class AppealSerializer(serializers.ModelSerializer):
    """An appeal against a decision."""

    id = serializers.UUIDField(source="uuid", read_only=True)

    class Meta:
        model = Appeal
        fields = ["id", "text", "state", "filed_at", "due_at", "decided_at", "reason"]
        read_only_fields = [field for field in fields if field != "text"]


class DecisionSerializer(serializers.ModelSerializer):
    """A change of standing, with its statement of reasons."""

    id = serializers.UUIDField(source="uuid")
    profile_id = serializers.CharField()
    policy_version = serializers.IntegerField(source="policy.version")
    evidence = serializers.SerializerMethodField(help_text="As on the quality page.")
    may_appeal = serializers.SerializerMethodField()
    appeal = serializers.SerializerMethodField()

    class Meta:
        model = Decision
        fields = [
            "id", "profile_id", "from_standing", "to_standing", "rule", "evidence", "reason",
            "statement", "policy_version", "made_at", "may_appeal", "appeal",
        ]  # fmt: skip

    def get_evidence(self, decision: Decision) -> float:
        return published_evidence(decision.evidence, decision.policy.rules)

    def get_may_appeal(self, decision: Decision) -> bool:
        return may_appeal(decision)

    @extend_schema_field(AppealSerializer(allow_null=True))
    def get_appeal(self, decision: Decision) -> dict | None:
        appeal = getattr(decision, "appeal", None)
        return AppealSerializer(appeal).data if appeal else None


class QualityViewSet(BusinessViewSet):
    """Quality with its inputs."""

    queryset = Profile.objects.select_related("business").filter(is_test=False, closed_at=None)
    serializer_class = QualitySerializer
    noun = "quality"
    pagination_class = None
    lookup_value_regex = r"\d{15}"

    def within(self, rows):
        rows = super().within(rows)
        return rows.filter(pk__in=self.token.profile_ids) if self.token.profile_ids else rows

    def retrieve(self, request: Request, pk: str) -> Response:
        profile = self.get_object()
        picture = picture_of(profile, now=timezone.now())
        return self.shown(
            {
                "standing": profile.standing,
                "quality": profile.quality,
                "daily_cap": profile.daily_cap,
                "evidence": picture.evidence,
                "complaint_rate": picture.score,
                "reporters": picture.reporters,
                "rungs": picture.rungs,
                "reports_to_next": picture.reports_to_next,
                "calm_days_to_clear": picture.calm_to_clear,
                "policy_version": picture.policy.version,
            }
        )


class DecisionViewSet(ListModelMixin, RetrieveModelMixin, BusinessViewSet):
    """Decisions about the business's profiles."""

    queryset = Decision.objects.select_related("policy", "appeal", "profile")
    serializer_class = DecisionSerializer
    noun = "quality"
    lookup_field, lookup_url_kwarg, lookup_value_regex = "uuid", "id", UUID

    def within(self, rows):
        rows = rows.filter(profile__business=self.business)
        return rows.filter(profile__in=self.token.profile_ids) if self.token.profile_ids else rows

    @extend_schema(request=AppealSerializer, responses={201: AppealSerializer})
    @action(detail=True, methods=["post"])
    def appeal(self, request: Request, id: str) -> Response:
        """Say why it is wrong; somebody else decides within 72 hours."""
        decision = self.get_object()
        text = self.checked(AppealSerializer)["text"]
        appeal = file_appeal(decision, by=self.by, text=text)
        return Response(AppealSerializer(appeal).data, status=201)

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True)
    def statement(self, request: Request, id: str) -> Response:
        """The statement of reasons in the fields of the EU's database."""
        found = self.get_object().statement.get("dsa")
        if found is None:
            raise Http404
        return Response(found)
