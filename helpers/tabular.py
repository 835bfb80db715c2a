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
from dataclasses import dataclass, replace
from functools import partial
from numbers import Integral

import numpy as np
import pandas as pd

from helpers import formats, periods

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
_BELOW = ("segment", "owner", "95% interval")


@dataclass(frozen=True)
class _Column:
    """A column on the page: its cells are HTML."""

    head: str
    kind: str
    cells: list[str]


def written(frame: pd.DataFrame, caption: str, currency: str, show: dict[str, Callable], first: int) -> str:
    """The HTML of a table: its first rows, and the rest in a fold of its own that says how many they are."""
    verdicts, frame = _without_verdict(frame)
    is_accounts = bool({"account", "name"} & set(frame.columns))
    if is_accounts and "name" in frame:
        frame = frame.drop(columns="account_id", errors="ignore")
    columns = _columns(frame, currency, show)
    if is_accounts:
        columns = _of_accounts(columns, frame)
    rows = list(zip(*(column.cells for column in columns), strict=True))
    first = len(rows) if len(rows) <= first + FEW_MORE else first
    title = f"<caption>{html.escape(formats.visible(caption))}</caption>" if caption else ""
    parts = [_html(columns, rows[at], verdicts[at], is_accounts) for at in (slice(first), slice(first, None))]
    page = parts[0].replace("<thead>", f"{title}<thead>", 1)
    more = f"Show {formats.plural(len(rows) - first, 'more row')}"
    return page + f'<details class="more"><summary>{more}</summary>{parts[1]}</details>' * (len(rows) > first)


def _without_verdict(frame: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """Which rows rest on few, and the frame without the column that says so; other verdicts are words for readers."""
    if "verdict" not in frame or not set(frame["verdict"].dropna()) <= {"", "ok", *_SMALL}:
        return [""] * len(frame), frame
    return [verdict if verdict in _SMALL else "" for verdict in frame["verdict"]], frame.drop(columns="verdict")


def _html(columns: list[_Column], rows: list[tuple], verdicts: list[str], is_accounts: bool) -> str:
    kind = "accounts mathjax_ignore" if is_accounts else "mathjax_ignore"
    head = "".join(f'<th scope="col"{_marked(column.kind)}>{column.head}</th>' for column in columns)
    figure = next((at for at, column in enumerate(columns) if column.kind == "number"), None)
    above, body = "", []
    for row, verdict in zip(rows, verdicts, strict=True):
        cells = list(row)
        if verdict and figure is not None:
            cells[figure] += f" <small>{_SMALL[verdict]}</small>"
        # What is the same as above is said once to the eye; a screen reader reads it in each row.
        if row[:1] == (above,) and not columns[0].kind:
            cells[0] = f'<span class="again">{cells[0]}</span>'
        tags = []
        for at, (cell, column) in enumerate(zip(cells, columns, strict=True)):
            on_phone = f' data-head="{column.head}"' if is_accounts and at else ""
            opening, closing = ("td", "td") if at else ('th scope="row"', "th")
            tags.append(f"<{opening}{_marked(column.kind, cell)}{on_phone}>{cell}</{closing}>")
        few = ' class="few"' if verdict else ""
        body.append(f"<tr{few}>{''.join(tags)}</tr>")
        above = row[0] if row else ""
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def _columns(frame: pd.DataFrame, currency: str, show: dict[str, Callable]) -> list[_Column]:
    """The columns as a reader wants them; `low` and `high` side by side are one."""
    names, columns = list(frame.columns), []
    while names:
        name = names.pop(0)
        kind, head, write = _class(frame[name].dtype), _head(name), _writers(frame, name, currency, show)
        if any(column.head == head for column in columns):  # how many they are, beside what they are like
            head = f"n, {head.lower()}"
        cells = [_escaped(one(value)) for one, value in zip(write, frame[name], strict=True)]
        if name == "low" and names[:1] == ["high"] and kind == "number" and not {"low", "high"} & set(show):
            left = frame.columns[max(frame.columns.get_loc("low") - 1, 0)]
            parts = [frame[column] for column in ("low", names.pop(0), left)]
            ends = zip(_writers(frame, left, currency, show), *parts, strict=True)
            told = ["" if pd.isna(low) else formats.between(low, high, one, value) for one, low, high, value in ends]
            cells, head = [_escaped(interval) for interval in told], "95% interval"
        kind = kind or ("prose" if max(map(len, cells), default=0) > PROSE else "")
        columns.append(_Column(head, kind, cells))
    return columns


def _of_accounts(columns: list[_Column], frame: pd.DataFrame) -> list[_Column]:
    """Fewer columns, of two lines; the last amount, where none is below 0, is drawn as a bar beneath its figure."""
    amounts = [name for name in frame.columns if str(name).endswith("_cents")]
    drawn = amounts if all((frame[name] >= 0).all() for name in amounts) else []
    kept: list[_Column] = []
    for column in columns:
        if drawn and column.head == _head(drawn[-1]) and (most := frame[drawn[-1]].max()) > 0:
            kind = "bar risk" if "risk" in drawn[-1] else "bar"
            bars = [
                f'<span class="{kind}" style="width:{_LONGEST_BAR * value / most:.2f}rem"></span>'
                for value in frame[drawn[-1]]
            ]
            column = replace(column, cells=list(map("".join, zip(column.cells, bars, strict=True))))
        if kept and column.head.lower() in _BELOW:
            pairs = zip(kept[-1].cells, column.cells, strict=True)
            kept[-1] = replace(kept[-1], cells=[f"{top} <small>{low}</small>" if low else top for top, low in pairs])
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
    by_ending = dict.fromkeys(RATES, _in_unit(formats.percent)) | {
        "cents": _in_unit(partial(formats.money, currency=currency, signed=is_change))
    }
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


def _class(dtype) -> str:
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    is_number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
    return "number" if is_number else ""


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
    is_count = isinstance(value, Integral) and not isinstance(value, bool)
    return formats.count(value) if is_count else str(value)


def _escaped(text: str) -> str:
    """A text as a page holds it: escaped, and cut where it would fill the page alone; the saved table has all of it."""
    seen = formats.visible(text)
    return html.escape(seen if len(seen) <= LONGEST_CELL else f"{seen[: LONGEST_CELL - 1]}…")
