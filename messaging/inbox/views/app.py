"""The inbox as an app on a phone: its manifest, its service worker, and its badge."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from audience.models import Person
from messaging.inbox.sessions import as_person
from messaging.services.people.chats import waiting_chats

# What the pages are drawn with; kept by the browser, so that they open without a connection.
SHELL = [
    "css/base.css",
    "css/parts.css",
    "css/forms.css",
    "css/pages/people.css",
    "css/pages/chats.css",
    "css/pages/talk.css",
    "css/pages/kinds.css",
    "fonts/inter-latin.woff2",
    "img/icons.svg",
    "img/signet.svg",
    "js/app.js",
    "js/people.js",
    "vendor/htmx-2.0.11/htmx.min.js",
]


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """What the app is called and looks like."""
    icons = [
        {"src": static(f"img/app-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    whole = {
        "id": "/m/",
        "name": settings.OPERATOR_NAME,
        "short_name": settings.OPERATOR_NAME[:12],
        "description": _("Messages from verified businesses"),
        "start_url": "/m/",
        "scope": "/m/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#4356d6",
        "icons": [
            *icons,
            {**icons[1], "purpose": "maskable"},
            {"src": static("img/signet.svg"), "sizes": "any", "type": "image/svg+xml"},
        ],
    }
    return JsonResponse(whole, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker; it is made anew when one of the files it keeps changes."""
    context = {"shell": [static(name) for name in SHELL], "icon": static("img/app-192.png")}
    return render(request, "inbox/worker.js", context, content_type="text/javascript")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown without a connection where nothing was kept."""
    return render(request, "inbox/offline.html")


@require_safe
@as_person
def waiting(request: HttpRequest, person: Person) -> JsonResponse:
    """How many chats wait, for the badge."""
    return JsonResponse({"waiting": waiting_chats(person.pk), "list": reverse("inbox")})
