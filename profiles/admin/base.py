"""Manners of every page of the staff's admin.

Rows are read; what changes them is an action: a dialog with a reason, a POST, a service, a row of
the audit. Whoever registers a model derives from StaffAdmin and says which fields, if any, may be
edited by hand.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from portal.base.refused import Refused
from profiles.differences import read_details
from profiles.models import AuditRow, User
from profiles.services.audit import record

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class StaffRequest(HttpRequest):
    """A request of somebody who came through the admin's door."""

    user: User


class ConfirmForm(BaseDialogForm):
    """A dialog that only asks whether."""


class ReasonForm(BaseDialogForm):
    """A dialog that asks why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Kept in the audit and sent to the business."),
    )


def dialog_action(
    label: "StrOrPromise",
    *,
    needs: str,
    title: "StrOrPromise | None" = None,
    text: "StrOrPromise | None" = None,
    form: type[BaseDialogForm] = ConfirmForm,
    submit: "StrOrPromise | None" = None,
    **options: Any,
) -> Callable:
    """A button that opens a dialog: the decorator of an action of StaffAdmin.

    Arguments:
        label: on the button; also the dialog's title and its `submit` where these say nothing else.
        needs: who sees it, decided by the page's `has_…_permission`.
        text: what will happen.
        form: what the dialog asks for.
        options: of Unfold's action, such as icon and variant.
    """
    # Compared with None, since asking whether a lazy text is empty would translate it at import.
    dialog: dict[str, Any] = {
        "title": label if title is None else title,
        "form_class": form,
        "form_submit_text": label if submit is None else submit,
    }
    if text is not None:
        dialog["description"] = text
    return action(description=label, permissions=[needs], dialog=dialog, **options)


class StaffAdmin(ModelAdmin):
    """A model as staff see it: all fields read-only but `editable`; nothing is deleted."""

    editable: tuple[str, ...] = ()
    list_per_page = 25
    show_full_result_count = False
    list_fullwidth = True
    list_filter_submit = True
    list_filter_sheet = True
    warn_unsaved_form = True
    actions = None

    def get_readonly_fields(self, request, obj=None):
        left_out = {*self.editable, *(self.exclude or ())}
        own = [field.name for field in self.model._meta.fields if field.name not in left_out]
        computed = [name for name in self.readonly_fields if name not in own]
        return [*computed, *own]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.editable) and super().has_change_permission(request, obj)

    def run(
        self, request: HttpRequest, operation: Callable[[], object], *, done: object, to: str = ""
    ) -> HttpResponse:
        """Call the service behind an action's dialog and answer the dialog.

        Arguments:
            operation: the call, with everything it needs.
            done: what to say when it went through; a refusal says its own sentence.
            to: the page to open then; else the page where the dialog was opened.
        """
        try:
            operation()
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, str(done))
        page = to or request.headers.get("HX-Current-URL") or reverse("admin:index")
        return HttpResponse(headers={"HX-Redirect": page})

    def act(
        self,
        request: HttpRequest,
        form: BaseDialogForm,
        object_id: str,
        operation: Callable[..., object],
        *,
        done: object,
        to: str = "",
    ) -> HttpResponse:
        """Do to the row what its dialog asked for; `done` and `to` as in `run`. Raises Http404.

        Arguments:
            operation: takes the row, `by` and what the form asks for, each by its field's name.
        """
        row = self.must_get(request, object_id)
        given = {name: form.cleaned_data[name] for name in form.fields if name[0] != "_"}
        return self.run(request, lambda: operation(row, by=request.user, **given), done=done, to=to)

    def must_get(self, request: HttpRequest, object_id: str) -> Any:
        """The row, through the admin's own queryset. Raises Http404."""
        obj = self.get_object(request, unquote(str(object_id)))
        if obj is None:
            raise Http404
        return obj

    # What is edited by hand is a row of the audit, in the transaction of the form.
    def log_addition(self, request, obj, message):
        record(obj, f"{self._noun}.added", by=request.user)

    def log_change(self, request, obj, message):
        before, after = getattr(request, "staff_changes", ({}, {}))
        record(obj, f"{self._noun}.changed_by_staff", by=request.user, before=before, after=after)

    def save_model(self, request, obj, form, change):
        names = [name for name in form.changed_data if name in form.fields]
        request.staff_changes = (
            {name: _plain(form.initial.get(name)) for name in names},
            {name: _plain(form.cleaned_data.get(name)) for name in names},
        )
        super().save_model(request, obj, form, change)

    @property
    def _noun(self) -> str:
        return self.model._meta.model_name or ""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict | None = None
    ) -> HttpResponse:
        """The object's rows of the audit, newest first."""
        obj = self.must_get(request, object_id)
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        rows = (
            AuditRow.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))
            .select_related("actor")
            .order_by("-id")
        )
        page = Paginator(rows, 50).get_page(request.GET.get("page"))
        for row in page:
            row.said = read_details(row.details)  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(name)s") % {"name": obj},
            "object": obj,
            "opts": self.opts,
            "page": page,
            "preserved_filters": self.get_preserved_filters(request),
            "is_popup": IS_POPUP_VAR in request.GET,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/audit_history.html", context)


class ReadOnlyInline:
    """Rows of another model beside the one that is open; to look at only."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyTable(ReadOnlyInline, TabularInline):
    pass


class ReadOnlyStack(ReadOnlyInline, StackedInline):
    pass


def _plain(value: object) -> object:
    """A form's value as the audit can keep it."""
    if isinstance(value, str | int | float | bool | type(None)):
        return value
    if hasattr(value, "__iter__"):
        return sorted(str(one) for one in value)
    return str(value)
