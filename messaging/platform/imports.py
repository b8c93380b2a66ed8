"""What became of people that were loaded: runs and the lines that were left out."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from audience.models import ImportReject, ImportRun
from messaging.platform import serializers as forms
from messaging.platform.base import Pages, PlatformView
from portal.base.refused import Refused


class NewestFirst(Pages):
    ordering = "-pk"


class ByLine(Pages):
    ordering = "line"


class ImportsView(PlatformView, ListAPIView):
    """Newest first."""

    queryset = ImportRun.objects.all()
    serializer_class = forms.ImportSerializer
    pagination_class = NewestFirst

    @extend_schema(operation_id="imports_list", summary="List the imports", tags=["People"])
    def get(self, request: Request, *args, **kwargs) -> Response:
        return super().get(request, *args, **kwargs)


class RejectsView(PlatformView, ListAPIView):
    """The lines of an import that were not loaded, and why."""

    queryset = ImportReject.objects.none()
    serializer_class = forms.RejectSerializer
    pagination_class = ByLine

    def get_queryset(self):
        run_id = self.kwargs.get("import_id", 0)
        if run_id >= 2**63 or not ImportRun.objects.filter(pk=run_id).exists():
            raise Refused(_("There is no such import."), code="unknown_import")
        return ImportReject.objects.filter(run_id=run_id)

    @extend_schema(
        operation_id="imports_rejects",
        summary="List the lines that an import left out",
        responses={200: forms.RejectSerializer(many=True), 404: forms.ErrorSerializer},
        tags=["People"],
    )
    def get(self, request: Request, *args, **kwargs) -> Response:
        return super().get(request, *args, **kwargs)
