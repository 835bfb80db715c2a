"""A chart draws what it is given, where it is told to, and changes nothing; an odd table is no reason to fail."""

from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from chart_tables import (
    NAN,
    behavior,
    bends,
    conventions,
    hazards,
    hindsight,
    kaplan_meier,
    offscreen,  # noqa: F401 - a fixture
    projected,
    wide,
)

from helpers import plots

MOVEMENTS = ["opening", "new", "expansion", "contraction", "churn", "reactivation", "closing"]


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
    "series": (plots.series, tidy(12), "Title", "churn"),
    "series of one": (plots.series, tidy(1), "Title", "churn"),
    "series of none": (plots.series, tidy(0), "Title", "churn"),
    "series, none known": (plots.series, tidy(3, value=NAN, low=NAN, high=NAN), "Title", "churn"),
    "series without intervals": (plots.series, tidy(3, low=NAN, high=NAN), "Title", "churn"),
    "heatmap": (heat, wide([[1, 0.9, 0.8], [1, 0.7, NAN], [1, NAN, NAN]])),
    "heatmap that grows": (heat, wide([[1, 1.4], [1, NAN]])),
    "heatmap of one": (heat, wide([[1.0]])),
    "heatmap of none": (heat, wide([])),
    "heatmap, none known": (heat, wide([[NAN, NAN]])),
    "heatmap, many ages": (heat, wide([list(np.linspace(1, 0.2, 60))])),
    "heatmap of counts": (partial(heat, unit="count"), wide([[1200, 900], [7, NAN]])),
    "heatmap of cents": (partial(heat, unit="thousands"), wide([[10**9, 9 * 10**8], [0, NAN]])),
    "survival": (plots.survival, kaplan_meier("all", "L", "S"), "segment", "Title"),
    "survival of many": (plots.survival, kaplan_meier("all", *"abcdefghij"), "segment", "Title"),
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
    "backtest": (plots.backtest, hindsight(12), "Title"),
    "backtest of none": (plots.backtest, hindsight(0), "Title"),
    "backtest of one": (plots.backtest, hindsight(1), "Title"),
    "backtest, nothing observed": (plots.backtest, hindsight(12, observed=NAN), "Title"),
    "process": (plots.process, behavior(24), "Title", "churn"),
    "process without limits": (plots.process, behavior(5, low=NAN, high=NAN, signal=""), "Title", "churn"),
    "process of one": (plots.process, behavior(1, low=NAN, high=NAN, signal=""), "Title", "churn"),
    "process of none": (plots.process, behavior(0), "Title", "churn"),
    "definitions": (plots.definitions, conventions("net (ours)", "gross", "mixed (wrong)"), "Title"),
    "definitions, none known": (plots.definitions, conventions("net (ours)", "gross", value=NAN), "Title"),
    "definitions of none": (plots.definitions, conventions(), "Title"),
    "definitions, long names": (plots.definitions, conventions(*["a convention of very many words " * 3] * 9), "Title"),
}


ONE_OF_EACH = (
    "waterfall",
    "intervals",
    "heatmap",
    "heatmap of none",
    "survival",
    "hazard",
    "projection",
    "no projection",
    "backtest",
    "process",
    "definitions",
)


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


def test_all_and_their_one_segment_are_drawn_once_and_two_segments_never():
    table = pd.concat([tidy(1).assign(segment="all"), tidy(1).assign(segment="one segment")])
    axes = plots.intervals(table, "Title", "churn")
    assert "all (one segment)" in texts(axes) and texts(axes).count("50.0%, n = 20") == 1
    other = pd.concat([table, tidy(1).assign(segment="Tiny", n=7)])
    assert {"all", "one segment", "Tiny"} <= set(texts(plots.intervals(other, "Title", "churn")))
    fewer = pd.concat([table.iloc[:1], table.iloc[1:].assign(n=19)])
    assert {"all", "one segment"} <= set(texts(plots.intervals(fewer, "Title", "churn")))


@pytest.mark.parametrize("level", [0.0, 0.015])
def test_a_chart_of_one_value_has_ticks_that_differ(level):
    months = pd.period_range("2024-01", periods=14, freq="M").astype("str")
    flat = {"period": months, "value": level, "average": level, "low": level, "high": level, "signal": ""}
    axes = plots.process(pd.DataFrame(flat), "Title", "churn")
    axes.figure.draw_without_rendering()
    ticks = [tick.get_text() for tick in axes.get_yticklabels()]
    assert len(set(ticks)) == len(ticks) > 2


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
