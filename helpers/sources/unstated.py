"""What the rows of a table leave out and the table as a whole shows: the days that its months are, its currency, and
whether its renewals are rows of their own."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from helpers.sources import dialects, mapping, queries, shapes
from helpers.sources.mapping import Mapped
from helpers.sources.refusals import refuse
from helpers.sources.settings import Settings

_FEWEST = 4  # so few rows say nothing
_FEW = 20  # of so many rows that outlived the shortest term, one that is followed by its renewal is a coincidence
NO_TERMS = (
    "renews_on is the end of each subscription's current period, and no row tells of an earlier renewal. How long a "
    "term is, is not known from it, so it is not used. Map term_months to say it."
)
Run = Callable[[str], pd.DataFrame]


def filled(mapped: Mapped, found: Settings, run: Run) -> Mapped:
    """A table with what its rows leave out; `Refused` where that is needed and nothing says it."""
    if mapped.shape:
        return _mrr(mapped, found, run)
    if mapped.name == "subscriptions" and mapped.columns["renews_on"]:
        last = f"date '{found.data_until}'" if found.data_until else "(select max(starts_on) from _all_subscriptions)"
        query = queries.text("terms", last=last, some="md5(account_id) < '1'" if mapped.is_large else "1 = 1")
        seen = run(mapping.prelude({mapped.name: mapped}, query, None))
        until = pd.Timestamp(found.data_until or seen["starts_on"].max())
        shortest = pd.Timedelta(days=max(27, int(seen["shortest_days"].min()) if len(seen) else 0))
        n_beyond = seen.loc[seen["starts_on"] + shortest < until, "n_running"].sum()
        if n_beyond > max(_FEWEST, _FEW * seen["n_followed"].sum()):
            return replace(mapped, columns=mapped.columns | {"renews_on": None}, notes=(*mapped.notes, NO_TERMS))
    return mapped


def _mrr(mapped: Mapped, found: Settings, run: Run) -> Mapped:
    columns, step = dict(mapped.columns), mapped.shape.step
    if not columns["currency"]:
        refuse("mrr_currency", not found.currency, file=found.file)
        columns["currency"] = mapped.dialect.literal(found.currency)
    types = dict(mapped.types)
    if not mapped.shape.movements:
        columns["mrr"] = queries.macros(shapes.__file__).amount(columns["mrr"], mapped.dialect.text)
        types["mrr"] = mapped.dialect.text
    is_text = dialects.family(mapped.types.get("month", "")) in ("text", "")
    if is_text and step == 1 and not mapped.shape.movements:
        text, where = f"cast({columns['month']} as {mapped.dialect.text})", mapped.where or "1 = 1"
        query = f"select distinct {text} as label from {mapped.relation} where {where} limit {shapes.LABELS + 1}"
        labels = [label for label in run(query)["label"].dropna() if label.strip()]
        columns["month"], step = shapes.labeled(columns["month"], mapped.dialect, labels, mapped.place)
    if columns["month"] != mapped.columns["month"]:
        types["month"] = mapped.dialect.text
    return replace(mapped, columns=columns, types=types, exact=frozenset(), shape=replace(mapped.shape, step=step))


def notes(mapped: dict[str, Mapped]) -> tuple[str, ...]:
    """What the report says of how the tables were read, such as what a sheet of MRR by month cannot say."""
    found = [note for each in mapped.values() for note in each.notes]
    if mrr := mapped.get("mrr"):
        what = "a ledger of movements" if mrr.shape.movements else "MRR by month"
        found.append(f"Subscriptions are read from {what}, which knows no terms, no renewals and no notice.")
        if "accounts" not in mapped:
            absent = [name for name in ("name", "segment") if name in mrr.absent]
            lacks = f"; it has no column for their {' and '.join(absent)}" if absent else ""
            found.append(f"Customers are those of the same table{lacks}.")
    return tuple(found)
