"""MRR as finance teams keep it, in place of subscriptions: by account and month, months across, or as movements.

`[tables.mrr]` in the source file says which (`data/README.md`); here are the steps of SQL that make subscriptions, and,
where the source has none, accounts of them.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from helpers import periods
from helpers.errors import Refused
from helpers.sources import months
from helpers.sources.dialects import Dialect, literal
from helpers.sources.settings import TableSettings

NO_SEGMENT = "no segment given"
LABELLED = "{labels}"  # in the way out of a rule, the labels of the rows that break it
LABELS = 1_000  # different texts in a column of months; of more, the engine reads each as a day
TOTALS = ("total", "totals", "grand total", "total mrr", "total arr", "sum", "subtotal", "sub total", "summe")
TOTALS += ("gesamt", "gesamtsumme", "gesamtergebnis", "insgesamt", "totale", "total general", "total général", "suma")
# Words for the kind of a movement, in small letters and with blanks; what is written otherwise is asked about.
RISES = ("new", "new biz", "new business", "new logo", "new customer", "new mrr", "initial", "opening", "expansion")
RISES += ("upgrade", "upsell", "up sell", "cross sell", "increase", "price increase", "reactivation", "reactivated")
RISES += ("resurrection", "resurrected", "win back", "winback", "returning", "return")
FALLS = ("contraction", "downgrade", "downsell", "down sell", "decrease", "churn", "churned", "lost", "loss", "cancel")
FALLS += ("cancellation", "cancelled", "canceled", "termination", "terminated", "price decrease")
_QUERIES = Path(__file__).parent / "queries"


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
    here = f"{place} (table mrr): months_across = true"
    if len(named) < 2:
        raise Refused(f"{here}, but fewer than two columns name a month, as Aug-26 or 2026-08: {', '.join(available)}")
    step = _step(list(named.values()), here)
    twice = [name for name, (month, _) in named.items() if [m for m, _ in named.values()].count(month) > 1]
    if twice:
        raise Refused(f"{here}, but {' and '.join(twice)} name one month; leave one out, with sql = … in place of from")
    there = {month for month, _ in named.values()}
    if gaps := [month for month in range(min(there), max(there), step) if month not in there]:
        first = periods.month_text(gaps[0])
        raise Refused(
            f"{here}, but {len(gaps)} of the months between have no column, the first {first}; add them, empty or not"
        )
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
    days = " ".join(f"when {literal(text)} then '{periods.month_start(no)}'" for text, (no, _) in named.items())
    return f"case cast({month} as {dialect.text}) {days} end", step


def _is_day(text: str) -> bool:
    return len(text) >= 10 and text[4:5] == text[7:8] == "-"


def _step(named: list[tuple[int, int]], here: str) -> int:
    steps = Counter(step for _, step in named)
    if len(steps) > 1:
        raise Refused(f"{here}: months and quarters are side by side; leave one of them out, with sql = …")
    return next(iter(steps))


def amount(mrr: str, dialect: Dialect) -> str:
    """The SQL of an amount of MRR, where a dash or nothing at all is a month not paying."""
    text = _trimmed(f"cast({mrr} as {dialect.text})")
    return f"case when {mrr} is null or {text} in ('', '-', '–', '—') then '0' else {text} end"


def _trimmed(text: str) -> str:
    """The SQL of a text without the blanks around it, also those of web pages and spreadsheets, the same everywhere."""
    return f"trim(both ' ' from replace(replace(replace({text}, '\u00a0', ' '), '\u202f', ' '), '\t', ' '))"


def _listed(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(map(literal, words)) + ")"


_WORD = f"replace(replace(lower({_trimmed('movement')}), '_', ' '), '-', ' ')"
_CHANGE = f"case when mrr > 0 and {_WORD} in {_listed(FALLS)} then -mrr else mrr end"
_MONTH_NO = "cast(extract(year from month) as integer) * 12 + cast(extract(month from month) as integer)"
# Customers whose amount is that of all the others together, in each of three months and more with four rows and more.
_SUMS = """select account_id from (
    select account_id, own, sum(own) over (partition by month) as whole, count(*) over (partition by month) as n
    from (select account_id, month, sum(mrr) as own from _contract group by account_id, month) as added
) as shared where own > 0 and n > 3 group by account_id
having count(*) > 2 and count(*) = sum(case when abs(2 * own - whole) <= 0.0005 * whole then 1 else 0 end)"""
_BELOW_0 = f"""select account_id from (
    select account_id, sum(change) over (
        partition by account_id, product order by month_no rows between unbounded preceding and current row
    ) as level
    from (
        select account_id, coalesce(product, '') as product, {_MONTH_NO} as month_no, sum({_CHANGE}) as change
        from _contract group by 1, 2, 3
    ) as netted
) as leveled where level < 0"""


def rules(shape: Shape, columns: dict[str, str | None]) -> list[tuple[str, str, str, str]]:
    """The rules of MRR by month besides those of its columns: column, SQL of what breaks it, words, how to fix it."""
    named = [each for each in ("account_id", "name") if columns[each]]
    texts = [_trimmed(f"replace(raw_{each}, ':', '')") for each in named]
    is_total = " or ".join(f"lower({text}) in {_listed(TOTALS)}" for text in texts)
    name = columns["account_id"].strip('"')
    key = name if name.isidentifier() else columns["account_id"]
    leave_out = f"leave it out under [tables.mrr]: `{key} not in ({LABELLED})`"
    total = ("account_id", is_total, "a row of totals is no customer, and would be counted twice", leave_out)
    return [total, *(_of_movements() if shape.movements else _of_levels(leave_out))]


def _of_levels(leave_out: str) -> list[tuple[str, str, str, str]]:
    negative = "MRR is 0 or more; a credit or a discount belongs to what it is set against: add them up before"
    alike = f"account_id in ({_SUMS})"
    others = f"{leave_out}; a customer that is as large as all others by chance has to be split in two"
    return [
        ("mrr", "mrr < 0", "is negative", negative),
        ("account_id", alike, "pays what all others together pay, as a row of totals", others),
    ]


def _of_movements() -> list[tuple[str, str, str, str]]:
    lowers, falls = "select 1 from _contract where mrr < 0", f"{_WORD} in {_listed(FALLS)}"
    unknown = f"mrr > 0 and {_WORD} not in {_listed((*RISES, *FALLS))} and not exists ({lowers})"
    signs = 'where each change has its own sign, say movement = "null"; else correct the row'
    words = "map it: movement = \"case … when … then 'expansion' … end\""
    kinds = 'map the column with the kind of movement, movement = "…"; if nothing ever fell, movement = "\'new\'"'
    begin = "the ledger begins later than its customers: add what each paid by then, as a movement of the kind opening"
    return [
        ("movement", unknown, "is no word that is known", words),
        (
            "movement",
            f"mrr > 0 and {falls} and exists ({lowers} and {falls})",
            "falls, but its change is above 0",
            signs,
        ),
        ("movement", f"mrr < 0 and {_WORD} in {_listed(RISES)}", "rises, but its change is below 0", signs),
        ("mrr", f"movement is null and not exists ({lowers})", "no change is below 0, and no word says which", kinds),
        ("account_id", f"account_id in ({_BELOW_0})", "more is taken from the customer than it ever paid", begin),
    ]


def subscriptions(source: str, shape: Shape | None = None) -> list[str]:
    """The steps to `_all_subscriptions` from the rows, all or those known, of MRR, or without a shape of invoices."""
    billing = () if shape else ("_lines", "_cycles", "_parts", "_services")
    texts = {name: _text(name).format(invoices=source) for name in billing}
    steps = "_steps_from_invoices" if not shape else f"_steps_from_{'movements' if shape.movements else 'mrr'}"
    # Of a year to a month, half a cent upward, in whole numbers: a quotient of decimals is a float on some engines.
    of_year = "(2 * level_cents + 12 - mod(2 * level_cents + 12, 24)) / 24"
    level = of_year if shape and shape.is_annual else "level_cents"
    texts |= {
        "_steps": _text(steps).format(mrr=source, step=shape.step if shape else 1, signed=_CHANGE),
        "_billed": _text("_billed"),
        "_all_subscriptions": _text("_subscriptions_from_billed").format(source=source, level=level),
    }
    return [f"{name} as (\n{sql})" for name, sql in texts.items()]


def accounts(absent: str) -> str:
    """The step to `_all_accounts` from MRR; `absent` is the SQL of our columns that nothing tells of."""
    text = _text("_accounts_from_mrr").format(mrr="_all_mrr", no_segment=NO_SEGMENT, absent=absent)
    return f"_all_accounts as (\n{text})"


def _text(query: str) -> str:
    return (_QUERIES / f"{query}.sql").read_text(encoding="utf-8")
