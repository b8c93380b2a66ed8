"""/profiles: what people see of the business. /me: whose key this is."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.v1.base import BusinessViewSet
from profiles.models import Profile
from profiles.services.profiles import EDITABLE, change_profile


class ProfileSerializer(serializers.ModelSerializer):
    """A profile; standing, quality and cap follow from how people take its messages."""

    id = serializers.CharField(read_only=True, help_text="Also its phone number id.")
    badge_shown = serializers.BooleanField(read_only=True)
    logo_url = serializers.CharField(read_only=True)

    class Meta:
        model = Profile
        fields = [
            "id", "handle", *EDITABLE, "logo_url", "badge_shown", "standing", "quality",
            "daily_cap", "is_test", "created_at", "closed_at",
        ]  # fmt: skip
        read_only_fields = [field for field in fields if field not in EDITABLE]


class MeSerializer(serializers.Serializer):
    """The key, its app and its business."""

    business_id = serializers.CharField()
    business = serializers.CharField()
    app_id = serializers.CharField()
    app = serializers.CharField()
    key = serializers.CharField(help_text="Its name.")
    scopes = serializers.ListField(child=serializers.CharField())
    profile_ids = serializers.ListField(
        child=serializers.CharField(), help_text="Profiles it is limited to; empty: all."
    )
    expires_at = serializers.DateTimeField(allow_null=True)


class MeViewSet(BusinessViewSet):
    """Whose key is this, and what does it open?"""

    queryset = Profile.objects.none()
    serializer_class = MeSerializer
    pagination_class = None

    @extend_schema(responses=MeSerializer, operation_id="me")
    def retrieve_me(self, request: Request) -> Response:
        token = self.token
        return self.shown(
            {
                "business_id": self.business.pk,
                "business": self.business.name,
                "app_id": token.app_id,
                "app": token.app.name,
                "key": token.name,
                "scopes": token.scopes,
                "profile_ids": token.profile_ids,
                "expires_at": token.expires_at,
            }
        )


class ProfileViewSet(ListModelMixin, RetrieveModelMixin, BusinessViewSet):
    """Profiles of the business, closed ones too."""

    queryset = Profile.objects.select_related("business")
    serializer_class = ProfileSerializer
    noun = "profiles"
    lookup_value_regex = r"\d{15}"

    def within(self, rows):
        rows = super().within(rows)
        return rows.filter(pk__in=self.token.profile_ids) if self.token.profile_ids else rows

    def partial_update(self, request: Request, pk: str) -> Response:
        profile = self.get_object()
        changes = self.checked(ProfileSerializer, instance=profile, partial=True)
        return self.shown(change_profile(profile, by=self.by, **changes))
