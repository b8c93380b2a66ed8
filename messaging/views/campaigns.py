"""Campaigns: the list, composing one, the review before the button, the page while it is sent."""

from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from messaging.models import Campaign
from messaging.services.campaigns.launching import (
    launch_campaign,
    resume_campaign,
)
from messaging.services.campaigns.numbers import (
    SHOWN,
    progress_of,
    shown_counts,
    shown_counts_of,
)
from messaging.services.campaigns.plans import Plan, plan_of
from messaging.services.campaigns.retries import may_retry, retry_failed
from messaging.services.campaigns.saved_filters import KEYS, filters_of, remove_filter, save_filter
from messaging.services.campaigns.schedules import (
    schedule_by_local_time,
    schedule_campaign,
    unschedule_campaign,
)
from messaging.services.campaigns.transitions import cancel_campaign, pause_campaign
from messaging.services.campaigns.trials import contacts_to_try, send_trial
from messaging.views.analytics import metric_names
from messaging.views.campaign_parts import bubble_from, bubble_of, campaign_of, steps_of, words_of
from portal.base.refused import Refused
from portal.base.sheets import csv_file
from portal.base.templatetags.ui import live
from portal.base.written import moment_in, number_in
from profiles.models import Business
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


@dataclass(frozen=True)
class ReportLine:
    """One count of a campaign's report; shares are None where a count is not shown."""

    name: str
    n: int | None
    share: float | None
    usual: float | None  # the median of the ten campaigns before


@require_GET
@in_business(roles=READ)
def campaigns(request: MemberRequest, business: Business) -> HttpResponse:
    """The list, newest first, by state, name, profile and time."""
    chosen = {key: request.GET.get(key, "").strip() for key in KEYS}
    rows = business.campaigns.filter(state__in=FILTERS.get(chosen["state"], FILTERS[""]))
    if chosen["q"]:
        rows = rows.filter(name__icontains=chosen["q"])
    if chosen["profile"]:
        rows = rows.filter(profile__handle=chosen["profile"])
    if since := _day(chosen["since"]):
        rows = rows.filter(created_at__date__gte=since)
    if until := _day(chosen["until"]):
        rows = rows.filter(created_at__date__lte=until)
    page = Paginator(rows.order_by("-created_at", "-pk"), A_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    counts = shown_counts_of(shown)
    return business_page(
        request,
        business,
        "messaging/campaigns/campaigns.html",
        page_obj=page,
        rows=[(campaign, counts[campaign.pk]) for campaign in shown],
        chosen=chosen,
        is_filtered=any(chosen.values()),
        profiles=business.profiles.filter(closed_at=None, is_test=False).order_by("created_at"),
        saved=filters_of(business, user=request.user),
        query=urlencode({key: value for key, value in chosen.items() if value}),
        may_send=request.membership.role in SEND,
        live=live(f"business:{business.pk}"),
    )


@require_POST
@in_business(roles=READ)
def campaign_filters(request: MemberRequest, business: Business) -> HttpResponse:
    """Keep what the list is filtered by under a name, or forget one."""
    if (forget := number_in(request.POST.get("forget", ""))) is not None:
        remove_filter(business, by=request.user, pk=forget)
        return redirect("campaigns", business.slug)
    try:
        kept = save_filter(
            business,
            by=request.user,
            name=request.POST.get("name", ""),
            chosen={key: request.POST.get(key, "") for key in KEYS},
        )
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("campaigns", business.slug)
    return redirect(f"{reverse('campaigns', args=[business.slug])}?{kept.query}")


@require_GET
@in_business(roles=READ)
def campaign(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """A draft's review, or how a launched one goes."""
    row = campaign_of(business, uuid)
    if row.state in (State.DRAFT, State.SCHEDULED):
        return _review(request, business, row)
    return business_page(
        request,
        business,
        "messaging/campaigns/campaign.html",
        campaign=row,
        counts=(counts := shown_counts(row)),
        report=report_of(row, counts),
        progress=progress_of(row),
        bubble=bubble_from(row.body, row.content),
        audience_words=words_of(row.audience),
        may_send=request.membership.role in SEND,
        may_retry=may_retry(row),
        retry=row.retries.order_by("-pk").first(),
        live=live(f"campaign:{row.uuid}"),
    )


@require_POST
@in_business(roles=SEND)
def campaign_act(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """Launch, schedule, pause, resume, cancel, take back, try on oneself, or retry failed ones."""
    row = campaign_of(business, uuid)
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
def campaign_csv(request: MemberRequest, business: Business, uuid) -> HttpResponseBase:
    """The counts as the page shows them: noised, small ones left out, nobody named."""
    row = campaign_of(business, uuid)
    counts = shown_counts(row)
    about = [
        row.name,
        row.state,
        timezone.localtime(row.launched_at).isoformat() if row.launched_at else "",
        words_of(row.audience),
    ]
    return csv_file(
        f"campaign-{row.uuid}",
        ["campaign", "state", "launched", "audience", "metric", "people", "share of sent"],
        (
            [
                *about,
                metric,
                f"fewer than {row.hidden_below}" if n is None else n,
                None if (share := _share(counts, metric)) is None else round(share, 4),
            ]
            for metric, n in counts.items()
        ),
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def report_of(row: Campaign, counts: dict[str, int | None]) -> list[ReportLine]:
    """Each count, its share of what was sent, and the same of the profile's campaigns before."""
    earlier = list(
        Campaign.objects.filter(
            profile=row.profile, state=State.FINISHED, launched_at__lt=row.launched_at
        ).order_by("-launched_at")[:10]
    )
    before = shown_counts_of(earlier).values()
    names = metric_names()
    return [
        ReportLine(
            names[metric],
            counts[metric],
            _share(counts, metric),
            _median([share for one in before if (share := _share(one, metric)) is not None]),
        )
        for metric in SHOWN
    ]


def _share(counts: dict[str, int | None], metric: str) -> float | None:
    n, sent = counts[metric], counts["sent"]
    return min(1.0, n / sent) if n is not None and sent and metric != "sent" else None


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


def _launch(row: Campaign, request: MemberRequest) -> str:
    launch_campaign(row, by=request.user, confirmed_repeat=bool(request.POST.get("again")))
    return _("It is on its way. First a random part gets it, then the rest.")


def _schedule(row: Campaign, request: MemberRequest) -> str:
    at = moment_in(request.POST.get("at", ""))
    if at is None:
        raise Refused(_("Choose a day and a time."), code="invalid")
    if request.POST.get("local"):
        schedule_by_local_time(row, by=request.user, at=at)
        return _("Scheduled: each person gets it at that time on their own clock.")
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


def _retry(row: Campaign, request: MemberRequest) -> str:
    retry_failed(row, by=request.user)
    return _("They are tried again, those who may still get it.")


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
    "retry": _retry,
    "cancel": _cancel,
    "take_back": _take_back,
}


# Where what stands in the way of a campaign is mended.
WAYS_OUT = {
    "not_verified": "verification",
    "no_plan": "billing",
    "quota_reached": "billing",
    "suspended": "quality",
    "revoked": "quality",
    "limited": "quality",
    "cap_reached": "quality",
}


def _review(request: MemberRequest, business: Business, row: Campaign) -> HttpResponse:
    plan: Plan | None = None
    why_not, way_out = "", ""
    try:
        plan = plan_of(row)
    except Refused as refusal:
        why_not, way_out = refusal.sentence, WAYS_OUT.get(refusal.code, "")
    return business_page(
        request,
        business,
        "messaging/campaigns/review.html",
        campaign=row,
        plan=plan,
        steps=steps_of(row, 1),
        why_not=why_not,
        way_out=reverse(way_out, args=[business.slug]) if way_out else "",
        bubble=bubble_of(row.template, (row.content or {}).get("parameters") or [])
        if row.template
        else None,
        audience_words=words_of(row.audience),
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
