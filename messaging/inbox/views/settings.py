"""A person's own settings: adverts, blocked senders, what is known about them."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audience.eligibility import adverts_this_week
from audience.models import Block, Consent, Person, Topic
from audience.places import country_name, region_name
from audience.services.consent import (
    correct_tier,
    opt_in,
    opt_out,
    set_budget,
    set_quiet_hours,
    switch_off_tier,
    unmute,
)
from audience.services.erasure import erase_person, export_person
from audience.services.topics import muted_topics
from messaging.inbox.page import show
from messaging.inbox.pauses import UntilField
from messaging.inbox.sessions import COOKIE, as_person
from portal.base.refused import Refused
from portal.base.written import number_in
from profiles.models import Business, Profile

DELETE = "DELETE"
HOURS = [(hour, f"{hour:02d}:00") for hour in range(24)]


class AdvertsForm(forms.Form):
    """Whether adverts may come at all, how many a week, and when they must not."""

    marketing = forms.BooleanField(
        required=False,
        label=gettext_lazy("Verified businesses may send me adverts"),
        help_text=gettext_lazy(
            "Alerts and answers from businesses you write with come either way."
        ),
    )
    until = UntilField(
        label=gettext_lazy("None until"),
        help_text=gettext_lazy("On that day adverts may come again by themselves."),
    )
    ads_per_week = forms.TypedChoiceField(
        label=gettext_lazy("At most"),
        coerce=lambda value: int(value) if value else None,
        empty_value=None,
        required=False,
        choices=[("", gettext_lazy("No limit of my own"))]
        + [(n, gettext_lazy("%(n)d a week") % {"n": n}) for n in (1, 2, 3, 5, 10)],
    )
    quiet = forms.BooleanField(required=False, label=gettext_lazy("None at night"))
    quiet_from = forms.TypedChoiceField(
        choices=HOURS, coerce=int, initial=21, label=gettext_lazy("From")
    )
    quiet_until = forms.TypedChoiceField(
        choices=HOURS, coerce=int, initial=8, label=gettext_lazy("Until")
    )


class TierForm(forms.Form):
    """The group of the person's phone: correct it, or switch it off."""

    tier = forms.ChoiceField(
        choices=[*Person.Tier.choices, ("off", gettext_lazy("Don't use my phone for adverts"))],
        widget=forms.RadioSelect,
        label=gettext_lazy("Your phone's group"),
    )


@require_safe
@as_person
def overview(request: HttpRequest, person: Person) -> HttpResponse:
    """The list of settings."""
    return show(request, person, "settings.html")


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def adverts(request: HttpRequest, person: Person) -> HttpResponse:
    """Adverts: all, none, how many, and not at night."""
    pause = Consent.objects.filter(
        person_id=person.pk, kind=Consent.Kind.MARKETING, until__isnull=False
    ).first()
    form = AdvertsForm(
        request.POST or None,
        initial={
            "marketing": person.marketing or pause is not None,
            "until": timezone.localdate(pause.until) if pause else None,
            "ads_per_week": person.ads_per_week or "",
            "quiet": person.quiet_from is not None,
            "quiet_from": 21 if person.quiet_from is None else person.quiet_from,
            "quiet_until": 8 if person.quiet_until is None else person.quiet_until,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            _save_adverts(person, form.cleaned_data, is_paused=pause is not None)
        except Refused as refusal:
            messages.error(request, refusal.sentence)
            return redirect("inbox_adverts")
        messages.info(request, _("Saved. It holds from now on."))
        return redirect("inbox_adverts")
    until = dict(
        Consent.objects.filter(
            person_id=person.pk, kind=Consent.Kind.BUSINESS_MARKETING, granted=False
        ).values_list("scope_id", "until")
    )
    muted = [(row, until[row.pk]) for row in Business.objects.filter(pk__in=until).order_by("name")]
    context = {
        "form": form,
        "muted": muted,
        "topics": [Topic(topic).label for topic in muted_topics(person.pk)],
        "this_week": adverts_this_week(person.pk),
    }
    return show(request, person, "adverts.html", **context)


@require_POST
@as_person
def allow_again(request: HttpRequest, person: Person) -> HttpResponse:
    """Adverts of a business that was muted may come again."""
    business = get_object_or_404(Business, pk=number_in(request.POST.get("business", "")))
    unmute(person.pk, business.pk)
    messages.info(request, _("You may get adverts from %(name)s again.") % {"name": business.name})
    return redirect("inbox_adverts")


@transaction.atomic
def _save_adverts(person: Person, answers: dict, *, is_paused: bool) -> None:
    if answers["marketing"] and answers["until"]:
        opt_out(person.pk, until=answers["until"])
    elif answers["marketing"] != person.marketing or is_paused:
        (opt_in if answers["marketing"] else opt_out)(person.pk)
    set_budget(person.pk, answers["ads_per_week"])
    hours = (answers["quiet_from"], answers["quiet_until"]) if answers["quiet"] else (None, None)
    set_quiet_hours(person.pk, *hours)


@require_safe
@as_person
def blocked(request: HttpRequest, person: Person) -> HttpResponse:
    """Whom the person has blocked."""
    profiles = Profile.objects.filter(
        pk__in=list(Block.objects.filter(person_id=person.pk).values_list("profile_id", flat=True))
    ).order_by("name")
    return show(request, person, "blocked.html", profiles=profiles)


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def data(request: HttpRequest, person: Person) -> HttpResponse:
    """What is known about the person, where from, and how to correct it."""
    initial = "off" if person.tier_source == Person.TierSource.OFF else person.tier
    form = TierForm(request.POST or None, initial={"tier": initial})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["tier"] == "off":
            switch_off_tier(person.pk)
        else:
            correct_tier(person.pk, form.cleaned_data["tier"])
        messages.info(request, _("Saved. It holds from now on."))
        return redirect("inbox_data")
    consent = Consent.objects.filter(person_id=person.pk, kind=Consent.Kind.MARKETING).first()
    context = {
        "form": form,
        "country": country_name(person.country),
        "region": region_name(person.region) if person.region else "",
        "consent": consent,
        "this_week": adverts_this_week(person.pk),
    }
    return show(request, person, "data.html", **context)


@require_safe
@as_person
def export(request: HttpRequest, person: Person) -> HttpResponse:
    """Everything there is about the person, as a file."""
    response = JsonResponse(export_person(person.pk), json_dumps_params={"indent": 1})
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def delete(request: HttpRequest, person: Person) -> HttpResponse:
    """Everything about the person goes, once they have typed that they want it."""
    if request.method == "POST":
        if request.POST.get("typed", "").strip().upper() == DELETE:
            erase_person(person.pk)
            messages.info(request, _("Everything we had about you is deleted."))
            response = redirect("inbox_door")
            response.delete_cookie(COOKIE)
            response["Clear-Site-Data"] = '"cache", "storage"'
            return response
        messages.error(request, _("Type %(word)s to delete everything.") % {"word": DELETE})
    return show(request, person, "delete.html", word=DELETE)
