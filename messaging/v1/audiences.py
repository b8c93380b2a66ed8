"""/audiences and /estimates: whom a campaign is for, and how many that is."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from audience.definition import read_definition
from audience.models import Category, Person, SavedAudience
from audience.services.estimates import estimate
from audience.services.saved import change_audience, delete_audience, save_audience
from messaging.v1.base import BusinessViewSet

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class DefinitionSerializer(serializers.Serializer):
    """A country, and within it regions, ages and phones. Never single people."""

    country = serializers.CharField(help_text="ISO 3166-1, such as BR.")
    regions = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="ISO 3166-2; empty: all."
    )
    age_from = serializers.IntegerField(
        required=False, min_value=0, max_value=200, help_text="18, 25, 35 …"
    )
    age_until = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=200, help_text="24, 34, 44 …"
    )
    tiers = serializers.ListField(
        child=serializers.ChoiceField(Person.Tier.choices), required=False
    )
    category = serializers.ChoiceField(Category.choices, required=False)

    def to_representation(self, instance: dict) -> dict:
        return instance


class AudienceSerializer(serializers.ModelSerializer):
    """A definition that has a name."""

    id = serializers.UUIDField(source="uuid", read_only=True)
    definition = DefinitionSerializer()

    class Meta:
        model = SavedAudience
        fields = ["id", "name", "definition", "created_at", "changed_at"]
        read_only_fields = ["created_at", "changed_at"]
        validators: list = []


class StepSerializer(serializers.Serializer):
    """One filter, and how many are left after it."""

    filter = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    people = serializers.CharField(source="left", help_text="A range, such as 75,000–76,000.")


class EstimateSerializer(serializers.Serializer):
    """The published size; the same however often one asks."""

    low = serializers.IntegerField(source="count.low")
    high = serializers.IntegerField(source="count.high")
    floor = serializers.IntegerField(help_text="The fewest people it must have.")
    may_run = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why it can't be used; empty where it can.")
    steps = StepSerializer(many=True)


class AudienceViewSet(ListModelMixin, RetrieveModelMixin, DestroyModelMixin, BusinessViewSet):
    """Saved audiences."""

    queryset = SavedAudience.objects.all()
    serializer_class = AudienceSerializer
    noun = "audiences"
    lookup_field, lookup_url_kwarg, lookup_value_regex = "uuid", "id", UUID

    @extend_schema(responses={201: AudienceSerializer})
    def create(self, request: Request) -> Response:
        chosen = self.checked(AudienceSerializer)
        definition = read_definition(chosen["definition"])
        saved = save_audience(self.business, name=chosen["name"], definition=definition, by=self.by)
        return self.shown(saved, status=201)

    def update(self, request: Request, id: str) -> Response:
        saved = self.get_object()
        chosen = self.checked(AudienceSerializer)
        definition = read_definition(chosen["definition"])
        return self.shown(
            change_audience(saved, name=chosen["name"], definition=definition, by=self.by)
        )

    def perform_destroy(self, instance: SavedAudience) -> None:
        delete_audience(instance, by=self.by)


class EstimateViewSet(BusinessViewSet):
    """How many people a definition reaches."""

    queryset = SavedAudience.objects.none()
    serializer_class = EstimateSerializer
    noun = "audiences"
    reading = ("create",)
    pagination_class = None

    @extend_schema(request=DefinitionSerializer, responses=EstimateSerializer)
    def create(self, request: Request) -> Response:
        chosen = self.checked(DefinitionSerializer)
        return self.shown(estimate(read_definition(chosen)))
