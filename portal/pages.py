"""The frame's own pages."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import health


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when every part works; otherwise 503, and which one does not."""
    parts = health.parts(request.META["SERVER_PORT"])
    response = JsonResponse(parts, status=200 if set(parts.values()) == {health.OK} else 503)
    return response


urlpatterns = [path("healthz", healthz, name="healthz")]
