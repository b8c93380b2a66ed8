"""/conversations: what people write to a profile, and answers; by the number the business knows."""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.models import Contact, Conversation, Message
from messaging.services.conversations.handling import (
    FOLDERS,
    Line,
    assign_conversation,
    conversation_of,
    inbox_page,
    messages_page,
    reopen_conversation,
    resolve_conversation,
)
from messaging.services.integrators.rates import take_message
from messaging.services.integrators.wamids import message_behind, wamid
from messaging.services.messages import LONGEST, send_message
from messaging.v1.base import BusinessViewSet
from messaging.v1.paging import AS_PARAMETERS, limit_of, page_of
from portal.base.pairwise import pairwise_number
from profiles.models import Profile, User


class ConversationSerializer(serializers.Serializer):
    """One person and one profile, as the business sees them."""

    profile_id = serializers.CharField(source="conversation.profile_id")
    number = serializers.CharField(help_text="The person's number; 999 before it is wa_id.")
    name = serializers.CharField()
    state = serializers.ChoiceField(Conversation.State.choices, source="conversation.state")
    unread = serializers.IntegerField(source="conversation.business_unread")
    last_at = serializers.DateTimeField(source="conversation.business_last_at")
    last_text = serializers.CharField(source="conversation.business_last_body")
    wrote_at = serializers.DateTimeField(source="conversation.written_at", allow_null=True)
    assignee = serializers.SerializerMethodField()

    def get_assignee(self, line: Line) -> str | None:
        """E-mail of the member who has it."""
        pk = line.conversation.assignee_id
        user = User.objects.filter(pk=pk).first() if pk else None
        return user.email if user else None


class MessageSerializer(serializers.Serializer):
    """One message."""

    id = serializers.CharField(help_text="As in the Cloud API: wamid.…")
    direction = serializers.ChoiceField(Message.Direction.choices)
    kind = serializers.ChoiceField(Message.Kind.choices)
    status = serializers.ChoiceField(Message.Status.choices)
    text = serializers.CharField(allow_blank=True)
    error = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class NewMessage(serializers.Serializer):
    """An answer in words."""

    text = serializers.CharField(max_length=LONGEST)


class AssignSerializer(serializers.Serializer):
    """Who takes it."""

    email = serializers.EmailField(allow_null=True, help_text="Of a member; null: nobody.")


PLACE = [
    OpenApiParameter("profile_id", str, "path", pattern=r"\d{15}"),
    OpenApiParameter("number", str, "path", pattern=r"\d{12}"),
]
Page = type(
    "ConversationPage",
    (serializers.Serializer,),
    {
        "data": ConversationSerializer(many=True),
        "after": serializers.CharField(allow_null=True),
        "next": serializers.URLField(allow_null=True),
    },
)
MessagePage = type(
    "MessagePage",
    (serializers.Serializer,),
    {
        "data": MessageSerializer(many=True),
        "after": serializers.CharField(allow_null=True),
        "next": serializers.URLField(allow_null=True),
    },
)


class ConversationViewSet(BusinessViewSet):
    """A profile's conversations, newest first."""

    queryset = Profile.objects.select_related("business")
    serializer_class = ConversationSerializer
    noun = "conversations"
    pagination_class = None

    def within(self, rows):
        rows = super().within(rows)
        return rows.filter(pk__in=self.token.profile_ids) if self.token.profile_ids else rows

    @extend_schema(
        parameters=[
            *PLACE[:1],
            OpenApiParameter("folder", str, enum=list(FOLDERS)),
            *AS_PARAMETERS,
        ],
        responses=Page,
    )
    def list(self, request: Request, profile_id: str) -> Response:
        profile = self._profile(profile_id)
        folder = request.query_params.get("folder", "all")
        if folder not in FOLDERS:
            raise serializers.ValidationError({"folder": [_("There is no such folder.")]})
        found = inbox_page(
            profile,
            member=self.by,
            folder=folder,
            after=request.query_params.get("after", ""),
            limit=limit_of(request),
        )
        return page_of(request, self.get_serializer(found.lines, many=True).data, after=found.after)

    @extend_schema(parameters=PLACE, responses=ConversationSerializer)
    def retrieve(self, request: Request, profile_id: str, number: str) -> Response:
        return self._shown(self._conversation(profile_id, number)[1])

    @extend_schema(
        operation_id="conversations_messages_list",
        parameters=[
            *PLACE,
            *AS_PARAMETERS,
        ],
        responses=MessagePage,
    )
    def messages(self, request: Request, profile_id: str, number: str) -> Response:
        """Newest first."""
        _profile, row = self._conversation(profile_id, number)
        limit, before = limit_of(request), None
        if after := request.query_params.get("after", ""):
            key = message_behind(self.business.pk, after)
            if key is None or key.person_id != row.person_id:
                raise serializers.ValidationError({"after": [_("This cursor is not ours.")]})
            before = key.id
        found = messages_page(row, before=before, limit=limit + 1)[::-1]
        shown = [self._message(message) for message in found[:limit]]
        return page_of(request, shown, after=shown[-1]["id"] if len(found) > limit else "")

    @extend_schema(parameters=PLACE, request=NewMessage, responses={201: MessageSerializer})
    def send(self, request: Request, profile_id: str, number: str) -> Response:
        """Answer within 24 hours of the person's last message."""
        profile, row = self._conversation(profile_id, number)
        chosen = self.checked(NewMessage)
        take_message(profile, row.person_id)
        message = send_message(profile, row.person_id, by=None, body=chosen["text"])
        return Response(self._message(message), status=201)

    @extend_schema(parameters=PLACE, request=AssignSerializer, responses=ConversationSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, profile_id: str, number: str) -> Response:
        """Give it to a member, or to nobody."""
        _profile, row = self._conversation(profile_id, number)
        email = self.checked(AssignSerializer)["email"]
        member = (
            email
            and self.business.memberships.filter(user__email__iexact=email, removed_at=None)
            .select_related("user")
            .first()
        )
        if email and not member:
            raise serializers.ValidationError({"email": [_("There is no such member.")]})
        assign_conversation(row, by=self.by, to=member.user if member else None)
        return self._shown(row)

    @extend_schema(parameters=PLACE, request=None, responses=ConversationSerializer)
    def resolve(self, request: Request, profile_id: str, number: str) -> Response:
        """Put it away; the person's next message opens it again."""
        _profile, row = self._conversation(profile_id, number)
        resolve_conversation(row, by=self.by)
        return self._shown(row)

    @extend_schema(parameters=PLACE, request=None, responses=ConversationSerializer)
    def reopen(self, request: Request, profile_id: str, number: str) -> Response:
        """Take it up again."""
        _profile, row = self._conversation(profile_id, number)
        reopen_conversation(row, by=self.by)
        return self._shown(row)

    def _profile(self, pk: str) -> Profile:
        if (found := self.get_queryset().filter(pk=int(pk)).first()) is None:
            raise Http404
        return found

    def _conversation(self, profile_id: str, number: str) -> tuple[Profile, Conversation]:
        profile = self._profile(profile_id)
        if (found := conversation_of(profile, number)) is None:
            raise Http404
        return profile, found

    def _shown(self, row: Conversation) -> Response:
        contact = Contact.objects.filter(
            person_id=row.person_id, business_id=self.business.pk
        ).first()
        number = pairwise_number(self.business.pk, row.person_id)
        return self.shown(Line(row, number, contact))

    def _message(self, row: Message) -> dict:
        return MessageSerializer(
            {
                "id": wamid(self.business.pk, row.person_id, row.id),
                "direction": row.direction,
                "kind": row.kind,
                "status": row.status,
                "text": row.body or "",
                "error": row.error,
                "at": row.created_at,
            }
        ).data
