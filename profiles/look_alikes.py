"""Names that could be mistaken for another's: they raise a review, never a refusal.

Two names are alike when their skeletons (UTS #39) are equal or one slip apart, or the same at a
glance. Case and marks are dropped too, for a person who reads in a hurry does the same.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from rapidfuzz.distance import DamerauLevenshtein

DATA = Path(__file__).parent / "data" / "confusables.txt"
SLIP_FROM = 5  # letters; shorter names are one slip from too many others
# Letters with a stroke, hook or other shape, that neither Unicode's table nor NFD takes apart.
LIKE = {
    "a": "əǝɑ", "b": "ɓƅʙ", "c": "ƈᴄ", "d": "đɖɗ", "e": "ɇɛ", "f": "ƒ", "g": "ɡǥɢɠ", "h": "ħɦⱨ",
    "i": "ɩɪɨı", "j": "ʝɉ", "k": "ĸⱪᴋ", "l": "łɫ", "m": "ᴍɱʍ", "n": "ꞑŋɲ", "o": "øᴏɵ", "p": "ƿƥ",
    "q": "ʠ", "r": "ʀɍɾɽɼ", "s": "ꜱʂ", "t": "ƫŧ", "u": "ᴜʉ", "v": "ᶌᴠⱴⱱ", "w": "ᴡⱳ", "y": "ʏɏƴỿ",
    "z": "ƶⱬᴢʐʒ", "2": "ƻ", "5": "ƽ", "ae": "æ", "oe": "œ",
}  # fmt: skip
PAIRS = (("vv", "w"), ("cl", "d"), ("lc", "k"))  # two letters that read as one
# Letters that many fonts draw alike, for names that are the same but for several of them.
ALIKE = str.maketrans("ieudm", "lcvbn")
ALIKE_PAIRS = (("rn", "n"), ("vv", "w"), ("lb", "b"), ("lh", "h"))
SHAPES = {ord(sign): like for like, signs in LIKE.items() for sign in signs}


@lru_cache
def _prototypes() -> dict[int, str]:
    """Unicode's table: a character and what it looks like."""
    table = {}
    for line in DATA.read_text().splitlines():
        if not line.startswith("#"):
            source, _semicolon, target = line.partition(";")
            table[int(source, 16)] = "".join(chr(int(code, 16)) for code in target.split())
    return table


@lru_cache(maxsize=100_000)
def skeleton(name: str) -> str:
    """What the eye keeps of a name."""
    bare = unicodedata.normalize("NFD", name)
    for _round in range(2):  # once as written, once in small letters
        bare = unicodedata.normalize("NFD", bare.translate(_prototypes()))
        bare = "".join(sign for sign in bare if unicodedata.category(sign) != "Mn")
        bare = bare.casefold().translate(SHAPES)
    return "".join(sign for sign in bare if sign.isalnum())


@lru_cache(maxsize=100_000)
def _readings(name: str) -> frozenset[str]:
    """The name's skeletons: as written and in small letters, pairs taken as two and as one."""
    read = {skeleton(name), skeleton(name.casefold())}
    for bare in tuple(read):
        for two, one in PAIRS:
            bare = bare.replace(two, one)
        read.add(bare)
    return frozenset(read)


@lru_cache(maxsize=100_000)
def _glance(name: str) -> str:
    """What is left at a glance: letters that are drawn alike are one, doubled ones single."""
    bare = skeleton(name.casefold()).translate(ALIKE)
    for two, one in ALIKE_PAIRS:
        bare = bare.replace(two, one)
    return "".join(sign for sign, _run in groupby(bare))


def are_alike(one: str, other: str) -> bool:
    """Whether one name could be taken for the other, as written or in small letters."""
    if _glance(one) and _glance(one) == _glance(other):
        return True
    return any(
        _same_or_one_slip(first, second) for first in _readings(one) for second in _readings(other)
    )


def _same_or_one_slip(first: str, second: str) -> bool:
    if not first or not second:
        return False
    if first == second:
        return True
    if min(len(first), len(second)) < SLIP_FROM:
        return False
    return DamerauLevenshtein.distance(first, second, score_cutoff=1) <= 1


def alike(name: str, others: Iterable[str]) -> list[str]:
    """Those of `others` that `name` could be taken for."""
    return [other for other in others if are_alike(name, other)]
