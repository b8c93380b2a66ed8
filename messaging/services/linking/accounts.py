"""A person's answer to a link, and the end of one. Each is told to the business's integrators.

The business learns its own nonce and reference together with the number by which it knows the
person. Who declines stays unknown to it.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.locks import hold_bucket
from audience.models import Block, Consent
from audience.services.consent import answer
from messaging.models import AccountLink, Contact, LinkRequest
from messaging.names import plain_name
from messaging.rules import may_begin
from messaging.services.integrators.sandbox import may_reach
from messaging.services.linking.requests import State, close_request, hash_of, request_behind
from messaging.services.messages import announce_conversation
from messaging.services.webhooks.bodies import contact_entry, metadata
from messaging.services.webhooks.events import tell
from portal.base.ids import new_id
from portal.base.live import announce
from portal.base.pairwise import pairwise_number, user_id, wa_id
from portal.base.refused import Refused
from profiles.models import Business, Profile, User
from profiles.services.audit import record

FIELD = "account_linking"  # what integrators subscribe to
SOURCE = "link"
KINDS = (Consent.Kind.BUSINESS_ALERTS, Consent.Kind.BUSINESS_MARKETING)
EndedBy = AccountLink.EndedBy


@transaction.atomic
def agree_to_link(
    token: str,
    person_id: int,
    *,
    alerts: bool,
    adverts: bool,
    name: str | None = None,
    now: datetime | None = None,
) -> AccountLink:
    """The person is this customer of the business. Uses the link up.

    Arguments:
        alerts, adverts: what the person allows, where the business asked for it.
        name: what the person wants to be called by this business, empty for no name at all; None
            keeps what it knows.

    Raises Refused: the link is over, the business may not begin talks, or the person blocks it.
    """
    now = now or timezone.now()
    hold_bucket(person_id)
    request = _lock(token, now)
    _check_askable(request, person_id, now)

    if older := active_link(person_id, request.business):
        _end(older, EndedBy.NEWER, now=now)
    link = AccountLink.objects.create(
        person_id=person_id,
        id=new_id(now),
        business_id=request.business_id,
        profile_id=request.profile_id,
        nonce=request.nonce,
        reference=request.reference,
        account_name=request.account_name,
        linked_at=now,
    )
    # Consent first: who is no contact yet causes no event of its own about preferences.
    asked = {KINDS[0]: (request.asks_alerts, alerts), KINDS[1]: (request.asks_adverts, adverts)}
    for kind, (is_asked, granted) in asked.items():
        if is_asked:
            _answer(link, kind, granted=granted, now=now)
    contact = _meet(link, name=name, now=now)
    close_request(request, State.AGREED, now=now)

    _record(link, "account.linked", by=None)
    _tell(link, contact, now=now, status="linked", **_allowed(request, alerts, adverts))
    announce(f"person:{person_id}", "linked")
    announce_conversation(request.profile, person_id)
    return link


@transaction.atomic
def decline_to_link(token: str, *, now: datetime | None = None) -> None:
    """No. The business hears its nonce, and not from whom. Raises Refused: the link is over."""
    now = now or timezone.now()
    request = _lock(token, now)

    close_request(request, State.DECLINED, now=now)

    record(request, "link_request.declined", by=None)
    _tell_business(request.profile_id, request.business_id, _news(request, "declined", now))


@transaction.atomic
def unlink_account(
    link: AccountLink, *, ended_by: str, by: User | None = None, now: datetime | None = None
) -> AccountLink:
    """End the link; what the person allowed with it ends too. Ending twice changes nothing.

    Arguments:
        ended_by: one of AccountLink.EndedBy.
        by: the member who ended it; None where the person or a program did.
    """
    now = now or timezone.now()
    hold_bucket(link.person_id)
    link = AccountLink.objects.select_for_update().get(person_id=link.person_id, id=link.id)
    if link.ended_at:
        return link

    for kind in KINDS:
        given = Consent.objects.filter(
            person_id=link.person_id, kind=kind, scope_id=link.business_id, source=SOURCE
        )
        if given.filter(granted=True).exists():
            _answer(link, kind, granted=False, now=now)
    _end(link, ended_by, by=by, now=now)
    announce(f"person:{link.person_id}", "linked")
    announce_conversation(Profile(id=link.profile_id, business_id=link.business_id), link.person_id)
    return link


def active_link(person_id: int, business: Business) -> AccountLink | None:
    """The link between the two, if there is one."""
    return AccountLink.objects.filter(
        person_id=person_id, business_id=business.pk, ended_at=None
    ).first()


def links_of_person(person_id: int) -> list[tuple[AccountLink, Profile]]:
    """The person's active links with whom they are to, newest first."""
    links = list(
        AccountLink.objects.filter(person_id=person_id, ended_at=None).order_by("-linked_at")[:200]
    )
    profiles = Profile.objects.select_related("business").in_bulk({one.profile_id for one in links})
    return [(link, profiles[link.profile_id]) for link in links if link.profile_id in profiles]


def _lock(token: str, now: datetime) -> LinkRequest:
    # Of two taps at once the second waits here, and then finds the link used.
    LinkRequest.objects.select_for_update().filter(token_hash=hash_of(token)).first()
    request = request_behind(token, now=now)
    if request is None:
        raise Refused(
            _("This link no longer works. Ask for a new one where you found it."), code="link_over"
        )
    return request


def _check_askable(request: LinkRequest, person_id: int, now: datetime) -> None:
    profile = request.profile
    may_begin(profile, now=now)
    if not may_reach(profile, person_id):
        raise Refused(_("This is a test link, for test people only."), code="test_only")
    if Block.objects.filter(person_id=person_id, profile_id=profile.pk).exists():
        raise Refused(_("You blocked this sender. Unblock it to link."), code="blocked")


def _answer(link: AccountLink, kind: Consent.Kind, *, granted: bool, now: datetime) -> None:
    answer(
        link.person_id,
        kind,
        granted=granted,
        business_id=link.business_id,
        source=SOURCE,
        now=now,
    )


def _meet(link: AccountLink, *, name: str | None, now: datetime) -> Contact:
    chosen = plain_name(name or "")
    contact, is_new = Contact.objects.get_or_create(
        person_id=link.person_id,
        business_id=link.business_id,
        defaults={
            "name": chosen,
            "source": Contact.Source.LINKED,
            "reference": link.reference,
            "linked_at": now,
            "first_at": now,
            "last_at": now,
        },
    )
    if not is_new:
        contact.name = contact.name if name is None else chosen
        contact.reference, contact.linked_at, contact.last_at = link.reference, now, now
        contact.save(update_fields=["name", "reference", "linked_at", "last_at"])
    return contact


def _end(link: AccountLink, ended_by: str, *, by: User | None = None, now: datetime) -> None:
    link.ended_at, link.ended_by = now, ended_by
    link.save(update_fields=["ended_at", "ended_by"])
    Contact.objects.filter(person_id=link.person_id, business_id=link.business_id).update(
        reference="", linked_at=None
    )
    _record(link, "account.unlinked", by=by, ended_by=ended_by)
    contact = Contact.objects.filter(person_id=link.person_id, business_id=link.business_id).first()
    _tell(link, contact, now=now, status="unlinked", by=ended_by)


def _record(link: AccountLink, event: str, *, by: User | None, ended_by: str = "") -> None:
    """In the business's audit: by its own number of the person, never another, and not as which
    customer: the audit forgets nobody.
    """
    details = {"ended_by": ended_by} if ended_by else {}
    details["link"] = str(link.id)
    number = pairwise_number(link.business_id, link.person_id)
    business = Business.objects.get(pk=link.business_id)
    record(business, event, by=by, business=business, number=number, **details)


def _allowed(request: LinkRequest, alerts: bool, adverts: bool) -> dict[str, bool]:
    """The answers to what was asked; nothing about what was not."""
    said = {"alerts": (request.asks_alerts, alerts), "adverts": (request.asks_adverts, adverts)}
    return {name: granted for name, (is_asked, granted) in said.items() if is_asked}


def _news(about: LinkRequest | AccountLink, status: str, now: datetime, **more: object) -> dict:
    return {
        "status": status,
        "nonce": about.nonce,
        "reference": about.reference,
        "timestamp": str(int(now.timestamp())),
        **more,
    }


def _tell(
    link: AccountLink, contact: Contact | None, *, now: datetime, status: str, **more: object
) -> None:
    number = pairwise_number(link.business_id, link.person_id)
    whom = {"wa_id": wa_id(number), "user_id": user_id(number)}
    _tell_business(
        link.profile_id,
        link.business_id,
        _news(link, status, now, **whom, **more),
        person_id=link.person_id,
        contacts=[contact_entry(contact, number)],
    )


def _tell_business(
    profile_id: int,
    business_id: int,
    news: dict,
    *,
    person_id: int | None = None,
    **who: list,
) -> None:
    value = {
        "messaging_product": "whatsapp",
        "metadata": metadata(profile_id),
        **who,
        FIELD: [news],
    }
    tell(
        business_id,
        field=FIELD,
        profile_id=profile_id,
        person_id=person_id,
        facts={"value": value},
    )
