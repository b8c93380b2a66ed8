"""The page behind an advert's stop link: one button, no signing in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audience.models import Consent
from audience.services.consent import mute, unmute
from messaging.services.people.stop_links import who_stops_what

SOURCE = "link"


@csrf_exempt  # the token is the right to it; a messenger may also post it for its member
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_adverts(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, then stop: programs that only look at links must not change anything."""
    if (found := who_stops_what(token)) is None:
        raise Http404
    person_id, profile = found
    if request.method == "POST":
        if request.POST.get("do") == "undo":
            unmute(person_id, profile.business_id, source=SOURCE)
        else:
            mute(person_id, profile.business_id, source=SOURCE)
        return redirect(request.path)
    is_stopped = Consent.objects.filter(
        person_id=person_id,
        kind=Consent.Kind.BUSINESS_MARKETING,
        scope_id=profile.business_id,
        granted=False,
    ).exists()
    context = {"profile": profile, "is_stopped": is_stopped}
    return render(request, "inbox/stop_adverts.html", context)
