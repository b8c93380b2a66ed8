"""/templates: words approved beforehand."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.models import Template
from messaging.services.templates.lifecycle import (
    create_template,
    delete_template,
    edit_template,
    read,
)
from messaging.v1.base import BusinessViewSet

Component = serializers.DictField


class TemplateSerializer(serializers.ModelSerializer):
    """A template. Components are in the shape of the Cloud API."""

    id = serializers.CharField(read_only=True)
    name = serializers.RegexField(r"^[a-z0-9_]+$", max_length=512)
    language = serializers.RegexField(r"^[a-z]{2,3}(_[A-Z]{2})?$", default="en")
    components = serializers.ListField(child=Component(), min_length=1, max_length=20)
    parameter_format = serializers.ChoiceField(["POSITIONAL", "NAMED"], default="POSITIONAL")

    class Meta:
        model = Template
        fields = [
            "id", "name", "language", "category", "status", "parameter_format", "components",
            "reason", "version", "created_at", "decided_at",
        ]  # fmt: skip
        read_only_fields = ["status", "reason", "version", "created_at", "decided_at"]


class TemplateChange(serializers.Serializer):
    """What of a template can be changed; it is looked at again afterwards."""

    components = serializers.ListField(
        child=Component(), min_length=1, max_length=20, required=False
    )
    category = serializers.ChoiceField(Template.Category.choices, required=False)


class LintSerializer(serializers.Serializer):
    """A template that is not handed in yet."""

    components = serializers.ListField(child=Component(), min_length=1, max_length=20)
    category = serializers.ChoiceField(Template.Category.choices)
    parameter_format = serializers.ChoiceField(["POSITIONAL", "NAMED"], default="POSITIONAL")


class LintReport(serializers.Serializer):
    """What a look at the words says."""

    category = serializers.CharField(help_text="What it looks like.", source="predicted")
    is_clear = serializers.BooleanField(help_text="Would be approved at once.")
    faults = serializers.ListField(child=serializers.CharField())


class TemplateViewSet(ListModelMixin, RetrieveModelMixin, DestroyModelMixin, BusinessViewSet):
    """Templates; clear cases are approved at once, the rest by people."""

    queryset = Template.objects.filter(deleted_at=None)
    serializer_class = TemplateSerializer
    noun = "templates"
    reading = ("lint",)
    lookup_value_regex = r"\d{15}"

    @extend_schema(responses={201: TemplateSerializer})
    def create(self, request: Request) -> Response:
        chosen = self.checked(TemplateSerializer)
        return self.shown(create_template(self.business, by=self.by, **chosen), status=201)

    @extend_schema(request=TemplateChange, responses=TemplateSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        template = self.get_object()
        chosen = self.checked(TemplateChange)
        template = edit_template(
            template,
            components=chosen.get("components", template.components),
            category=chosen.get("category"),
            by=self.by,
        )
        return self.shown(template)

    def perform_destroy(self, instance: Template) -> None:
        delete_template(instance, by=self.by)

    @extend_schema(request=LintSerializer, responses=LintReport)
    @action(detail=False, methods=["post"])
    def lint(self, request: Request) -> Response:
        """Look at words before handing them in; nothing is kept."""
        chosen = self.checked(LintSerializer)
        _cleaned, report = read(
            chosen["components"],
            category=chosen["category"],
            parameter_format=chosen["parameter_format"],
        )
        return Response(LintReport(report).data)
