"""Sending now: what goes out at this moment, how people take it, and the button that ends it."""

from typing import cast

from django.contrib import admin, messages
from django.db.models import Case, F, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from messaging.models import Campaign
from messaging.services.campaigns.first_batch import release_first_batch
from messaging.services.campaigns.numbers import exact_counts, progress_of
from messaging.services.campaigns.transitions import stop_campaign
from messaging.services.campaigns.undelivered import reason_names, why_not_delivered
from profiles.admin.base import ReasonForm, StaffAdmin, dialog_action

State = Campaign.State


@admin.register(Campaign)
class CampaignAdmin(StaffAdmin):
    list_display = ["who", "show_state", "show_progress", "show_verdict", "launched_at"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("launched_at", RangeDateTimeFilter),
    ]
    list_select_related = ["business", "profile"]
    search_fields = ["name", "business__name", "profile__handle"]
    # What goes out comes first.
    ordering = [
        Case(When(state__in=[State.RUNNING, State.PAUSED], then=Value(0)), default=Value(1)),
        F("pk").desc(),
    ]
    actions_detail = ["stop", "release", "who_not"]
    readonly_fields = ["show_progress", "show_counts", "show_verdict"]
    fieldsets = [
        (None, {"fields": ["name", "business", "profile", "state", "show_progress"]}),
        (_("What people did, exactly"), {"fields": ["show_counts"]}),
        (
            _("First batch"),
            {"fields": ["show_verdict", "first_batch", "hold_until", "released_at"]},
        ),
        (_("Words and audience"), {"fields": ["body", "template", "audience"]}),
        (
            _("Numbers of the launch"),
            {"fields": ["estimate", "charged", "cap", "launched_at", "launched_by"]},
        ),
        (_("End"), {"fields": ["ended_at", "stopped_by", "stop_reason", "paused_because"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Drafts are the business's own."""
        rows = super().get_queryset(request).exclude(state__in=[State.DRAFT, State.SCHEDULED])
        return rows.select_related("business", "profile")

    @display(description=_("Campaign"), header=True, ordering="name")
    def who(self, campaign: Campaign) -> list[str]:
        business = campaign.business.name
        return [campaign.name, f"{business} · @{campaign.profile.handle}", business[:2].upper()]

    @display(
        description=_("State"),
        ordering="state",
        label={
            State.RUNNING: "info",
            State.PAUSED: "warning",
            State.FINISHED: "success",
            State.STOPPED: "danger",
        },
    )
    def show_state(self, campaign: Campaign) -> tuple[str, str]:
        return campaign.state, campaign.get_state_display()

    @display(description=_("How far"))
    def show_progress(self, campaign: Campaign) -> str:
        progress = progress_of(campaign)
        if progress.rate:
            return _("%(percent)d %%, %(rate)s people a minute") % {
                "percent": progress.percent,
                "rate": f"{progress.rate:,}",
            }
        return f"{progress.percent} %"

    @display(description=_("Counts"))
    def show_counts(self, campaign: Campaign) -> str:
        return ", ".join(f"{metric} {n:,}" for metric, n in exact_counts(campaign).items())

    @display(description=_("Rule 1"))
    def show_verdict(self, campaign: Campaign) -> str:
        if not (look := campaign.look):
            return _("not looked at yet")
        return _("%(reporters)d of %(seen)s said no; certainty %(certainty)d %%") % {
            "reporters": look["reporters"],
            "seen": f"{round(look['delivered']):,}",
            "certainty": round(100 * look["certainty"]),
        }

    def has_stop_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("messaging.stop_campaign")

    @dialog_action(
        _("Stop"),
        title=_("Stop this campaign"),
        text=_("At most the part in hand is still sent. It can't be undone."),
        form=ReasonForm,
        submit=_("Stop it"),
        needs="stop",
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def stop(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.act(
            request,
            form,
            object_id,
            stop_campaign,
            done=_("Stopped."),
            to=reverse("admin:messaging_campaign_change", args=[object_id]),
        )

    @dialog_action(
        _("Release the rest"),
        title=_("Release the rest of this campaign"),
        text=_("Its first batch was judged; the rest waits for a person to look."),
        form=ReasonForm,
        submit=_("Release it"),
        needs="stop",
        icon="play_arrow",
    )
    def release(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.act(
            request,
            form,
            object_id,
            release_first_batch,
            done=_("Released."),
            to=reverse("admin:messaging_campaign_change", args=[object_id]),
        )

    @action(description=_("Who did not get it"), permissions=["stop"], icon="person_off")
    def who_not(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Of the audience, exactly, by reason; one query over its people."""
        campaign = cast(Campaign, self.must_get(request, object_id))
        names = reason_names()
        lines = [f"{n:,} {names[reason]}" for reason, n in why_not_delivered(campaign).items()]
        said = "; ".join(lines) or gettext("everybody got it")
        messages.info(request, gettext("Of the audience, as of now: %s.") % said)
        return redirect("admin:messaging_campaign_change", campaign.pk)
