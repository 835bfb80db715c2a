"""What is a signal in a pack, worked out once from its `tables/`: tiles, decisions and changes all read it here."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from helpers import formats, periods
from helpers.formats.sentences import Sentences
from helpers.metrics import definitions, process

# A table's numbers are known by the names of their columns; all else stays text, however much it looks like a number.
_NUMBER = re.compile(r"n|n_.*|.*_cents|value|low|high|average|difference|numerator|denominator")
_NUMERAL = r"(?:-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|-?inf)?"  # \d is the digits of any script
# The mark that keeps a spreadsheet from running a cell (`page.csv_text`); here it is a text again.
_GUARD = "^'(?=[=+\\-@\t\n＝＋－＠])"


@dataclass(frozen=True)
class Signal:
    """A monthly chart that knows its limits (`table` xmr), or a 12-month figure compared (differences).

    `is_signal`: a limit is broken, or the difference is clear. `shown` is the value, or the difference with its
    interval; `is_up` whether it is above its average, or above what it was; `why` says which limit a chart broke, or
    that a figure is of few accounts; `against` names the period compared with, `n` counts its accounts; `says` is the
    sentence on a chart's signal, with the movement behind a growth's.
    """

    metric: str
    table: str
    is_signal: bool
    is_up: bool
    shown: str
    why: str
    against: str = ""
    n: int | None = None
    says: str = ""

    @property
    def label(self) -> str:
        """What the first page calls the metric."""
        return about(self.metric)["label"]

    @property
    def mood(self) -> str:
        """Whether the signal is for the better; empty where there is none."""
        if not self.is_signal or "better" not in about(self.metric):
            return "signal" * self.is_signal
        return "better" if (about(self.metric)["better"] == "higher") == self.is_up else "worse"


def words(facts: object) -> Sentences:
    """The sentences of words.toml, filled with these facts."""
    return Sentences(Path(__file__).with_name("words.toml"), facts)


def read(folder: Path, name: str) -> pd.DataFrame:
    """One of the pack's tables, its empty texts as \"\"; an empty frame where no notebook saved it.

    >>> read(Path("nowhere"), "metrics").empty
    True
    """
    file = folder / f"{name}.csv"
    try:
        table = pd.read_csv(file, dtype="str", keep_default_na=False) if file.is_file() else pd.DataFrame()
    except pd.errors.EmptyDataError:  # a notebook saved a table without a column
        table = pd.DataFrame()
    for column in table:
        is_number = _NUMBER.fullmatch(column) and table[column].str.fullmatch(_NUMERAL).all()
        texts = table[column]
        table[column] = (
            pd.to_numeric(texts, errors="coerce") if is_number else texts.str.replace(_GUARD, "", regex=True)
        )
    return table


def misnamed(folder: Path, name: str) -> str:
    """Why a table with a name that the first page reads is not the table that it means; empty where it is."""
    columns = texts()["reads"].get(name, "").split()
    if not columns:
        return ""
    table = read(folder, name)
    if absent := [column for column in columns if column not in table]:
        why = f"has no column {', '.join(absent)}"
    elif unread := [each for each in filter(_NUMBER.fullmatch, columns) if table[each].dtype == "str" and len(table)]:
        why = f"holds text in {', '.join(unread)}"
    elif name == "metrics" and table.duplicated(columns[:3]).any():
        why = "has two rows of one metric, segment and period"
    else:
        return ""
    return f"tables/{name}.csv {why}, and the first page reads a table of that name: give yours another"


@cache
def texts() -> dict[str, dict[str, dict]]:
    """What tiles.toml says: `tiles`, in the order of the first page, `others`, and the columns that it `reads`."""
    return tomllib.loads(Path(__file__).with_name("tiles.toml").read_text(encoding="utf-8"))


def about(metric: str) -> dict:
    """What the first page has to know of a metric: its label, which way is better, who owns it, what moves it.

    tiles.toml says so of the shipped tiles, and an entry of definitions.toml may say the same; without either, the
    metric's name is its label.

    >>> about("churn_rate_12_months")["label"], about("mrr_per_seat_cents"), about("review_volume")
    ('Customer churn, 12 months', {'label': 'MRR per seat'}, {'label': 'Reviews'})
    """
    name = metric.removesuffix("_cents").replace("_", " ").capitalize().replace("Mrr", "MRR")
    entry = definitions.texts().get(metric, {})
    declared = {key: entry[key] for key in ("better", "owner") if key in entry}
    shipped = texts()["tiles"] | texts()["others"]
    return {"label": entry.get("title", name)} | declared | shipped.get(metric, {})


def known(folder: Path, period: str, month: str, currency: str = "USD") -> list[Signal]:
    """Every monthly chart that knows its limits in `month`, and every 12-month figure compared at `period`'s end."""
    charts = _rows(read(folder, "xmr"), "low", period=month)
    compared = _rows(read(folder, "differences"), "difference", period=period, segment="all")
    return [*(_chart(folder, row, currency) for row in charts), *map(_difference, compared)]


def of(metric: str, known: Sequence[Signal]) -> Signal | None:
    """What is known of a metric, its monthly chart first; None where nothing is."""
    return next((each for each in known if each.metric == metric), None)


def _chart(folder: Path, row: dict, currency: str) -> Signal:
    metric, signal, says = row["metric"], row["signal"], ""
    if signal:
        says, monthly = process.signal_sentence(row, about(metric)["label"]), read(folder, "movements_by_month")
        if metric == "mrr_growth" and len(monthly):
            # The lede says that growth is a signal; what needs a decision is its cause.
            until = monthly[monthly["month"].str[:7] <= row["period"]]
            says = process.moved_most(until, signal, currency) or says
    shown = formats.in_unit(metric, row["value"])
    return Signal(metric, "xmr", signal != "", row["value"] > row["average"], shown, signal, says=says)


def _difference(row: dict) -> Signal:
    verdict, against = row["verdict"], periods.short_name(row["compared_with"])
    shown = f"{formats.points(row['difference'])} (95% interval {formats.bounds(row['low'], row['high'])})"
    few, is_up = verdict if verdict == "few" else "", row["difference"] > 0
    return Signal(row["metric"], "differences", verdict == "changed", is_up, shown, few, against, row["n"])


def _rows(table: pd.DataFrame, value: str, **equal: str) -> list[dict]:
    """The rows that have a value in a column, and these values in the other columns."""
    if table.empty:
        return []
    return table[(table[list(equal)] == list(equal.values())).all(axis=1) & table[value].notna()].to_dict("records")
