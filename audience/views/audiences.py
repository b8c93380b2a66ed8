"""Audiences of a business: the saved ones, and the page that makes one."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audience.ages import HIGHEST, LOWEST
from audience.definition import AudienceDefinition, forbidden_filters, read_definition
from audience.models import Category, Filter, Person, SavedAudience
from audience.places import countries, regions_of
from audience.services.estimates import Estimate, estimate, latest_snapshot, tier_share
from audience.services.saved import change_audience, delete_audience, save_audience
from portal.base.refused import Refused
from profiles.models import Business
from profiles.tenancy import MEASURE, SEND, MemberRequest, business_page, in_business

READ = (*SEND, MEASURE[-1])
WITH_MAP = ("BR", "IN")  # their regions have places in static/css/pages/audience.css


@dataclass
class Row:
    """A saved audience as its list shows it."""

    audience: SavedAudience
    words: str
    estimate: Estimate | None


@require_GET
@in_business(roles=READ)
def audiences(request: MemberRequest, business: Business) -> HttpResponse:
    rows = [_row(audience) for audience in business.audiences.order_by("-changed_at")[:200]]
    return business_page(request, business, "audience/audiences.html", rows=rows)


@require_http_methods(["GET", "POST"])
@in_business(roles=SEND)
def audience_new(request: MemberRequest, business: Business) -> HttpResponse:
    """The builder. What is chosen is in the address, so a page can be shared and reloaded."""
    chosen = request.POST if request.method == "POST" else request.GET
    raw = _raw(chosen, business)
    if request.method == "POST":
        try:
            saved = save_audience(
                business,
                name=chosen.get("name", ""),
                definition=read_definition(raw),
                by=request.user,
            )
        except Refused as refusal:
            return _builder(request, business, raw, refusal=refusal, name=chosen.get("name", ""))
        messages.success(request, _("Saved."))
        return redirect("audience", slug=business.slug, uuid=saved.uuid)
    return _builder(request, business, raw, name=chosen.get("name", ""))


@require_http_methods(["GET", "POST"])
@in_business(roles=SEND)
def audience(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """A saved audience, to read and to change."""
    saved = get_object_or_404(business.audiences, uuid=uuid)
    chosen = request.POST if request.method == "POST" else request.GET
    raw = _raw(chosen, business) if chosen else saved.definition
    name = chosen.get("name", saved.name)
    refusal = None
    if request.method == "POST":
        try:
            change_audience(saved, name=name, definition=read_definition(raw), by=request.user)
        except Refused as caught:
            refusal = caught
        else:
            messages.success(request, _("Saved."))
            return redirect("audience", slug=business.slug, uuid=uuid)
    return _builder(request, business, raw, refusal=refusal, name=name, saved=saved)


@require_POST
@in_business(roles=SEND)
def audience_delete(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    delete_audience(get_object_or_404(business.audiences, uuid=uuid), by=request.user)
    messages.success(request, _("Deleted. Campaigns that used it are as they were."))
    return redirect("audiences", slug=business.slug)


@require_GET
@in_business(roles=READ)
def audience_estimate(request: MemberRequest, business: Business) -> HttpResponse:
    """How many people, and who falls away: the part of the builder that follows each change."""
    shown = _estimated(_raw(request.GET, business))
    return render(request, "audience/_estimate.html", shown | {"business": business})


def _builder(
    request: MemberRequest,
    business: Business,
    raw: dict[str, object],
    *,
    name: str,
    refusal: Refused | None = None,
    saved: SavedAudience | None = None,
) -> HttpResponse:
    country, category = str(raw["country"]), str(raw["category"])
    off = forbidden_filters(country, category)
    return business_page(
        request,
        business,
        "audience/builder.html",
        chosen=raw,
        name=name,
        saved=saved,
        refusal=refusal,
        countries=countries().items(),
        categories=Category.choices,
        regions=regions_of(country).items(),
        has_map=country in WITH_MAP,
        first_ages=LOWEST,
        last_ages=HIGHEST[:-1],
        tiers=Person.Tier.choices,
        tier_share=_tier_share(country),
        off=[filter_.value for filter_ in off],
        off_names=", ".join(str(filter_.label) for filter_ in off),
        off_all=len(off) == len(Filter),
        **_estimated(raw),
    )


def _estimated(raw: dict[str, object]) -> dict[str, Any]:
    """The estimate, or the sentence that says why there is none."""
    try:
        return {"estimate": estimate(read_definition(raw))}
    except Refused as refusal:
        return {"estimate": None, "why_not": refusal.sentence}


def _raw(chosen: QueryDict, business: Business) -> dict[str, object]:
    """The fields of the form as a definition, still unchecked, but of known places and subjects."""
    country = chosen.get("country") or business.country
    category = chosen.get("category")
    return {
        "country": country if country in countries() else "",
        "category": category if category in Category.values else Category.GENERAL.value,
        "regions": chosen.getlist("regions"),
        "age_from": _number(chosen.get("age_from")) or LOWEST[0],
        "age_until": _number(chosen.get("age_until")),
        "tiers": chosen.getlist("tiers"),
    }


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 4 else None


def _row(audience: SavedAudience) -> Row:
    try:
        definition = read_definition(audience.definition)
        return Row(audience, _in_short(definition), estimate(definition))
    except Refused as refusal:  # a rule became stricter, or nothing is counted yet
        return Row(audience, refusal.sentence, None)


def _in_short(definition: AudienceDefinition) -> str:
    words = definition.in_words()
    return ", ".join(words) if len(words) <= 6 else ", ".join([*words[:5], "…"])


def _tier_share(country: str) -> int | None:
    try:
        return tier_share(country, snapshot=latest_snapshot())
    except Refused:
        return None
