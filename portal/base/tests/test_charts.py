"""The geometry of charts, without a browser."""

import pytest

from portal.base import charts


@pytest.mark.parametrize(
    ("least", "whole", "step"),
    [(0.075, False, 0.1), (1950, True, 2000), (0.25, True, 1), (2.1, True, 5), (21, True, 25)],
)
def test_grid_lines_stand_at_round_numbers(least, whole, step):
    assert charts.nice_step(least, whole=whole) == pytest.approx(step)


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0"), (950, "950"), (1200, "1.2k"), (34_000, "34k"), (5.6e6, "5.6M")]
)
def test_numbers_are_short_beside_the_grid(value, written):
    assert charts.compact(value) == written


def test_the_highest_bar_ends_below_the_top_and_the_lowest_on_the_floor():
    chart = charts.draw(["a", "b"], [("Sent", [0, 10])], title="Sent")

    low, high = (column.bars[0] for column in chart.columns)
    assert low.height == 0
    assert charts.MARGIN_TOP <= high.y < low.y == chart.bottom


def test_a_chart_of_nothing_has_a_grid_all_the_same():
    chart = charts.draw([], [("Sent", [])], title="Sent", kind="line")

    assert len(chart.grid) == charts.GRID_LINES + 1
    assert chart.curves == []


def test_a_series_of_another_length_is_refused():
    with pytest.raises(ValueError, match="Sent has 1 values for 2 labels"):
        charts.draw(["a", "b"], [("Sent", [1])], title="Sent")


def test_the_table_says_what_the_bars_show():
    chart = charts.draw(["Mon"], [("Sent", [1200]), ("Read", [400.5])], title="", unit=" %")

    assert chart.rows == [("Mon", ["1,200 %", "400.5 %"])]
    assert chart.columns[0].title == "Mon: Sent 1,200 %, Read 400.5 %"


@pytest.mark.parametrize("values", [[], [5], [5, 5, 5]])
def test_a_sparkline_without_a_slope_is_a_flat_line(values):
    heights = {point.split(",")[1] for point in charts.spark_points(values).split()}
    assert heights == {"15.0"}
