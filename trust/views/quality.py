"""How a business stands, in its own numbers; and each decision with its appeal."""

from math import ceil

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from profiles.models import Business, Profile
from profiles.tenancy import MANAGE, MEASURE, MemberRequest, business_page, in_business
from trust.forms import AppealForm
from trust.models import Decision
from trust.services.appeals import file_appeal, may_appeal
from trust.services.pictures import Picture, picture_of


@require_GET
@in_business(roles=MEASURE)
def quality(request: MemberRequest, business: Business) -> HttpResponse:
    """The evidence, the score and the ladder of one profile, with its own numbers."""
    profiles = list(business.profiles.filter(is_test=False, closed_at=None).order_by("created_at"))
    if not profiles:
        return business_page(request, business, "trust/quality.html")
    wanted = request.GET.get("profile", "")
    profile = next((row for row in profiles if row.handle == wanted), profiles[0])
    profile.business = business
    picture = picture_of(profile, now=timezone.now())
    decisions = list(profile.decisions.select_related("appeal").order_by("-made_at", "-pk")[:10])
    in_force = next((row for row in decisions if row.to_standing == profile.standing), None)
    if in_force and not in_force.is_against:
        in_force = None
    appeal = getattr(in_force, "appeal", None)
    return business_page(
        request,
        business,
        "trust/quality.html",
        live=live(f"business:{business.pk}"),
        profiles=profiles,
        profile=profile,
        picture=picture,
        badge_word=_badge_word(profile),
        decisions=decisions,
        decision_in_force=in_force,
        appeal_open=bool(appeal and appeal.state == "open"),
        may_appeal=bool(in_force and may_appeal(in_force)),
        calm_days=ceil(picture.calm_to_clear or 0),
        **_charts(picture),
    )


def _badge_word(profile: Profile) -> str:
    if profile.badge_shown:
        return _("Shown")
    if profile.standing in Profile.BADGE_OFF:
        return _("Lost")
    return _("Not verified yet") if not profile.business.is_verified() else _("No live plan")


def _charts(picture: Picture) -> dict:
    red = 100 * picture.rules.red_above
    return {
        "evidence_series": [(_("Evidence"), picture.evidence_by_day)],
        "chart_title": _("Evidence against the badge, each of the last 28 days"),
        "evidence_limits": [
            (rung.at, _("%(name)s at %(at)s") % {"name": rung.name, "at": rung.at})
            for rung in picture.rungs
        ],
        "score_series": [(_("Complaint rate"), picture.score_by_day)],
        "score_title": _("Complaint rate, each of the last 28 days"),
        "score_limits": [(red, _("Low quality above %(red)s %%") % {"red": f"{red:g}"})],
    }


@require_http_methods(["GET", "POST"])
@in_business(roles=MEASURE)
def decision(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """One decision: its statement of reasons, and the appeal against it."""
    row = get_object_or_404(
        Decision.objects.select_related("profile", "policy", "appeal"),
        uuid=uuid,
        profile__business=business,
    )
    membership = request.membership
    manages = membership.role in MANAGE
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if not manages:
                raise Refused(_("Owners and admins can appeal. Ask one of them."))
            file_appeal(row, by=membership.user, text=form.cleaned_data["text"])
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(
                request, _("Your appeal has arrived. The answer comes here and by mail.")
            )
            return redirect("decision", slug=business.slug, uuid=row.uuid)
    return business_page(
        request,
        business,
        "trust/decision.html",
        decision=row,
        statement=row.statement,
        appeal=getattr(row, "appeal", None),
        form=form,
        may_appeal=manages and may_appeal(row),
    )


@require_GET
@in_business(roles=MEASURE)
def statement(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """The statement of reasons in the fields of the EU's database, to keep or to hand on."""
    row = get_object_or_404(Decision, uuid=uuid, profile__business=business)
    if row.statement.get("dsa") is None:
        raise Http404
    answer = JsonResponse(row.statement["dsa"], json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="statement-{row.uuid}.json"'
    return answer
