"""/audit: who did what in the business."""

from rest_framework import serializers
from rest_framework.mixins import ListModelMixin

from messaging.v1.base import BusinessViewSet
from profiles.models import AuditRow


class AuditSerializer(serializers.ModelSerializer):
    """One change, as it was written down with it."""

    id = serializers.CharField()
    by = serializers.EmailField(source="actor.email")
    object = serializers.CharField(source="object_name")
    kind = serializers.CharField(source="object_type")

    class Meta:
        model = AuditRow
        fields = ["id", "at", "by", "event", "kind", "object", "details"]


class AuditViewSet(ListModelMixin, BusinessViewSet):
    """The business's history, newest first."""

    queryset = AuditRow.objects.select_related("actor")
    serializer_class = AuditSerializer
    noun = "audit"

    def within(self, rows):
        """What members did. What staff write down is theirs; its outcome is in the decisions."""
        members = self.business.memberships.filter(user__is_staff=False).values("user")
        return rows.filter(business_id=self.business.pk, actor__in=members)
