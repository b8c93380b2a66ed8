"""The verified businesses, for a messenger to show and search."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.platform import serializers as forms
from messaging.platform.base import Pages, PlatformView
from profiles.models import Profile


class ByHandle(Pages):
    ordering = "handle"


class ProfilesView(PlatformView, ListAPIView):
    """Whoever has the badge now, by handle."""

    queryset = Profile.objects.none()
    serializer_class = forms.VerifiedProfileSerializer
    pagination_class = ByHandle

    def get_queryset(self):
        profiles = Profile.objects.with_badge(timezone.now()).select_related("business")
        words = self.request.query_params.get("q", "").strip().lstrip("@")[:60]
        if words and "\x00" not in words:
            profiles = profiles.filter(
                Q(name__icontains=words) | Q(handle__startswith=words.lower())
            )
        return profiles

    def get_serializer(self, *args: Any, **kwargs: Any):
        shown = [[shown_profile(profile) for profile in profiles] for profiles in args]
        return super().get_serializer(*shown, **kwargs)  # of nothing, when the schema is made

    @extend_schema(
        operation_id="profiles_list",
        summary="List the verified businesses",
        parameters=[OpenApiParameter("q", str, description="Part of the name, or the handle.")],
        tags=["Businesses"],
    )
    def get(self, request: Request, *args, **kwargs) -> Response:
        return super().get(request, *args, **kwargs)


def shown_profile(profile: Profile) -> dict:
    """A business's profile as messengers show it."""
    return {
        "handle": profile.handle,
        "name": profile.name,
        "about": profile.about,
        "logo_url": settings.SITE_URL + profile.logo_url if profile.logo_url else "",
        "verified": profile.shows_badge(),
        "page_url": settings.SITE_URL + reverse("profile_public", args=[profile.handle]),
    }
