"""What reviewers lean on: reasons they often send, names and logos that are protected."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminFileFieldWidget

from portal.base.pictures import redraw
from portal.base.refused import Refused
from profiles.admin.base import ReasonForm, StaffAdmin, StaffRequest, dialog_action
from profiles.logos import logo_hash
from profiles.models import ProtectedName, ReviewReason
from profiles.services.audit import record
from profiles.services.profiles import LOGO_BYTES, LOGO_KINDS, LOGO_SIDE


@admin.register(ReviewReason)
class ReviewReasonAdmin(StaffAdmin):
    editable = ("used_for", "title", "text", "position")
    list_display = ["title", "used_for", "position"]
    list_filter = [("used_for", ChoicesDropdownFilter)]
    search_fields = ["title", "text"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("profiles.add_reviewreason")

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return request.user.has_perm("profiles.delete_reviewreason")

    def log_deletions(self, request, queryset):
        for reason in queryset:
            record(reason, "reviewreason.deleted", by=request.user, text=reason.text)


class ProtectedNameForm(forms.ModelForm):
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("PNG, JPEG or WebP. Only what the eye keeps of it is stored."),
    )

    class Meta:
        model = ProtectedName
        fields = ["name", "note"]

    def clean_logo(self) -> str:
        """The hash of the picture; empty without one."""
        if not (file := self.cleaned_data.get("logo")):
            return ""
        try:
            if file.size > LOGO_BYTES:
                raise Refused(str(_("At most 5 MB are taken.")))
            (picture,) = redraw(
                file.read(), kinds=LOGO_KINDS, form="webp", max_side=1024, square=LOGO_SIDE
            )
        except Refused as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        return logo_hash(picture)


@admin.register(ProtectedName)
class ProtectedNameAdmin(StaffAdmin):
    form = ProtectedNameForm
    editable = ("name", "note")
    fields = ["name", "note", "logo", "has_logo", "added_by", "added_at", "ended_at"]
    readonly_fields = ["has_logo"]
    list_display = ["name", "note", "has_logo", "added_at", "ended_at"]
    list_select_related = ["added_by"]
    search_fields = ["name", "note"]
    ordering = ["name"]
    actions_detail = ["stop_protecting"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("added_by")

    def get_fields(self, request: HttpRequest, obj: ProtectedName | None = None):
        may_edit = request.user.has_perm("profiles.add_protectedname")
        return [name for name in self.fields or [] if may_edit or name != "logo"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("profiles.add_protectedname")

    def save_model(self, request, obj, form, change):
        if not change:
            obj.added_by = request.user
        obj.logo_hash = form.cleaned_data.get("logo") or obj.logo_hash
        super().save_model(request, obj, form, change)

    @display(description=_("Has a logo"), boolean=True)
    def has_logo(self, name: ProtectedName) -> bool:
        return bool(name.logo_hash)

    def has_end_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("profiles.change_protectedname")

    @dialog_action(
        _("Stop protecting"),
        title=_("Stop protecting this name"),
        text=_("Names like it no longer need a person."),
        form=ReasonForm,
        needs="end",
        icon="lock_open",
        variant=ActionVariant.DANGER,
    )
    def stop_protecting(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        name = self.must_get(request, object_id)

        def end() -> None:
            if name.ended_at:
                raise Refused(str(_("It is not protected any more.")))
            name.ended_at = timezone.now()
            name.save(update_fields=["ended_at"])
            reason = form.cleaned_data["reason"]
            record(name, "protectedname.ended", by=request.user, reason=reason)

        return self.run(request, end, done=_("It is not protected any more."))
