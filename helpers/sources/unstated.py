"""What the rows of a table leave out and the table as a whole shows: the days that its months are, its currency, and
whether its renewals are rows of their own."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from helpers.sources import dialects, mapping, queries, shapes
from helpers.sources.mapping import Mapped
from helpers.sources.refusals import refuse, text
from helpers.sources.settings import Settings

_FEWEST = 4  # so few rows say nothing
_FEW = 20  # of so many rows that outlived the shortest term, one that is followed by its renewal is a coincidence
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
            notes = (*mapped.notes, text("no_terms"))
            return replace(mapped, columns=mapped.columns | {"renews_on": None}, notes=notes)
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
        label, where = f"cast({columns['month']} as {mapped.dialect.text})", mapped.where or "1 = 1"
        query = f"select distinct {label} as label from {mapped.relation} where {where} limit {shapes.LABELS + 1}"
        labels = [label for label in run(query)["label"].dropna() if label.strip()]
        columns["month"], step = shapes.labeled(columns["month"], mapped.dialect, labels, mapped.place)
    if columns["month"] != mapped.columns["month"]:
        types["month"] = mapped.dialect.text
    return replace(mapped, columns=columns, types=types, exact=frozenset(), shape=replace(mapped.shape, step=step))


def notes(mapped: dict[str, Mapped]) -> tuple[str, ...]:
    """What the report says of how the tables were read, such as what a sheet of MRR by month cannot say."""
    found = [note for each in mapped.values() for note in each.notes]
    if mrr := mapped.get("mrr"):
        found.append(text("mrr_by_movements" if mrr.shape.movements else "mrr_by_month"))
        if "accounts" not in mapped:
            absent = " and ".join(name for name in ("name", "segment") if name in mrr.absent)
            found.append(text("customers_without" if absent else "customers", absent=absent))
    return tuple(found)
