"""Writing a campaign: whom it is for, and what it says."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

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
from messaging.models import Campaign
from messaging.services.campaigns.launching import create_campaign, update_campaign
from messaging.services.templates.filling import render as fill_in
from messaging.views.campaign_parts import bubble_of, campaign_of, steps_of
from portal.base.refused import Refused
from portal.base.written import number_in
from profiles.models import Business, Profile
from profiles.tenancy import SEND, MemberRequest, business_page, in_business

State = Campaign.State


@dataclass
class Choice:
    """A saved audience as the form shows it."""

    audience: SavedAudience
    words: str
    estimate: Estimate | None

    @property
    def may_run(self) -> bool:
        return self.estimate is not None and self.estimate.may_run


@require_http_methods(["GET", "POST"])
@in_business(roles=SEND)
def campaign_new(request: MemberRequest, business: Business) -> HttpResponse:
    """Whom and what; then the review."""
    if profile_of(business, "") is None:
        return business_page(request, business, "messaging/inbox/no_profile.html")
    return _compose(request, business, None)


@require_http_methods(["GET", "POST"])
@in_business(roles=SEND)
def campaign_edit(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """Change a draft."""
    return _compose(request, business, campaign_of(business, uuid, state=State.DRAFT))


@require_GET
@in_business(roles=SEND)
def campaign_preview(request: MemberRequest, business: Business) -> HttpResponse:
    """The phone and the values to fill in: what follows each choice in the form."""
    return render(
        request,
        "messaging/campaigns/_preview.html",
        _shown(business, request.GET)
        | {"business": business, "profile": profile_of(business, request.GET.get("profile", ""))},
    )


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
        steps=steps_of(row, 0),
        chosen_profile=str(getattr(profile_of(business, chosen.get("profile", "")), "pk", "")),
        **_shown(business, chosen),
    )


def _initial(
    request: MemberRequest, business: Business, row: Campaign | None
) -> QueryDict | dict[str, str]:
    """What is chosen when the form opens: by the address, by the draft, or as in the campaign that
    is sent again.
    """
    row = row or _like(business, request.GET.get("like", ""))
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


def _like(business: Business, uuid: str) -> Campaign | None:
    try:
        return business.campaigns.select_related("template").filter(uuid=uuid).first()
    except ValidationError:  # no uuid, or none was given
        return None


def _shown(business: Business, chosen: QueryDict | dict[str, str]) -> dict:
    """The chosen template as a phone shows it, and its values."""
    pk = chosen.get("template", "")
    template = usable_templates(business).filter(pk=number_in(pk)).first()
    if template is None:
        return {"picked": None, "values": [], "bubble": None}
    return {
        "picked": template,
        "values": values_of(template, chosen),
        "bubble": bubble_of(template, parameters_of(template, chosen)),
    }


def profile_of(business: Business, pk: str) -> Profile | None:
    """The chosen profile, else the first."""
    rows = business.profiles.select_related("business").filter(closed_at=None, is_test=False)
    chosen = rows.filter(pk=number_in(pk) or 0).first()
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
