"""The business's shared inbox: views of one list, one conversation, answering.

A part of the page that htmx fetches again (by the target it names) is drawn alone, without what
only the other parts need.
"""

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from messaging.models import Conversation
from messaging.services.conversations.desk import answered_meanwhile
from messaging.services.conversations.handling import (
    FOLDERS,
    PAGE,
    Page,
    assign_conversation,
    conversation_of,
    folder_counts,
    inbox_page,
    mark_seen,
)
from messaging.services.conversations.labels import labels_of
from messaging.services.conversations.response_times import median_minutes
from messaging.services.conversations.writing import note_sent
from messaging.services.messages import send_message
from messaging.views.inbox_talk import composer_context, talk_context
from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from portal.base.written import number_in
from profiles.models import Business, Profile
from profiles.tenancy import ANSWER, MemberRequest, business_page, in_business

FOLDER_NAMES = {
    "mine": gettext_lazy("Mine"),
    "unassigned": gettext_lazy("Unassigned"),
    "all": gettext_lazy("All"),
    "snoozed": gettext_lazy("Snoozed"),
    "resolved": gettext_lazy("Resolved"),
}
MAIN_FOLDERS = ("mine", "unassigned", "all")  # the others are one click further
MOST_LISTED = 500  # lines that the list grows to, as somebody scrolls down
LIST, THREAD = "list", "thread"
PARTS = {  # the target of a request of htmx -> which part it wants
    "convs": LIST,
    "more": LIST,
    "thread": THREAD,
    "earlier": THREAD,
}


@require_safe
@in_business(roles=ANSWER)
def inbox(request: MemberRequest, business: Business) -> HttpResponse:
    """The list of one profile's conversations; nothing open."""
    profiles = open_profiles(business)
    if not profiles:
        return business_page(request, business, "messaging/inbox/no_profile.html")
    wanted = request.GET.get("profile", "")
    profile = next((row for row in profiles if row.handle == wanted), profiles[0])
    context = _list(request, profile, profiles)
    if _part(request) == LIST:
        return business_page(request, business, "messaging/inbox/_list.html", **context)
    median = median_minutes(profile)
    context |= {"median": median, "median_shown": max(1, round(median or 0))}
    return _show(request, business, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_business(roles=ANSWER)
def conversation(
    request: MemberRequest, business: Business, handle: str, number: str
) -> HttpResponse:
    """One conversation beside the list; POST answers."""
    profiles = open_profiles(business)
    profile, open_one = open_conversation(business, handle, number, among=profiles)
    if request.method == "POST":
        return _answer(request, profile, profiles, open_one, number)
    return _page(request, profile, profiles, open_one, number)


def open_profiles(business: Business) -> list[Profile]:
    """The profiles that people write to, the first one first; the sandbox's comes last."""
    rows = list(business.profiles.filter(closed_at=None).order_by("is_test", "created_at"))
    for row in rows:
        row.business = business  # so that its badge needs no query
    return rows


def open_conversation(
    business: Business, handle: str, number: str, *, among: list[Profile] | None = None
) -> tuple[Profile, Conversation]:
    """The profile and conversation of this business, or Http404.

    Arguments:
        among: profiles of the business that are here already.
    """
    profile = next((row for row in among or () if row.handle == handle), None)
    if profile is None:
        profile = get_object_or_404(business.profiles, handle=handle)
        profile.business = business
    if (found := conversation_of(profile, number)) is None:
        raise Http404
    return profile, found


def _page(
    request: MemberRequest,
    profile: Profile,
    profiles: list[Profile],
    open_one: Conversation,
    number: str,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The conversation as it is, or the part of it that is asked for.

    Arguments:
        problem: why the answer was not sent.
    """
    business = profile.business
    part = _part(request)
    if part == LIST:
        context = _list(request, profile, profiles, open_one, number)
        return business_page(request, business, "messaging/inbox/_list.html", **context)
    context = talk_context(request, profile, open_one, number) | {
        "profile": profile,
        "problem": problem,
        "labels": labels_of(business),
    }
    if not problem:
        mark_seen(open_one)
    if part == THREAD:
        template = "messaging/inbox/_thread.html"
        return business_page(request, business, template, status=status, **context)
    context |= composer_context(profile)
    context |= _list(request, profile, profiles, open_one, number, labels=context["labels"])
    context["unsent"] = request.POST.get("body", "")[:4096] if problem else ""
    return _show(request, business, status=status, **context)


def _answer(
    request: MemberRequest,
    profile: Profile,
    profiles: list[Profile],
    open_one: Conversation,
    number: str,
) -> HttpResponse:
    """Send the reply, unless a colleague answered since the page was seen: then ask once more."""
    problem = ""
    seen = number_in(request.POST.get("seen", ""))
    if seen is not None and (other := answered_meanwhile(open_one, seen=seen, member=request.user)):
        problem = _("%(name)s answered a moment ago. Send again if yours is still needed.")
        problem %= {"name": other}
    else:
        try:
            with transaction.atomic():  # the others' pages see both at once
                send_message(
                    profile, open_one.person_id, by=request.user, body=request.POST.get("body", "")
                )
                if open_one.assignee_id is None:
                    assign_conversation(open_one, by=request.user, to=request.user)
        except Refused as refusal:
            problem = refusal.sentence
    if problem:
        return _page(request, profile, profiles, open_one, number, problem=problem, status=422)
    note_sent(open_one, by=request.user)
    return redirect("conversation", profile.business.slug, profile.handle, number)


def _show(
    request: MemberRequest, business: Business, *, status: int = 200, **context
) -> HttpResponse:
    return business_page(request, business, "messaging/inbox/inbox.html", status=status, **context)


def _part(request: MemberRequest) -> str:
    """LIST or THREAD where htmx fetches no more than that, else ""."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return PARTS.get(htmx.target or "", "") if htmx else ""


def _list(
    request: MemberRequest,
    profile: Profile,
    profiles: list[Profile],
    open_one: Conversation | None = None,
    number: str = "",
    *,
    labels: list[str] | None = None,
) -> dict[str, Any]:
    """What the list is drawn with: a page of it, or as many lines as were shown before."""
    business = profile.business
    folder = request.GET.get("view", "all")
    folder = folder if folder in FOLDERS else "all"
    label = request.GET.get("label", "").replace("\x00", "")[:30]
    words = request.GET.get("q", "").replace("\x00", "").strip()[:128]
    after = request.GET.get("after", "")
    shown_before = _number(request, "n", most=MOST_LISTED)
    page = inbox_page(
        profile,
        member=request.user,
        folder=folder,
        label=label,
        words=words,
        after=after,
        limit=PAGE if after else max(PAGE, shown_before),
    )
    shown = len(page.lines) + (shown_before if after else 0)
    before, next_ = _neighbours(page, open_one, number)
    counts = folder_counts(profile, member=request.user)
    kept = {
        "view": folder if folder != "all" else "",
        "label": label,
        "q": words,
        "n": shown if shown > PAGE else "",
    }
    return {
        "profile": profile,
        "profiles": profiles,
        "base": reverse("conversation", args=[business.slug, profile.handle, "0"])[:-2],
        "number": number,
        "folder": folder,
        "folders": [
            (key, name, counts.get(key, 0), key in MAIN_FOLDERS)
            for key, name in FOLDER_NAMES.items()
        ],
        "label": label,
        "labels": labels_of(business) if labels is None else labels,
        "words": words,
        "kept": urlencode({name: value for name, value in kept.items() if value}),
        "kept_further": urlencode(
            {name: value for name, value in kept.items() if value} | {"n": shown + PAGE}
        ),
        "page": page,
        "shown": shown,
        "before": before,
        "next": next_,
        "live": live(f"business:{business.pk}"),
    }


def _neighbours(page: Page, open_one: Conversation | None, number: str) -> tuple[str, str]:
    """Who stands above and below in the list: where the keys k and j lead.

    What is not in it, since it was resolved, stands where it stood.
    """
    numbers = [line.number for line in page.lines]
    if number in numbers:
        above = numbers.index(number)
        below = above + 1
    elif open_one is not None and open_one.business_last_at is not None:
        at = open_one.business_last_at
        times = [line.conversation.business_last_at for line in page.lines]
        above = below = sum(1 for time in times if time and time > at)
    else:
        above = below = 0
    numbers.append(page.beyond)
    return numbers[above - 1] if above else "", numbers[below] if below < len(numbers) else ""


def _number(request: MemberRequest, name: str, *, most: int) -> int:
    return min(number_in((request.GET.getlist(name) or [""])[-1]) or 0, most)
