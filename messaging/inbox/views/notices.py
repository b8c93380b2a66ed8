"""What the operator tells a person."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from audience.models import Person
from messaging.inbox.page import show
from messaging.inbox.sessions import as_person
from messaging.services.people.notices import mark_notices_read, notices_of


@require_safe
@as_person
def notices(request: HttpRequest, person: Person) -> HttpResponse:
    """All of it, newest last."""
    shown = notices_of(person.pk)
    mark_notices_read(person.pk)
    return show(request, person, "notices.html", notices=shown)
