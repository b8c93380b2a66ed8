"""What the eye keeps of a logo: 64 bits that stay nearly the same when it is copied.

The picture is made small and grey, turned into frequencies (a cosine transform), and each of the
64 lowest says whether it is above the median: the "pHash" of perceptual hashing. Copies that were
scaled, saved anew, tinted or trimmed differ in a few bits, other pictures in about half.
"""

import io
import math
from functools import lru_cache

from PIL import Image

SIDE = 32  # pixels that are looked at
KEPT = 8  # lowest frequencies each way
ALIKE = 12  # bits that two copies of one logo may differ by


def logo_hash(picture: bytes) -> str:
    """16 hex digits of a picture that was drawn by us (`pictures.redraw`); "" of an empty one."""
    with Image.open(io.BytesIO(picture)) as image:
        flat = Image.new("RGBA", image.size, "white")
        flat.alpha_composite(image.convert("RGBA"))
        grey = flat.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    values = list(grey.tobytes())
    rows = [_transform(values[row * SIDE : (row + 1) * SIDE]) for row in range(SIDE)]
    columns = [_transform([row[u] for row in rows]) for u in range(KEPT)]
    waves = [columns[u][v] for v in range(KEPT) for u in range(KEPT)][1:]  # without the brightness
    if max(abs(wave) for wave in waves) < 1:
        return ""  # one colour all over is like nothing
    middle = sorted(waves)[len(waves) // 2]
    bits = sum(1 << place for place, wave in enumerate(waves) if wave > middle)
    return f"{bits:016x}"


def _transform(values: list[float] | list[int]) -> list[float]:
    """The lowest frequencies of one row (DCT-II)."""
    return [
        sum(value * wave for value, wave in zip(values, waves, strict=True)) for waves in _waves()
    ]


@lru_cache(maxsize=1)
def _waves() -> list[list[float]]:
    return [
        [math.cos(math.pi * (place + 0.5) * u / SIDE) for place in range(SIDE)] for u in range(KEPT)
    ]


def difference(one: str, other: str) -> int:
    """Bits that differ, 0 to 64; 64 where one of them is none."""
    if not one or not other:
        return 64
    return (int(one, 16) ^ int(other, 16)).bit_count()


def logos_alike(one: str, other: str) -> bool:
    """Whether one logo could be taken for the other."""
    return difference(one, other) <= ALIKE
