"""MRR as finance teams keep it: months across, a row a customer and month, or a ledger of movements."""

import pandas as pd

from helpers import periods
from helpers.commands.check.guesses import names
from helpers.commands.check.guesses.readings import Reading, read
from helpers.sources import months, shapes

_FEWEST = 3  # months across
_CELLS = 6_000  # are looked at
_MOVES = {word.replace(" ", "_") for word in (*shapes.RISES, *shapes.FALLS)}


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
    across = [name for name in months.among(map(str, sample.columns)) if _is_amount(read(sample[name]))]
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


def _is_amount(reading: Reading) -> bool:
    return bool(reading.numbers or not reading.n)


def _down(sample: pd.DataFrame, said: set[str]) -> tuple[str, ...] | None:
    """A row a customer and month, or a movement: a customer, a day and an amount, and no start and end of a term."""
    plain = {str(name): names.plain(str(name)) for name in sample.columns}
    readings = {name: read(sample[name]) for name in plain}
    customers, days, amounts = (
        [name for name in plain if plain[name] in names.of_column("mrr", ours)]
        for ours in ("account_id", "month", "mrr")
    )
    days = [name for name in days if readings[name].dates or _are_months(sample[name])]
    amounts = [name for name in amounts if readings[name].numbers]
    is_term = any(plain[name] in names.of_column("subscriptions", "ends_on") for name in plain)
    if not (customers and days and amounts) or is_term:
        return None
    kinds = [name for name in plain if plain[name] in names.of_column("mrr", "movement")]
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
