"""A frame as readers see it: cells written by the names of their columns, rows of accounts that a phone shows as cards.

`*_cents` is money; `share`, `rate`, `hazard`, `retention` and names that end in them are percentages;
`difference_to_ours` is in points; `low` and `high` side by side are one 95% interval; `value` is in the unit of the
row's `metric`, which has its published name; `owner` is a team, `period` a month or quarter by name. A `verdict` of ok,
few or undefined is no column: such a row is gray, and says so. In a table of accounts (`account` or `name`) segment,
owner and interval are below what they belong to, and the last amount, where none is below 0, is a bar, too. A text
from the data is escaped here.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.formats import sentences

# How a saved table and a figure travel in the output of a cell.
TABLE_TYPE = "application/vnd.after-the-deal.table+json"
FIGURE_TYPE = "application/vnd.after-the-deal.figure"
LONGEST_CELL, LONGEST_WORD, PROSE = 1_000, 30, 45  # a column with a longer cell than PROSE is read as sentences
RATES = ("share", "rate", "hazard", "retention")
FEW_MORE = 3  # as many rows are not worth a fold
_UPPER = re.compile(r"\b(arpa|arr|csv|id|mrr|nps)\b")
_SMALL = {"few": "small sample", "undefined": "too few to say"}
_LONGEST_BAR = 7.5
_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2]|Q[1-4])")
# A browser would break a line after the minus of an amount, and after the dash of an interval.
_IN_ONE = re.compile(r"−\D?\d[\d.,]*[kMB%]?|[$€£¥]?\d[\d.,]*[kMB%]?–[$€£¥]?\d[\d.,]*[kMB%]?|\bn = \d[\d,]*")
_BELOW = ("segment", "owner", "95% interval")


@dataclass
class _Column:
    """A column of a frame on the page: its cells are HTML."""

    name: str
    head: str
    kind: str
    cells: list[str]


@cache
def markup():
    """The macros of formats/page.j2.

    >>> markup().beyond(2, "tables/x.csv", 0)
    '<p class="note mathjax_ignore">2 more rows in tables/x.csv.</p>'
    """
    text = Path(formats.__file__).with_name("page.j2").read_text(encoding="utf-8")
    return sentences.template(text).make_module({"marked": _marked, "whole": whole})


def whole(text: str) -> str:
    """HTML text whose amounts, intervals and counts stay on one line each.

    >>> whole("−$5")
    '<span style="white-space: nowrap">−$5</span>'
    """
    return _IN_ONE.sub(r'<span style="white-space: nowrap">\g<0></span>', text)


def written(frame: pd.DataFrame, caption: str, currency: str, show: dict[str, Callable], first: int) -> str:
    """The HTML of a table: its first rows, and the rest in a fold of its own that says how many they are."""
    verdicts = [""] * len(frame)
    # Other verdicts are words for readers.
    if "verdict" in frame and set(frame["verdict"].dropna()) <= {"", "ok", *_SMALL}:
        verdicts = [_SMALL.get(verdict, "") for verdict in frame["verdict"]]
        frame = frame.drop(columns="verdict")
    is_accounts = bool({"account", "name"} & set(frame.columns))
    if is_accounts and "name" in frame:
        frame = frame.drop(columns="account_id", errors="ignore")
    columns = _columns(frame, currency, show)
    if is_accounts:
        columns = _of_accounts(columns, frame)
    rows = list(zip(*(column.cells for column in columns), strict=True))
    first = len(rows) if len(rows) <= first + FEW_MORE else first
    return markup().table(columns, rows, verdicts, first, html.escape(formats.visible(caption)), is_accounts)


def _columns(frame: pd.DataFrame, currency: str, show: dict[str, Callable]) -> list[_Column]:
    """The columns as a reader wants them; `low` and `high` side by side are one."""
    names, columns = list(frame.columns), []
    while names:
        name = names.pop(0)
        kind = {"M": "date", "i": "number", "u": "number", "f": "number"}.get(frame[name].dtype.kind, "")
        head, write = _head(name), _writers(frame, name, currency, show)
        if any(column.head == head for column in columns):  # how many they are, beside what they are like
            head = f"n, {head.lower()}"
        cells = [one(value) for one, value in zip(write, frame[name], strict=True)]
        if name == "low" and names[:1] == ["high"] and kind == "number" and not {"low", "high"} & set(show):
            left = frame.columns[max(frame.columns.get_loc("low") - 1, 0)]
            parts = [frame[column] for column in ("low", names.pop(0), left)]
            ends = zip(_writers(frame, left, currency, show), *parts, strict=True)
            cells = ["" if pd.isna(low) else formats.between(low, high, one, value) for one, low, high, value in ends]
            head = "95% interval"
        cells = [_escaped(cell) for cell in cells]
        kind = kind or ("prose" if max(map(len, cells), default=0) > PROSE else "")
        columns.append(_Column(str(name), head, kind, cells))
    return columns


def _of_accounts(columns: list[_Column], frame: pd.DataFrame) -> list[_Column]:
    """Fewer columns, of two lines; the last amount, where none is below 0, is drawn as a bar beneath its figure."""
    amounts = [column for column in columns if column.name.endswith("_cents")]
    if amounts and all((frame[column.name] >= 0).all() for column in amounts) and frame[amounts[-1].name].any():
        last, values = amounts[-1], frame[amounts[-1].name]
        kind = "bar risk" if "risk" in last.name else "bar"
        widths = (f"{_LONGEST_BAR * value / values.max():.2f}rem" for value in values)
        bars = (f'<span class="{kind}" style="width:{width}"></span>' for width in widths)
        last.cells = [f"{cell}{bar}" for cell, bar in zip(last.cells, bars, strict=True)]
    kept: list[_Column] = []
    for column in columns:
        if kept and column.head.lower() in _BELOW:
            pairs = zip(kept[-1].cells, column.cells, strict=True)
            kept[-1].cells = [f"{top} <small>{below}</small>" if below else top for top, below in pairs]
        else:
            kept.append(column)
    return kept


def _writers(frame: pd.DataFrame, name: str, currency: str, show: dict[str, Callable]) -> list[Callable]:
    """How each row writes a column: as `show` says, else in the unit that the column's or the metric's name says."""
    last = str(name).rpartition("_")[2]
    if name in show:
        return [lambda value: show[name](None if pd.isna(value) else value)] * len(frame)
    if name == "value" and "metric" in frame:
        return [_in_unit(partial(formats.in_unit, metric, currency=currency)) for metric in frame["metric"]]
    if last == "cents" and not currency:
        raise ValueError(f"column {name} is money: page.table(…, currency=tables.currency)")
    is_change = any(word in str(name) for word in ("change", "difference", "explained"))
    by_name = {
        "month": _in_unit(periods.name_of),
        "cohort": _in_unit(periods.name_of),
        "metric": _metric,
        "owner": lambda owner: "" if pd.isna(owner) else formats.team(str(owner)),
        "period": _period,
        "difference_to_ours": _in_unit(lambda rate: formats.points(rate) if abs(rate) >= 5e-4 else "none"),
    }
    by_ending = dict.fromkeys(RATES, _in_unit(formats.percent))
    by_ending["cents"] = _in_unit(partial(formats.money, currency=currency, signed=is_change))
    by_start = by_ending["share"] if str(name).startswith("share_") else _plain
    return [by_name.get(name) or by_ending.get(last) or by_start] * len(frame)


def _in_unit(write: Callable) -> Callable:
    """What is missing is empty, and what is text already stays as it is."""
    return lambda value: "" if pd.isna(value) else value if isinstance(value, str) else write(value)


def _period(value) -> str:
    """A month or a quarter by name; what else a column of that name holds stays as it is."""
    return periods.short_name(value) if isinstance(value, str) and _PERIOD.fullmatch(value) else _plain(value)


def _metric(name) -> str:
    """A metric by its published name."""
    from helpers.metrics import definitions  # who opens a page need not wait for it

    return "" if pd.isna(name) else definitions.texts().get(name, {}).get("title", "") or _plain_name(name)


def _marked(kind: str, cell: str = "") -> str:
    """The attributes of a cell: its class, and its side, since JupyterLab puts text on the right, too.

    A cell with a word that no column is wide enough for may be broken anywhere.
    """
    if kind in ("", "prose") and any(len(word) > LONGEST_WORD for word in cell.split()):
        kind = "long"
    side = "" if kind == "number" else ' style="text-align:left"'
    return (f' class="{kind}"' if kind else "") + side


def _head(name) -> str:
    """The head of a column: `mrr_at_risk_cents` is MRR at risk, `n_accounts` Accounts."""
    plain = _plain_name(name).removeprefix("n ")
    return _escaped(plain if plain == "n" else plain[:1].upper() + plain[1:])


def _plain_name(name) -> str:
    return _UPPER.sub(lambda word: word[0].upper(), str(name).removesuffix("_cents").replace("_", " "))


def _plain(value) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return periods.day_name(value.date())
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        return (f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}").replace("-", "−")
    return formats.count(value) if isinstance(value, Integral) else str(value)


def _escaped(text: str) -> str:
    """A text as a page holds it: escaped, and cut where it would fill the page alone; the saved table has all of it."""
    seen = formats.visible(text)
    return html.escape(seen if len(seen) <= LONGEST_CELL else f"{seen[: LONGEST_CELL - 1]}…")
