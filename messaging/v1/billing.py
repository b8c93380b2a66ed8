"""/subscription, /usage, /invoices: read only; money moves on the dashboard."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from billing.entitlements import current_subscription, entitlements
from billing.models import Invoice
from billing.services.usage import next_reset, usage_lines
from messaging.v1.base import BusinessViewSet


class SubscriptionSerializer(serializers.Serializer):
    """The plan, and what it allows now."""

    plan = serializers.CharField()
    state = serializers.CharField()
    access = serializers.CharField(help_text="full, replies or none.")
    until = serializers.DateTimeField(allow_null=True)
    status = serializers.CharField(allow_null=True, help_text="Stripe's; null: none.")
    interval = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    period_end = serializers.DateTimeField(allow_null=True)
    recipients_a_month = serializers.IntegerField()
    seats = serializers.IntegerField()
    profiles = serializers.IntegerField()
    api_rate = serializers.IntegerField(help_text="Messages a second.")
    webhooks = serializers.IntegerField()
    history_days = serializers.IntegerField()


class LineSerializer(serializers.Serializer):
    """One limit of the plan."""

    name = serializers.CharField()
    used = serializers.IntegerField()
    limit = serializers.IntegerField()


class UsageSerializer(serializers.Serializer):
    """How much of the plan is used in this month."""

    lines = LineSerializer(many=True)
    resets_at = serializers.DateTimeField()


class InvoiceSerializer(serializers.ModelSerializer):
    """An invoice; amounts in the currency's smallest unit."""

    id = serializers.CharField(source="stripe_id")

    class Meta:
        model = Invoice
        fields = [
            "id", "number", "status", "currency", "total", "amount_paid", "amount_refunded",
            "created_at", "paid_at",
        ]  # fmt: skip


class SubscriptionViewSet(BusinessViewSet):
    """The subscription and the rights that follow from it."""

    queryset = Invoice.objects.none()
    serializer_class = SubscriptionSerializer
    noun = "billing"
    pagination_class = None

    @extend_schema(operation_id="subscription")
    def retrieve_one(self, request: Request) -> Response:
        rights, row = entitlements(self.business), current_subscription(self.business)
        limits = ("recipients_a_month", "seats", "profiles", "api_rate", "webhooks", "history_days")
        return self.shown(
            {
                "plan": rights.plan,
                "state": rights.state,
                "access": rights.access,
                "until": rights.until,
                "status": row.status if row else None,
                "interval": row.interval if row else None,
                "currency": row.currency if row else None,
                "period_end": row.period_end if row else None,
                **{name: getattr(rights, name) for name in limits},
            }
        )

    @extend_schema(operation_id="usage", responses=UsageSerializer)
    def usage(self, request: Request) -> Response:
        now = timezone.now()
        lines = usage_lines(self.business, entitlements(self.business, now), now=now)
        return Response(UsageSerializer({"lines": lines, "resets_at": next_reset(now)}).data)


class InvoiceViewSet(ListModelMixin, BusinessViewSet):
    """Invoices, newest first."""

    queryset = Invoice.objects.exclude(status=Invoice.Status.DRAFT)
    serializer_class = InvoiceSerializer
    noun = "billing"
