"""MRR as finance teams keep it, in place of subscriptions: by account and month, months across, or as movements.

`[tables.mrr]` in the source file says which (`data/README.md`); here are the steps of SQL that make subscriptions, and,
where the source has none, accounts of them. The SQL is `shapes.sql`, and that of `queries/`.
"""

import re
from collections import Counter
from dataclasses import dataclass

from helpers import periods
from helpers.sources import months, queries
from helpers.sources.dialects import Dialect
from helpers.sources.refusals import refuse
from helpers.sources.schema.columns import WORDS

NO_SEGMENT = "no segment given"
# In the fix of a rule, the line that leaves out the rows that break it; half a letter, which no column's name can be.
LABELED = "\ud800"
LABELS = 1_000  # different texts in a column of months; of more, the engine reads each as a day
TOTALS, RISES, FALLS = (WORDS[name] for name in ("totals", "rises", "falls"))


@dataclass(frozen=True)
class Shape:
    """How rows of MRR are read: as `movements` or as levels, of a year or a month, each level for `step` months.

    `is_across`: a row of the sheet is many of ours, all with its number in `_row`.
    """

    movements: bool = False
    is_annual: bool = False
    step: int = 1
    is_across: bool = False


def across(
    relation: str, available: dict[str, str], place: str, dialect: Dialect, quoted=None
) -> tuple[str, dict[str, str], int]:
    """A relation with a row for each column that names a month: `month` and `mrr` beside the columns that do not, and
    in `_row` the row of the sheet.

    Returns the relation, its columns, and the months that a reading covers (3: quarters).
    """
    named, here = months.among(available), {"place": f"{place} (table mrr): months_across = true"}
    refuse("few_months", len(named) < 2, **here, columns=", ".join(available))
    step = _step(list(named.values()), **here)
    counts = Counter(month for month, _ in named.values())
    twice = [name for name, (month, _) in named.items() if counts[month] > 1]
    refuse("month_twice", twice, **here, columns=" and ".join(twice))
    gaps = [month for month in range(min(counts), max(counts), step) if month not in counts]
    refuse("month_gaps", gaps, **here, n=len(gaps), first=periods.month_text(min(gaps, default=0)))
    beside = [name for name in available if name not in named and name.lower() not in ("month", "mrr")]
    days = {name: periods.month_start(month) for name, (month, _) in named.items()}
    sql = queries.macros(__file__).across(relation, days, beside, dialect, quoted or dialect.quoted)
    return sql, {name: available[name] for name in beside} | {"month": dialect.text, "mrr": dialect.text}, step


def labeled(month: str, dialect: Dialect, texts: list[str], place: str) -> tuple[str, int]:
    """The SQL of a column of months whose `texts` the engine would not read as days, and the months of a reading.

    It is left alone where all are days as they stand, or where one names no month (then the contract names it).
    """
    named, is_day = {text: months.read(text) for text in texts}, re.compile("....-..-..").match
    if not named or len(named) > LABELS or not all(named.values()) or all(map(is_day, texts)):
        return month, 1
    step = _step(list(named.values()), f"{place} (table mrr), column month")
    days = {text: periods.month_start(no) for text, (no, _) in named.items()}
    return queries.macros(__file__).labeled(month, days, dialect), step


def _step(named: list[tuple[int, int]], place: str) -> int:
    step, *others = {step for _, step in named}
    refuse("months_and_quarters", others, place=place)
    return step


def words(columns: dict[str, str | None]) -> dict[str, str]:
    """What `schema/rules.toml` leaves open in the rules of MRR, by the name that it has there."""
    sql = queries.macros(__file__)
    lists = {"rises": RISES, "falls": FALLS, "moves": [*RISES, *FALLS]}
    said = {"where": LABELED, "word": sql.word(), "signed": sql.signed(FALLS)}
    said["is_total"] = sql.is_total([each for each in ("account_id", "name") if columns[each]], TOTALS)
    return said | {name: sql.listed(words) for name, words in lists.items()}


def subscriptions(source: str, shape: Shape | None = None) -> list[str]:
    """The steps to `_all_subscriptions` from the rows, all or those known, of MRR, or without a shape of invoices."""
    sql, billing = queries.macros(__file__), () if shape else ("_lines", "_cycles", "_parts", "_services")
    texts = {name: queries.text(name, invoices=source) for name in billing}
    steps = "_steps_from_invoices" if not shape else f"_steps_from_{'movements' if shape.movements else 'mrr'}"
    texts["_steps"] = queries.text(steps, mrr=source, step=shape.step if shape else 1, signed=sql.signed(FALLS))
    texts["_billed"] = queries.text("_billed")
    level = sql.level(bool(shape and shape.is_annual))
    texts["_all_subscriptions"] = queries.text("_subscriptions_from_billed", source=source, level=level)
    return [f"{name} as (\n{text})" for name, text in texts.items()]


def accounts(absent: str) -> str:
    """The step to `_all_accounts` from MRR; `absent` is the SQL of our columns that nothing tells of."""
    text = queries.text("_accounts_from_mrr", mrr="_all_mrr", no_segment=NO_SEGMENT, absent=absent)
    return f"_all_accounts as (\n{text})"
