"""All about one business at one look, as far as one's group may know it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.models import Subscription
from profiles.models import Business
from profiles.tests.people import person, sign_in, staff, verified_profile


@pytest.fixture
def address(db):
    profile = verified_profile("acme")
    return reverse("admin:profiles_business_change", args=[profile.business_id])


def test_a_paying_business_shows_its_plan(client, address):
    business = Business.objects.get()
    now = timezone.now()
    Subscription.objects.create(
        business=business,
        stripe_id="sub_1",
        status="active",
        plan="starter",
        price_id="price_1",
        interval="month",
        currency="eur",
        started_at=now,
        fetched_at=now,
        period_start=now,
        period_end=now + timedelta(days=30),
    )
    sign_in(client, staff("finance"))
    facts = client.get(address).context["facts"]
    assert [fact.value for fact in facts if fact.label == "Plan"] == ["Starter, Active"]


def test_a_stranger_learns_nothing(client, address):
    sign_in(client, person("mallory"))
    assert client.get(address, follow=True).status_code == 404


@pytest.mark.parametrize(
    ("group", "sees", "not_sees"),
    [
        ("lead", ["Verified until", "Plan", "Team", "Messages, 28 days", "Who did what"], []),
        ("verifier", ["Verified until", "Standing"], ["Plan", "Team", "28 days", "Who did what"]),
        ("finance", ["Plan"], ["Team", "28 days", "Open cases"]),
        ("moderator", ["Open cases", "28 days"], ["Plan", "Team"]),
    ],
)
def test_each_group_sees_its_own_facts(client, address, group, sees, not_sees):
    sign_in(client, staff(group))
    facts = client.get(address).context["facts"]
    said = " ".join(f"{fact.label} {fact.value}" for fact in facts)
    assert [word for word in sees if word not in said] == []
    assert [word for word in not_sees if word in said] == []
    for fact in facts:
        if fact.url:
            assert client.get(fact.url).status_code == 200, fact


def test_the_page_is_sound(visit, transactional_db):
    profile = verified_profile("acme")
    address = reverse("admin:profiles_business_change", args=[profile.business_id])
    visit(address, as_user=staff("superuser", name="root"), name="business-overview")


def test_the_proof_by_mail_is_sound(visit, transactional_db):
    visit("/account/confirm/", as_user=person("alice"), name="confirm-by-mail")
