"""A sandbox for each business: a test profile and five made-up people who do as they are told.

It works before verification and without a plan. The messages, rules, webhooks and refusals are the
real ones; only the people are not, and nobody else can be reached from a test profile.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audience.models import Block, Consent, Person, PersonKey, bucket_of
from audience.services.consent import mute, unmute
from audience.services.people import claim_person_ids
from messaging.models import Conversation, Message, SandboxPerson, Template
from messaging.rules import WINDOW
from messaging.services.counters import count
from messaging.services.integrators.play_payments import pay_in_play
from messaging.services.messages import mark_delivered, mark_read, receive_message
from messaging.services.people.answers import choices_of, content_of, press_choice
from messaging.services.people.blocking import block_profile, unblock_profile
from portal.base.refused import Refused
from profiles.models import Business, Profile, User
from profiles.services.profiles import create_profile

NOWHERE = "ZZ"  # a country that no audience can name
FIRST_TEMPLATE = "hello_world"
FIRST_LANGUAGE = "en_US"
SAMPLES: list[tuple[str, str, list[dict]]] = [
    (
        FIRST_TEMPLATE,
        Template.Category.UTILITY,
        [
            {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
            {
                "type": "BODY",
                "text": "Welcome and congratulations! This message shows that you can send "
                "notifications from your account. Thank you for trying it.",
            },
            {"type": "FOOTER", "text": "A sample template"},
        ],
    ),
    (
        "sample_order",
        Template.Category.UTILITY,
        [
            {
                "type": "BODY",
                "text": "Hello {{1}}, your order {{2}} has been shipped.",
                "example": {"body_text": [["Ana", "4711"]]},
            },
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Where is it?"}]},
        ],
    ),
    (
        "sample_offer",
        Template.Category.MARKETING,
        [{"type": "BODY", "text": "This weekend everything is 10% off. Come and see us!"}],
    ),
]


@dataclass(frozen=True)
class Part:
    """Who a test person is, and how they stand to the test profile at the beginning."""

    name: str
    about: object
    wrote: timedelta | None = timedelta(0)  # how long ago; None: never
    blocks: bool = False
    mutes: bool = False


PARTS = [
    Part("Ana", gettext_lazy("Wrote just now: every message reaches her.")),
    Part("Bruno", gettext_lazy("Wrote just now, like Ana.")),
    Part(
        "Chandra",
        gettext_lazy("Wrote three days ago: only templates reach her (131047)."),
        wrote=timedelta(days=3),
    ),
    Part("Divya", gettext_lazy("Blocked the profile: nothing reaches her (131026)."), blocks=True),
    Part(
        "Emil",
        gettext_lazy("Wrote three days ago and mutes adverts (131050)."),
        wrote=timedelta(days=3),
        mutes=True,
    ),
]


@transaction.atomic
def open_sandbox(business: Business, *, by: User | None, now: datetime | None = None) -> Profile:
    """The business's test profile with its people, made at the first call.

    Who is meant to have written just now writes again if their 24 hours are over.
    """
    now = now or timezone.now()
    business = Business.objects.select_for_update().get(pk=business.pk)
    profile = business.profiles.filter(is_test=True).first() or _make_profile(business, by=by)
    profile.business = business
    if not SandboxPerson.objects.filter(profile=profile).exists():
        _make_people(profile, now=now)
    _make_templates(business)
    for person, part in zip(SandboxPerson.objects.filter(profile=profile), PARTS, strict=True):
        if part.wrote == timedelta(0):
            _greet(profile, person, now=now)
    return profile


def may_reach(profile: Profile, person_id: int) -> bool:
    """Whether a profile and a person belong to the same world: the real one, or one sandbox."""
    if not profile.is_test:
        return True
    return SandboxPerson.objects.filter(profile=profile, person_id=person_id).exists()


def act(profile: Profile, person: SandboxPerson, name: str, *, text: str = "") -> None:
    """Let a test person do something; `text` is what they write, or the words of a button.

    Raises Refused where they can't.
    """
    if name not in ACTS:
        raise Refused(_("A test person can: %s.") % ", ".join(ACTS), code="unknown_act")
    ACTS[name](profile, person, text)


@dataclass(frozen=True)
class State:
    """How a test person stands to the test profile now."""

    person: SandboxPerson
    window_open: bool
    blocks: bool
    mutes: bool
    messages: list[Message]

    @property
    def owes(self) -> bool:
        """Whether a bill that can be seen is not paid."""
        bills = [(message.content or {}).get("play") for message in self.messages]
        return any(bill and not bill["paid"] for bill in bills)


def states(profile: Profile, *, now: datetime | None = None, limit: int = 20) -> list[State]:
    """The test people with what they see, in their order."""
    now = now or timezone.now()
    people = list(SandboxPerson.objects.filter(profile=profile))
    ids = [person.person_id for person in people]
    blocks = set(
        Block.objects.filter(person_id__in=ids, profile_id=profile.pk).values_list(
            "person_id", flat=True
        )
    )
    mutes = set(
        Consent.objects.filter(
            person_id__in=ids,
            kind=Consent.Kind.BUSINESS_MARKETING,
            scope_id=profile.business_id,
            granted=False,
        ).values_list("person_id", flat=True)
    )
    wrote = dict(
        Conversation.objects.filter(person_id__in=ids, profile_id=profile.pk).values_list(
            "person_id", "written_at"
        )
    )
    return [
        State(
            person,
            window_open=bool((at := wrote.get(person.person_id)) and now - at < WINDOW),
            blocks=person.person_id in blocks,
            mutes=person.person_id in mutes,
            messages=_messages(profile, person.person_id, limit),
        )
        for person in people
    ]


def verify_token(profile: Profile) -> str:
    """Words to register a webhook with: the same ones each time they are printed."""
    return hashlib.sha256(f"sandbox {profile.pk}".encode()).hexdigest()[:24]


def _make_profile(business: Business, *, by: User | None) -> Profile:
    handle = f"test_{business.slug.replace('-', '_')}"[:24]
    if Profile.objects.filter(handle=handle).exists():
        handle = f"{handle[:17]}_{business.pk % 10**6}"
    return create_profile(
        business,
        by=by,
        handle=handle,
        name=_("%s test") % business.name[:50],
        is_test=True,
        about=_("A sandbox: nobody real is reached from here."),
    )


def _make_people(profile: Profile, *, now: datetime) -> None:
    for position, (person_id, part) in enumerate(
        zip(claim_person_ids(len(PARTS)), PARTS, strict=True)
    ):
        external_id = f"sandbox-{profile.pk}-{position}"
        Person.objects.create(
            person_id=person_id,
            external_id=external_id,
            name=part.name,
            country=NOWHERE,
            birth_year=1990,
            language="en",
            marketing=True,
            joined=(now - timedelta(days=365)).date(),
            bucket=bucket_of(person_id),
        )
        PersonKey.objects.create(external_id=external_id, person_id=person_id)
        person = SandboxPerson.objects.create(
            profile=profile,
            person_id=person_id,
            name=part.name,
            about=str(part.about),
            position=position,
        )
        if part.wrote is not None:
            _greet(profile, person, now=now - part.wrote)
        if part.blocks:
            block_profile(person_id, profile, now=now)
        if part.mutes:
            mute(person_id, profile.business_id, source="sandbox", now=now)


def _make_templates(business: Business) -> None:
    """Templates that are approved from the beginning, so that there are some to send."""
    for name, category, components in SAMPLES:
        Template.objects.get_or_create(
            business=business,
            name=name,
            language=FIRST_LANGUAGE,
            deleted_at=None,
            defaults={
                "category": category,
                "status": Template.Status.APPROVED,
                "decided_at": timezone.now(),
                "components": components,
            },
        )


def _greet(profile: Profile, person: SandboxPerson, *, now: datetime) -> None:
    wrote = Conversation.objects.filter(
        person_id=person.person_id, profile_id=profile.pk, written_at__gt=now - WINDOW
    ).exists()
    blocked = Block.objects.filter(person_id=person.person_id, profile_id=profile.pk).exists()
    if not wrote and not blocked:
        receive_message(person.person_id, profile, body=_("Hello!"), name=person.name, now=now)


def _messages(profile: Profile, person_id: int, limit: int) -> list[Message]:
    rows = Message.objects.filter(person_id=person_id, profile_id=profile.pk).order_by("-id")
    return list(rows[:limit])[::-1]


def _write(profile: Profile, person: SandboxPerson, text: str) -> None:
    receive_message(person.person_id, profile, body=text or _("Hello!"), name=person.name)


def _press(profile: Profile, person: SandboxPerson, text: str) -> None:
    """Press a button, or choose a row, of the newest message that has one with these words."""
    rows = Message.objects.filter(
        person_id=person.person_id, profile_id=profile.pk, direction=Message.Direction.OUT
    ).order_by("-id")
    for message in rows[:20]:
        for choice in choices_of(content_of(message)):
            if not text or choice.words == text:
                press_choice(
                    person.person_id,
                    profile,
                    message_id=message.id,
                    key=choice.key,
                    name=person.name,
                )
                return
    raise Refused(_("There is no button “%s” to press.") % text, code="no_button")


def _deliver(profile: Profile, person: SandboxPerson, text: str) -> None:
    mark_delivered(person.person_id, profile=profile)


def _read(profile: Profile, person: SandboxPerson, text: str) -> None:
    mark_read(person.person_id, profile)


def _block(profile: Profile, person: SandboxPerson, text: str) -> None:
    block_profile(person.person_id, profile)


def _unblock(profile: Profile, person: SandboxPerson, text: str) -> None:
    unblock_profile(person.person_id, profile)


def _report(profile: Profile, person: SandboxPerson, text: str) -> None:
    """Counted, and the person is gone; staff don't read reports of people who don't exist."""
    count(profile, "reported", now=timezone.now())
    block_profile(person.person_id, profile, reason=Block.Reason.SCAM)


def _mute(profile: Profile, person: SandboxPerson, text: str) -> None:
    mute(person.person_id, profile.business_id, source="sandbox")


def _unmute(profile: Profile, person: SandboxPerson, text: str) -> None:
    unmute(person.person_id, profile.business_id, source="sandbox")


def _pay(profile: Profile, person: SandboxPerson, text: str) -> None:
    pay_in_play(profile, person.person_id)


ACTS: dict[str, Callable[[Profile, SandboxPerson, str], None]] = {
    "write": _write,
    "press": _press,
    "pay": _pay,
    "deliver": _deliver,
    "read": _read,
    "block": _block,
    "unblock": _unblock,
    "report": _report,
    "mute": _mute,
    "unmute": _unmute,
}
