"""What the rows of an export are: MRR by month as finance teams keep it, and rows that may be no revenue."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from helpers import periods
from helpers.commands.check.guesses import names
from helpers.commands.check.guesses.expressions import written
from helpers.commands.check.guesses.readings import read
from helpers.sources import months, shapes
from helpers.sources.dialects import literal

_FEWEST = 3  # months across
_CELLS = 6_000  # are looked at
_MOVES = {word.replace(" ", "_") for word in (*shapes.RISES, *shapes.FALLS)}
_NO, _YES = ("false", "no", "n", "f", "0"), ("true", "yes", "y", "t", "1")
_MOST_LABELS = 12  # a column with more of them holds names or remarks


def keys(said: str, sample: pd.DataFrame) -> tuple[str, ...] | None:
    """The keys of `[tables.mrr]` that say how a file of this name and title holds MRR; None where it does not.

    >>> across = pd.DataFrame({"Customer": ["A"], "Jan-26": ["5"], "Feb-26": ["5"], "Mar-26": ["-"]})
    >>> keys("cube", across), keys("cube", across[["Customer"]])
    (('months_across = true',), None)
    >>> long = pd.DataFrame({"customer": ["A", "A"], "month": ["2026-01-01", "2026-02-01"], "arr": ["60", "60"]})
    >>> keys("export", long), keys("invoices", long)
    ((), None)
    """
    words = set(names.words(said))
    if words & names.listed("no_mrr") or not len(sample):
        return None
    across = [read(sample[name]) for name in months.among(map(str, sample.columns))]
    across = [reading for reading in across if reading.numbers or not reading.n]
    return ("months_across = true",) if len(across) >= _FEWEST else _down(sample, words)


def melted(sample: pd.DataFrame) -> pd.DataFrame:
    """Some rows of months across as they are read: `month` and `mrr` beside the columns that are no months.

    >>> melted(pd.DataFrame({"Customer": ["A"], "Jan-26": ["5"], "Feb-26": ["-"]})).to_dict("list")
    {'Customer': ['A', 'A'], 'month': ['2026-01-01', '2026-02-01'], 'mrr': ['5', '-']}
    """
    across = months.among(map(str, sample.columns))
    beside = [name for name in sample.columns if name not in across and name.lower() not in ("month", "mrr")]
    some = sample.iloc[:: 1 + len(sample) * len(across) // _CELLS]
    days = {name: str(periods.month_start(month)) for name, (month, _) in across.items()}
    return some.rename(columns=days).melt(beside, list(days.values()), "month", "mrr")


def _down(sample: pd.DataFrame, said: set[str]) -> tuple[str, ...] | None:
    """A row a customer and month, or a movement: a customer, a day and an amount, and no start and end of a term."""
    readings = {str(name): read(sample[name]) for name in sample.columns}
    customers, days, amounts, kinds, ends = (
        [name for name in readings if names.plain(name) in names.of_column(*ours.split("."))]
        for ours in ("mrr.account_id", "mrr.month", "mrr.mrr", "mrr.movement", "subscriptions.ends_on")
    )
    days = [name for name in days if readings[name].dates or _are_months(sample[name])]
    amounts = [name for name in amounts if readings[name].numbers]
    if not (customers and days and amounts) or ends:
        return None
    moves = {"_".join(names.words(label)) for name in kinds for label in readings[name].labels}
    has_sign = sample[amounts[0]].dropna().astype(str).str.strip().str.match(r"[-−(]").any()
    if moves & _MOVES or (has_sign and said & {"mrr", "arr", "movements", "movement", "changes", "ledger"}):
        return ("movements = true",)
    return () if _are_months(sample[days[0]]) and sample.duplicated(customers[0]).any() and not has_sign else None


def _are_months(values: pd.Series) -> bool:
    """Whether a column holds months: their names, or one and the same day of each, the first or the last."""
    texts = values.dropna().astype(str).str.strip()
    labels = [text.removesuffix("Z").replace("T", " ").removesuffix(" 00:00:00") for text in texts.unique()]
    if not labels or len(months.among(labels)) < len(set(labels)):
        return False
    days = pd.to_datetime(texts[texts.str.len() >= 10].str[:10], format="%Y-%m-%d", errors="coerce").dropna()
    return bool(len(days) < len(texts) or days.dt.is_month_start.all() or days.dt.is_month_end.all())


@dataclass(frozen=True)
class LeftOut:
    """Columns with labels that may mean no revenue: each with its labels, and the `where` that leaves them out."""

    labels: dict[str, tuple[str, ...]]
    where: str


def left_out(sample: pd.DataFrame, unused: Iterable[str], end: str = "") -> LeftOut | None:
    """What the columns that are not used say of rows that may not count; None where no label reads so.

    `end`: the column that says when a row ends; one that is over and says when belongs to the history.

    >>> found = left_out(pd.DataFrame({"Status": ["active", "void"], "Note": ["x", "y"]}), ["Status", "Note"])
    >>> print(found.labels, found.where)
    {'Status': ('active', 'void')} Status is distinct from 'void'
    >>> rows = pd.DataFrame({"state": ["churned", "churned"], "until": ["2026-01-01", None]})
    >>> print(left_out(rows, ["state"], "until").where, left_out(rows[:1], ["state"], "until"))
    (state is distinct from 'churned' or until is not null) None
    """
    labels, wheres = {}, []
    days = [read([value]) for value in sample[end]] if end else []
    lasting = sample.loc[[not (day.dates or day.day_numbers) for day in days]] if end else sample
    for name in unused:
        seen, open_ended = _labels(sample[name]), _labels(lasting[name])
        dead = {label: "" for label in seen if names.listed("dead") & set(names.words(label))}
        out = {label: end for label in open_ended if _is_over(name, label)} | dead
        if out and len(seen) <= _MOST_LABELS:
            labels[name] = tuple(seen)
            wheres += [_unlike(name, label, out[label]) for label in seen if label in out]
    return LeftOut(labels, " and ".join(wheres)) if labels else None


def goes_on(sample: pd.DataFrame, unused: Iterable[str], *columns: str) -> list[tuple[str, tuple[str, ...]]]:
    """Columns that say of rows whose end has passed that they go on: a state (`active`), or `yes` for renewing itself.

    What is over by the latest start of the export has passed; three rows and a twentieth of all are needed.

    `columns`: those of the customer, the start and the end.

    >>> rows = {"from": ["2024-01-01"] * 3 + ["2026-01-01"], "to": ["2025-01-01"] * 3 + [None], "state": ["Active"] * 4}
    >>> goes_on(pd.DataFrame(rows), ["state"], "customer", "from", "to")
    [('state', ('Active',))]
    """
    first, last = (_days(sample[name]) for name in columns[1:])
    over, found = sample[last <= first.max()], []
    for name in unused:
        words = _YES if names.plain(name) in names.listed("alive") | names.listed("renews") else names.listed("goes_on")
        on = [label for label in _labels(over[name]) if label.strip().lower() in words]
        if over[name].isin(on).sum() >= max(3, len(sample) / 20):
            found.append((name, tuple(on)))
    return found


def saying(kind: str, sample: pd.DataFrame, unused: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Columns of texts that say of some rows that they are paid `once` or `by_use`, each with the texts: `Setup fee`.

    >>> saying("once", pd.DataFrame({"description": ["Pro, monthly", "Setup fee", "One-time"]}), ["description"])
    [('description', ('Setup fee', 'One-time'))]
    """
    found, said = [], names.listed(kind)
    for name in unused:
        parts = {text: names.words(text) for text in map(str, sample[name].dropna().unique())}
        texts = [text for text, words in parts.items() if said & {*words, *map("".join, pairwise(words))}]
        found += [(name, tuple(texts[:3]))] if texts else []
    return found


def amended(sample: pd.DataFrame, unused: Iterable[str], *columns: str) -> list[tuple[str, tuple[str, ...]]]:
    """Columns that say of rows that they change an earlier one of the customer which has not ended, with their labels.

    `columns`: those of the customer, the start and the end.

    >>> rows = {"who": ["A", "A"], "from": ["2026-01-01", "2026-06-01"], "to": [None, None], "is": ["New", "Upgrade"]}
    >>> amended(pd.DataFrame(rows), ["is"], "who", "from", "to")
    [('is', ('Upgrade',))]
    """
    customer, starts, ends = columns
    far = pd.Timestamp("2200-01-01")
    terms = pd.DataFrame({"first": _days(sample[starts]), "last": _days(sample[ends]).fillna(far)}).sort_values("first")
    customers = sample[customer].loc[terms.index]
    before = terms["last"].groupby(customers).cummax().groupby(customers).shift()
    return saying("amends", sample.loc[terms.index[terms["first"] < before]], unused)


def _days(values: pd.Series) -> pd.Series:
    style = read(values).dates
    is_iso = not style.startswith("%") or style.startswith("%Y-%m-%d")
    texts = values.map(lambda value: str(value)[:10]) if is_iso else values
    return pd.to_datetime(texts, format="%Y-%m-%d" if is_iso else style, errors="coerce")


def without_totals(sample: pd.DataFrame, name: str) -> str:
    """The `where` that leaves out the rows of totals, which would count every customer twice; none without such a row.

    >>> print(without_totals(pd.DataFrame({"Customer": ["Total Wine", "Total:"]}), "Customer"))
    Customer is distinct from 'Total:'
    """
    totals = [each for each in _labels(sample[name]) if each.replace(":", "").strip().lower() in shapes.TOTALS]
    return " and ".join(_unlike(name, each) for each in totals)


def _labels(values: pd.Series) -> list[str]:
    return sorted({text for value in values.dropna() if (text := str(value))})


def _is_over(name: str, label: str) -> bool:
    """Whether a label says that a subscription is over: `churned`, `no` of `is_active`, `yes` of `deleted`."""
    said = names.plain(name)
    if said in names.listed("alive") | names.listed("gone"):
        return label.strip().lower() in (_NO if said in names.listed("alive") else _YES)
    return bool(names.listed("ended") & set(names.words(label)))


def _unlike(name: str, label: str, end: str = "") -> str:
    # `<>` would leave out the rows without a state as well.
    said = f"{written(name)} is distinct from {literal(label)}"
    return f"({said} or {written(end)} is not null)" if end else said
