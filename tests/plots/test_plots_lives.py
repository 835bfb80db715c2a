"""What the charts of customer lives show: which curves, how far, under which names."""

from functools import partial
from itertools import pairwise

import pandas as pd
import pytest
from chart_tables import NAN, axes_of, bends, hazards, hindsight, kaplan_meier, projected, texts_of, wide

from helpers import plots
from helpers.plots import palette
from helpers.plots.style import Canvas


def ends(chart) -> list:
    axes = axes_of(chart)
    axes.figure.draw_without_rendering()
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
    axes = axes_of(
        plots.survival(table.assign(n_at_risk=100 - 3 * table["age"], survival=0.9), "segment", "T", at_least=30)
    )
    below = {round(text.xy[0]): text.get_text() for text in axes.texts if text.get_ha() == "center"}
    assert below == {0: "100", 6: "82", 12: "64", 18: "46"}
    (line,) = axes.lines
    assert line.get_xdata()[-1] == 23  # 31 at risk


def test_a_small_groups_curve_ends_where_under_a_third_of_it_is_left():
    table = kaplan_meier("all", "S", n=12)
    (line,) = axes_of(plots.survival(table.assign(n_at_risk=12 - table["age"]), "segment", "T")).lines
    assert line.get_xdata()[-1] == 8  # 4 of 12


def test_of_many_groups_the_largest_are_drawn_and_all_only_where_it_is_alone():
    table = pd.concat([kaplan_meier("all", at_risk=99), *(kaplan_meier(f"g{n}", at_risk=60 + n) for n in range(9))])
    assert [text.get_text() for text in ends(plots.survival(table, "segment", "T", most=3))] == ["g6", "g7", "g8"]
    assert [text.get_text() for text in ends(plots.survival(kaplan_meier("all"), "segment", "T"))] == ["all"]


def test_what_was_observed_is_points_and_what_is_projected_a_dashed_line():
    axes = axes_of(plots.projection({"12-month contract": projected(6, 12, seen=3)}, "T"))
    dashed, points = axes.lines
    assert dashed.get_linestyle() == "--" and list(dashed.get_xdata()) == [0, 12, 24, 36, 48, 60]
    assert points.get_linestyle() == "None" and list(points.get_xdata()) == [0, 12, 24]


def test_a_backtest_names_what_came_and_both_models():
    made = plots.backtest(hindsight(12), "T")
    assert [text.get_text() for text in ends(made)] == ["constant churn", "observed", "our model"]
    assert [line.get_ydata()[0] for line in axes_of(made).lines] == [0.91, 0.7, 0.9]


def test_every_bin_has_a_row_and_what_stands_out_is_in_color():
    made = plots.deviations(bends(4), "T")
    colors = [line.get_color() for line in axes_of(made).lines if line.get_marker() == "o"]
    assert len(colors) == 12 and colors.count(palette.light("c2")) == bends(4)["stands_out"].sum() == 6
    assert {"months 0–2", "cohorts from Jan 2024", "since Jan 2024"} <= set(texts_of(made))


def test_the_highest_month_of_life_is_named():
    assert "month 7: 9.0%" in texts_of(plots.hazard(hazards(24).assign(rate=[0.02] * 6 + [0.09] + [0.02] * 17), "T"))


def test_counts_and_cents_are_written_in_their_unit():
    sizes = pd.Series(["a", "b"])
    counts = plots.heatmap(wide([[1200, 900], [7, NAN]]), sizes, "T", unit="count")
    assert sorted(text.get_text() for text in axes_of(counts).texts) == ["1,200", "7", "900"]
    assert "accounts" in texts_of(counts)[0]
    cents = plots.heatmap(wide([[10**9, 0], [7 * 10**6, NAN]]), sizes, "T", "as it is", unit="thousands")
    assert sorted(text.get_text() for text in axes_of(cents).texts) == ["0", "10,000", "70"]
    assert "thousands of the currency" in texts_of(cents)[0] and texts_of(cents)[0].endswith("; as it is.")


@pytest.mark.parametrize("is_narrow", [False, True])
def test_names_that_begin_alike_and_are_too_long_keep_a_line_of_numbers_each_inside_the_canvas(is_narrow):
    names = [f"{'northern and western regions ' * 3}{name}" for name in "abc"]
    table = kaplan_meier("all", *names)
    canvas = Canvas(is_narrow=is_narrow)
    figure = plots.survival(table, "segment", "T").on(canvas)
    figure.draw_without_rendering()
    texts = [text for text in figure.axes[0].texts if text.get_text().startswith("northern")]
    assert len(texts) == 6 and all(text.get_text().endswith("…") for text in texts)
    edges = [text.get_window_extent().extents[[0, 2]] / figure.dpi for text in texts]
    assert all(left >= 0 and right <= canvas.width for left, right in edges)
