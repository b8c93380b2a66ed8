"""The papers of a case in the admin: each opens in a viewer, and each look is recorded."""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from portal.base.refused import Refused
from portal.base.sealing import Unreadable
from profiles.admin.base import ReadOnlyTable, StaffAdmin, StaffRequest
from profiles.models import Document
from profiles.services.documents import view_page


class DocumentTable(ReadOnlyTable):
    """The papers; each opens in a viewer, and each look is a row of the audit."""

    model = Document
    fields = readonly_fields = ["open", "kind", "pages", "size", "uploaded_at"]
    verbose_name_plural = _("Documents")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(deleted_at=None).order_by("uploaded_at")

    @display(description=_("Document"))
    def open(self, document: Document) -> str:
        url = reverse("admin:case_document", args=[document.case_id, document.uuid])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, document)


class PaperViews(StaffAdmin):
    """Adds the viewer to the admin of cases."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<int:pk>/documents/<uuid:uuid>/",
                self.admin_site.admin_view(self.document_view),
                name="case_document",
            ),
            path(
                "<int:pk>/documents/<uuid:uuid>/<int:number>.jpg",
                self.admin_site.admin_view(self.page_view),
                name="case_document_page",
            ),
        ]
        return own + super().get_urls()

    def document_view(self, request: HttpRequest, pk: int, uuid) -> HttpResponse:
        """All pages of a paper under each other."""
        document = self._document(request, pk, uuid)
        context = {
            **self.admin_site.each_context(request),
            "title": document.name,
            "document": document,
            "case": document.case,
            "opts": self.opts,
            "pages": [
                reverse("admin:case_document_page", args=[pk, uuid, number])
                for number in range(1, document.pages + 1)
            ],
        }
        return TemplateResponse(request, "admin/profiles/document.html", context)

    def page_view(self, request: StaffRequest, pk: int, uuid, number: int) -> HttpResponse:
        """One page as a picture; that it was looked at is a row of the audit."""
        document = self._document(request, pk, uuid)
        try:
            page = view_page(document, by=request.user, number=number)
        except (Refused, Unreadable, FileNotFoundError):
            raise Http404 from None
        return HttpResponse(
            page,
            content_type="image/jpeg",
            headers={"Cache-Control": "no-store", "Content-Disposition": "inline"},
        )

    def _document(self, request: HttpRequest, pk: int, uuid) -> Document:
        if not request.user.has_perm("profiles.view_document"):
            raise PermissionDenied
        document = (
            Document.objects.select_related("case__business")
            .filter(case_id=pk, uuid=uuid, deleted_at=None)
            .first()
        )
        if document is None:
            raise Http404
        return document
