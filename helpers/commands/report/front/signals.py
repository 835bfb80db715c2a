"""What is a signal in a pack, worked out once from its `tables/`: tiles, decisions and changes all read it here."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pandas as pd

from helpers import formats, periods
from helpers.metrics import definitions, process

COLUMNS = ["metric", "table", "shown", "why", "against", "n", "is_signal", "is_up", "says"]
# A table's numbers are known by the names of their columns; all else stays text, however much it looks like a number.
_NUMBER = re.compile(r"n|n_.*|.*_cents|value|low|high|average|difference|numerator|denominator")
_NUMERAL = r"(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|-?inf)?"
# The mark that keeps a spreadsheet from running a cell (`page.csv_text`); here it is a text again.
_GUARD = "^'(?=[=+\\-@\t\n＝＋－＠])"


def read(folder: Path, name: str) -> pd.DataFrame:
    """One of the pack's tables, its empty texts as \"\"; an empty frame where no notebook saved it.

    >>> read(Path("nowhere"), "metrics").empty
    True
    """
    file = folder / f"{name}.csv"
    table = pd.read_csv(file, dtype="str", keep_default_na=False) if file.is_file() else pd.DataFrame()
    for column in table:
        is_number = _NUMBER.fullmatch(column) and table[column].str.fullmatch(_NUMERAL).all()
        table[column] = pd.to_numeric(table[column]) if is_number else table[column].str.replace(_GUARD, "", regex=True)
    return table


@cache
def texts() -> dict[str, dict[str, dict]]:
    """What tiles.toml says of each metric: `tiles`, in the order of the first page, and `others`.

    A tile that definitions.toml declares comes after them.
    """
    shipped = tomllib.loads(Path(__file__).with_name("tiles.toml").read_text(encoding="utf-8"))
    declared = {name: {"label": title} for name, title in definitions.tiles().items()}
    return shipped | {"tiles": shipped["tiles"] | declared}


def about(metric: str) -> dict:
    """What tiles.toml says of a metric; of one that it does not name, the label that its name gives.

    >>> about("churn_rate_12_months")["label"], about("mrr_per_seat_cents")
    ('Customer churn, 12 months', {'label': 'MRR per seat'})
    """
    name = metric.removesuffix("_cents").replace("_", " ").capitalize().replace("Mrr", "MRR")
    name = definitions.texts().get(metric, {}).get("title", name)
    return (texts()["tiles"] | texts()["others"]).get(metric, {"label": name})


def known(folder: Path, period: str, month: str, currency: str = "USD") -> pd.DataFrame:
    """Every monthly chart that knows its limits in `month`, and every 12-month figure compared at the end of `period`.

    Returns: COLUMNS. `table` is `xmr` or `differences`; `shown` is the value, or the difference with its interval;
    `why` says which limit a chart broke, or that a figure is of few accounts; `against` names the period with which it
    is compared, `n` counts its accounts; `is_up` is whether it is above its average, or above what it was; `says` is
    the sentence on a chart's signal, with the movement behind a growth's.
    """
    rows = []
    for row in _pick(read(folder, "xmr"), "low", period=month):
        shown = formats.in_unit(row.metric, row.value)
        says = _says(folder, row._asdict(), currency) if row.signal else ""
        is_up = row.value > row.average
        rows.append((row.metric, "xmr", shown, row.signal, "", pd.NA, row.signal != "", is_up, says))
    for row in _pick(read(folder, "differences"), "difference", period=period, segment="all"):
        shown = f"{formats.points(row.difference)} (95% interval {formats.bounds(row.low, row.high)})"
        few, then = row.verdict if row.verdict == "few" else "", periods.short_name(row.compared_with)
        is_up, is_signal = row.difference > 0, row.verdict == "changed"
        rows.append((row.metric, "differences", shown, few, then, row.n, is_signal, is_up, ""))
    return pd.DataFrame(rows, columns=COLUMNS)


def _says(folder: Path, row: dict, currency: str) -> str:
    said = process.signal_sentence(row, about(row["metric"])["label"])
    monthly = read(folder, "movements_by_month")
    if row["metric"] != "mrr_growth" or monthly.empty:
        return said
    until = monthly[monthly["month"].str[:7] <= row["period"]]
    # The lede says that growth is a signal; what needs a decision is its cause.
    return process.moved_most(until, row["signal"], currency) or said


def _pick(table: pd.DataFrame, known: str, **equal: str):
    """The rows that have a value in `known`, and these values in the other columns."""
    for column, value in (equal if len(table) else {}).items():
        table = table[table[column] == value]
    return table[table[known].notna()].itertuples() if len(table) else ()
