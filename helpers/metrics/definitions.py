"""What each published metric means, for readers: the texts of definitions.toml with a period's own numbers in them."""

import tomllib
from functools import cache, partial
from importlib.resources import files

import pandas as pd

from helpers import formats
from helpers.metrics.core import Metric, pick


@cache
def texts() -> dict[str, dict[str, str]]:
    """The texts by metric, in the order in which they are read."""
    return tomllib.loads(files(__package__).joinpath("definitions.toml").read_text(encoding="utf-8"))


def entries(table: pd.DataFrame, period: str, currency: str) -> list[dict[str, str]]:
    """The definitions page: name, title, says, formula, more, example, interval, source; one entry per metric.

    `table` is the tidy table of a period (`metrics.csv`). A metric without a row there has an example that says so.
    """
    known = pick(table, period) if len(table) else {}
    return [
        {"name": name, "more": "", **text, "example": _example(name, text, known.get(name), period, currency)}
        for name, text in texts().items()
    ]


def _example(name: str, text: dict[str, str], metric: Metric | None, period: str, currency: str) -> str:
    if metric is None:
        return "This source does not have the table that it needs."
    if metric.value is None:
        return f"{period}: no figure ({formats.why_none(metric)})."
    counted = partial(formats.money, currency=currency) if text["unit"] == "money" else formats.count
    write = partial(formats.in_unit, name, currency=currency)
    parts = {part: counted(getattr(metric, part)) for part in ("numerator", "denominator")}
    # A difference of counts, such as promoters minus detractors, may be negative.
    parts["numerator"] = parts["numerator"].replace("-", "−")
    shown = text["example"].format(value=write(metric.value), **parts)
    bounds = "" if metric.low is None else f"95% interval {formats.between(metric.low, metric.high, write)}, "
    return f"{period}: {shown} ({bounds}n = {formats.count(metric.n)})."
