"""What the charts of customer lives show: which curves, how far, under which names."""

from functools import partial
from itertools import pairwise

import pandas as pd
import pytest
from chart_tables import NAN, bends, hindsight, kaplan_meier, offscreen, projected, wide  # noqa: F401 - a fixture

from helpers import plots


def ends(axes) -> list:
    axes.figure.canvas.draw()
    return sorted((text for text in axes.texts if text.get_fontweight() == "bold"), key=lambda text: text.get_text())


@pytest.mark.parametrize(
    "chart",
    [
        partial(plots.survival, kaplan_meier("all", "a", "b", "c"), "segment", "T"),
        partial(plots.projection, {name: projected(6) for name in "abc"}, "T"),
    ],
)
def test_each_curve_is_named_once_at_its_end_and_names_do_not_overlap(chart):
    names = ends(chart())
    assert [text.get_text() for text in names] == ["a", "b", "c"]
    boxes = sorted((text.get_window_extent() for text in names), key=lambda box: box.y0)
    assert all(below.y1 < above.y0 + 1 for below, above in pairwise(boxes))


def test_the_numbers_at_risk_stand_under_their_ages_and_a_curve_ends_where_few_are_left():
    table = kaplan_meier("all", "S", n=25)
    axes = plots.survival(table.assign(n_at_risk=100 - 3 * table["age"], survival=0.9), "segment", "T", at_least=30)
    below = {round(text.get_position()[0]): text.get_text() for text in axes.texts if text.get_ha() == "center"}
    assert below == {0: "100", 6: "82", 12: "64", 18: "46"}
    (line,) = axes.lines
    assert line.get_xdata()[-1] == 23  # 31 at risk


def test_a_small_groups_curve_ends_where_under_a_third_of_it_is_left():
    table = kaplan_meier("all", "S", n=12)
    (line,) = plots.survival(table.assign(n_at_risk=12 - table["age"]), "segment", "T").lines
    assert line.get_xdata()[-1] == 8  # 4 of 12


def test_of_many_groups_the_largest_are_drawn_and_all_only_where_it_is_alone():
    table = pd.concat([kaplan_meier("all", at_risk=99), *(kaplan_meier(f"g{n}", at_risk=60 + n) for n in range(9))])
    assert [text.get_text() for text in ends(plots.survival(table, "segment", "T", most=3))] == ["g6", "g7", "g8"]
    assert [text.get_text() for text in ends(plots.survival(kaplan_meier("all"), "segment", "T"))] == ["all"]


def test_what_was_observed_is_points_and_what_is_projected_a_dashed_line():
    axes = plots.projection({"12-month contract": projected(6, 12, seen=3)}, "T")
    dashed, points = axes.lines
    assert dashed.get_linestyle() == "--" and list(dashed.get_xdata()) == [0, 12, 24, 36, 48, 60]
    assert points.get_linestyle() == "None" and list(points.get_xdata()) == [0, 12, 24]


def test_a_backtest_names_what_came_and_both_models():
    axes = plots.backtest(hindsight(12), "T")
    assert [text.get_text() for text in ends(axes)] == ["constant churn", "observed", "sBG"]
    assert [line.get_ydata()[0] for line in axes.lines] == [0.91, 0.7, 0.9]


def test_every_bin_is_drawn_on_its_axis_and_what_stands_out_is_ringed():
    first = plots.deviations(bends(4), "T")
    panels = first.figure.axes
    assert first is panels[0] and len(panels) == 3
    rings = [line for panel in panels for line in panel.lines if line.get_markersize() == 12]
    assert sum(len(line.get_xdata()) for line in rings) == bends(4)["stands_out"].sum() == 6
    assert [panel.get_xlabel() for panel in panels] == ["months of age", "cohort, from", "calendar month, from"]


def test_counts_and_cents_are_written_in_their_unit():
    sizes = pd.Series(["a", "b"])
    counts = plots.heatmap(wide([[1200, 900], [7, NAN]]), sizes, "T", unit="count")
    assert sorted(text.get_text() for text in counts.texts) == ["1,200", "7", "900"]
    assert "accounts" in counts.get_xlabel()
    cents = plots.heatmap(wide([[10**9, 0], [7 * 10**6, NAN]]), sizes, "T", "as it is", unit="thousands")
    assert sorted(text.get_text() for text in cents.texts) == ["0", "10,000", "70"]
    assert "thousands of the currency" in cents.get_xlabel() and cents.get_xlabel().endswith("; as it is")
