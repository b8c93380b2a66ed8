"""The sandbox's control panel: five test people, side by side, who do as they are told."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from messaging.models import SandboxPerson
from messaging.services.integrators.sandbox import act, open_sandbox, states
from portal.base.pairwise import pairwise_number, person_of, wa_id
from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from profiles.models import Business
from profiles.tenancy import DEVELOP, MemberRequest, business_page, in_business


@require_http_methods(["GET", "POST"])
@in_business(roles=DEVELOP)
def sandbox(request: MemberRequest, business: Business) -> HttpResponse:
    """The people with what they see; POST opens the sandbox, or its windows again."""
    if request.method == "POST":
        open_sandbox(business, by=request.user)
        messages.success(request, _("Your test people are here."))
        return redirect("sandbox", slug=business.slug)
    profile = business.profiles.filter(is_test=True).first()
    people = []
    if profile:
        profile.business = business
        people = [
            (state, pairwise_number(business.pk, state.person.person_id))
            for state in states(profile)
        ]
    return business_page(
        request,
        business,
        "messaging/developers/sandbox.html",
        sandbox_profile=profile,
        people=[(state, number, wa_id(number)) for state, number in people],
        live=live(f"business:{business.pk}"),
    )


@require_POST
@in_business(roles=DEVELOP)
def sandbox_act(request: MemberRequest, business: Business, number: str) -> HttpResponse:
    """A test person does something."""
    profile = business.profiles.filter(is_test=True).select_related("business").first()
    person_id = person_of(business.pk, number) or 0
    person = SandboxPerson.objects.filter(profile=profile, person_id=person_id).first()
    if not profile or not person:
        raise Http404
    name = request.POST.get("act", "")
    try:
        act(profile, person, name, text=request.POST.get("text", "").strip())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("sandbox", slug=business.slug)
