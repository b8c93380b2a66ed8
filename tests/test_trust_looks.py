"""The pages of trust, looked at in Chromium: the business's, the staff's, the public's."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from profiles.tests.people import person, staff, verified_profile
from trust.models import Appeal, Case, Decision, Proposal, SpamReport
from trust.services.appeals import file_appeal
from trust.services.proposals import propose
from trust.services.standing import revoke_profile
from trust.tests.acts import campaign

DAY = timedelta(days=1)


@pytest.fixture
def acme(transactional_db):
    return verified_profile("acme")


@pytest.fixture
def judged(acme):
    """Four weeks: fair at first, then two campaigns that people did not want."""
    now = timezone.now()
    for day in range(27, 0, -3):
        bad = 28 if day in (6, 3) else 2
        campaign(acme, unit=100 + day, seen=900, complaints=bad, now=now - day * DAY)
    return acme


def test_nothing_to_judge_yet(visit, acme):
    visit("/w/acme/quality/", as_user=person("alice"))


def test_quality_with_its_numbers(visit, judged):
    visit("/w/acme/quality/", as_user=person("alice"))


def test_a_lost_badge_its_reasons_and_the_appeal(visit, judged):
    decision = revoke_profile(judged, by=staff("moderator", name="mo"), reason="Sold fake tickets")
    page = visit("/w/acme/quality/", as_user=person("alice"))
    page.get_by_role("link", name="Read why, and appeal").click()
    page.wait_for_url(f"**/quality/appeal/{decision.uuid}/")
    visit.check(page, "decision")
    page.get_by_label("Why is the decision wrong?").fill("Every ticket was real; here is the list.")
    page.get_by_role("button", name="Send the appeal").click()
    page.get_by_text("Your appeal has arrived").first.wait_for()
    visit.check(page, "decision-appealed")


def test_the_staffs_queues(visit, judged):
    mo = staff("moderator", name="mo")
    ann = staff("moderator", name="ann")
    campaign(judged, unit=1, seen=900, complaints=300, now=timezone.now())
    file_appeal(Decision.objects.latest("pk"), by=person("alice"), text="We had consent.")
    propose(judged, to="revoked", by=ann, reason="Fraud")
    page = visit(reverse("admin:profiles_profile_change", args=[judged.pk]), as_user=mo)
    for row in (SpamReport, Case, Decision, Appeal, Proposal):
        model = row._meta.model_name
        visit.glance(page, reverse(f"admin:trust_{model}_changelist"))
        first = row.objects.order_by("-pk").first()
        visit.glance(page, reverse(f"admin:trust_{model}_change", args=[first.pk]))


def test_the_policy(visit, judged):
    lea = staff("lead", name="lea")
    visit(reverse("admin:trust_policy_changelist"), as_user=lea)
    visit(reverse("admin:trust_policy_add"), as_user=lea)


def test_the_public_figures(visit, judged):
    revoke_profile(judged, by=staff("moderator", name="mo"), reason="Sold fake tickets")
    visit("/transparency/")
