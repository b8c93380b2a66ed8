"""/members and /invitations: who works in the business."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import DestroyModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.v1.base import BusinessViewSet
from profiles.models import Invitation, Membership
from profiles.services.members import (
    change_role,
    invite_member,
    remove_member,
    withdraw_invitation,
)


class MemberSerializer(serializers.ModelSerializer):
    """One member."""

    id = serializers.CharField(source="pk", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "name", "email", "role", "joined_at"]
        read_only_fields = ["joined_at"]


class InvitationSerializer(serializers.ModelSerializer):
    """A letter that was not answered yet."""

    id = serializers.CharField(source="pk", read_only=True)

    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "created_at", "expires_at"]
        read_only_fields = ["created_at", "expires_at"]


class MemberViewSet(ListModelMixin, RetrieveModelMixin, DestroyModelMixin, BusinessViewSet):
    """Members of now. Who made the key decides which roles it can give."""

    queryset = Membership.objects.select_related("user").filter(removed_at=None)
    serializer_class = MemberSerializer
    noun = "members"
    lookup_value_regex = r"\d{1,18}"

    def partial_update(self, request: Request, pk: str) -> Response:
        member = self.get_object()
        role = self.checked(MemberSerializer)["role"]
        return self.shown(change_role(member, by=self.by, role=role))

    def perform_destroy(self, instance: Membership) -> None:
        remove_member(instance, by=self.by)


class InvitationViewSet(ListModelMixin, DestroyModelMixin, BusinessViewSet):
    """Open invitations."""

    queryset = Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
    serializer_class = InvitationSerializer
    noun = "members"
    lookup_value_regex = r"\d{1,18}"

    def within(self, rows):
        return super().within(rows).filter(expires_at__gt=timezone.now())

    @extend_schema(responses={201: InvitationSerializer})
    def create(self, request: Request) -> Response:
        chosen = self.checked(InvitationSerializer)
        invitation = invite_member(
            self.business, by=self.by, email=chosen["email"], role=chosen["role"]
        )
        return self.shown(invitation, status=201)

    def perform_destroy(self, instance: Invitation) -> None:
        withdraw_invitation(instance, by=self.by)
