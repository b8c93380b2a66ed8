"""Where a member of a business lands: its home, or the form that makes one."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from portal.base.refused import Refused
from profiles.checklist import checklist
from profiles.forms import BusinessForm
from profiles.models import Business
from profiles.places import country_of_languages
from profiles.services.businesses import create_business
from profiles.tenancy import MemberRequest, UserRequest, business_page, in_business

NUMBERS = "messaging/_home.html"  # the figures of what was sent, where messaging provides them


@login_required
def businesses(request: UserRequest) -> HttpResponse:
    """/w/: the only business, a choice, or the form for a first one."""
    mine = list(Business.objects.of(request.user).order_by("name"))
    if not mine:
        return redirect("business_new")
    if len(mine) == 1:
        return redirect("business_home", slug=mine[0].slug)
    return render(request, "profiles/businesses.html", {"businesses": mine})


@login_required
def business_new(request: UserRequest) -> HttpResponse:
    languages = request.headers.get("Accept-Language", "")
    form = BusinessForm(request.POST or None, initial={"country": country_of_languages(languages)})
    if request.method == "POST" and form.is_valid():
        try:
            business = create_business(by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("name", refusal.sentence)
        else:
            return redirect("business_home", slug=business.slug)
    return render(request, "profiles/business_new.html", {"form": form})


@in_business()
def business_home(request: MemberRequest, business: Business) -> HttpResponse:
    """What is next, what needs attention, and the figures."""
    steps = checklist(business)
    return business_page(
        request,
        business,
        "profiles/home.html",
        steps=steps,
        next_step=next((one for one in steps if not one.done and not one.waiting), None),
        all_done=all(one.done for one in steps),
        notices=business.notices.filter(dismissed_at=None).order_by("-created_at")[:5],
        numbers=NUMBERS if _exists(NUMBERS) else "",
    )


def _exists(template: str) -> bool:
    try:
        get_template(template)
    except TemplateDoesNotExist:
        return False
    return True
