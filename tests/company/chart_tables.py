"""The tables that charts are given: ordinary ones, and those of companies with next to nothing in them."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Text

from helpers.plots.style import Canvas

NAN = float("nan")


def cycled(values, n: int) -> list:
    return [values[place % len(values)] for place in range(n)]


def kaplan_meier(*groups: str, n: int = 30, at_risk: int = 60, **given) -> pd.DataFrame:
    """`survival.by_group` of the groups, n months each."""
    parts = []
    for place, name in enumerate(groups):
        survival = np.linspace(1, 0.8 - 0.001 * place, n)
        columns = {
            "age": range(n),
            "n_at_risk": at_risk,
            "n_lost": 1,
            "survival": survival,
            "low": survival - 0.1,
            "high": survival,
        }
        parts.append(pd.DataFrame(columns).assign(segment=name, **given))
    columns = ["segment", "age", "n_at_risk", "n_lost", "survival", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def hazards(n: int, **given) -> pd.DataFrame:
    rows = pd.DataFrame({"age": range(1, n + 1), "n_at_risk": 100, "n_lost": 2})
    return rows.assign(**({"rate": 0.02, "low": 0.01, "high": 0.05} | given))


def bends(n: int, **given) -> pd.DataFrame:
    """`cohorts.deviations` with n bins an axis."""
    rows = [
        (axis, f"{3 * place}–{3 * place + 2}" if axis == "age" else f"2024-{place % 12 + 1:02d} to 2024-12", 10)
        for axis in ("age", "cohort", "month")
        for place in range(n)
    ]
    table = pd.DataFrame(rows, columns=["axis", "label", "n_lost"])
    stands_out = pd.Series(cycled([True, False], len(table)), dtype=bool)
    return table.assign(**({"odds_ratio": 1.2, "low": 0.8, "high": 1.9, "stands_out": stands_out} | given))


def projected(n: int, term: int = 12, seen: int = 3, **given) -> pd.DataFrame:
    survival = 1 / (1 + np.arange(n))
    observed = [share if age < seen else NAN for age, share in enumerate(survival)]
    rows = pd.DataFrame({"term_months": term, "age": range(n), "observed": observed, "projected": survival})
    return rows.assign(**({"low": survival * 0.9, "high": survival} | given))


def hindsight(n: int, **given) -> pd.DataFrame:
    """`survival.backtest` of n hidden months from 2025-01."""
    rows = pd.DataFrame({"month_no": [2025 * 12 + place for place in range(n)]})
    shares = {"observed": 0.9, "projected": 0.91, "low": 0.8, "high": 0.95, "constant_churn": 0.7}
    return rows.assign(**(shares | given))


def behavior(n: int, **given) -> pd.DataFrame:
    """One metric of `comparison.xmr_table` over n months."""
    rows = pd.DataFrame({"period": pd.period_range("2025-01", periods=n, freq="M").strftime("%Y-%m")})
    signal = pd.Series(cycled(["", "", "above"], n), dtype="str")
    return rows.assign(**({"value": 0.02, "average": 0.02, "low": 0.0, "high": 0.05, "signal": signal} | given))


def conventions(*names: str, **given) -> pd.DataFrame:
    rows = pd.DataFrame({"convention": pd.Series(names, dtype="str")})
    return rows.assign(**({"value": np.linspace(0.01, 0.05, len(names))} | given))


def wide(shares: list[list[float]]) -> pd.DataFrame:
    cohorts = pd.date_range("2026-01-01", periods=len(shares), freq="MS")
    return pd.DataFrame(shares, index=cohorts, columns=range(len(shares[0]) if shares else 0), dtype="float64")


def axes_of(chart, is_narrow: bool = False) -> Axes:
    """The axes of a chart, drawn on a wide canvas or on a narrow one."""
    figure = chart.on(Canvas(is_narrow=is_narrow))
    assert len(figure.axes) == 1
    return figure.axes[0]


def texts_of(chart, is_narrow: bool = False) -> list[str]:
    """Every text of a chart, its ticks and its deck among them."""
    canvas = Canvas(is_narrow=is_narrow)
    figure = chart.on(canvas)
    figure.draw_without_rendering()
    return [canvas.deck, *(text.get_text() for text in figure.findobj(Text) if text.get_text())]
