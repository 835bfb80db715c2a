"""A chart draws what it is given, where it is told to, and changes nothing; an odd table is no reason to fail."""

from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

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


def curve(n: int, **given) -> pd.DataFrame:
    return pd.DataFrame({"age_months": range(n)}).assign(**({"share": 0.9, "low": 0.8, "high": 0.95} | given))


def heat(table: pd.DataFrame, **options):
    return plots.heatmap(table, pd.Series(["10"] * len(table), dtype="str"), "Title", **options)


NAN = float("nan")
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
    "curves": (plots.curves, {"a": curve(9), "b": curve(5, share=0.5)}, "Title", "share"),
    "curves on one another": (plots.curves, {name: curve(9) for name in "abcdefg"}, "Title", "share"),
    "curves without bands": (plots.curves, {"a": curve(9).drop(columns=["low", "high"])}, "Title", "share"),
    "curve of one": (plots.curves, {"a": curve(1)}, "Title", "share"),
    "curve of none": (plots.curves, {"a": curve(0)}, "Title", "share"),
    "curve, none known": (plots.curves, {"a": curve(3, share=NAN, low=NAN, high=NAN)}, "Title", "share"),
    "no curve": (plots.curves, {}, "Title", "share"),
}


ONE_OF_EACH = ("waterfall", "intervals", "heatmap", "curves", "heatmap of none", "no curve")


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
    assert axes.get_title(loc="left") == "Title"


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


def test_each_curve_is_named_once_at_its_end_and_names_do_not_overlap():
    axes = plots.curves({name: curve(9, share=0.9 - 0.001 * place) for place, name in enumerate("abc")}, "T", "share")
    axes.figure.canvas.draw()
    assert sorted(text.get_text() for text in axes.texts) == ["a", "b", "c"]
    boxes = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.y0)
    assert all(below.y1 < above.y0 + 1 for below, above in pairwise(boxes))


@pytest.mark.parametrize("chart", ["intervals", "curves", "waterfall", "heatmap"])
def test_a_dollar_sign_is_money_in_every_text_of_a_chart(chart):
    draw, table, *rest = CHARTS[chart]
    if isinstance(table, dict):
        table = {f"${name}$": rows for name, rows in table.items()}
    elif "segment" in table:
        table = table.assign(segment=[f"$\\{name}$" for name in table["segment"]])
    axes = draw(table, *[text.replace("Title", "$T$") for text in rest])
    axes.figure.canvas.draw()
    odd = [
        text.get_text() for text in axes.findobj(plt.Text) if text.get_text().count("$") > 1 and text.get_parse_math()
    ]
    assert odd == []
