"""A chart draws what it is given, where it is told to, and changes nothing; an odd table is no reason to fail."""

from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from chart_tables import NAN, behavior, bends, conventions, hazards, kaplan_meier, projected, tested

from helpers import plots

MOVEMENTS = ["opening", "new", "expansion", "contraction", "churn", "reactivation", "closing"]


@pytest.fixture(autouse=True)
def offscreen():
    plt.switch_backend("agg")
    yield
    plt.close("all")


def bridge(*cents: int) -> pd.Series:
    return pd.Series(dict(zip([f"{name}_cents" for name in MOVEMENTS], cents, strict=True)))


def tidy(n: int, **given) -> pd.DataFrame:
    """n rows of the tidy metrics table."""
    periods = pd.period_range("2026-01", periods=max(n, 1), freq="M").strftime("%Y-%m")[:n]
    rows = pd.DataFrame({"segment": [f"S{place}" for place in range(n)], "period": list(periods)}, dtype="str")
    numbers = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 20} | {
        name: given[name] for name in given if name != "verdict"
    }
    return rows.assign(**numbers, verdict=given.get("verdict", "ok"))


def wide(shares: list[list[float]]) -> pd.DataFrame:
    cohorts = pd.date_range("2026-01-01", periods=len(shares), freq="MS")
    return pd.DataFrame(shares, index=cohorts, columns=range(len(shares[0]) if shares else 0), dtype="float64")


def heat(table: pd.DataFrame, **options):
    return plots.heatmap(table, pd.Series(["10"] * len(table), dtype="str"), "Title", **options)


CHARTS = {
    "waterfall": (plots.waterfall, bridge(1000, 300, 200, 100, 50, 20, 1370), "USD", "Title"),
    "waterfall of a loss": (plots.waterfall, bridge(10**9, 3, 2, 10**6, 50, 20, 10**9 - 10**6 - 25), "EUR", "Title"),
    "waterfall from nothing": (plots.waterfall, bridge(0, 300, 0, 0, 0, 0, 300), "USD", "Title"),
    "waterfall of nothing": (plots.waterfall, bridge(0, 0, 0, 0, 0, 0, 0), "USD", "Title"),
    "intervals": (plots.intervals, tidy(3), "Title", "churn"),
    "intervals, few": (plots.intervals, tidy(2, verdict="few"), "Title", "churn"),
    "intervals of one": (partial(plots.intervals, reference=1.0), tidy(1), "Title", "churn"),
    "intervals of none": (plots.intervals, tidy(0), "Title", "churn"),
    "intervals, none known": (plots.intervals, tidy(2, value=NAN, low=NAN, high=NAN), "Title", "churn"),
    "values without intervals": (plots.intervals, tidy(2, low=NAN, high=NAN), "Title", "churn"),
    "heatmap": (heat, wide([[1, 0.9, 0.8], [1, 0.7, NAN], [1, NAN, NAN]])),
    "heatmap that grows": (heat, wide([[1, 1.4], [1, NAN]])),
    "heatmap of one": (heat, wide([[1.0]])),
    "heatmap of none": (heat, wide([])),
    "heatmap, none known": (heat, wide([[NAN, NAN]])),
    "heatmap, many ages": (heat, wide([list(np.linspace(1, 0.2, 60))])),
    "heatmap of counts": (partial(heat, unit="count"), wide([[1200, 900], [7, NAN]])),
    "heatmap of cents": (partial(heat, unit="thousands"), wide([[10**9, 9 * 10**8], [0, NAN]])),
    "heatmap of counts, none known": (partial(heat, unit="count"), wide([[NAN]])),
    "survival": (plots.survival, kaplan_meier("all", "L", "S"), "segment", "Title"),
    "survival of many": (plots.survival, kaplan_meier("all", *"abcdefghij"), "segment", "Title"),
    "survival of all of ten": (
        partial(plots.survival, most=10),
        kaplan_meier("all", *"abcdefghij"),
        "segment",
        "Title",
    ),
    "survival of few": (plots.survival, kaplan_meier("all", "S", at_risk=2), "segment", "Title"),
    "survival of a month": (plots.survival, kaplan_meier("all", "S", n=1), "segment", "Title"),
    "survival of long lives": (plots.survival, kaplan_meier("all", "S", n=150), "segment", "Title"),
    "survival of nobody": (plots.survival, kaplan_meier("all", at_risk=0), "segment", "Title"),
    "survival of none": (plots.survival, kaplan_meier(), "segment", "Title"),
    "survival without bands": (plots.survival, kaplan_meier("all", low=NAN, high=NAN), "segment", "Title"),
    "hazard": (plots.hazard, hazards(24), "Title"),
    "hazard of one": (plots.hazard, hazards(1), "Title"),
    "hazard of none": (plots.hazard, hazards(0), "Title"),
    "hazard, nobody lost": (plots.hazard, hazards(5, rate=0.0, low=0.0, n_lost=0), "Title"),
    "deviations": (plots.deviations, bends(4), "Title"),
    "deviations of one": (plots.deviations, bends(1), "Title"),
    "deviations of none": (plots.deviations, bends(0), "Title"),
    "deviations of many": (plots.deviations, bends(14), "Title"),
    "deviations, none known": (plots.deviations, bends(3, odds_ratio=NAN, low=NAN, high=NAN), "Title"),
    "projection": (
        plots.projection,
        {"month to month": projected(60, 1, 30), "12-month contract": projected(6)},
        "Title",
    ),
    "projection of many": (plots.projection, {f"{n}-month contract": projected(6, n) for n in range(1, 9)}, "Title"),
    "projection, nothing seen": (plots.projection, {"a": projected(6, seen=0)}, "Title"),
    "projection of a month": (plots.projection, {"a": projected(1, 1)}, "Title"),
    "no projection": (plots.projection, {}, "Title"),
    "backtest": (plots.backtest, tested(12), "Title"),
    "backtest of one": (plots.backtest, tested(1), "Title"),
    "backtest of five years": (plots.backtest, tested(60), "Title"),
    "backtest, nothing observed": (plots.backtest, tested(12, observed=NAN), "Title"),
    "process": (plots.process, behavior(24), "Title", "churn"),
    "process without limits": (plots.process, behavior(5, low=NAN, high=NAN, signal=""), "Title", "churn"),
    "process of one": (plots.process, behavior(1, low=NAN, high=NAN, signal=""), "Title", "churn"),
    "process of none": (plots.process, behavior(0), "Title", "churn"),
    "definitions": (plots.definitions, conventions("net (ours)", "gross", "mixed (wrong)"), "Title"),
    "definitions of one": (plots.definitions, conventions("net (ours)"), "Title"),
    "definitions, none known": (plots.definitions, conventions("net (ours)", "gross", value=NAN), "Title"),
    "definitions of none": (plots.definitions, conventions(), "Title"),
    "definitions, long names": (plots.definitions, conventions(*["a convention of very many words " * 3] * 9), "Title"),
}


ONE_OF_EACH = ("waterfall", "intervals", "heatmap", "heatmap of none", "survival", "hazard", "projection", "no projection",
               "backtest", "process", "definitions")  # fmt: skip


def copied(given):
    return {name: table.copy() for name, table in given.items()} if isinstance(given, dict) else given.copy()


def is_same(one, other) -> bool:
    if isinstance(one, dict):
        return list(one) == list(other) and all(one[name].equals(other[name]) for name in one)
    return one.equals(other)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_draws_without_a_warning_and_leaves_its_table_alone(chart):
    draw, table, *rest = CHARTS[chart]
    before = copied(table)
    axes = draw(table, *rest)
    axes.figure.canvas.draw()
    assert is_same(table, before)
    assert (axes.figure.get_suptitle() if draw is plots.deviations else axes.get_title(loc="left")) == "Title"


@pytest.mark.parametrize("chart", ONE_OF_EACH)
def test_a_chart_draws_on_the_axes_it_is_given_and_opens_no_other_figure(chart):
    draw, table, *rest = CHARTS[chart]
    figure, (left, right) = plt.subplots(1, 2)
    assert draw(table, *rest, ax=left) is left
    assert plt.get_fignums() == [figure.number]
    assert not right.has_data() and right.get_title(loc="left") == ""


@pytest.mark.parametrize("chart", ONE_OF_EACH)
def test_a_chart_makes_a_figure_of_its_own_without_axes_and_leaves_the_style_alone(chart):
    draw, table, *rest = CHARTS[chart]
    style, (_, other) = dict(plt.rcParams), plt.subplots()
    assert draw(table, *rest) is not other
    assert len(plt.get_fignums()) == 2 and not other.has_data()
    assert dict(plt.rcParams) == style


def texts(axes) -> list[str]:
    axes.figure.canvas.draw()
    return [text.get_text() for text in axes.findobj(plt.Text)]


def test_a_waterfall_ends_where_the_bridge_ends_and_names_every_amount():
    axes = plots.waterfall(bridge(100_00, 30_00, 20_00, 10_00, 5_00, 2_00, 137_00), "USD", "Title")
    bars = [(bar.get_y(), bar.get_height()) for bar in axes.patches]
    assert bars[0] == (0, 100_00) and bars[-1] == (0, 137_00)
    assert sum(bars[-2]) == 137_00  # the last step ends at the closing
    assert all(sum(before) == after[0] for before, after in pairwise(bars[:-1]))
    assert {"$100", "+$30", "+$20", "−$10", "−$5", "+$2", "$137"} <= set(texts(axes))


def test_a_waterfall_whose_axis_does_not_start_at_0_says_so():
    big = plots.waterfall(bridge(10**7, 10, 0, 0, 0, 0, 10**7 + 10), "USD", "Title")
    assert big.get_ylim()[0] > 0 and "The axis does not start at 0." in texts(big)
    small = plots.waterfall(bridge(100, 50, 0, 0, 0, 0, 150), "USD", "Title")
    assert small.get_ylim()[0] == 0 and "The axis does not start at 0." not in texts(small)


def test_every_interval_is_drawn_with_its_n_and_few_is_said():
    table = pd.concat([tidy(2), tidy(1, verdict="few").assign(segment="Tiny", n=7)])
    axes = plots.intervals(table, "Title", "churn")
    written = texts(axes)
    assert written.count("50.0%, n = 20") == 2 and "50.0%, n = 7 (few)" in written
    assert {"S0", "S1", "Tiny"} <= set(written)
    assert sum(list(line.get_xdata()) == [0.4, 0.6] for line in axes.lines) == 3


def test_a_group_without_a_value_has_no_row_and_no_zero():
    table = pd.concat([tidy(1), tidy(1, value=NAN, low=NAN, high=NAN).assign(segment="Unknown")])
    assert "Unknown" not in texts(plots.intervals(table, "Title", "churn"))


def test_a_cell_that_cannot_be_known_is_hatched_and_not_zero():
    axes = plots.heatmap(wide([[1, 0.5], [1, NAN]]), pd.Series(["10", "7"]), "Title")
    written = [text.get_text() for text in axes.texts]
    assert sorted(written) == ["100", "100", "50"]
    assert axes.patch.get_hatch()
    assert axes.collections[0].get_array().mask.ravel().tolist() == [False, False, False, True]
    assert {"2026-01  (10)", "2026-02  (7)"} <= set(texts(axes))


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
    table = kaplan_meier("all", "S", n=13)
    axes = plots.survival(table.assign(n_at_risk=100 - 5 * table["age"], survival=0.9), "segment", "T", at_least=60)
    below = {round(text.get_position()[0]): text.get_text() for text in axes.texts if text.get_ha() == "center"}
    assert below == {0: "100", 1: "95", 2: "90", 3: "85", 4: "80", 5: "75", 6: "70", 7: "65", 8: "60"}
    (line,) = axes.lines
    assert line.get_xdata()[-1] == 8


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
    axes = plots.backtest(tested(12), "T")
    assert [text.get_text() for text in ends(axes)] == ["came true", "constant churn", "sBG"]
    assert [list(line.get_ydata())[0] for line in axes.lines] == [0.91, 0.7, 0.9]


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


@pytest.mark.parametrize(
    "chart",
    [
        "intervals",
        "waterfall",
        "heatmap",
        "survival",
        "hazard",
        "deviations",
        "projection",
        "backtest",
        "process",
        "definitions",
    ],
)
def test_a_dollar_sign_is_money_in_every_text_of_a_chart(chart):
    draw, table, *rest = CHARTS[chart]
    if isinstance(table, dict):
        table = {f"${name}$": rows for name, rows in table.items()}
    elif "segment" in table:
        table = table.assign(segment=[f"$\\{name}$" for name in table["segment"]])
    elif "convention" in table:
        table = table.assign(convention=[f"$\\{name}$" for name in table["convention"]])
    axes = draw(table, *[text.replace("Title", "$T$") for text in rest])
    axes.figure.canvas.draw()
    odd = [
        text.get_text() for text in axes.findobj(plt.Text) if text.get_text().count("$") > 1 and text.get_parse_math()
    ]
    assert odd == []
