"""How long it takes to say no tells nobody whether somebody else has what was asked for.

AUC is the chance that an answer about another's object took longer than one about nothing: 0.5 says
nothing. N= asks more often; the full size is 2,000 of each.
"""

import os
import random
import time

import pytest

from portal.base.report import Bar, report
from tests.permissions.actors import World

FULL = bool(os.getenv("N"))
EACH = 2_000 if FULL else 100
WITHIN = 0.05 if FULL else 0.17  # of 0.5; with 100 of each chance alone moves it by 0.041
SEED = 8


def auc(longer: list[float], shorter: list[float]) -> float:
    """The area under the curve, by ranks; ties count half."""
    rows = sorted([(t, 1) for t in longer] + [(t, 0) for t in shorter])
    ranks = sum(rank for rank, (_t, is_longer) in enumerate(rows, 1) if is_longer)
    n, m = len(longer), len(shorter)
    return (ranks - n * (n + 1) / 2) / (n * m)


@pytest.mark.django_db
def test_a_no_takes_as_long_for_anothers_as_for_nothing(settings):
    settings.API_CALLS_A_SECOND = 1_000_000
    world, chance = World(), random.Random(SEED)
    asks = {
        "node of the Cloud-API face": (
            lambda pk: f"/v23.0/{pk}",
            world.acme.profile.pk,
            lambda: chance.randrange(10**14, 10**15),
        ),
        "campaign of the management API": (
            lambda uuid: f"/api/v1/campaigns/{uuid}",
            world.acme.campaign.uuid,
            lambda: f"{chance.getrandbits(32):08x}-0000-4000-8000-{chance.getrandbits(48):012x}",
        ),
        "contact of the management API": (
            lambda number: f"/api/v1/contacts/{number}",
            world.acme.number,
            lambda: f"{chance.randrange(10**11, 2 * 10**11)}",
        ),
    }
    client = world.client(None)
    headers = {"Authorization": f"Bearer {world.elsewhere.key}"}
    bars = {}
    for name, (path, foreign, absent) in asks.items():
        took: dict[bool, list[float]] = {True: [], False: []}
        for n in range(2 * EACH + 40):
            is_foreign = chance.random() < 0.5
            asked = path(foreign if is_foreign else absent())
            begun = time.perf_counter()
            status = client.get(asked, headers=headers).status_code
            seconds = time.perf_counter() - begun
            assert status in (400, 404)
            if n >= 40:
                took[is_foreign].append(seconds)
        found = round(auc(took[True], took[False]), 3)
        bars[f"AUC, {name}"] = Bar(found, f"0.5 ± {WITHIN}", abs(found - 0.5) <= WITHIN)
    assert report("timing", {"answers of each": EACH}, bars, seed=SEED)


def test_the_measure_tells_a_difference():
    chance = random.Random(SEED)
    alike = [[chance.gauss(10, 3) for _n in range(500)] for _side in range(2)]
    assert abs(auc(*alike) - 0.5) < 0.05
    assert auc([t + 2 for t in alike[0]], alike[1]) > 0.6
