"""A person's chats: the list, one chat, finding a business."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from audience.models import Block, Consent, Person
from messaging.inbox.page import show
from messaging.inbox.sessions import as_person
from messaging.models import Conversation
from messaging.services.chats import PAGE, bubbles_of, chats_of
from messaging.services.messages import mark_delivered, mark_read, receive_message
from portal.base.refused import Refused
from profiles.models import Profile

FOUND = 20


@require_safe
@as_person
def chat_list(request: HttpRequest, person: Person) -> HttpResponse:
    """All chats, newest first."""
    mark_delivered(person.pk)
    chats = chats_of(person.pk, before=parse_datetime(request.GET.get("before", "")))
    older = chats[-1].conversation.last_at.isoformat() if len(chats) == PAGE else ""
    return show(request, person, "chats.html", chats=chats, older=older)


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def chat(request: HttpRequest, person: Person, handle: str) -> HttpResponse:
    """One chat; POST writes to the business."""
    profile = profile_for(person, handle)
    if request.method == "POST":
        return _write(request, person, profile)

    before = request.GET.get("before", "")
    bubbles = bubbles_of(person.pk, profile, before=int(before) if before.isdigit() else None)
    if bubbles and not before:
        mark_read(person.pk, profile, up_to=bubbles[-1].message.id)
    context = {
        "profile": profile,
        "badge": profile.shows_badge(),
        "bubbles": bubbles,
        "older": bubbles[0].message.id if len(bubbles) == PAGE else "",
        "blocked": Block.objects.filter(person_id=person.pk, profile_id=profile.pk).exists(),
        "muted": Consent.objects.filter(
            person_id=person.pk,
            kind=Consent.Kind.BUSINESS_MARKETING,
            scope_id=profile.business_id,
            granted=False,
        ).exists(),
    }
    return show(request, person, "chat.html", **context)


def _write(request: HttpRequest, person: Person, profile: Profile) -> HttpResponse:
    try:
        receive_message(person.pk, profile, body=request.POST.get("body", ""))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    if request.htmx:  # type: ignore[attr-defined]
        request.method = "GET"
        return chat(request, profile.handle)
    return redirect("chat", profile.handle)


@require_safe
@as_person
def find(request: HttpRequest, person: Person) -> HttpResponse:
    """Verified businesses by name or handle, to start a chat with."""
    words = request.GET.get("q", "").strip().lstrip("@")[:60]
    found = (
        Profile.objects.with_badge(timezone.now())
        .filter(Q(name__icontains=words) | Q(handle__startswith=words.lower()))
        .select_related("business")
        .order_by("name")[:FOUND]
        if words and "\0" not in words
        else []
    )
    return show(request, person, "find.html", q=words, found=found)


def profile_for(person: Person, handle: str) -> Profile:
    """The profile the person may open: one with a badge, or one they already have a chat with.

    Raises Http404 otherwise, the same for a profile that does not exist.
    """
    profile = get_object_or_404(Profile.objects.select_related("business"), handle=handle)
    if profile.shows_badge():
        return profile
    return get_object_or_404(
        Profile.objects.select_related("business"),
        pk=profile.pk if _has_chat(person, profile) else None,
    )


def _has_chat(person: Person, profile: Profile) -> bool:
    return Conversation.objects.filter(person_id=person.pk, profile_id=profile.pk).exists()
