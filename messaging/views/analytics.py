"""How a business's messages do: by day, by campaign, and how fast it answers."""

import csv

from django.http import HttpResponse
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from messaging.services.campaigns.numbers import METRICS
from messaging.services.conversations.figures import Figures, figures_of
from messaging.services.conversations.response_times import METRICS as ANSWERED
from portal.base.written import number_in
from profiles.models import Business, Profile
from profiles.tenancy import MEASURE, SEND, MemberRequest, business_page, in_business

READ = tuple({*SEND, *MEASURE})
WINDOWS = (7, 28, 90)


@require_GET
@in_business(roles=READ)
def analytics(request: MemberRequest, business: Business) -> HttpResponse:
    """The figures of a window, of all profiles or one."""
    them, window, profile = _asked(request, business)
    names, steps = metric_names(), step_names()
    days = [format_date(day, "j M") for day in them.days]
    answered = [sum(them.by_day[step]) for step in ANSWERED]
    median = median_step(answered)
    return business_page(
        request,
        business,
        "messaging/analytics.html",
        them=them,
        window=window,
        windows=WINDOWS,
        chosen=profile,
        profiles=business.profiles.filter(closed_at=None, is_test=False).order_by("created_at"),
        days=days,
        traffic=[(names[key], them.by_day[key]) for key in ("sent", "received")],
        reach=[(names[key], them.by_day[key]) for key in ("delivered", "read", "replied")],
        refusals=[(names[key], them.by_day[key]) for key in ("blocked", "reported")],
        totals=[(names[key], them.shown(key)) for key in (*METRICS, "received")],
        steps=steps,
        answers=[(_("Answers"), answered)],
        answered=sum(answered),
        median="" if median is None else steps[median],
        is_empty=not any(them.total(key) for key in (*METRICS, "received")),
    )


@require_GET
@in_business(roles=READ)
def analytics_csv(request: MemberRequest, business: Business) -> HttpResponse:
    """The same by day, as the page shows them."""
    them, window, _profile = _asked(request, business)
    metrics = [*METRICS, "received", *ANSWERED]
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="analytics-{business.slug}.csv"'
    sheet = csv.writer(answer)
    sheet.writerow(["day", *metrics])
    for at, day in enumerate(them.days):
        sheet.writerow([day.isoformat(), *(them.by_day[metric][at] for metric in metrics)])
    return answer


def metric_names() -> dict[str, str]:
    """What each count is called on pages."""
    return {
        "sent": _("Sent"),
        "delivered": _("Delivered"),
        "read": _("Read"),
        "replied": _("Replied"),
        "blocked": _("Blocked"),
        "reported": _("Reported"),
        "failed": _("Not delivered"),
        "received": _("Received"),
    }


def step_names() -> list[str]:
    """What the steps of response times are called on pages, in their order."""
    return [
        _("1 minute"),
        _("5 minutes"),
        _("15 minutes"),
        _("1 hour"),
        _("4 hours"),
        _("1 day"),
        _("longer"),
    ]


def median_step(answered: list[int]) -> int | None:
    """The step within which half of all were answered; None where nobody was."""
    half, seen = sum(answered) / 2, 0
    for step, n in enumerate(answered):
        seen += n
        if n and seen >= half:
            return step
    return None


def _asked(request: MemberRequest, business: Business) -> tuple[Figures, int, Profile | None]:
    """The figures of the window and the profile that the address names."""
    asked = request.GET.get("days", "")
    window = number if (number := number_in(asked)) in WINDOWS else 28
    handle = request.GET.get("profile", "")
    profile = business.profiles.filter(handle=handle).first() if handle else None
    return figures_of(business, days=window, profile=profile), window, profile
