"""MRR as finance teams keep it, in place of subscriptions: by account and month, months across, or as movements.

`[tables.mrr]` in the source file says which (`data/README.md`); here are the steps of SQL that make subscriptions, and,
where the source has none, accounts of them.
"""

from collections import Counter
from dataclasses import dataclass

from helpers import periods
from helpers.sources import months, queries
from helpers.sources.dialects import Dialect, literal
from helpers.sources.refusals import refused
from helpers.sources.schema.columns import WORDS
from helpers.sources.settings import TableSettings

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
    table: TableSettings, relation: str, available: dict[str, str], place: str, dialect: Dialect, quoted=None
) -> tuple[str, dict[str, str], int]:
    """A relation with a row for each column that names a month: `month` and `mrr` beside the columns that do not, and
    in `_row` the row of the sheet.

    Returns the relation, its columns, and the months that a reading covers (3: quarters).
    """
    quoted, named = quoted or dialect.quoted, months.among(available)
    here = {"place": f"{place} (table mrr): months_across = true"}
    if len(named) < 2:
        raise refused("few_months", **here, columns=", ".join(available))
    step = _step(list(named.values()), **here)
    counts = Counter(month for month, _ in named.values())
    if twice := [name for name, (month, _) in named.items() if counts[month] > 1]:
        raise refused("month_twice", **here, columns=" and ".join(twice))
    if gaps := [month for month in range(min(counts), max(counts), step) if month not in counts]:
        raise refused("month_gaps", **here, n=len(gaps), first=periods.month_text(gaps[0]))
    beside = [name for name in available if name not in named and name.lower() not in ("month", "mrr")]
    months_named = " union all ".join(
        f"select {number} as _n, '{periods.month_start(month)}' as month"
        for number, (month, _) in enumerate(named.values())
    )
    of_each = " ".join(
        f"when {number} then cast(sheet.{quoted(name)} as {dialect.text})" for number, name in enumerate(named)
    )
    rows = f"(select *, {dialect.row} as _row from {relation}) as sheet cross join ({months_named}) as named"
    kept = "".join(f"sheet.{quoted(name)}, " for name in beside)
    columns = {name: available[name] for name in beside} | {"month": dialect.text, "mrr": dialect.text}
    return (
        f"(select {kept}sheet._row, named.month, case named._n {of_each} end as mrr from {rows}) as across",
        columns,
        step,
    )


def labeled(month: str, dialect: Dialect, texts: list[str], place: str) -> tuple[str, int]:
    """The SQL of a column of months whose `texts` the engine would not read as days, and the months of a reading.

    It is left alone where all are days as they stand, or where one names no month (then the contract names it).
    """
    named = {text: months.read(text) for text in texts}
    if not named or len(named) > LABELS or not all(named.values()) or all(_is_day(text) for text in texts):
        return month, 1
    step = _step(list(named.values()), f"{place} (table mrr), column month")
    days = " ".join(f"when {dialect.literal(text)} then '{periods.month_start(no)}'" for text, (no, _) in named.items())
    return f"case cast({month} as {dialect.text}) {days} end", step


def _is_day(text: str) -> bool:
    return len(text) >= 10 and text[4:5] == text[7:8] == "-"


def _step(named: list[tuple[int, int]], place: str) -> int:
    step, *others = {step for _, step in named}
    if others:
        raise refused("months_and_quarters", place=place)
    return step


def amount(mrr: str, dialect: Dialect) -> str:
    """The SQL of an amount of MRR, where a dash or nothing at all is a month not paying."""
    text = _trimmed(f"cast({mrr} as {dialect.text})")
    return f"case when {mrr} is null or {text} in ('', '-', '–', '—') then '0' else {text} end"


def _trimmed(text: str) -> str:
    """The SQL of a text without the blanks around it, also those of web pages and spreadsheets, the same everywhere."""
    return f"trim(both ' ' from replace(replace(replace({text}, '\u00a0', ' '), '\u202f', ' '), '\t', ' '))"


def _listed(words: list[str]) -> str:
    return "(" + ", ".join(map(literal, words)) + ")"


_WORD = f"replace(replace(lower({_trimmed('movement')}), '_', ' '), '-', ' ')"
_CHANGE = f"case when mrr > 0 and {_WORD} in {_listed(FALLS)} then -mrr else mrr end"


def words(columns: dict[str, str | None]) -> dict[str, str]:
    """What `schema/rules.toml` leaves open in the rules of MRR, by the name that it has there."""
    names = [_trimmed(f"replace(raw_{each}, ':', '')") for each in ("account_id", "name") if columns[each]]
    return {
        "where": LABELED,
        "is_total": " or ".join(f"lower({name}) in {_listed(TOTALS)}" for name in names),
        "word": _WORD,
        "signed": _CHANGE,
        "rises": _listed(RISES)[1:-1],
        "falls": _listed(FALLS)[1:-1],
        "moves": _listed([*RISES, *FALLS])[1:-1],
    }


def subscriptions(source: str, shape: Shape | None = None) -> list[str]:
    """The steps to `_all_subscriptions` from the rows, all or those known, of MRR, or without a shape of invoices."""
    billing = () if shape else ("_lines", "_cycles", "_parts", "_services")
    texts = {name: queries.text(name, invoices=source) for name in billing}
    steps = "_steps_from_invoices" if not shape else f"_steps_from_{'movements' if shape.movements else 'mrr'}"
    # Of a year to a month, half a cent upward, in whole numbers: a quotient of decimals is a float on some engines.
    of_year = "(2 * level_cents + 12 - mod(2 * level_cents + 12, 24)) / 24"
    level = of_year if shape and shape.is_annual else "level_cents"
    texts |= {
        "_steps": queries.text(steps, mrr=source, step=shape.step if shape else 1, signed=_CHANGE),
        "_billed": queries.text("_billed"),
        "_all_subscriptions": queries.text("_subscriptions_from_billed", source=source, level=level),
    }
    return [f"{name} as (\n{sql})" for name, sql in texts.items()]


def accounts(absent: str) -> str:
    """The step to `_all_accounts` from MRR; `absent` is the SQL of our columns that nothing tells of."""
    text = queries.text("_accounts_from_mrr", mrr="_all_mrr", no_segment=NO_SEGMENT, absent=absent)
    return f"_all_accounts as (\n{text})"
