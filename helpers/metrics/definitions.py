"""The metrics as definitions.toml declares them: what each means, its unit, how it is measured and tested."""

import tomllib
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from importlib.resources import files

import pandas as pd

from helpers import formats, periods
from helpers.errors import Refused, did_you_mean
from helpers.metrics.core import Metric, pick


@cache
def texts() -> dict[str, dict]:
    """Every declared metric by name, in the order in which they are read."""
    return tomllib.loads(files(__package__).joinpath("definitions.toml").read_text(encoding="utf-8"))


def having(key: str, value: str = "") -> list[str]:
    """The metrics that declare a key, or a value of it, in the order in which they are read.

    >>> having("tested", "month by month")[:2]
    ['churn_rate', 'net_promoter_score_relationship']
    """
    return [name for name, entry in texts().items() if entry.get(key) and value in ("", entry[key])]


def label(name: str) -> str:
    """What a metric is called inside a sentence.

    >>> label("churn_rate_12_months"), label("quick_ratio"), label("mrr_growth")
    ('12-month logo churn', 'quick ratio', 'monthly growth of MRR')
    """
    if name == "mrr_growth":
        return "monthly growth of MRR"
    entry = texts().get(name, {})
    title = entry.get("title", name.replace("_", " "))
    return entry.get("label", f"{title[:1].lower()}{title[1:]}")


def called(name: str) -> str:
    """What a metric is called at the start of a sentence.

    >>> called("churn_rate"), called("review_volume")
    ('Monthly logo churn', 'Reviews')
    """
    return f"{label(name)[:1].upper()}{label(name)[1:]}"


def tiles() -> dict[str, str]:
    """The metrics of the first page with their titles, in its order."""
    return {name: texts()[name]["title"] for name in sorted(having("tile"), key=lambda name: texts()[name]["tile"])}


def measure(name: str) -> Callable[..., Metric | None]:
    """The function that measures a metric from its table, with its settings: `module.function` of this package.

    Raises Refused where there is no such function.
    """
    return partial(_function(name, "measure"), **texts()[name].get("with", {}))


def prepared(name: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """What is made of a metric's table once, before all periods and segments: the table itself by default."""
    return _function(name, "prepared") if "prepared" in texts()[name] else _itself


def _itself(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _function(name: str, key: str) -> Callable:
    module, _, function = texts()[name][key].partition(".")
    found = import_module(f"{__package__}.{module}")
    if not hasattr(found, function):
        problem = f"definitions.toml, {name}: helpers/metrics/{module}.py has no {function}"
        raise Refused(f"{problem}; {did_you_mean(function, dir(found))}")
    return getattr(found, function)


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
        return "No figure in this report: its source does not have the table, or its page was not built."
    if metric.value is None:
        return f"{periods.short_name(period)}: no figure ({formats.why_none(metric)})."
    counted = partial(formats.money, currency=currency) if text.get("counted") == "money" else formats.count
    write = partial(formats.in_unit, name, currency=currency)
    parts = {part: counted(getattr(metric, part)) for part in ("numerator", "denominator")}
    # A difference of counts, such as promoters minus detractors, may be negative.
    parts["numerator"] = parts["numerator"].replace("-", "−")
    shown = text["example"].format(value=write(metric.value), **parts)
    bounds = "" if metric.low is None else f"95% interval {formats.between(metric.low, metric.high, write)}, "
    return f"{periods.short_name(period)}: {shown} ({bounds}n = {formats.count(metric.n)})."
