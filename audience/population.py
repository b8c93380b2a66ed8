"""A population like that of Brazil and India, made of public figures, for trying Signet out.

Nobody in it exists. It comes as CSV in the format of the import, the same for the same seed.

Sources (audience/data/population_*.csv, rounded; which were verified: audience/data/README.md):
- people by state: IBGE, Censo Demográfico 2022; India: Technical Group on Population Projections,
  National Commission on Population (July 2020), projection for 1 July 2026;
- ages: IBGE, Censo 2022, by five years; UN World Population Prospects 2022 for India;
- messenger users by age: CETIC.br TIC Domicílios 2023; India: NSS 79th round (CAMS 2022-23);
- makers of phones: StatCounter Global Stats, mobile vendor share, Brazil in June 2024; India: an
  estimate near the shipments of 2024;
- names: IBGE Nomes no Brasil (2010); common names by part of India;
- languages: Census of India 2011 by state, with English where it is a usual language of phones.

Assumed, for want of a source: which models of a maker people have (cheaper and newer ones more
often), that two thirds allow adverts, that 3 % gave no year of birth and 8 % have a phone that
the catalogue can't price.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import exp
from pathlib import Path
from random import Random
from typing import TextIO

from audience.lines import COLUMNS
from audience.services.devices import DATA, device_codes

SHARES = {"BR": 60, "IN": 40}  # per cent of the people made; a demo wants both to be of a size
ALLOW_ADVERTS = 0.66
NO_BIRTH_YEAR = 0.03
NO_DEVICE = 0.02
UNPRICED_DEVICE = 0.06
HAPPY_TO_SPEND = {"BR": 350, "IN": 220}  # USD at which a model is e times rarer than a free one
YEARS_IN_USE = 2.5  # a model is e times rarer with each of these years
MODEL_SUFFIXES = {"BR": ("M", "G", "Y", "L"), "IN": ("I", "F", "B", "G")}  # of regional variants


class Choice:
    """Draws one of `items` by their weights."""

    def __init__(self, items, weights) -> None:
        self.items, self.weights = list(items), list(accumulate(weights))

    def draw(self, random: Random):
        return random.choices(self.items, cum_weights=self.weights)[0]


@dataclass
class Region:
    code: str
    time_zone: str
    languages: Choice
    first_names: list[str]
    last_names: list[str]


class Country:
    """The distributions of one country."""

    def __init__(self, code: str, today: date) -> None:
        self.code, self.today = code, today
        self.regions = self._regions()
        ages = [row for row in _rows("ages") if row["country"] == code]
        self.ages = Choice(
            [(int(row["from"]), int(row["until"])) for row in ages],
            [int(row["per_mille"]) * int(row["messenger_percent"]) for row in ages],
        )
        self.phones, self.unpriced = self._phones()

    def _regions(self) -> Choice:
        names = {row["group"]: row for row in _rows("names")}
        regions, weights = [], []
        for row in _rows("regions"):
            if row["region"].startswith(self.code):
                spoken = [word.split(":") for word in row["languages"].split()]
                group = names[row["names"]]
                regions.append(
                    Region(
                        row["region"],
                        row["time_zone"],
                        Choice([name for name, _ in spoken], [int(n) for _, n in spoken]),
                        group["first"].split(),
                        group["last"].split(),
                    )
                )
                weights.append(int(row["thousands"]))
        return Choice(regions, weights)

    def _phones(self) -> tuple[Choice, list[str]]:
        makers = {
            row["brand"]: int(row["per_mille"])
            for row in _rows("phones")
            if row["country"] == self.code
        }
        models: dict[str, dict[str, float]] = {maker: {} for maker in makers}
        unpriced = []
        for device in device_codes():
            if device.brand not in makers:
                continue
            if device.launch_usd is None or device.released is None:
                unpriced.append(device.code)
                continue
            likely = exp(-device.launch_usd / HAPPY_TO_SPEND[self.code])
            likely *= exp(-(self.today.year - device.released) / YEARS_IN_USE)
            if device.code.endswith(MODEL_SUFFIXES[self.code]):
                likely *= 10
            models[device.brand][device.code] = likely
        codes: list[str] = []
        weights: list[float] = []
        for maker, share in makers.items():
            everything = sum(models[maker].values())
            codes += models[maker]
            weights += [share * likely / everything for likely in models[maker].values()]
        return Choice(codes, weights), unpriced

    def person(self, number: int, random: Random) -> list[object]:
        """One line of the import, in the order of its columns."""
        region = self.regions.draw(random)
        age = random.randint(*self.ages.draw(random))
        joined = self.today - timedelta(days=int(random.triangular(1, 5 * 365, 2 * 365)))
        allows = random.random() < ALLOW_ADVERTS
        return [
            f"{self.code.lower()}-{number:09d}",
            f"{random.choice(region.first_names)} {random.choice(region.last_names)}",
            self.code,
            region.code,
            "" if random.random() < NO_BIRTH_YEAR else self.today.year - age,
            self.device(random),
            region.languages.draw(random),
            region.time_zone,
            "yes" if allows else "no",
            joined.isoformat() if allows else "",
            "2026-01" if allows else "",
            joined.isoformat(),
        ]

    def device(self, random: Random) -> str:
        luck = random.random()
        if luck < NO_DEVICE:
            return ""
        if luck < NO_DEVICE + UNPRICED_DEVICE:
            return random.choice(self.unpriced)
        return self.phones.draw(random)


def make_population(file: TextIO, people: int, *, seed: int = 1, today: date | None = None) -> None:
    """Write `people` lines of CSV, after the header, in the format of `import_people`.

    Arguments:
        today: the day whose ages and phones they have; the same day and seed, the same people.
    """
    random, today = Random(seed), today or date.today()
    countries = Choice([Country(code, today) for code in SHARES], SHARES.values())
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number in range(1, people + 1):
        writer.writerow(countries.draw(random).person(number, random))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with Path(DATA, f"population_{name}.csv").open(newline="") as opened:
        yield from csv.DictReader(opened)
