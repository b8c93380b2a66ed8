"""What every page of the people's inbox shows besides its own: the stream, and how many chats
wait.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from audience.models import Person
from messaging.services.people.chats import waiting_chats
from portal.base.templatetags.ui import live


def show(request: HttpRequest, person: Person, template: str, **context: object) -> HttpResponse:
    """The page `inbox/<template>` for this person, kept live by their stream."""
    shared = {
        "person": person,
        "live": live(f"person:{person.pk}"),
        "unread": SimpleLazyObject(lambda: waiting_chats(person.pk)),  # a chat doesn't show it
    }
    return render(request, f"inbox/{template}", shared | context)


def is_htmx(request: HttpRequest) -> bool:
    """Whether a part of a page asks, not the browser itself."""
    return bool(request.htmx)  # type: ignore[attr-defined]
