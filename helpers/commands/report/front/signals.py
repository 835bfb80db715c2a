"""What is a signal in a pack, worked out once from its `tables/`: tiles, decisions and changes all read it here."""

import re
from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.metrics import definitions, process

COLUMNS = ["metric", "table", "shown", "why", "against", "n", "is_signal", "says"]
# A table's numbers are known by the names of their columns; all else stays text, however much it looks like a number.
_NUMBER = re.compile(r"n|n_.*|.*_cents|value|low|high|average|difference|numerator|denominator")
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
        is_number = _NUMBER.fullmatch(column)
        table[column] = pd.to_numeric(table[column]) if is_number else table[column].str.replace(_GUARD, "", regex=True)
    return table


def plain_name(metric: str) -> str:
    """What people call a metric.

    >>> plain_name("churn_rate_12_months"), plain_name("mrr_growth")
    ('Logo churn, 12 months', 'Monthly growth of MRR')
    """
    return definitions.texts().get(metric, {}).get("title", definitions.called(metric))


def known(folder: Path, period: str, month: str, currency: str = "USD") -> pd.DataFrame:
    """Every monthly chart that knows its limits in `month`, and every 12-month figure compared at the end of `period`.

    Returns: COLUMNS. `table` is `xmr` or `differences`; `shown` is the value, or the difference with its interval;
    `why` says which limit a chart broke, or that a figure is of few accounts; `against` with which period it is
    compared, `n` its accounts; `says` is the sentence on a chart's signal, with the movement behind a growth's.
    """
    rows = []
    for row in _pick(read(folder, "xmr"), "low", period=month):
        shown = formats.in_unit(row.metric, row.value)
        says = _says(folder, row._asdict(), currency) if row.signal else ""
        rows.append((row.metric, "xmr", shown, row.signal, "", pd.NA, row.signal != "", says))
    for row in _pick(read(folder, "differences"), "difference", period=period, segment="all"):
        ends = (formats.points(end).removesuffix(" points") for end in (row.low, row.high))
        shown = f"{formats.points(row.difference)} [{' to '.join(ends)}]"
        few = row.verdict if row.verdict == "few" else ""
        rows.append((row.metric, "differences", shown, few, row.compared_with, row.n, row.verdict == "changed", ""))
    return pd.DataFrame(rows, columns=COLUMNS)


def _says(folder: Path, row: dict, currency: str) -> str:
    said = process.signal_sentence(row, plain_name(row["metric"]))
    monthly = read(folder, "movements_by_month")
    if row["metric"] != "mrr_growth" or monthly.empty:
        return said
    until = monthly[monthly["month"].str[:7] <= row["period"]]
    return f"{said} {process.moved_most(until, row['signal'], currency)}".strip()


def _pick(table: pd.DataFrame, known: str, **equal: str):
    """The rows that have a value in `known`, and these values in the other columns."""
    for column, value in (equal if len(table) else {}).items():
        table = table[table[column] == value]
    return table[table[known].notna()].itertuples() if len(table) else ()
