"""The geometry of charts drawn on the server as SVG.

Colours are in static/css/charts.css, markup in templates/ui/.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10

from django.utils.formats import number_format

MARGIN_LEFT = 40
MARGIN_BOTTOM = 22
MARGIN_TOP = 12
GRID_LINES = 4

Series = tuple[str, Sequence[float]]  # its name, one value for each label


@dataclass(frozen=True)
class Line:
    """A horizontal line with what is written beside it."""

    y: float
    text: str


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    number: int


@dataclass(frozen=True)
class Column:
    """Everything that stands above one label of the x axis."""

    label: str
    title: str
    x: float  # of its middle
    left: float
    width: float
    bars: list[Bar] = field(default_factory=list)
    shows_label: bool = True
    goes_first: bool = False  # of two labels, the one left out where the screen is narrow


@dataclass(frozen=True)
class Curve:
    points: str
    area: str
    end_x: float
    end_y: float
    number: int


@dataclass(frozen=True)
class Chart:
    title: str
    names: list[str]
    width: int
    height: int
    left: int
    bottom: float
    grid: list[Line]
    columns: list[Column]
    rows: list[tuple[str, list[str]]]
    curves: list[Curve] = field(default_factory=list)
    limits: list[Line] = field(default_factory=list)


def compact(value: float) -> str:
    """A number in at most four characters or so: 950, 1.2k, 34k, 5.6M."""
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            short = value / size
            return (
                number_format(
                    round(short, 1 if abs(short) < 10 else 0), use_l10n=True
                ).removesuffix(".0")
                + letter
            )
    return exact(value)


def exact(value: float) -> str:
    """A number as people write it: grouped, and no zeros after the point that say nothing."""
    rounded = round(value, 3)
    return number_format(int(rounded) if rounded == int(rounded) else rounded, force_grouping=True)


def nice_step(least: float, *, whole: bool = False) -> float:
    """The distance of two grid lines: 1, 2, 2.5 or 5 times a power of ten, and not below `least`.

    Where only whole numbers are counted, so are the lines.
    """
    least = max(least, 1 if whole else 1e-9)
    power = 10 ** floor(log10(least))
    steps = (1, 2, 5, 10) if whole and power == 1 else (1, 2, 2.5, 5, 10)
    return next(step * power for step in steps if step * power >= least * 0.9999)


def draw(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    title: str,
    unit: str = "",
    limits: Sequence[tuple[float, str]] = (),
    kind: str = "bar",
    width: int = 640,
    height: int = 210,
) -> Chart:
    """Place bars or curves, grid and labels.

    Args:
        labels: one for each column, oldest first.
        series: up to three; each value list is as long as labels.
        unit: written after each number (" %").
        limits: values to mark with a line, in the unit of the series, and what is written there.
        kind: "bar" or "line".
        width, height: of the SVG's own coordinates.

    Returns: a Chart for templates/ui/chart.html.
    Raises: ValueError when a series is not as long as the labels.
    """
    for name, values in series:
        if len(values) != len(labels):
            raise ValueError(f"{name} has {len(values)} values for {len(labels)} labels.")

    numbers = [value for _, values in series for value in values]
    whole = all(float(number).is_integer() for number in numbers)
    highest = max([*numbers, *(value for value, _name in limits), 0])
    top = GRID_LINES * nice_step(highest / GRID_LINES, whole=whole)
    floor_y = height - MARGIN_BOTTOM

    def y(value: float) -> float:
        return round(floor_y - value / top * (floor_y - MARGIN_TOP), 1)

    step = (width - MARGIN_LEFT - 4) / max(len(labels), 1)
    every = ceil(len(labels) / 8) if len(labels) > 8 else 1
    columns = [
        Column(
            label=str(label),
            title=f"{label}: "
            + ", ".join(f"{name} {exact(values[n])}{unit}" for name, values in series),
            x=round(MARGIN_LEFT + (n + 0.5) * step, 1),
            left=round(MARGIN_LEFT + n * step, 1),
            width=round(step, 1),
            bars=_bars(n, series, step, y, floor_y) if kind == "bar" else [],
            shows_label=n % every == 0,
            goes_first=(n // every) % 2 == 1,
        )
        for n, label in enumerate(labels)
    ]
    return Chart(
        title=title,
        names=[str(name) for name, _ in series],
        width=width,
        height=height,
        left=MARGIN_LEFT,
        bottom=floor_y,
        grid=[
            Line(y(top * n / GRID_LINES), compact(top * n / GRID_LINES) + (unit if n else ""))
            for n in range(GRID_LINES + 1)
        ],
        columns=columns,
        rows=[
            (str(label), [exact(values[n]) + unit for _, values in series])
            for n, label in enumerate(labels)
        ],
        curves=[
            _curve(number, values, columns, y, floor_y) for number, (_, values) in enumerate(series)
        ]
        if kind == "line" and columns
        else [],
        limits=[Line(y(value), name) for value, name in limits],
    )


def _bars(n: int, series: Sequence[Series], step: float, y, floor_y: float) -> list[Bar]:
    """The bars of one column side by side, with air around them."""
    each = step * 0.72 / len(series)
    return [
        Bar(
            x=round(MARGIN_LEFT + n * step + step * 0.14 + number * each, 1),
            y=y(values[n]),
            width=round(each * 0.88, 1),
            height=round(floor_y - y(values[n]), 1),
            number=number,
        )
        for number, (_, values) in enumerate(series)
    ]


def _curve(number: int, values: Sequence[float], columns: list[Column], y, floor_y: float) -> Curve:
    points = [(column.x, y(value)) for column, value in zip(columns, values, strict=True)]
    line = " ".join(f"{x},{py}" for x, py in points)
    return Curve(
        points=line,
        area=f"{points[0][0]},{floor_y} {line} {points[-1][0]},{floor_y}",
        end_x=points[-1][0],
        end_y=points[-1][1],
        number=number,
    )


def spark_points(values: Sequence[float], width: int = 120, height: int = 30) -> str:
    """The points of a sparkline from lowest to highest; flat when all values are the same."""
    if len(values) < 2:
        values = [*values, *values] or [0, 0]
    low, high = min(values), max(values)

    def y(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return height - 3 - share * (height - 6)

    step = width / (len(values) - 1)
    return " ".join(f"{n * step:.1f},{y(value):.1f}" for n, value in enumerate(values))
