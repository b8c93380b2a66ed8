"""What staff can do about a profile, as buttons that several pages share."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from portal.base.refused import Refused
from profiles.admin.base import StaffAdmin, dialog_action
from profiles.models import Profile
from trust.admin.forms import CapForm, PresetReasonForm
from trust.models import Case, Decision
from trust.services.caps import set_cap
from trust.services.proposals import ask_for

Standing = Profile.Standing


class Measures(StaffAdmin):
    """Adds the ladder's rungs to a page. Say by `profile_of` whose profile a row is about."""

    measures = ("warn", "limit", "suspend", "revoke", "reinstate")

    def profile_of(self, obj) -> Profile:
        return obj.profile

    def case_of(self, obj) -> Case | None:
        return None

    def has_measure_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("trust.decide_standing")

    def has_cap_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("trust.set_cap")

    def measure(self, request: HttpRequest, form, object_id: str, to: str) -> HttpResponse:
        obj = self.must_get(request, object_id)
        profile = self.profile_of(obj)
        try:
            made = ask_for(
                profile,
                to=to,
                by=request.user,
                reason=form.cleaned_data["reason"],
                case=self.case_of(obj),
            )
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            if isinstance(made, Decision):
                messages.success(request, _done(made))
            else:
                messages.warning(
                    request,
                    _("A large sender: it is proposed, and holds when somebody else confirms it."),
                )
        page = request.headers.get("HX-Current-URL") or reverse("admin:index")
        return HttpResponse(headers={"HX-Redirect": page})

    @dialog_action(
        _("Warn"),
        text=_("The business is told; nothing else changes."),
        form=PresetReasonForm,
        needs="measure",
        icon="warning",
    )
    def warn(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.measure(request, form, object_id, Standing.WARNED)

    @dialog_action(
        _("Limit"),
        text=_("The daily cap falls one step; campaigns wait, at most 72 hours."),
        form=PresetReasonForm,
        needs="measure",
        icon="speed",
    )
    def limit(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.measure(request, form, object_id, Standing.LIMITED)

    @dialog_action(
        _("Suspend"),
        text=_("The badge is off and campaigns stop, from this moment. Replies stay possible."),
        form=PresetReasonForm,
        needs="measure",
        icon="pause_circle",
        variant=ActionVariant.DANGER,
    )
    def suspend(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.measure(request, form, object_id, Standing.SUSPENDED)

    @dialog_action(
        _("Revoke"),
        title=_("Revoke the badge"),
        text=_(
            "The badge is off for good and campaigns stop, from this moment. Replies to "
            "people who wrote stay possible for 72 hours. Linked profiles start with evidence."
        ),
        form=PresetReasonForm,
        needs="measure",
        icon="gpp_bad",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.measure(request, form, object_id, Standing.REVOKED)

    @dialog_action(
        _("Reinstate"),
        text=_("Clear standing again, and the evidence begins anew at 0."),
        form=PresetReasonForm,
        needs="measure",
        icon="verified",
    )
    def reinstate(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.measure(request, form, object_id, Standing.CLEAR)

    @dialog_action(
        _("Set the cap"),
        title=_("Set the daily cap"),
        text=_("How many people the profile's campaigns may reach a day."),
        form=CapForm,
        submit=_("Set"),
        needs="cap",
        icon="groups",
    )
    def set_cap(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        profile = self.profile_of(self.must_get(request, object_id))
        return self.run(
            request,
            lambda: set_cap(
                profile,
                cap=form.cleaned_data["cap"],
                by=request.user,
                reason=form.cleaned_data["reason"],
            ),
            done=_("The cap is set."),
        )


def _done(decision: Decision) -> str:
    """What was decided, and for a quarter of an hour the way back."""
    if not decision.is_against:
        return decision.statement["title"]
    return format_html(
        '{}. <a class="underline" href="{}">{}</a>',
        decision.statement["title"],
        reverse("admin:trust_decision_change", args=[decision.pk]),
        _("A mistake? Take it back within 15 minutes."),
    )
