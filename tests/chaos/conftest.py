"""A campaign that many people must get, and the report of all that was done to it."""

import pytest
from django.utils import timezone

from messaging.models import Campaign
from messaging.services.campaigns.launching import launch_campaign
from messaging.tests.cast import make_business, make_template
from messaging.tests.crowd import allow_campaigns, count_people, draft
from portal.base.report import report
from profiles.models import User
from tests.chaos.found import BARS, FIGURES
from tests.chaos.people import PEOPLE, expected, populate
from tests.chaos.size import SEED

REGION = "BR-SP"


@pytest.fixture(scope="session", autouse=True)
def one_report():
    """var/reports/chaos.json, when all is over."""
    yield
    if FIGURES:
        report("chaos", FIGURES, BARS, seed=SEED)


@pytest.fixture
def campaign(transactional_db) -> Campaign:
    """Launched to the people of São Paulo, with who must get it in `wanted`."""
    now = timezone.now()
    acme, profile = make_business("acme")
    _elsewhere, other = make_business("elsewhere")
    alice = User.objects.create_user("alice@acme.example", name="Alice")
    populate(PEOPLE, profile, other, now=now)
    count_people(now=now)
    allow_campaigns(profile, now=now)
    make_template(acme)
    wanted = expected(profile, regions=(REGION,), now=now)
    campaign = draft(profile, alice, audience={"country": "BR", "regions": [REGION]}, now=now)
    launch_campaign(campaign, by=alice, now=now)
    campaign.refresh_from_db()
    campaign.wanted = wanted
    return campaign
