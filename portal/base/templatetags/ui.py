"""What pages draw with besides the cotton components: charts, money, times, faces, live tickets.

{% load ui %} at the top of a page. A page with charts links css/charts.css in its css block.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zlib import crc32

from django import forms, template
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal.base import charts
from portal.base import live as streams

register = template.Library()

# Currencies whose smallest unit is not a hundredth (ISO 4217), as Stripe and the Cloud API count.
WHOLE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"
THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
SYMBOLS = {"BRL": "R$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥", "USD": "$"}
TINTS = 6
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


# ── Live ────────────────────────────────────────────────────────────────────────────────────────


@register.simple_tag
def live(*topics: str) -> str:
    """The address of a stream that tells of these topics: {% live 'business:7' as url %}.

    The page hands it to its layout as `live`; the view has decided who may listen.
    """
    return "/events/?" + urlencode({"t": streams.ticket(*topics)})


# ── Charts ──────────────────────────────────────────────────────────────────────────────────────


@register.inclusion_tag("ui/chart.html")
def bar_chart(
    labels: Sequence[str], series: Sequence[charts.Series], title: str, **options
) -> dict:
    """Columns, up to three series side by side: {% bar_chart days series title unit=" %" %}."""
    return {"chart": charts.draw(labels, series, title=title, kind="bar", **options)}


@register.inclusion_tag("ui/chart.html")
def line_chart(
    labels: Sequence[str], series: Sequence[charts.Series], title: str, **options
) -> dict:
    """Curves; `limits`, pairs of value and name, are the lines not to be crossed."""
    return {"chart": charts.draw(labels, series, title=title, kind="line", **options)}


@register.simple_tag
def sparkline(values: Sequence[float]) -> SafeString:
    """A small curve without axes; decoration beside a number that says the same in words."""
    points = charts.spark_points(list(values))
    return format_html(
        '<svg class="spark" viewBox="0 0 120 30" preserveAspectRatio="none" aria-hidden="true">'
        '<polygon points="0,30 {} 120,30" fill="currentColor" opacity=".1"/>'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="1.5" '
        'vector-effect="non-scaling-stroke"/>'
        "</svg>",
        points,
        points,
    )


@register.inclusion_tag("ui/gauge.html")
def gauge(
    value: float,
    *,
    warn: float,
    limit: float,
    name: str,
    top: float | None = None,
    unit: str = " %",
) -> dict:
    """Where a value lies: fine below warn, watched below limit, lost above it; all in one unit."""
    top = top or limit * 4 / 3

    def x(at: float) -> float:
        return round(min(max(at, 0), top) / top * 300, 1)

    return {
        "name": name,
        "value": charts.exact(value) + unit,
        "warn": charts.exact(warn) + unit,
        "limit": charts.exact(limit) + unit,
        "pin_x": x(value),
        "warn_x": x(warn),
        "limit_x": x(limit),
        "warn_width": round(x(limit) - x(warn) - 2, 1),
        "bad_width": round(300 - x(limit), 1),
        "ok_width": round(x(warn) - 2, 1),
    }


# ── Words and numbers ───────────────────────────────────────────────────────────────────────────


@register.filter
def money(amount: int | None, currency: str) -> str:
    """An amount in the currency's smallest unit: {{ 84000|money:"eur" }} is written €840.00."""
    if amount is None:
        return ""
    code = currency.upper()
    digits = 0 if code in WHOLE else 3 if code in THOUSANDTHS else 2
    figures = number_format(abs(Decimal(amount)) / 10**digits, digits, force_grouping=True)
    symbol = SYMBOLS.get(code) or code + "\u00a0"
    return f"{'−' if amount < 0 else ''}{symbol}{figures}"


@register.filter
def compact(value: float | None) -> str:
    """12,345 as 12k; the exact number belongs in a title or on the next page."""
    return "" if value is None else charts.compact(value)


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """A share between 0 and 1 as 33.4 %."""
    if share is None:
        return ""
    return number_format(Decimal(str(share)) * 100, digits) + "\u00a0%"


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """How long ago, below a day; otherwise the date. The full time is in its title."""
    if moment is None:
        return ""
    here = timezone.localtime(moment)
    title = f"{_day(here.date(), get_language())}, {here:%H:%M} {here.tzname()}"
    words = words_since(moment, now=timezone.now())
    # Lists have one in each line, so it is put together by hand; nothing of it is anyone's input.
    return SafeString(
        f'<time datetime="{here.isoformat(timespec="seconds")}" title="{escape(title)}">'
        f"{escape(words)}</time>"
    )


@lru_cache(4096)
def _day(day: date, language: str | None) -> str:
    """A date in the language that is on; the language is what tells two of them apart."""
    return format_date(day, "j M Y")


def words_since(moment: datetime, *, now: datetime) -> str:
    """The words of `ago`. A moment still to come gets its date and hour."""
    passed = now - moment
    here, today = timezone.localtime(moment), timezone.localtime(now)
    if passed < timedelta(0):
        return format_date(here, "H:i" if here.date() == today.date() else "j M, H:i")
    if passed < MINUTE:
        return _("just now")
    if passed < HOUR:
        minutes = passed // MINUTE
        return ngettext("%(n)d min ago", "%(n)d min ago", minutes) % {"n": minutes}
    if passed < DAY:
        hours = passed // HOUR
        return ngettext("%(n)d h ago", "%(n)d h ago", hours) % {"n": hours}
    if today.date() - here.date() == DAY:
        return _("yesterday")
    return format_date(here, "j M" if here.year == today.year else "j M Y")


# What a browser calls itself, the more particular first: each also claims to be those after it.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Mac OS": "macOS",
    "Windows": "Windows",
    "Linux": "Linux",
}


@register.filter
def browser(user_agent: str) -> str:
    """A browser's name for itself in words: Firefox on Windows. What is unknown stays as it is."""
    program = next((name for sign, name in BROWSERS.items() if f"{sign}/" in user_agent), None)
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), None)
    if program and system:
        return _("%(program)s on %(system)s") % {"program": program, "system": system}
    return user_agent


@register.filter
def initials(name: str) -> str:
    """One or two letters that stand for a name."""
    words = [
        word for word in str(name).split("@")[0].replace(".", " ").split() if word[0].isalnum()
    ]
    return (
        "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
        or "?"
    )


@register.filter
def tint(name: str) -> str:
    """The class of the tint that belongs to a name: always the same one."""
    return f"t{crc32(str(name).encode()) % TINTS}"


# ── Forms and links ─────────────────────────────────────────────────────────────────────────────


@register.filter
def is_tick(field: forms.BoundField) -> bool:
    """Whether a field is a single checkbox, whose label stands beside it."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.simple_tag(takes_context=True)
def sort_link(context, name: str, label: str) -> SafeString:
    """The heading of a column one can sort by (?sort=): {% sort_link "sent" _("Sent") %}."""
    query = context["request"].GET.copy()
    now = query.get("sort", "")
    query["sort"] = f"-{name}" if now == name else name
    query.pop("page", None)
    arrow = "↑" if now == name else "↓" if now == f"-{name}" else ""
    return format_html(
        '<a href="?{}">{} <span aria-hidden="true">{}</span></a>', query.urlencode(), label, arrow
    )
