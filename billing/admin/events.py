"""What Stripe told us, for staff: what came of it, and once more where something was wrong."""

from django.contrib import admin
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant

from billing.models import ReconcileRun, StripeEvent
from billing.services.stripe_events import replay_event
from profiles.admin.base import StaffAdmin, StaffRequest, dialog_action


@admin.register(StripeEvent)
class StripeEventAdmin(StaffAdmin):
    list_display = ["type", "shown_state", "happened_at", "attempts", "outcome", "stripe_id"]
    list_filter = ["source", ("handled_at", admin.EmptyFieldListFilter)]
    search_fields = ["stripe_id", "object_id", "subscription_id", "customer_id"]
    ordering = ["-received_at"]
    actions_detail = ["replay"]

    @display(
        description=_("state"),
        label={"handled": "success", "waiting": "info", "failed": "danger"},
    )
    def shown_state(self, event):
        if event.handled_at:
            return "handled", _("Handled")
        return ("failed", _("Failed")) if event.last_error else ("waiting", _("Waiting"))

    def has_replay_permission(self, request, object_id=None):
        return request.user.has_perm("billing.replay_stripeevent")

    @dialog_action(
        _("Handle again"),
        title=_("Handle this event again?"),
        text=_("We ask Stripe how things stand now. What is right stays so."),
        needs="replay",
        icon="replay",
        variant=ActionVariant.PRIMARY,
    )
    def replay(self, request: StaffRequest, form, object_id: str) -> HttpResponse:
        event = self.must_get(request, object_id)
        return self.run(
            request,
            lambda: replay_event(event, by=request.user),
            done=_("%(type)s will be handled in a moment.") % {"type": event.type},
        )


@admin.register(ReconcileRun)
class ReconcileRunAdmin(StaffAdmin):
    list_display = ["through", "seen", "missed"]
    ordering = ["-through"]
