"""What needs a decision, on the first page: what left its usual range, whom to call, and what must be mended first."""

from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.commands.report.front import tiles
from helpers.metrics.changes import bounds

NAMED = 5


def needed(folder: Path, manifest: dict) -> list[dict]:
    """What a reader has to decide, most urgent first, from the pack's `tables/` alone.

    Each has says (a computed sentence), page and title (where it is explained) and rows (account, amount, why, who).
    """
    owners = {name: made for made in manifest["notebooks"] for name in made["tables"]}
    currency = manifest["source"]["currency"]
    found = [
        *({"says": says, "table": "xmr"} for says in _signals(folder, manifest["as_of"][:7])),
        *({"says": says, "table": "differences"} for says in _differences(folder, manifest["period"])),
        *_at_risk(tiles.read(folder, "accounts_at_risk"), tiles.read(folder, "accounts_at_risk_total"), currency),
        *_waiting(tiles.read(folder, "attention_list_total"), currency),
    ]
    return [
        {"rows": [], **each, "page": owners[each["table"]]["name"], "title": owners[each["table"]]["title"]}
        for each in found
    ]


def nothing(folder: Path, manifest: dict) -> str:
    """What to say where nothing needs a decision; a chart without limits yet has not been looked at."""
    xmr = tiles.read(folder, "xmr")
    is_known = len(xmr) and xmr.loc[xmr["period"] == manifest["as_of"][:7], "low"].notna().any()
    charts = "is out of its usual range" if is_known else "has run long enough to know its usual range"
    return (
        f"Nothing by signal: no monthly chart {charts}, no 12-month figure is shown to differ from a year before, and "
        "no play is named for an account."
    )


def _signals(folder: Path, month: str) -> list[str]:
    ask = "Decide who finds out why."
    return [f"{signal} {ask}" for signal in tiles.signals(folder, month)]


def _differences(folder: Path, period: str) -> list[str]:
    table = tiles.read(folder, "differences")
    if table.empty:
        return []
    own = table[(table["segment"] == "all") & (table["period"] == period) & (table["verdict"] == "changed")]
    return [
        f"{tiles.plain_name(row.metric)}: differs from {row.compared_with} by {formats.points(row.difference)} "
        f"[{bounds(row.low, row.high)}], n = {formats.count(row.n)}. Decide what of it to keep or to mend."
        for row in own.itertuples()
    ]


def _at_risk(table: pd.DataFrame, total: pd.DataFrame, currency: str) -> list[dict]:
    """Whom to call first; nothing where no play is named, since then the score must not be acted on.

    The list of very many accounts is saved in part, so what all of it comes to stands in a table of its own.
    """
    if table.empty or table["play"].isna().all():
        return []
    top = table.sort_values(["mrr_at_risk_cents", "account_id"], ascending=[False, True], kind="stable").head(NAMED)
    theirs, whole = formats.money(top["mrr_at_risk_cents"].sum(), currency), ""
    for row in total.itertuples():
        value, low, high = (
            formats.money(each, currency) for each in (row.mrr_at_risk_cents, row.low_cents, row.high_cents)
        )
        whole = f" of the {value} [{low} to {high}]"
    rows = [
        {
            "account": tiles.as_written(row.name if pd.notna(row.name) else row.account_id),
            "amount": f"{formats.money(row.mrr_at_risk_cents, currency)} of {formats.money(row.mrr_cents, currency)}",
            "why": tiles.as_written(row.evidence),
            "who": ": ".join(tiles.as_written(text) for text in (row.owner, row.play) if pd.notna(text)),
        }
        for row in top.itertuples(index=False)
    ]
    n = f", n = {formats.count(total['n_accounts'].iloc[0])}" if len(total) else ""
    says = (
        f"{formats.plural(len(top), 'account')} to start with hold {theirs}{whole} of MRR at risk{n}. "
        "Decide who calls whom."
    )
    return [{"says": says, "table": "accounts_at_risk", "rows": rows}]


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
