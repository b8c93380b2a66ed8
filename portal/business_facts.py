"""What each app has to say of a business on its page in the admin."""

from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.entitlements import current_subscription
from billing.plans import PLANS
from messaging.models import Campaign
from messaging.services.conversations.figures import figures_of
from profiles.models import Business, Profile, VerificationCase
from profiles.overview import Fact, fact
from trust.models import Case

Standing = Profile.Standing
WAITING = (VerificationCase.State.SUBMITTED, VerificationCase.State.IN_REVIEW)


@fact(order=10, permission="profiles.view_verificationcase")
def identity(business: Business, now: datetime) -> Fact:
    url = _list("profiles_verificationcase", q=business.name)
    waiting = business.cases.filter(state__in=WAITING).count()
    note = ngettext("%d case waits", "%d cases wait", waiting) % waiting if waiting else ""
    if business.verified_until and business.is_verified(now):
        until = _("Verified until %s") % date_format(business.verified_until, "j M Y")
        return Fact(_("Identity"), until, note, url, "ok")
    return Fact(_("Identity"), _("Not verified"), note, url, "warn")


@fact(order=20, permission="profiles.view_profile")
def standing(business: Business, now: datetime) -> Fact | None:
    """The worst of its profiles."""
    profiles = business.profiles.filter(is_test=False, closed_at=None)
    order = list(Standing)
    worst = max(profiles, key=lambda profile: order.index(Standing(profile.standing)), default=None)
    if worst is None:
        return Fact(_("Standing"), _("No profile yet"))
    tone = "ok" if worst.standing == Standing.CLEAR else "warn"
    return Fact(
        _("Standing"),
        worst.get_standing_display(),
        _("@%(handle)s, quality: %(quality)s")
        % {"handle": worst.handle, "quality": worst.get_quality_display()},
        reverse("admin:profiles_profile_change", args=[worst.pk]),
        "bad" if worst.standing in Profile.BADGE_OFF else tone,
    )


@fact(order=30, permission="trust.view_case")
def complaints(business: Business, now: datetime) -> Fact:
    opened = Case.objects.filter(profile__business=business, state=Case.State.OPEN).count()
    url = _list("trust_case", q=business.name)
    return Fact(_("Open cases of complaints"), str(opened), "", url, "warn" if opened else "ok")


@fact(order=40, permission="billing.view_subscription")
def plan(business: Business, now: datetime) -> Fact:
    subscription = current_subscription(business)
    if subscription is None:
        return Fact(_("Plan"), _("Free"))
    known = PLANS.get(subscription.plan)
    name = known.name if known else _("A plan of its own")
    until = date_format(business.paid_through, "j M Y") if business.paid_through else "–"
    return Fact(
        _("Plan"),
        f"{name}, {subscription.get_status_display()}",
        _("paid through %s") % until,
        reverse("admin:billing_subscription_change", args=[subscription.pk]),
        "ok" if business.is_paid(now) else "warn",
    )


@fact(order=50, permission="messaging.view_campaign")
def volume(business: Business, now: datetime) -> Fact:
    figures = figures_of(business, now=now)
    return Fact(
        _("Messages, 28 days"),
        f"{figures.sent:,}",
        _("%(received)s came back, %(blocked)s blocks")
        % {"received": f"{figures.received:,}", "blocked": f"{figures.blocked:,}"},
    )


@fact(order=60, permission="messaging.view_campaign")
def sending(business: Business, now: datetime) -> Fact:
    running = Campaign.objects.filter(business=business, state=Campaign.State.RUNNING).count()
    url = _list("messaging_campaign", q=business.name)
    return Fact(_("Campaigns that go out now"), str(running), "", url)


@fact(order=70, permission="profiles.view_membership")
def team(business: Business, now: datetime) -> Fact:
    members = business.memberships.filter(removed_at=None).count()
    invited = business.invitations.filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=now
    ).count()
    note = _("%d invited") % invited if invited else ""
    return Fact(_("Team"), str(members), note, _list("profiles_membership", q=business.name))


@fact(order=80, permission="profiles.view_auditrow")
def history(business: Business, now: datetime) -> Fact:
    url = reverse("admin:profiles_business_history", args=[business.pk])
    return Fact(_("History"), _("Who did what"), "", url)


def _list(model: str, **query: str) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(query)}"
