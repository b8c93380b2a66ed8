"""Spoofs by public generators go to a person; ten thousand brands that exist do not."""

from pathlib import Path

import dnstwist
import pytest

from portal.base.refused import Refused
from profiles.look_alikes import alike, are_alike
from profiles.names import plain_name
from profiles.tests.test_look_alikes import BRANDS, spoofs

DATA = Path(__file__).parent / "data"
EACH = 40  # spoofs of one brand by one generator


def homographs(brand: str) -> list[str]:
    """Of dnstwist: names that look like the brand's domain, as people read them."""
    fuzzer = dnstwist.Fuzzer(f"{brand.lower()}.com")
    fuzzer.generate(fuzzers=["homoglyph"])
    made = sorted(each["domain"].rpartition(".")[0] for each in fuzzer.domains)
    shown = [name.encode().decode("idna") for name in made]
    return [name for name in shown if name != brand.lower()][:: max(1, len(shown) // EACH)]


def lines(file: str) -> list[str]:
    return [line for line in (DATA / file).read_text().splitlines() if not line.startswith("#")]


def of_dnstwist() -> list[tuple[str, str]]:
    """Made once, for it takes half a minute."""
    return [
        (brand, spoof)
        for brand, _tab, spoof in (one.partition("\t") for one in lines("spoofs.txt"))
    ]


def of_unicode() -> list[tuple[str, str]]:
    return [(brand, spoof) for brand in BRANDS for spoof in spoofs(brand)]


@pytest.mark.parametrize("made_by", [of_dnstwist, of_unicode])
def test_spoofs_of_fifty_brands_go_to_review(made_by):
    made = made_by()
    missed = [pair for pair in made if not are_alike(*pair)]
    print(f"{made_by.__name__}: {len(made) - len(missed)} of {len(made)} spoofs go to review")
    assert {brand for brand, _spoof in made} == set(BRANDS)
    assert len(BRANDS) == 50
    assert len(made) >= 500
    assert len(missed) <= 0.02 * len(made), missed[:30]


def test_the_spoofs_that_were_kept_are_what_the_generator_makes():
    kept = of_dnstwist()
    for brand in ("Visa", "Uber", "HSBC", "Nike", "Zara"):
        assert homographs(brand) == [spoof for of, spoof in kept if of == brand]


def test_of_ten_thousand_brands_that_exist_hardly_one_waits_and_none_is_refused():
    """Names of OpenStreetMap's list; our fifty themselves are left out."""
    listed = lines("honest_names.txt")
    assert len(listed) == 10_000
    own = {brand.casefold() for brand in BRANDS}
    names = [name for name in listed if name.casefold() not in own]
    refused, waiting = [], []
    for name in names:
        try:
            plain_name(name)
        except Refused as refusal:
            refused.append((name, refusal.code))
        if similar := alike(name, BRANDS):
            waiting.append((name, similar))
    print(f"{len(names)} honest names: {len(waiting)} to review, {len(refused)} refused")
    assert refused == []
    assert len(waiting) <= 0.01 * len(names), waiting[:30]
