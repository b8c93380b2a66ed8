"""The content security policy: the one loosening, for the staff's admin, and the browsers'
complaints.
"""

import logging

from csp.constants import SELF, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

logger = logging.getLogger(__name__)

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


@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Log what a browser refused to load. Anyone can post here, so only the beginning is read."""
    said = request.read(REPORT_BYTES).decode(errors="replace")
    logger.warning("Content security policy: %s", said.replace("\n", " "))
    return HttpResponse(status=204)
