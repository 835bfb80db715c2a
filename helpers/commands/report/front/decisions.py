"""What needs a decision, on the first page: what is a signal, which accounts to call, what must be fixed first."""

from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.commands.report.front import signals

NAMED = 5


def needed(folder: Path, manifest: dict, known: pd.DataFrame) -> list[dict]:
    """What a reader has to decide, most urgent first, from the pack's `tables/` and its `signals.known` alone.

    Each has says (a computed sentence), page and title (where it is explained) and rows (account, amount, why, who).
    """
    owners = {name: made for made in manifest["notebooks"] for name in made["tables"]}
    currency = manifest["source"]["currency"]
    found = [
        *({"says": _signal(row), "table": row.table} for row in known[known["is_signal"]].itertuples()),
        *_at_risk(signals.read(folder, "accounts_at_risk"), signals.read(folder, "accounts_at_risk_total"), currency),
        *_waiting(signals.read(folder, "attention_list_total"), currency),
    ]
    return [
        {"rows": [], **each, "page": owners[each["table"]]["name"], "title": owners[each["table"]]["title"]}
        for each in found
    ]


def nothing(known: pd.DataFrame) -> str:
    """What to say where nothing needs a decision; a chart without limits yet has not been looked at."""
    charts = "shows a signal" if "xmr" in set(known["table"]) else "has run long enough to know its usual range"
    return (
        f"No decision needed: no monthly chart {charts}, no 12-month figure is shown to differ from a year before, and "
        "no account has a recommended play."
    )


def _signal(row) -> str:
    name = signals.plain_name(row.metric)
    if row.table == "xmr":
        return f"{row.says} Decide who finds out why."
    n = formats.count(row.n)
    return f"{name}: differs from {row.against} by {row.shown}, n = {n}. Decide what of it to keep or to fix."


def _at_risk(table: pd.DataFrame, total: pd.DataFrame, currency: str) -> list[dict]:
    """Whom to call first; nothing where no play is named, since then the score must not be acted on.

    The list of very many accounts is saved in part, so what all of it comes to stands in a table of its own.
    """
    if table.empty or (table["play"] == "").all():
        return []
    top = ranked(table).head(NAMED)
    first, whole = formats.money(top["mrr_at_risk_cents"].sum(), currency), ""
    for row in total.itertuples():
        amounts = (row.mrr_at_risk_cents, row.low_cents, row.high_cents)
        whole = " of the {} [{} to {}]".format(*(formats.money(cents, currency) for cents in amounts))
    rows = [
        line(account, row, currency)
        | {"why": row["evidence"], "who": ": ".join(filter(None, (row["owner"], row["play"])))}
        for account, row in top.iterrows()
    ]
    n = f", n = {formats.count(total['n_accounts'].iloc[0])}" if len(total) else ""
    start = f"{formats.plural(len(top), 'account')} to start with hold {first}{whole} of MRR at risk{n}."
    return [{"says": f"{start} Decide who calls which account.", "table": "accounts_at_risk", "rows": rows}]


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """The list of accounts at risk by account, the most MRR at risk first; `rank` counts from 1."""
    ordered = table.sort_values(["mrr_at_risk_cents", "account_id"], ascending=[False, True], kind="stable")
    return ordered.assign(rank=range(1, len(table) + 1)).set_index("account_id")


def line(account: str, row: pd.Series, currency: str) -> dict:
    """An account of the list as the first page names it: account, segment, and what of its MRR is at risk."""
    at_risk, mrr = (formats.money(row[cents], currency) for cents in ("mrr_at_risk_cents", "mrr_cents"))
    return {"account": row["name"] or account, "segment": row["segment"], "amount": f"{at_risk} of {mrr}"}


def _waiting(total: pd.DataFrame, currency: str) -> list[dict]:
    return [
        {
            "says": f"{formats.plural(row.n_accounts, 'account')} ({formats.money(row.mrr_cents, currency)} MRR) in a "
            "risky time, without a business conversation since. Decide who is called this month.",
            "table": "attention_list_total",
        }
        for row in total.itertuples()
        if row.n_accounts
    ]
