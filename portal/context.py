"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict:
    """The operator's name, the site's address and whether this is the demo."""
    return {
        "operator": settings.OPERATOR_NAME,
        "site_url": settings.SITE_URL,
        "demo": settings.DEMO,
    }
