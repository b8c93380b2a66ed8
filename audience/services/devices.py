"""The catalogue of devices: published lists and our facts, by set-based joins."""

import csv
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from django.db import connection, transaction

DATA = Path(__file__).resolve().parent.parent / "data"
LISTED = DATA / "devices.csv"
FACTS = DATA / "device_facts.csv"

_UPSERT = """
INSERT INTO audience_devicemodel AS d (code, brand, name, released, launch_usd, source)
SELECT DISTINCT ON (l.code) l.code, l.brand, l.name, l.released, l.launch_usd, l.source
FROM listed l ORDER BY l.code, l.launch_usd NULLS LAST
ON CONFLICT (code) DO UPDATE SET brand = excluded.brand, name = excluded.name,
  released = excluded.released, launch_usd = excluded.launch_usd, source = excluded.source
WHERE d.edited_at IS NULL
  AND (d.brand, d.name, d.released, d.launch_usd, d.source)
    IS DISTINCT FROM (excluded.brand, excluded.name, excluded.released, excluded.launch_usd,
                      excluded.source)
RETURNING 1"""


@dataclass(frozen=True)
class Device:
    """A model code of our files; year and USD are None where the price is unknown."""

    code: str
    brand: str
    name: str
    released: int | None = None
    launch_usd: int | None = None
    source: str = ""


def device_codes() -> Iterator[Device]:
    """Every model code of the files that come with Signet, with what is known of it.

    A code may come twice: from the list, and with our price.
    """
    facts, extra_codes = _facts()
    for row in _read(LISTED):
        known = facts.get(_key(row["brand"], row["name"]), (None, None, ""))
        yield Device(row["code"], row["brand"], row["name"], *known)
    yield from extra_codes


@transaction.atomic
def load_catalogue() -> int:
    """Bring the catalogue to the state of the files that come with Signet.

    What staff edited stays as it is. Returns how many models were added or changed.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS listed")
        cursor.execute(
            "CREATE TEMP TABLE listed (code text, brand text, name text,"
            " released smallint, launch_usd int, source text) ON COMMIT DROP"
        )
        with (
            connection.wrap_database_errors,
            cursor.copy(
                "COPY listed (code, brand, name, released, launch_usd, source) FROM STDIN"
            ) as copy,
        ):
            for device in device_codes():
                copy.write_row(astuple(device))
        cursor.execute(f"WITH changed AS ({_UPSERT}) SELECT count(*) FROM changed")  # noqa: S608
        (changed,) = cursor.fetchone()
        cursor.execute("DROP TABLE listed")
    return changed


def _facts() -> tuple[dict, list[Device]]:
    """(brand, name) -> (year, USD, source), and the devices whose codes no list has yet."""
    facts, extra_codes = {}, []
    for row in _read(FACTS):
        fact = int(row["released"]), int(row["launch_usd"]), _source(row["market"], row["checked"])
        facts[_key(row["brand"], row["name"])] = fact
        for code in _codes(row["brand"], row["codes"]):
            extra_codes.append(Device(code, row["brand"], row["name"], *fact))
    return facts, extra_codes


def _codes(brand: str, codes: str) -> list[str]:
    """Codes of Samsung, Xiaomi and so on have no blanks in them; other makers' may have one."""
    spaced = brand in {"Motorola", "Google", "Infinix", "Tecno", "Itel", "Nokia", "Lava"}
    return [codes] if spaced and codes else codes.split()


def _source(market: str, checked: str) -> str:
    """What staff read beside the price; `checked`: what a second list says (data/README.md)."""
    says = {"agrees": "a second list agrees", "differs": "a second list differs"}
    return f"List price at launch, {market}; {says.get(checked, 'not checked')}"


def _key(brand: str, name: str) -> tuple[str, str]:
    brand, name = brand.lower(), name.lower()
    return brand, name.removeprefix(f"{brand} ")


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))
