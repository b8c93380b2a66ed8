"""The operator's messengers: their keys, each shown once, and how their gateway goes."""

from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from messaging.models import Messenger, MessengerKey
from messaging.services.gateway.messengers import (
    add_messenger,
    close_messenger,
    create_key,
    drop_gateway,
    revoke_key,
    set_gateway,
)
from portal.base.refused import Refused
from profiles.admin.base import ReadOnlyTable, ReasonForm, StaffAdmin, dialog_action


class KeyForm(BaseDialogForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("What will use it, such as “server in São Paulo”."),
    )


class GatewayForm(BaseDialogForm):
    url = forms.URLField(
        label=_("Address"),
        max_length=500,
        assume_scheme="https",
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Takes messages in signed batches. It gets a new secret, shown once."),
    )


class KeyTable(ReadOnlyTable):
    model = MessengerKey
    fields = ["name", "prefix", "created_at", "last_used_at", "revoked_at"]
    readonly_fields = fields
    show_change_link = True
    ordering = ["-created_at"]
    verbose_name_plural = _("Keys")


@admin.register(Messenger)
class MessengerAdmin(StaffAdmin):
    list_display = ["name", "gateway_url", "show_state", "created_at"]
    ordering = ["name"]
    search_fields = ["name"]
    inlines = [KeyTable]
    actions_detail = ["make_key", "set_gateway", "drop_gateway", "close"]
    fieldsets = [
        (None, {"fields": ["name", "gateway_url", "show_state"]}),
        (
            _("How calling its gateway goes"),
            {
                "fields": [
                    "last_success_at",
                    "failing_since",
                    "resting_until",
                    "last_error",
                    "batch_size",
                ]
            },
        ),
        (_("Since when"), {"fields": ["created_by", "created_at", "closed_at"]}),
    ]
    readonly_fields = ["show_state"]

    @display(
        description=_("State"), label={"works": "success", "fails": "danger", "closed": "info"}
    )
    def show_state(self, messenger: Messenger) -> tuple[str, str]:
        if messenger.closed_at:
            return "closed", say("Closed")
        if not messenger.gateway_url:
            return "none", say("No gateway: people read in the web inbox")
        if messenger.failing_since:
            return "fails", say("Does not take messages")
        return "works", say("Takes messages")

    # Adding one is a form with its name.
    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.manage_messenger")

    def get_fieldsets(self, request, obj=None):
        return super().get_fieldsets(request, obj) if obj else [(None, {"fields": ["name"]})]

    def get_readonly_fields(self, request, obj=None):
        return super().get_readonly_fields(request, obj) if obj else []

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def save_model(self, request, obj, form, change):
        obj.pk = add_messenger(obj.name, by=request.user).pk
        obj.refresh_from_db()

    def log_addition(self, request, obj, message):
        """The service has written it down."""

    def has_manage_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("messaging.manage_messenger")

    @dialog_action(
        _("Make a key"),
        text=_("It opens the platform API, and is shown once."),
        form=KeyForm,
        submit=_("Make it"),
        needs="manage",
        icon="key",
        variant=ActionVariant.PRIMARY,
    )
    def make_key(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        messenger = self.must_get(request, object_id)
        name = form.cleaned_data["name"]
        return self.show_once(
            request,
            messenger,
            lambda: create_key(messenger, name=name, by=request.user)[1],
            say("The key, shown this once: %s"),
        )

    @dialog_action(
        _("Set the gateway"),
        title=_("Where the messenger takes messages"),
        text=_("From now on it gets what businesses send to its members."),
        form=GatewayForm,
        submit=_("Set it"),
        needs="manage",
        icon="outbound",
    )
    def set_gateway(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        messenger = self.must_get(request, object_id)
        url = form.cleaned_data["url"]
        return self.show_once(
            request,
            messenger,
            lambda: set_gateway(messenger, url=url, by=request.user),
            say("The secret of its signatures, shown this once: %s"),
        )

    @dialog_action(
        _("Remove the gateway"),
        text=_("What waits for it stays in people's web inbox only."),
        submit=_("Remove it"),
        needs="manage",
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def drop_gateway(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        messenger = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: drop_gateway(messenger, by=request.user),
            done=_("The messenger has no gateway any more."),
            to=_page(messenger),
        )

    @dialog_action(
        _("Close"),
        title=_("Close this messenger"),
        text=_("Its keys open nothing any more, and it gets nothing."),
        form=ReasonForm,
        submit=_("Close it"),
        needs="manage",
        icon="delete",
        variant=ActionVariant.DANGER,
    )
    def close(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        messenger = self.must_get(request, object_id)
        reason = form.cleaned_data["reason"]
        return self.run(
            request,
            lambda: close_messenger(messenger, by=request.user, reason=reason),
            done=_("Closed."),
            to=_page(messenger),
        )

    def show_once(
        self, request: HttpRequest, messenger: Messenger, make: Callable[[], str], words: str
    ) -> HttpResponse:
        """Make a secret and show it on the messenger's page, once."""
        try:
            messages.warning(request, words % make())
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        return HttpResponse(headers={"HX-Redirect": _page(messenger)})


@admin.register(MessengerKey)
class MessengerKeyAdmin(StaffAdmin):
    list_display = ["name", "messenger", "prefix", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["messenger"]
    ordering = ["-created_at"]
    exclude = ["sha256"]
    actions_detail = ["revoke"]

    def has_manage_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("messaging.manage_messenger")

    @dialog_action(
        _("Revoke"),
        title=_("Revoke this key"),
        text=_("Whatever uses it stops working at once."),
        submit=_("Revoke it"),
        needs="manage",
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        key = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: revoke_key(key, by=request.user),
            done=_("The key opens nothing any more."),
            to=_page(key.messenger),
        )


def _page(messenger: Messenger) -> str:
    return reverse("admin:messaging_messenger_change", args=[messenger.pk])
