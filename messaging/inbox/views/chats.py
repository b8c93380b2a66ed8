"""A person's chats: the list, and finding a business to begin one with."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from audience.models import Person
from messaging.inbox.page import show
from messaging.inbox.sessions import as_person
from messaging.models import Conversation
from messaging.services.messages import mark_delivered
from messaging.services.people.chats import PAGE, chats_of
from messaging.services.people.notices import newest_notice
from portal.base.written import moment_in
from profiles.models import Profile
from profiles.search import named

FOUND = 20


@require_safe
@as_person
def chat_list(request: HttpRequest, person: Person) -> HttpResponse:
    """All chats, newest first; adverts in a quiet row of their own."""
    mark_delivered(person.pk)
    adverts = request.GET.get("show") == "adverts"
    before = moment_in(request.GET.get("before", ""))
    chats = chats_of(person.pk, adverts=adverts, before=before)
    context = {
        "chats": chats,
        "is_adverts": adverts,
        "adverts": [] if adverts or before else chats_of(person.pk, adverts=True)[:3],
        "notice": None if adverts or before else newest_notice(person.pk),
        "older": chats[-1].conversation.last_at.isoformat() if len(chats) == PAGE else "",
    }
    return show(request, person, "chats.html", **context)


@require_safe
@as_person
def find(request: HttpRequest, person: Person) -> HttpResponse:
    """Verified businesses by name or handle, to start a chat with."""
    words = request.GET.get("q", "").strip().lstrip("@")[:60]
    found = (
        named(Profile.objects.with_badge(timezone.now()), words)
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
