"""A chart draws what it is given, where it is told to, and changes nothing; an odd table is no reason to fail."""

import tomllib
from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from chart_tables import (
    NAN,
    axes_of,
    behavior,
    bends,
    conventions,
    hazards,
    hindsight,
    kaplan_meier,
    projected,
    texts_of,
    wide,
)
from matplotlib.colors import to_hex
from matplotlib.text import Text

from helpers import plots
from helpers.plots import palette, style
from helpers.plots.rows import rows
from helpers.plots.style import Canvas

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


def months(n: int, **given) -> pd.DataFrame:
    """`book.monthly` of n months."""
    cents = {f"{name}_cents": 1_000_00 for name in ("new", "expansion", "contraction", "churn", "reactivation")}
    rows = pd.DataFrame({"month": pd.date_range("2024-01-01", periods=n, freq="MS")})
    return rows.assign(**(cents | {"is_complete": True} | given))


def drivers(n: int) -> pd.DataFrame:
    """`attribution.table` of n drivers."""
    columns = {"log_odds": 0.2, "log_odds_corrected": 0.3, "low_corrected": -0.1, "high_corrected": 0.7, "share": 0.4}
    return pd.DataFrame({"driver": [f"d{place}" for place in range(n)]}).assign(**columns)


def of_drivers(table: pd.DataFrame, title: str):
    return plots.drivers(table, {"d0": "Trust", "d1": "Price", "d2": "Fit"}, title)


def signals(*names: str) -> pd.DataFrame:
    """`card.table` of signals that are worse, better and as usual, in turn."""
    z = [(1.2, -0.7, 0.1)[place % 3] for place in range(len(names))]
    return pd.DataFrame({"signal": pd.Series(names, dtype="str"), "value": "3 of 5", "z": pd.Series(z, dtype=float)})


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
    "movements": (plots.movements, months(30), "USD", "Title"),
    "movements of a month": (plots.movements, months(1, is_complete=False), "EUR", "Title"),
    "movements of none": (plots.movements, months(0), "USD", "Title"),
    "drivers": (of_drivers, drivers(3), "Title"),
    "drivers of none": (of_drivers, drivers(0), "Title"),
    "calibration": (plots.calibration, hazards(3).assign(predicted=[0.01, 0.02, 0.04], observed=0.02), "Title"),
    "signals": (plots.signals_of, signals("survey: trust (reversed)", "logins", "seats"), "Title"),
    "signals of none": (plots.signals_of, signals(), "Title"),
    "definitions, long names": (plots.definitions, conventions(*["a convention of very many words " * 3] * 9), "Title"),
}


def test_every_chart_has_its_words_and_a_chart_of_ones_own_may_write_its_deck():
    words = tomllib.loads(Path(style.__file__).with_name("charts.toml").read_text(encoding="utf-8"))
    assert set(words) == set(plots.__all__) - {"house", "color"} and all(parts["deck"] for parts in words.values())

    @style.chart
    def ours(canvas, table, title):
        rows(canvas, table)
        canvas.deck = f"{len(table)} rows."

    canvas = Canvas()
    ours(pd.DataFrame({"part": ["a"]}), "Title").on(canvas)
    assert canvas.deck == "1 rows."


def copied(given):
    return {name: table.copy() for name, table in given.items()} if isinstance(given, dict) else given.copy()


def is_same(one, other) -> bool:
    if isinstance(one, dict):
        return list(one) == list(other) and all(one[name].equals(other[name]) for name in one)
    return one.equals(other)


@pytest.mark.parametrize("is_narrow", [False, True])
@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_draws_without_a_warning_and_leaves_its_table_and_the_style_alone(chart, is_narrow):
    draw, table, *rest = CHARTS[chart]
    before, style = copied(table), dict(mpl.rcParams)
    canvas = Canvas(is_narrow=is_narrow)
    made = draw(table, *rest)
    made.on(canvas).draw_without_rendering()
    assert is_same(table, before) and dict(mpl.rcParams) == style
    assert made.title == "Title" and canvas.deck.endswith(".")
    assert canvas.figure.get_size_inches()[0] == canvas.width


@pytest.mark.parametrize("is_narrow", [False, True])
@pytest.mark.parametrize("chart", CHARTS)
def test_no_text_of_a_chart_is_outside_its_canvas_or_too_small(chart, is_narrow):
    draw, table, *rest = CHARTS[chart]
    figure = draw(table, *rest).on(Canvas(is_narrow=is_narrow))
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    unseen = set()
    for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
        low, high = sorted(axis.get_view_interval())
        unseen |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    for text in set(figure.findobj(Text)) - unseen:
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 > -3 and box.y0 > -3 and box.x1 < width + 3 and box.y1 < height + 3, text
            assert text.get_fontsize() >= 10.5, text


def test_a_waterfall_names_every_amount_and_ends_with_their_sum():
    made = plots.waterfall(bridge(100_00, 30_00, 20_00, 10_00, 5_00, 2_00, 137_00), "USD", "Title")
    bars = [bar.get_width() for bar in axes_of(made).patches]
    assert bars == [20_00, 30_00, 2_00, -5_00, -10_00, 37_00] and bars[-1] == sum(bars[:-1])
    assert {"+$30", "+$20", "−$10", "−$5", "+$2", "+$37"} <= set(texts_of(made))
    assert "from $100 to $137" in texts_of(made)[0]


@pytest.mark.parametrize("is_narrow", [False, True])
def test_movements_stack_gains_above_0_and_losses_below_it_with_the_net_change_as_a_line(is_narrow):
    axes = axes_of(plots.movements(months(30), "USD", "Title"), is_narrow)
    ends = [(round(bar.get_y()), round(bar.get_y() + bar.get_height())) for bar in axes.patches]
    assert len(ends) == 5 * 24 and min(map(min, ends)) == -2_000_00 and max(map(max, ends)) == 3_000_00
    net = next(line for line in axes.lines if len(line.get_xdata()) == 24)
    assert set(net.get_ydata()) == {1_000_00}
    assert {"New", "Expansion", "Contraction", "Churn", "Reactivation"} <= {text.get_text() for text in axes.texts}


def test_names_at_the_ends_of_lines_stay_below_the_top_of_a_chart_where_all_only_falls():
    losses = months(24, new_cents=0, expansion_cents=0, reactivation_cents=0, contraction_cents=0)
    axes = axes_of(plots.movements(losses, "USD", "Title"))
    tops = [text.get_window_extent().y1 for text in axes.texts]
    assert len(tops) == 5 and max(tops) <= axes.bbox.y1 + 10  # half a line
    assert all(above - below > 10 for below, above in zip(sorted(tops), sorted(tops)[1:], strict=False))


def test_a_driver_is_said_corrected_and_marked_hollow_as_measured():
    made = of_drivers(drivers(1), "Title")
    assert {"Trust", "×1.35", "explains 40%"} <= set(texts_of(made))
    dots = [line for line in axes_of(made).lines if line.get_marker() == "o"]
    places = {dot.get_xdata()[0]: dot.get_markerfacecolor() for dot in dots}
    assert places == {0.3: palette.light("muted"), 0.2: palette.light("paper")}


def test_a_signal_that_is_worse_is_rust_and_named_without_its_origin():
    made = plots.signals_of(signals("survey: trust (reversed)", "logins", "seats"), "Title")
    assert {"trust", "logins", "seats", "3 of 5"} <= set(texts_of(made))
    colors = [to_hex(bar.get_facecolor()) for bar in axes_of(made).patches]
    assert colors == [palette.light(name) for name in ("c2", "c1", "muted")]


def test_a_month_that_is_not_over_is_hatched():
    whole = axes_of(plots.movements(months(3), "USD", "Title")).patches
    part = axes_of(plots.movements(months(3, is_complete=[True, True, False]), "USD", "Title")).patches
    assert not any(bar.get_hatch() for bar in whole) and sum(bool(bar.get_hatch()) for bar in part) == 5


def test_every_interval_is_drawn_with_its_n_and_too_few_is_said_and_hollow():
    table = pd.concat([tidy(2), tidy(1, verdict="few").assign(segment="Tiny", n=7)])
    made = plots.intervals(table, "Title", "churn")
    written = texts_of(made)
    assert written.count("40–60%, n = 20") == 2 and "40–60%, n = 7, too few" in written
    assert written.count("50.0%") == 3 and {"S0", "S1", "Tiny"} <= set(written)
    axes = axes_of(made)
    assert sum(list(line.get_xdata()) == [0.4, 0.6] for line in axes.lines) == 3
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() == palette.light("paper") for dot in dots] == [False, False, True]


def test_all_and_their_one_segment_are_drawn_once_and_two_segments_never():
    table = pd.concat([tidy(1).assign(segment="all"), tidy(1).assign(segment="one segment")])
    written = texts_of(plots.intervals(table, "Title", "churn"))
    assert "All accounts (one segment)" in written and written.count("50.0%") == 1
    other = pd.concat([table, tidy(1).assign(segment="Tiny", n=7)])
    assert {"All accounts", "one segment", "Tiny"} <= set(texts_of(plots.intervals(other, "Title", "churn")))
    fewer = pd.concat([table.iloc[:1], table.iloc[1:].assign(n=19)])
    assert {"All accounts", "one segment"} <= set(texts_of(plots.intervals(fewer, "Title", "churn")))


@pytest.mark.parametrize("chart", ["waterfall", "movements", "intervals", "series", "heatmap", "survival", "process"])
def test_each_tick_in_sight_is_labeled_once_and_none_of_matplotlibs_own_is_made(chart):
    draw, table, *rest = CHARTS[chart]
    axes = axes_of(draw(table, *rest))
    axes.figure.draw_without_rendering()
    assert axes.xaxis.majorTicks == axes.yaxis.majorTicks == [], "each would be five artists"
    labels = []
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        places = axis.get_majorticklocs()
        texts = axis.get_major_formatter().format_ticks(places)
        labels += [text for at, text in zip(places, texts, strict=True) if low <= at <= high]
    assert [text.get_text() for text in axes.figure.texts] == labels != []


@pytest.mark.parametrize("level", [0.0, 0.015])
def test_a_chart_of_one_value_has_ticks_that_differ(level):
    names = pd.period_range("2024-01", periods=14, freq="M").astype("str")
    flat = {"period": names, "value": level, "average": level, "low": level, "high": level, "signal": ""}
    axes = axes_of(plots.process(pd.DataFrame(flat), "Title", "churn"))
    axes.figure.draw_without_rendering()
    ticks = [tick.get_text() for tick in axes.get_yticklabels()]
    assert len(set(ticks)) == len(ticks) > 2


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.02), (0.97, 1.0), (0.0, 1.0), (0.001, 0.999)])
def test_an_axis_of_shares_has_nothing_below_0_and_nothing_above_100(low, high):
    table = tidy(3, value=(low + high) / 2, low=low, high=high)
    for limits in (
        axes_of(plots.intervals(table, "Title", "churn")).get_xlim(),
        axes_of(plots.series(table, "Title", "churn")).get_ylim(),
    ):
        assert limits[0] >= 0 and limits[1] <= 1
    more = axes_of(plots.intervals(tidy(2, high=1.2), "Title", "churn"))
    assert more.get_xlim()[1] > 1.2, "revenue may pass 100%"


def test_a_point_of_too_few_is_hollow_and_its_end_says_so():
    # The last quarter jumped to 87.5% of 8 answers, under a title that said "no change".
    table = tidy(4).assign(value=[0.4, 0.42, 0.4, 0.875], n=[60, 60, 60, 8], verdict=["ok", "ok", "ok", "few"])
    made = plots.series(table, "Title", "regret")
    assert "n = 8, too few" in texts_of(made) and "87.5%" not in texts_of(made)
    hollow = [line for line in axes_of(made).lines if line.get_markerfacecolor() == palette.light("paper")]
    assert [list(line.get_ydata()) for line in hollow] == [[0.875]]


def test_a_metric_without_a_value_leaves_the_others_their_colors():
    table = tidy(3).assign(metric="b", segment="all")
    (line,) = axes_of(plots.trend(table, {"a": "A", "b": "B"}, "Title", "churn")).lines
    assert line.get_color() == palette.light("c2")


def test_metrics_over_time_are_named_with_their_last_value_at_the_end_of_their_line():
    table = pd.concat([tidy(30).assign(metric=name, segment="all") for name in ("a", "b")])
    made = plots.trend(table, {"a": "Net", "b": "Gross"}, "Title", "revenue", reference=1.0)
    written = texts_of(made)
    assert {"Net 50.0%", "Gross 50.0%"} <= set(written) and "dashed: 100%" in written[0]
    assert [len(line.get_xdata()) for line in axes_of(made).lines if line.get_color() == palette.light("c1")] == [24]


def test_our_figures_stand_beside_the_published_ones_and_a_target_is_none_of_them():
    figures = pd.DataFrame(
        {"metric": ["churn", "churn", "churn", "nps"], "value": [0.3, 0.4, 0.9, 0.3], "unit": ["share"] * 3 + ["score"]}
    ).assign(kind=["benchmark", "benchmark", "target", "benchmark"])
    table = pd.concat([tidy(1).assign(metric=name) for name in ("churn", "nps", "other")])
    made = plots.published(table, figures, "Title")
    assert {"Churn", "50.0%", "published 30–40%"} <= set(texts_of(made)) and "Nps" not in texts_of(made)
    dots = [float(line.get_xdata()[0]) for line in axes_of(made).lines if line.get_marker() == "o"]
    assert sorted(dots) == [0.3, 0.4, 0.5]


def test_a_group_without_a_value_has_no_row_and_no_zero():
    table = pd.concat([tidy(1), tidy(1, value=NAN, low=NAN, high=NAN).assign(segment="Unknown")])
    assert "Unknown" not in texts_of(plots.intervals(table, "Title", "churn"))


def cells(made) -> list[str]:
    return sorted(text.get_text() for text in axes_of(made).texts)


def test_a_cell_that_cannot_be_known_is_empty_and_not_zero():
    made = heat(wide([[1, 0.5, 0.4], [1, 0.7, NAN]]))
    assert cells(made) == ["40", "50", "70"] and len(axes_of(made).collections[0].get_paths()) == 3
    assert {"Jan 2026 (10)", "Feb 2026 (10)"} <= set(texts_of(made))


def test_revenue_that_grows_is_blue_above_100_and_rust_below():
    (backgrounds,) = axes_of(heat(wide([[1, 1.4, 0.7]]))).collections
    assert [*map(mpl.colors.to_hex, backgrounds.get_facecolor())] == [palette.light("c1"), palette.light("c2")]


def test_quarters_and_years_are_named_as_such():
    quarters = wide([[1, 0.9]]).set_axis([0, 3], axis=1)
    assert "Jan–Mar 2026 (10)" in texts_of(heat(quarters))
    assert "2026 (10)" in texts_of(heat(quarters.set_axis([0, 12], axis=1)))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_dollar_sign_is_money_in_every_text_of_a_chart(chart):
    draw, table, *rest = CHARTS[chart]
    if isinstance(table, dict):
        table = {f"${name}$": rows for name, rows in table.items()}
    for column in ("segment", "convention"):
        if column in table:
            table = table.assign(**{column: [f"$\\{name}$" for name in table[column]]})
    figure = draw(table, *[text.replace("Title", "$T$") for text in rest]).on()
    assert not any(text.get_parse_math() for text in figure.findobj(Text) if text.get_text().count("$") > 1)
