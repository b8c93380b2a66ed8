"""Campaigns: the list, composing one, the review before the button, the page while it is sent."""

import csv
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audience.definition import read_definition
from audience.models import SavedAudience
from audience.services.estimates import Estimate, estimate
from messaging.forms.campaigns import (
    CampaignForm,
    chosen_in,
    parameters_of,
    usable_templates,
    values_of,
)
from messaging.models import Campaign, Template
from messaging.services.campaign_numbers import progress_of, shown_counts, shown_counts_of
from messaging.services.campaigns import (
    Plan,
    create_campaign,
    launch_campaign,
    plan_of,
    resume_campaign,
    schedule_campaign,
    unschedule_campaign,
    update_campaign,
)
from messaging.services.previews import preview_of
from messaging.services.templates import render as fill_in
from messaging.services.transitions import cancel_campaign, pause_campaign
from messaging.services.trials import contacts_to_try, send_trial
from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from profiles.models import Business, Profile
from profiles.tenancy import MEASURE, SEND, MemberRequest, business_page, in_business

READ = tuple({*SEND, *MEASURE})
A_PAGE = 25
State = Campaign.State
FILTERS = {
    "": list(State),
    "draft": [State.DRAFT, State.SCHEDULED],
    "live": [State.RUNNING, State.PAUSED],
    "over": [State.FINISHED, State.CANCELLED, State.STOPPED],
}


@dataclass
class Choice:
    """A saved audience as the form shows it."""

    audience: SavedAudience
    words: str
    estimate: Estimate | None

    @property
    def may_run(self) -> bool:
        return self.estimate is not None and self.estimate.may_run


@require_GET
@in_business(roles=READ)
def campaigns(request: MemberRequest, business: Business) -> HttpResponse:
    """The list, newest first, by state and by name."""
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    rows = business.campaigns.filter(state__in=FILTERS.get(state, FILTERS[""]))
    if words:
        rows = rows.filter(name__icontains=words)
    page = Paginator(rows.order_by("-created_at", "-pk"), A_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    counts = shown_counts_of(shown)
    return business_page(
        request,
        business,
        "messaging/campaigns/campaigns.html",
        page_obj=page,
        rows=[(campaign, counts[campaign.pk]) for campaign in shown],
        state=state,
        words=words,
        may_send=request.membership.role in SEND,
        live=live(f"business:{business.pk}"),
    )


@require_http_methods(["GET", "POST"])
@in_business(roles=SEND)
def campaign_new(request: MemberRequest, business: Business) -> HttpResponse:
    """Whom and what; then the review."""
    if _profile(business, "") is None:
        return business_page(request, business, "messaging/inbox/no_profile.html")
    return _compose(request, business, None)


@require_http_methods(["GET", "POST"])
@in_business(roles=SEND)
def campaign_edit(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """Change a draft."""
    return _compose(request, business, _campaign(business, uuid, state=State.DRAFT))


@require_GET
@in_business(roles=SEND)
def campaign_preview(request: MemberRequest, business: Business) -> HttpResponse:
    """The phone and the values to fill in: what follows each choice in the form."""
    return render(
        request,
        "messaging/campaigns/_preview.html",
        _shown(business, request.GET)
        | {"business": business, "profile": _profile(business, request.GET.get("profile", ""))},
    )


@require_GET
@in_business(roles=READ)
def campaign(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """A draft's review, or how a launched one goes."""
    row = _campaign(business, uuid)
    if row.state in (State.DRAFT, State.SCHEDULED):
        return _review(request, business, row)
    return business_page(
        request,
        business,
        "messaging/campaigns/campaign.html",
        campaign=row,
        counts=shown_counts(row),
        progress=progress_of(row),
        bubble=_bubble(row.body, row.content),
        audience_words=_words(row.audience),
        may_send=request.membership.role in SEND,
        live=live(f"campaign:{row.uuid}"),
    )


@require_POST
@in_business(roles=SEND)
def campaign_act(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """Launch, schedule, pause, resume, cancel, take back, or try it on oneself."""
    row = _campaign(business, uuid)
    if (act := ACTS.get(request.POST.get("act", ""))) is None:
        raise Http404
    try:
        done = act(row, request)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, done)
    return redirect("campaign", business.slug, uuid)


@require_GET
@in_business(roles=READ)
def campaign_csv(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """The counts as the page shows them: noised, small ones left out, nobody named."""
    row = _campaign(business, uuid)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="campaign-{row.uuid}.csv"'
    sheet = csv.writer(answer)
    sheet.writerow(["campaign", "state", "launched", "audience", "metric", "people"])
    for metric, n in shown_counts(row).items():
        sheet.writerow(
            [
                _cell(row.name),
                row.state,
                row.launched_at.isoformat() if row.launched_at else "",
                _cell(_words(row.audience)),
                metric,
                "fewer than 50" if n is None else n,
            ]
        )
    return answer


def _launch(row: Campaign, request: MemberRequest) -> str:
    launch_campaign(row, by=request.user, confirmed_repeat=bool(request.POST.get("again")))
    return _("It is on its way. First a random part gets it, then the rest.")


def _schedule(row: Campaign, request: MemberRequest) -> str:
    at = parse_datetime(request.POST.get("at", ""))
    if at is None:
        raise Refused(_("Choose a day and a time."), code="invalid")
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(row.business.time_zone))
    schedule_campaign(row, by=request.user, at=at)
    return _("Scheduled.")


def _try(row: Campaign, request: MemberRequest) -> str:
    send_trial(row, by=request.user, number=request.POST.get("number", ""))
    return _("Sent. It is in the inbox of whom you chose.")


def _pause(row: Campaign, request: MemberRequest) -> str:
    pause_campaign(row, by=request.user)
    return _("Paused.")


def _resume(row: Campaign, request: MemberRequest) -> str:
    resume_campaign(row, by=request.user)
    return _("It goes on.")


def _cancel(row: Campaign, request: MemberRequest) -> str:
    cancel_campaign(row, by=request.user)
    return _("Cancelled. What was not sent is back in your quota.")


def _take_back(row: Campaign, request: MemberRequest) -> str:
    unschedule_campaign(row, by=request.user)
    return _("It is a draft again.")


ACTS = {
    "launch": _launch,
    "schedule": _schedule,
    "try": _try,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "take_back": _take_back,
}


def _compose(request: MemberRequest, business: Business, row: Campaign | None) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = CampaignForm(posted, business=business)
    if posted is not None and form.is_valid():
        chosen = form.cleaned_data
        values = {
            "name": chosen["name"],
            "template": chosen["template"],
            "audience": chosen["audience"].definition,
            "parameters": chosen["parameters"],
            "max_recipients": chosen["max_recipients"],
        }
        try:
            fill_in(chosen["template"], chosen["parameters"])
            if row:
                update_campaign(row, by=request.user, **values)
            else:
                row = create_campaign(chosen["profile"], by=request.user, **values)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return redirect("campaign", business.slug, row.uuid)
    chosen = posted if posted is not None else _initial(request, business, row)
    return business_page(
        request,
        business,
        "messaging/campaigns/compose.html",
        form=form,
        campaign=row,
        profiles=business.profiles.filter(closed_at=None, is_test=False).order_by("created_at"),
        audiences=[_choice(audience) for audience in business.audiences.order_by("-changed_at")],
        templates=usable_templates(business),
        chosen=chosen,
        steps=_steps(row, 0),
        chosen_profile=str(getattr(_profile(business, chosen.get("profile", "")), "pk", "")),
        **_shown(business, chosen),
    )


def _initial(
    request: MemberRequest, business: Business, row: Campaign | None
) -> QueryDict | dict[str, str]:
    """What is chosen when the form opens: by the address, or by the draft."""
    if row is None:
        return request.GET
    audience = next(
        (str(one.uuid) for one in business.audiences.all() if _same(one.definition, row.audience)),
        "",
    )
    return {
        "profile": str(row.profile_id),
        "audience": audience,
        "template": str(row.template_id or ""),
        "name": row.name,
        "max_recipients": str(row.max_recipients or ""),
        **chosen_in(row),
    }


def _shown(business: Business, chosen: QueryDict | dict[str, str]) -> dict:
    """The chosen template as a phone shows it, and its values."""
    pk = chosen.get("template", "")
    template = usable_templates(business).filter(pk=pk).first() if pk.isdecimal() else None
    if template is None:
        return {"picked": None, "values": [], "bubble": None}
    return {
        "picked": template,
        "values": values_of(template, chosen),
        "bubble": bubble_of(template, parameters_of(template, chosen)),
    }


def bubble_of(template: Template, parameters: list[dict]) -> dict:
    """header, body, footer and buttons: filled in, or by example while values are missing."""
    try:
        filled = fill_in(template, parameters)
    except Refused:
        preview = preview_of(template.components, category=template.category)
        return {
            "header": preview.header,
            "body": preview.body,
            "footer": preview.footer,
            "buttons": [button.get("text", "") for button in preview.buttons],
        }
    return _bubble(filled.body, filled.content)


def _bubble(body: str, content: dict | None) -> dict:
    content = content or {}
    return {
        "header": content.get("header", {}).get("text", ""),
        "body": body,
        "footer": content.get("footer", ""),
        "buttons": [button.get("text", "") for button in content.get("buttons", [])],
    }


def _review(request: MemberRequest, business: Business, row: Campaign) -> HttpResponse:
    plan: Plan | None = None
    why_not = ""
    try:
        plan = plan_of(row)
    except Refused as refusal:
        why_not = refusal.sentence
    return business_page(
        request,
        business,
        "messaging/campaigns/review.html",
        campaign=row,
        plan=plan,
        steps=_steps(row, 1),
        why_not=why_not,
        bubble=bubble_of(row.template, (row.content or {}).get("parameters") or [])
        if row.template
        else None,
        audience_words=_words(row.audience),
        contacts=contacts_to_try(business),
        zone=business.time_zone,
        soonest=datetime.now(ZoneInfo(business.time_zone)).strftime("%Y-%m-%dT%H:%M"),
        expected_no=_expected_no(row),
        may_send=request.membership.role in SEND,
        live=live(f"campaign:{row.uuid}"),
    )


def _expected_no(row: Campaign) -> float | None:
    """The share of people who said no to this profile lately, as its quality page shows it."""
    evidence = getattr(row.profile, "evidence", None)
    return evidence.score if evidence else None


def _campaign(business: Business, uuid, **only: str) -> Campaign:
    rows = business.campaigns.select_related("profile__business", "business", "template")
    return get_object_or_404(rows, uuid=uuid, **only)


def _profile(business: Business, pk: str) -> Profile | None:
    """The chosen profile, else the first."""
    rows = business.profiles.select_related("business").filter(closed_at=None, is_test=False)
    chosen = rows.filter(pk=pk).first() if pk.isdecimal() else None
    return chosen or rows.order_by("created_at").first()


def _choice(audience: SavedAudience) -> Choice:
    try:
        definition = read_definition(audience.definition)
        return Choice(audience, ", ".join(definition.in_words()), estimate(definition))
    except Refused as refusal:
        return Choice(audience, refusal.sentence, None)


def _same(one: dict, other: dict) -> bool:
    """Whether a saved definition says what a campaign's copy says."""
    try:
        return read_definition(one).as_json() == other
    except Refused:
        return False


def _steps(row: Campaign | None, current: int) -> list[tuple[str, str, str]]:
    """Where one is on the way to a sent campaign: (name, address, state)."""
    edit = (
        reverse("campaign_edit", args=[row.business.slug, row.uuid])
        if row and current and row.state == State.DRAFT
        else ""
    )
    names = [(_("Audience and message"), edit), (_("Review"), ""), (_("Sending"), "")]
    states = ["done"] * current + ["current"] + [""] * 2
    return [(*step, state) for step, state in zip(names, states, strict=False)]


def _words(definition: dict) -> str:
    if not definition:
        return ""
    try:
        return ", ".join(read_definition(definition).in_words())
    except Refused:
        return ""


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
