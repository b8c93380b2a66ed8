"""What no address of ours is: the same 404 as for what is somebody else's."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from messaging.v1.base import BusinessViewSet
from profiles.models import Profile


@extend_schema(exclude=True)
class LostViewSet(BusinessViewSet):
    """Whatever else is asked for below /api/v1/."""

    queryset = Profile.objects.none()
    pagination_class = None

    def lost(self, request: Request, *args: object, **kwargs: object) -> Response:
        raise Http404
