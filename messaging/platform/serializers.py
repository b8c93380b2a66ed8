"""The forms of what messengers send and get."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from audience.models import Block
from messaging.services.gateway.messenger_events import EFFECTS, MOST, RECEIPTS, Event
from messaging.services.messages import LONGEST
from trust.models import Mark

REPORTABLE = [r for r in Mark.Reason if r not in (Mark.Reason.NONE, Mark.Reason.NO_LONGER)]
# What each kind of event needs, and what else it may say.
NEEDED: dict[str, tuple[str, ...]] = {
    "delivered": ("message",),
    "read": ("message",),
    "message": ("profile", "text"),
    "block": ("profile",),
    "unblock": ("profile",),
    "report": ("profile", "reason"),
    "mute": ("profile",),
    "unmute": ("profile",),
    "opt_out": (),
    "opt_in": ("text",),
}
ALLOWED = {
    "message": ("message",),
    "block": ("reason",),
    "report": ("message", "text"),
}
REASONS = {
    "block": [str(reason) for reason in Block.Reason],
    "report": [str(reason) for reason in REPORTABLE],
}


class Exact(serializers.Serializer):
    """A form that refuses what it does not know, instead of leaving it aside."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := [key for key in data if key not in self.fields]):
            raise serializers.ValidationError({unknown[0][:60]: [_("There is no such field.")]})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Words as they were written; a number or truth value is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False} | options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class PersonSerializer(Exact):
    """Names a person."""

    person = Text(max_length=128, help_text="Your own id of the person.")


class SessionSerializer(PersonSerializer):
    """Asks for a one-time link."""

    profile = Text(
        max_length=40,
        required=False,
        help_text="Handle of a business: the link opens the chat with it.",
    )


class SessionMadeSerializer(serializers.Serializer):
    url = serializers.URLField(help_text="Opens the person's inbox once, within 60 seconds.")
    expires_at = serializers.DateTimeField()


class MemberEventSerializer(Exact):
    """Something that happened at a member; which fields it needs goes by its type."""

    id = Text(max_length=64, help_text="Your own name for it; the same however often you send it.")
    type = serializers.ChoiceField(choices=[*RECEIPTS, *EFFECTS])
    person = Text(max_length=128, help_text="Your own id of the person.")
    message = Text(
        max_length=64,
        required=False,
        help_text="delivered, read: the id from the gateway. message: the one that is answered. "
        "report: the one that is reported.",
    )
    profile = Text(
        max_length=40,
        required=False,
        help_text="message, block, report, mute and their opposites: handle of the business.",
    )
    text = Text(
        max_length=LONGEST,
        required=False,
        help_text="message: the words. report: what the person adds. "
        "opt_in: version of the words to which they said yes.",
    )
    reason = Text(
        max_length=20,
        required=False,
        help_text=f"report: one of {', '.join(REASONS['report'])}. "
        f"block, if the person gave one: {', '.join(REASONS['block'])}.",
    )

    def validate(self, data: dict) -> dict:
        kind = data["type"]
        needed = NEEDED[kind]
        if missing := [name for name in needed if not data.get(name)]:
            raise serializers.ValidationError({missing[0]: [_("This field is required.")]})
        known = {"id", "type", "person", *needed, *ALLOWED.get(kind, ())}
        if strange := [name for name in data if name not in known]:
            raise serializers.ValidationError(
                {strange[0]: [_("An event of type “%s” has no such field.") % kind]}
            )
        if kind in REASONS and data.get("reason", REASONS[kind][0]) not in REASONS[kind]:
            raise serializers.ValidationError(
                {"reason": [_("One of: %s.") % ", ".join(REASONS[kind])]}
            )
        return data

    def as_event(self) -> Event:
        data = dict(self.validated_data)
        return Event(kind=data.pop("type"), **data)


class EventsSerializer(serializers.Serializer):
    """What a messenger posts. Each event is judged by itself, so this is for the schema."""

    events = MemberEventSerializer(
        many=True, help_text=f"At most {MOST}, in the order they happened."
    )


class ResultSerializer(serializers.Serializer):
    id = serializers.CharField(allow_null=True, help_text="Of the event.")
    result = serializers.ChoiceField(choices=["done", "duplicate", "refused"])
    code = serializers.CharField(required=False, help_text="Why it was refused, for programs.")
    error = serializers.CharField(required=False, help_text="Why it was refused, for people.")
    message = serializers.CharField(required=False, help_text="Id of a message that was written.")


class ResultsSerializer(serializers.Serializer):
    results = ResultSerializer(many=True, help_text="One for each event, in the same order.")


class RejectSerializer(serializers.Serializer):
    line = serializers.IntegerField(help_text="From 1.")
    reason = serializers.CharField()


class ImportSerializer(serializers.Serializer):
    """Lines of people that were loaded, or are being."""

    id = serializers.IntegerField(source="pk")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    lines = serializers.IntegerField()
    added = serializers.IntegerField(help_text="People who are new.")
    known = serializers.IntegerField(help_text="People who were here.")
    rejected = serializers.IntegerField(help_text="Lines that were not loaded.")


class ImportDoneSerializer(ImportSerializer):
    rejects = RejectSerializer(many=True, help_text="The first hundred.")


class PersonKnownSerializer(serializers.Serializer):
    """What a messenger needs to show a person's own settings."""

    person = serializers.CharField()
    marketing = serializers.BooleanField(help_text="Whether they allow adverts.")
    member = serializers.BooleanField(help_text="Whether your gateway gets their messages.")
    blocked = serializers.ListField(
        child=serializers.CharField(), help_text="Handles of the profiles they blocked."
    )


class ErasedSerializer(serializers.Serializer):
    erased = serializers.IntegerField(help_text="How many rows went.")


class VerifiedProfileSerializer(serializers.Serializer):
    """A verified business, as people may find it."""

    handle = serializers.CharField()
    name = serializers.CharField()
    about = serializers.CharField()
    logo_url = serializers.CharField(allow_blank=True)
    verified = serializers.BooleanField()
    page_url = serializers.URLField()


class FaultSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()
    details = serializers.DictField(required=False)


class ErrorSerializer(serializers.Serializer):
    error = FaultSerializer()
