"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest

from portal.base.request_id import current_request_id


def site(request: HttpRequest) -> dict:
    """The operator's name, the site's address, whether this is the demo, the request's name."""
    return {
        "operator": settings.OPERATOR_NAME,
        "site_url": settings.SITE_URL,
        "demo": settings.DEMO,
        "request_id": current_request_id(),
    }
