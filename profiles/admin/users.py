"""Users: members of businesses, and staff. Nobody has a password to set here."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant

from portal.base.refused import Refused
from profiles.admin.base import ReadOnlyTable, ReasonForm, StaffAdmin, StaffRequest, dialog_action
from profiles.models import Membership, User
from profiles.second_factor import has_second_factor
from profiles.services.users import (
    end_sessions,
    guard_superusers,
    may_look_after,
    reset_second_factor,
    sign_out_everywhere,
)


class UserForm(forms.ModelForm):
    """Nobody shuts the last superuser out."""

    def clean(self) -> dict:
        given = super().clean() or self.cleaned_data
        try:
            guard_superusers(
                self.instance,
                is_active=given.get("is_active", self.instance.is_active),
                is_staff=given.get("is_staff", self.instance.is_staff),
            )
        except Refused as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        return given


class MembershipTable(ReadOnlyTable):
    model = Membership
    fields = readonly_fields = ["business", "role", "joined_at", "removed_at"]
    verbose_name_plural = _("Member of")


@admin.register(User)
class UserAdmin(StaffAdmin):
    """Rights come from groups only; who is superuser is decided on the server, not here."""

    form = UserForm
    actions_detail = ["reset_factor", "sign_out"]
    editable = ("email", "name", "time_zone", "is_staff", "is_active", "groups")
    fields = [
        "email",
        "name",
        "time_zone",
        "is_active",
        "is_staff",
        "groups",
        "second_factor",
        "date_joined",
        "last_login",
    ]
    readonly_fields = ["second_factor"]
    list_display = ["who", "is_staff", "show_groups", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email", "name"]
    ordering = ["-date_joined"]
    inlines = [MembershipTable]

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request, obj=None):
        """Nobody gives themselves rights."""
        fields = [*super().get_readonly_fields(request, obj)]
        if obj and obj.pk == request.user.pk:
            fields += ["email", "is_staff", "is_active", "groups"]
        return fields

    def formfield_for_manytomany(self, db_field, request: HttpRequest, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field and db_field.name == "groups":
            field.widget = forms.CheckboxSelectMultiple(choices=field.choices)
            field.help_text = _("What each group may do is written in profiles/permissions.py.")
        return field

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("profiles.add_user")

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> list:
        return self.inlines if obj else []

    def save_model(self, request, obj, form, change):
        obj.email = obj.email.strip().lower()
        if not change:
            obj.set_unusable_password()  # they sign in by code or passkey
        super().save_model(request, obj, form, change)
        if change and {"email", "is_active", "is_staff"} & set(form.changed_data):
            sign_out_everywhere(obj)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody reaches above themselves."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_look_after(obj, by=request.user))  # type: ignore[arg-type]

    def has_look_after_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("profiles.change_user")

    @dialog_action(
        _("Reset second factor"),
        title=_("Reset the second factor"),
        text=_(
            "Be sure who asks. Apps, passkeys and recovery codes are forgotten, all sessions "
            "end, and the user is told by mail."
        ),
        form=ReasonForm,
        submit=_("Reset"),
        needs="look_after",
        icon="phonelink_erase",
        variant=ActionVariant.DANGER,
    )
    def reset_factor(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        user, reason = self.must_get(request, object_id), form.cleaned_data["reason"]
        return self.run(
            request,
            lambda: reset_second_factor(user, by=request.user, reason=reason),
            done=_("It is reset, and %(name)s is signed out.") % {"name": user},
        )

    @dialog_action(
        _("End sessions"),
        title=_("End all sessions"),
        text=_("The user is signed out everywhere at once, and told by mail."),
        form=ReasonForm,
        submit=_("End them"),
        needs="look_after",
        icon="logout",
    )
    def sign_out(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        user, reason = self.must_get(request, object_id), form.cleaned_data["reason"]
        return self.run(
            request,
            lambda: end_sessions(user, by=request.user, reason=reason),
            done=_("%(name)s is signed out everywhere.") % {"name": user},
        )

    @display(description=_("User"), header=True, ordering="email")
    def who(self, user: User) -> list[str]:
        return [str(user), user.email, str(user)[:2].upper()]

    @display(description=_("Groups"))
    def show_groups(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "–"

    @display(description=_("Second factor"), boolean=True)
    def second_factor(self, user: User) -> bool:
        return bool(user.pk) and has_second_factor(user)
