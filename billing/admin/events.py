"""What Stripe told us, for staff: what came of it, and once more where something was wrong."""

from django.contrib import admin, messages
from django.http import HttpResponse
from django.urls import reverse
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from billing.admin.subscriptions import ReadOnlyAdmin
from billing.models import ReconcileRun, StripeEvent
from billing.services.stripe_events import replay_event


class ReplayForm(BaseDialogForm):
    """Nothing to fill in: the dialog is there so that no link changes anything."""


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    list_display = ["type", "shown_state", "happened_at", "attempts", "outcome", "stripe_id"]
    list_filter = ["source", ("handled_at", admin.EmptyFieldListFilter)]
    search_fields = ["stripe_id", "object_id", "subscription_id", "customer_id"]
    ordering = ["-received_at"]
    actions_detail = ["replay"]

    @display(
        description="state", label={"handled": "success", "waiting": "info", "failed": "danger"}
    )
    def shown_state(self, event):
        if event.handled_at:
            return "handled"
        return "failed" if event.last_error else "waiting"

    @action(
        description="Handle again",
        permissions=["replay"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Handle this event again?",
            "description": "We ask Stripe how things stand now. What is right already stays so.",
            "form_class": ReplayForm,
            "form_submit_text": "Handle again",
        },
    )
    def replay(self, request, form, object_id):
        event = self.get_object(request, object_id)
        replay_event(event, by=request.user)
        messages.success(request, f"{event.type} will be handled in a moment.")
        page = reverse("admin:billing_stripeevent_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": page})

    def has_replay_permission(self, request, object_id=None):
        return request.user.has_perm("billing.replay_stripeevent")


@admin.register(ReconcileRun)
class ReconcileRunAdmin(ReadOnlyAdmin):
    list_display = ["through", "seen", "missed"]
    ordering = ["-through"]
