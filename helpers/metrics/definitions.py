"""The metrics as definitions.toml declares them: what each means, its unit, how it is measured and tested."""

import tomllib
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from importlib.resources import files
from traceback import extract_tb

import pandas as pd

from helpers import formats, periods
from helpers.errors import Refused, did_you_mean
from helpers.metrics.core import Metric, pick, said

REQUIRED = "title says formula example interval source unit family".split()
OPTIONAL = "label more counted from of measure prepared with tested tile better owner".split()
ONE_OF = {
    "unit": ("share", "number", "money", "days", "score"),
    "family": ("retention", "voice", "growth", "usage"),
    "tested": ("month by month", "a year before"),
    "better": ("higher", "lower"),
    "of": ("paying accounts",),
}


@cache
def texts() -> dict[str, dict]:
    """Every declared metric by name, in the order in which they are read. Raises Refused for an entry with a fault."""
    entries = tomllib.loads(files(__package__).joinpath("definitions.toml").read_text(encoding="utf-8"))
    for name, entry in entries.items():
        refuse_faulty(name, entry)
    return entries


def refuse_faulty(name: str, entry: dict) -> None:
    """Raise Refused, with how to fix it, where an entry of definitions.toml lacks a key or has an unknown one.

    >>> refuse_faulty("wins", dict.fromkeys(REQUIRED, "…") | {"unit": "euro", "family": "growth"})
    Traceback (most recent call last):
    helpers.errors.Refused: helpers/metrics/definitions.toml, [wins]: unit = 'euro'; allowed: share, number, money, \
days, score
    """
    place = f"helpers/metrics/definitions.toml, [{name}]"
    if missing := [key for key in REQUIRED if key not in entry]:
        raise Refused(f"{place}: add {', '.join(missing)}; the comment at the top of the file says what each means")
    if ("from" in entry) != ("measure" in entry):
        raise Refused(f'{place}: from (the table) and measure ("module.function") come together')
    for key, value in entry.items():
        if key not in (*REQUIRED, *OPTIONAL):
            raise Refused(f"{place}: unknown key {key}; {did_you_mean(key, (*REQUIRED, *OPTIONAL))}")
        if value not in ONE_OF.get(key, (value,)):
            raise Refused(f"{place}: {key} = {value!r}; {did_you_mean(str(value), ONE_OF[key])}")


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


def not_tested(name: str, how: str) -> str:
    """What to say of a metric that does not declare this test of a change, and what to do; empty where it does.

    >>> not_tested("churn_rate", "month by month")
    ''
    >>> print(not_tested("arpa_cents", "month by month").partition(". ")[2])
    To test it, add tested = "month by month" and better = "higher" or "lower" to [arpa_cents] in \
helpers/metrics/definitions.toml.
    """
    if name == "mrr_growth" or texts().get(name, {}).get("tested") == how:
        return ""
    if name not in texts():
        raise Refused(f"metric {name!r} is not declared; {did_you_mean(name, having('tested', how))}")
    add = f'add tested = "{how}" and better = "higher" or "lower" to [{name}]'
    return f"Changes of {label(name)} are not tested. To test it, {add} in helpers/metrics/definitions.toml."


def tiles() -> dict[str, str]:
    """The metrics of the first page with their titles, in its order."""
    return {name: texts()[name]["title"] for name in sorted(having("tile"), key=lambda name: texts()[name]["tile"])}


def measure(name: str) -> Callable[..., Metric | None]:
    """The function that measures a metric from its table, with its settings: `module.function` of this package.

    Raises Refused where there is no such function; what it returns does, where it fails or returns no `Metric`.
    """
    function, *place = _function(name, "measure")

    def measured(*tables, **settings) -> Metric | None:
        try:
            figure = function(*tables, **settings, **texts()[name].get("with", {}))
        except Refused:
            raise
        except Exception as error:
            lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename.endswith(place[0])]
            where = f" at line {lines[-1]}" if lines else ""
            raise Refused(f"metric {name}: {' '.join(place)} failed{where}: {type(error).__name__}: {error}") from error
        if figure is not None and not isinstance(figure, Metric):
            kind, ways = type(figure).__name__, "metrics.count, proportion, amount or undefined"
            raise Refused(f"metric {name}: {' '.join(place)} returned a {kind}; return what {ways} gives")
        return figure

    return measured


def prepared(name: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """What is made of a metric's table once, before all periods and segments: the table itself by default."""
    return _function(name, "prepared")[0] if "prepared" in texts()[name] else _itself


def _itself(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _function(name: str, key: str) -> tuple[Callable, str, str]:
    """The function that an entry names, its file, and how it is called in a sentence."""
    module, _, function = texts()[name][key].partition(".")
    file = f"helpers/metrics/{module}.py"
    problem = f"helpers/metrics/definitions.toml, [{name}]: {key} = {texts()[name][key]!r}, but"
    if not files(__package__).joinpath(*module.split("/")).with_suffix(".py").is_file():
        raise Refused(f"{problem} there is no {file}")
    found = import_module(f"{__package__}.{module}")
    if not hasattr(found, function):
        raise Refused(f"{problem} {file} has no {function}; {did_you_mean(function, dir(found))}")
    return getattr(found, function), file, f"{function}()"


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
    counted = partial(formats.money, currency=currency) if text.get("counted") == "money" else formats.count
    write, shown = partial(formats.in_unit, name, currency=currency), ""
    if metric is not None and metric.value is not None:
        # A difference of counts, such as promoters minus detractors, may be negative.
        numerator, denominator = counted(metric.numerator).replace("-", "−"), counted(metric.denominator)
        shown = text["example"].format(value=write(metric.value), numerator=numerator, denominator=denominator)
    return said("example", metric=metric, month=periods.short_name(period), shown=shown, write=write)
