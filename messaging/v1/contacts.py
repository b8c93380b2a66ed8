"""/contacts: people who wrote, linked an account or opted in, by the number the business knows."""

from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.models import Contact
from messaging.names import name_for
from messaging.services.conversations.contacts import block_contact, label_contact, unblock_contact
from messaging.v1.base import BusinessViewSet
from messaging.v1.paging import AS_PARAMETERS, limit_of, page_of
from portal.base.pairwise import pairwise_number, person_of, wa_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAME = "As the person chose for the business; “Guest” and four digits where they chose none."
NUMBER = [OpenApiParameter("number", str, "path", pattern=r"\d{12}")]


class ContactSerializer(serializers.Serializer):
    """A contact; its number means nothing to any other business."""

    number = serializers.CharField(read_only=True)
    wa_id = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True, help_text=NAME)
    source = serializers.ChoiceField(Contact.Source.choices, read_only=True)  # type: ignore[assignment]
    reference = serializers.CharField(read_only=True, help_text="Your own, from account linking.")
    labels = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, help_text="Your own words."
    )
    blocked_at = serializers.DateTimeField(read_only=True, allow_null=True)
    first_at = serializers.DateTimeField(read_only=True)
    last_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: Contact) -> dict:
        number = pairwise_number(instance.business_id, instance.person_id)
        instance.number, instance.wa_id = number, wa_id(number)  # type: ignore[attr-defined]
        return super().to_representation(instance) | {"name": name_for(instance, number)}


class ContactPage(serializers.Serializer):
    """A page of contacts."""

    data = ContactSerializer(many=True)  # type: ignore[assignment]
    after = serializers.CharField(allow_null=True)
    next = serializers.URLField(allow_null=True)


class ContactViewSet(BusinessViewSet):
    """Contacts, who was heard of last first."""

    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    noun = "contacts"
    pagination_class = None

    def within(self, rows):
        return rows.filter(business_id=self.business.pk)

    @extend_schema(
        parameters=[
            OpenApiParameter("reference", str, description="Your own, from account linking."),
            *AS_PARAMETERS,
        ],
        responses=ContactPage,
    )
    def list(self, request: Request) -> Response:
        rows, limit = self.get_queryset(), limit_of(request)
        if reference := request.query_params.get("reference", ""):
            rows = rows.filter(reference=reference)
        if after := request.query_params.get("after", ""):
            at, person_id = self._place(after)
            rows = rows.filter(
                Q(last_at__lt=at) | Q(last_at=at, person_id__gt=person_id), last_at__lte=at
            )
        found = list(rows.order_by("-last_at", "person_id")[: limit + 1])
        shown = self.get_serializer(found[:limit], many=True).data
        return page_of(request, shown, after=_after(found[limit - 1]) if found[limit:] else "")

    @extend_schema(parameters=NUMBER)
    def retrieve(self, request: Request, number: str) -> Response:
        return self.shown(self._contact(number))

    @extend_schema(parameters=NUMBER)
    def partial_update(self, request: Request, number: str) -> Response:
        """Change the labels."""
        contact = self._contact(number)
        labels = self.checked(ContactSerializer)["labels"]
        return self.shown(
            label_contact(self.business, contact.person_id, labels=labels, by=self.by)
        )

    @extend_schema(parameters=NUMBER, request=None)
    def block(self, request: Request, number: str) -> Response:
        """Hear nothing more from a person who wrote within a day."""
        contact = self._contact(number)
        return self.shown(block_contact(self.business, contact.person_id, by=self.by))

    @extend_schema(parameters=NUMBER, request=None)
    def unblock(self, request: Request, number: str) -> Response:
        """Hear from the person again."""
        contact = self._contact(number)
        return self.shown(unblock_contact(self.business, contact.person_id, by=self.by))

    def _contact(self, number: str) -> Contact:
        person_id = person_of(self.business.pk, number)
        found = person_id and self.get_queryset().filter(person_id=person_id).first()
        if not found:
            raise Http404
        return found

    def _place(self, after: str) -> tuple[datetime, int]:
        microseconds, _dot, number = after.partition(".")
        person_id = person_of(self.business.pk, number)
        readable = microseconds.isascii() and microseconds.isdecimal() and len(microseconds) < 18
        if not readable or person_id is None:
            raise serializers.ValidationError({"after": [_("This cursor is not one of ours.")]})
        return EPOCH + timedelta(microseconds=int(microseconds)), person_id


def _after(row: Contact) -> str:
    microseconds = (row.last_at - EPOCH) // timedelta(microseconds=1)
    return f"{microseconds}.{pairwise_number(row.business_id, row.person_id)}"
