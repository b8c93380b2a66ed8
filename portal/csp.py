"""The content security policy: its two loosenings, for the staff's admin and for the people's inbox
where a messenger shows it in a frame, and the browsers' complaints.
"""

import logging
from http.cookies import Morsel

from csp.constants import SELF, UNSAFE_INLINE
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

logger = logging.getLogger(__name__)

# An attribute of cookies that Python itself knows from 3.14 on.
Morsel._reserved.setdefault("partitioned", "Partitioned")  # type: ignore[attr-defined]
Morsel._flags.add("partitioned")  # type: ignore[attr-defined]

REPORT_BYTES = 8 * 1024


class AdminStyles:
    """Allows style attributes on the admin's pages, because Unfold's templates have them.

    Scripts stay as strict there as everywhere: a style can't act.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.prefix = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(self.prefix):
            response._csp_update = {"style-src": [SELF, UNSAFE_INLINE]}
        return response


class FramedInbox:
    """Lets the origins in FRAME_ANCESTORS show the people's inbox in a frame, and nothing else.

    There a browser keeps our cookies only if they say that they may travel (None), over https, and
    apart for each site that frames us (Partitioned). On this machine the sites are one site.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.prefix = reverse("inbox")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.FRAME_ANCESTORS and request.path.startswith(self.prefix):
            response._csp_replace = {"frame-ancestors": settings.FRAME_ANCESTORS}
            del response.headers["X-Frame-Options"]
            if settings.SESSION_COOKIE_SECURE:
                for cookie in response.cookies.values():
                    cookie["samesite"], cookie["secure"] = "None", True
                    cookie["partitioned"] = True
        return response


@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Log what a browser refused to load. Anyone can post here, so only the beginning is read."""
    said = request.read(REPORT_BYTES).decode(errors="replace")
    logger.warning("Content security policy: %s", said.replace("\n", " "))
    return HttpResponse(status=204)
