"""The switchboard in sentences."""

from functools import partial

import pandas as pd

from helpers import formats
from helpers.metrics.conventions.definitions import WRONG

_NAMES = {"net_revenue_retention": "NRR", "gross_revenue_retention": "GRR"}


def explain(table: pd.DataFrame, metric: str, currency: str = "USD") -> str:
    """One sentence on how far the definitions of a metric in use lie apart, and a second on the wrong one.

    `table` is `switchboard`.

    >>> from helpers.metrics.conventions import CONVENTIONS
    >>> rows = pd.DataFrame({"metric": "net_revenue_retention", "convention": CONVENTIONS["net_revenue_retention"],
    ...     "value": [1.0, 0.9, 1.0, 1.1, 1.05, 1.02, 1.0, None, 1.5], "note": ""})
    >>> explain(rows, "net_revenue_retention")
    'Definitions of NRR in use give 90.0% to 110.0% on this data; ours 100.0%. The total revenue ratio, 150.0%, counts \
new customers, so it is not retention.'
    """
    show, name, own = _writer(metric, currency), _NAMES.get(metric, metric.replace("_", " ")), _of(table, metric)
    is_wrong = own["convention"].str.endswith(WRONG)
    known = own.loc[own["value"].notna() & ~is_wrong, "value"]
    if known.empty:
        return f"No definition of {name} gives a number here: {own['note'].iloc[-1]}."
    low, high, ours = show(known.min()), show(known.max()), own["value"].iloc[0]
    given = "; ours is undefined" if pd.isna(ours) else f"; ours {show(ours)}"
    text = f"Definitions of {name} in use give {low if low == high else f'{low} to {high}'} on this data{given}."
    for row in own[is_wrong & own["value"].notna()].itertuples():
        wrong = f"The {row.convention.removesuffix(WRONG)}, {show(row.value)}"
        text += f" {wrong}, counts new customers, so it is not retention."
    return text


def explain_difference(
    table: pd.DataFrame, accounts: pd.DataFrame, metric: str, convention: str, currency: str = "USD"
) -> str:
    """How many accounts explain a convention's difference to ours, the largest of them, and what is left over.

    `table` is `switchboard`, `accounts` is `by_account`.
    """
    row = _of(table, metric).set_index("convention").loc[convention]
    name = f"{_NAMES.get(metric, metric.replace('_', ' ').capitalize())} by {convention}"
    if pd.isna(row["difference_to_ours"]):
        return f"{name} cannot be compared with ours: {row['note'] or 'ours is undefined'}."
    signed = formats.points if metric != "lifetime_value" else partial(formats.money, currency=currency, signed=True)
    text = (
        f"{name} is {_writer(metric, currency)(row['value'])} ({signed(row['difference_to_ours'])} compared with ours)"
    )
    own = _of(accounts, metric)
    own = own[own["convention"] == convention]
    if own.empty:
        return f"{text}; it is not taken apart by account." if row["difference_to_ours"] else f"{text}."
    count, first = int(row["explained_by_accounts"]), own.iloc[0]
    makes = f"{formats.plural(count, 'account')} {'explains' if count == 1 else 'explain'}"
    text, largest = f"{text}. {makes} {signed(own['share'].sum(), 2)} of it", signed(first["share"], 2)
    # Among very many accounts even the largest share is nothing.
    if largest != signed(0.0, 2):
        text += f"; {first['name']} has the largest effect ({largest})"
    together = signed(row["remainder"], 2)
    return text + (f". The other {together} come from several together." if together != signed(0.0, 2) else ".")


def _of(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    return table[table["metric"] == metric]


def _writer(metric: str, currency: str):
    return formats.percent if metric != "lifetime_value" else partial(formats.money, currency=currency)
