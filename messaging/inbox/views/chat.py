"""One chat: reading it, and everything a person can send from it."""

import json
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audience.models import Block, Consent, Person
from messaging.api.media import serve
from messaging.inbox import bubbles
from messaging.inbox.page import is_htmx, show
from messaging.inbox.sessions import as_person
from messaging.inbox.views.chats import profile_for
from messaging.inbox.views.names import contact_of, known_as
from messaging.models import Campaign, Conversation, Media, Message
from messaging.services.conversations.writing import note_person_writing, note_sent
from messaging.services.messages import mark_read, receive_message
from messaging.services.people.answer_notices import Notice, facts_inferred, mark_told, notice_due
from messaging.services.people.answers import content_of, press_choice
from messaging.services.people.chats import PAGE, bubbles_of
from messaging.services.people.files import receive_file
from portal.base.refused import Refused
from portal.base.written import number_in
from profiles.models import Profile

REACTIONS = ("👍", "❤️", "😂", "😮", "😢", "🙏")
MOST_SHOWN = 300  # messages that one page grows to, as the person scrolls back
LONGEST_TEXT = 1000  # characters that a link may begin a message with
KEPT = ("message", "choice", "body", "react", "latitude", "longitude")  # what a notice asks about


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def chat(request: HttpRequest, person: Person, handle: str) -> HttpResponse:
    """One chat; POST writes to the business, or taps, reacts, sends a file or a place."""
    profile = profile_for(person, handle)
    if request.method == "POST":
        return _answer(request, person, profile)
    return _page(request, person, profile)


def _page(request: HttpRequest, person: Person, profile: Profile) -> HttpResponse:
    before = _number(request.GET, "before")
    shown_before = _number(request.GET, "m") or 0
    limit = PAGE if before else min(max(PAGE, shown_before), MOST_SHOWN)
    page = bubbles_of(person.pk, profile, before=before, limit=limit)
    if page and not before:
        _mark_read(person, profile, page[-1].message.id)
    contact = contact_of(person, profile)
    context = {
        "profile": profile,
        "known_as": known_as(person, profile, contact) if contact else "",
        "badge": profile.shows_badge(),
        "bubbles": bubbles.shown(page, profile, person_id=person.pk),
        "older": page[0].message.id if len(page) == limit else "",
        "shown_n": len(page) + (shown_before if before else 0),
        "is_older": bool(before),
        "blocked": Block.objects.filter(person_id=person.pk, profile_id=profile.pk).exists(),
        "muted": Consent.objects.filter(
            person_id=person.pk,
            kind=Consent.Kind.BUSINESS_MARKETING,
            scope_id=profile.business_id,
            granted=False,
        ).first(),
        "notice": notice_due(person, profile),
        "reactions": REACTIONS,
        "body": request.GET.get("text", "").replace("\0", "")[:LONGEST_TEXT],
    }
    return show(request, person, "chat.html", **context)


def _mark_read(person: Person, profile: Profile, newest: int) -> None:
    """Nothing is written where nothing is new since the person last looked."""
    talk = Conversation.objects.filter(person_id=person.pk, profile_id=profile.pk).first()
    if talk and (talk.unread or (talk.read_id or 0) < newest):
        mark_read(person.pk, profile, up_to=newest)


def _answer(request: HttpRequest, person: Person, profile: Profile) -> HttpResponse:
    target = _number(request.POST, "message")
    is_words = not request.POST.get("choice") and not request.POST.get("react")
    notice = notice_due(person, profile, message_id=None if is_words else target)
    if notice and request.POST.get("told") != str(notice.message_id):
        return _tell_first(request, person, profile, notice)
    if notice:
        mark_told(person.pk, notice.campaign)
    try:
        _take(request, person, profile, target)
    except Refused as refusal:
        if is_htmx(request):
            return _refused(refusal)
        messages.error(request, refusal.sentence)
    else:
        talk = Conversation.objects.filter(person_id=person.pk, profile_id=profile.pk).first()
        if talk:
            note_sent(talk, by=None)
    if is_htmx(request):
        return _page(request, person, profile)
    return redirect("chat", profile.handle)


def _refused(refusal: Refused) -> HttpResponse:
    """The page stays as it is, and says why."""
    toast = {"toast": {"text": refusal.sentence, "tone": "bad"}}
    headers = {"HX-Reswap": "none", "HX-Trigger": json.dumps(toast)}
    return HttpResponse(status=422, headers=headers)


def _take(request: HttpRequest, person: Person, profile: Profile, target: int | None) -> None:
    """Do what the form says. Raises Refused."""
    said = request.POST
    if key := said.get("choice"):
        press_choice(person.pk, profile, message_id=target or 0, key=key)
    elif "react" in said:
        _react(person, profile, target, said["react"])
    elif "latitude" in said:
        receive_message(person.pk, profile, kind=Message.Kind.LOCATION, content=_place(request))
    elif file := request.FILES.get("file"):
        receive_file(person.pk, profile, file, caption=said.get("body", ""))
    else:
        receive_message(person.pk, profile, body=said.get("body", ""))


def _react(person: Person, profile: Profile, target: int | None, emoji: str) -> None:
    # Not to a campaign: its message's id would tell the business whom its filters matched.
    rows = Message.objects.filter(
        person_id=person.pk, id=target or 0, profile_id=profile.pk, campaign_id=None
    )
    if emoji not in ("", *REACTIONS) or not rows.exists():
        raise Refused(_("This message can't be reacted to."), code="no_reaction")
    receive_message(
        person.pk,
        profile,
        body=emoji,
        kind=Message.Kind.REACTION,
        content={"emoji": emoji},
        reply_to=target,
    )


def _place(request: HttpRequest) -> dict:
    try:
        latitude = float(request.POST["latitude"])
        longitude = float(request.POST.get("longitude", ""))
    except ValueError:
        latitude = longitude = 1000.0
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Refused(_("Your place could not be read."), code="no_place")
    return {"latitude": round(latitude, 5), "longitude": round(longitude, 5)}


def _tell_first(
    request: HttpRequest, person: Person, profile: Profile, notice: Notice
) -> HttpResponse:
    """The answer waits until the person has read what it says about them."""
    if request.FILES:
        messages.info(request, _("An advert came in. Read what is below, then send the file."))
        return redirect("chat", profile.handle)
    kept = {name: request.POST[name] for name in KEPT if name in request.POST}
    response = show(request, person, "notice.html", profile=profile, notice=notice, kept=kept)
    if is_htmx(request):
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#main"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


@require_POST
@as_person
def writing(request: HttpRequest, person: Person, handle: str) -> HttpResponse:
    """The person is writing; nobody they block, and nobody they never wrote to, hears of it."""
    profile = profile_for(person, handle)
    talk = Conversation.objects.filter(person_id=person.pk, profile_id=profile.pk).first()
    if talk and not Block.objects.filter(person_id=person.pk, profile_id=profile.pk).exists():
        note_person_writing(talk)
    return HttpResponse(status=204)


@require_safe
@as_person
def out(request: HttpRequest, person: Person, handle: str, message_id: int) -> HttpResponse:
    """Before a link of a filtered campaign is followed: what following it says."""
    profile = profile_for(person, handle)
    address = bubbles.signed_address(request.GET.get("to", ""))
    message = _message(person, profile, message_id)
    campaign = Campaign.objects.filter(pk=message.campaign_id or 0).first()
    if address is None or campaign is None:
        raise Http404
    mark_told(person.pk, campaign)
    context = {
        "profile": profile,
        "address": address,
        "site": urlsplit(address).hostname,
        "facts": facts_inferred(person, campaign),
    }
    return show(request, person, "out.html", **context)


@require_safe
@as_person
def file(
    request: HttpRequest, person: Person, handle: str, message_id: int
) -> HttpResponse | FileResponse:
    """The file in a message of this chat, for its person only."""
    profile = profile_for(person, handle)
    message = _message(person, profile, message_id)
    content = content_of(message) or {}
    header = content.get("header") or {}
    given = header.get(header.get("type")) if message.kind not in bubbles.FILES else content
    media_id = str((given or {}).get("id", "")) if isinstance(given, dict) else ""
    media = Media.objects.filter(
        pk=number_in(media_id) or 0, business_id=profile.business_id
    ).first()
    if media is None or not default_storage.exists(media.stored_as):
        raise Http404
    return serve(request, media)


def _message(person: Person, profile: Profile, message_id: int) -> Message:
    row = Message.objects.filter(person_id=person.pk, id=message_id, profile_id=profile.pk).first()
    if row is None:
        raise Http404
    return row


def _number(given: QueryDict, name: str) -> int | None:
    return number_in(given.get(name, ""))
