"""What a person can do about a sender: ask why, stop, report. Two taps at most, and all of it
undone.
"""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audience.models import Block, Person
from audience.services.consent import mute, unmute
from messaging.inbox.page import show
from messaging.inbox.pauses import UntilField
from messaging.inbox.sessions import as_person
from messaging.inbox.views.chats import profile_for
from messaging.models import Campaign, Message
from messaging.services.campaigns.reasons import why_this_message
from messaging.services.people.blocking import block_profile, unblock_profile
from messaging.services.people.reports import report_profile
from portal.base.refused import Refused
from portal.base.written import number_in
from trust.models import Mark

REPORTABLE = [
    reason for reason in Mark.Reason if reason not in (Mark.Reason.NONE, Mark.Reason.NO_LONGER)
]


class StopForm(forms.Form):
    """What to stop: adverts only, or everything."""

    what = forms.ChoiceField(choices=[("adverts", ""), ("all", "")])  # a button each
    until = UntilField(
        label=gettext_lazy("Stop adverts until"),
        help_text=gettext_lazy("Leave it empty to stop them for good."),
    )
    reason = forms.ChoiceField(choices=Block.Reason, required=False, label=gettext_lazy("Why"))


class ReportForm(forms.Form):
    """What is wrong with the sender; blocking comes with it unless the person says no."""

    reason = forms.ChoiceField(
        choices=[(reason.value, reason.label) for reason in REPORTABLE],  # a button each
        label=gettext_lazy("What is wrong?"),
    )
    text = forms.CharField(
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Anything else we should know"),
    )
    also_block = forms.BooleanField(
        required=False, initial=True, label=gettext_lazy("Also block this sender")
    )


@require_safe
@as_person
def why(request: HttpRequest, person: Person, handle: str, message_id: int) -> HttpResponse:
    """Why the person got a campaign's message: who paid, which filters matched, on what consent."""
    profile = profile_for(person, handle)
    try:
        message = Message.objects.get(person_id=person.pk, id=message_id, profile_id=profile.pk)
        campaign = Campaign.objects.get(pk=message.campaign_id or 0)
    except (Message.DoesNotExist, Campaign.DoesNotExist):
        raise Http404 from None
    context = {
        "profile": profile,
        "message": message,
        "why": why_this_message(person, campaign),
    }
    return show(request, person, "why.html", **context)


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def stop(request: HttpRequest, person: Person, handle: str) -> HttpResponse:
    """Stop a sender's adverts, or all it sends."""
    profile = profile_for(person, handle)
    form = StopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["what"] == "all":
            reason = form.cleaned_data["reason"] or Block.Reason.NONE
            block_profile(person.pk, profile, reason=reason)
            messages.info(request, _("Blocked. Nothing more from %(name)s.") % {"name": profile})
        else:
            try:
                mute(person.pk, profile.business_id, until=form.cleaned_data["until"])
            except Refused as refusal:
                form.add_error("until", refusal.sentence)
                return show(request, person, "stop.html", profile=profile, form=form)
            messages.info(request, _("No more adverts from %(name)s.") % {"name": profile})
        return redirect("chat", profile.handle)
    return show(request, person, "stop.html", profile=profile, form=form)


@require_POST
@as_person
def undo_stop(request: HttpRequest, person: Person, handle: str) -> HttpResponse:
    """Take back a block or the mute of a business's adverts."""
    profile = profile_for(person, handle)
    if request.POST.get("what") == "all":
        unblock_profile(person.pk, profile)
        messages.info(request, _("%(name)s can write to you again.") % {"name": profile})
    else:
        unmute(person.pk, profile.business_id)
        messages.info(request, _("You may get adverts from %(name)s again.") % {"name": profile})
    return redirect("chat", profile.handle)


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def report(request: HttpRequest, person: Person, handle: str) -> HttpResponse:
    """Report a sender to the operator's staff."""
    profile = profile_for(person, handle)
    message_id = request.GET.get("message", "")
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            report_profile(
                person.pk,
                profile,
                reason=form.cleaned_data["reason"],
                text=form.cleaned_data["text"],
                message_id=number_in(message_id),
            )
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            if form.cleaned_data["also_block"]:
                block_profile(person.pk, profile, reason=Block.Reason.NONE)
            messages.info(
                request, _("Thank you. We look at it, and tell you here what came of it.")
            )
        return redirect("chat", profile.handle)
    return show(request, person, "report.html", profile=profile, form=form)
