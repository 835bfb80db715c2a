"""What needs a decision, on the first page: at most three things, each an imperative with its evidence and an owner."""

from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.commands.report.front import signals
from helpers.commands.report.front.signals import Signal

MOST, NAMED = 3, 5
_WORDS = ("no", "one", "two", "three", "four", "five")
_SHRINKING = {True: "MRR falls less than it did", False: "MRR is falling"}


def in_words(n: int) -> str:
    """A small count as a sentence has it.

    >>> in_words(5), in_words(205)
    ('five', '205')
    """
    return _WORDS[n] if n < len(_WORDS) else formats.count(n)


def needed(folder: Path, manifest: dict, known: list[Signal]) -> list[dict]:
    """What a reader has to decide, from the pack's `tables/` and its `signals.known` alone: signals, then accounts.

    Each has todo (an imperative), says (the evidence), owner, link (the page that explains it) and rows (accounts).
    Signals that find no room are named in the last one's sentence.
    """
    owners = {name: made["name"] for made in manifest["notebooks"] for name in made["tables"]}
    currency = manifest["source"]["currency"]
    lists = [*_at_risk(folder, currency), *_waiting(folder, currency)]
    changed = [each for each in known if each.is_signal]
    shown, rest = changed[: MOST - len(lists)], changed[MOST - len(lists) :]
    items = [_signal(each) for each in shown]
    if rest:
        names = dict.fromkeys(signals.about(each.metric)["label"] for each in rest)
        items[-1]["says"] += f" Also changed: {', '.join(names)}."
    return [{"rows": []} | each | {"link": f"{owners[each['table']]}.html"} for each in [*items, *lists]]


def nothing(known: list[Signal], manifest: dict) -> str:
    """What to say where nothing needs a decision, and of what; a chart without limits yet has not been looked at."""
    if not any("metrics" in made["tables"] for made in manifest["notebooks"]):
        return "We do not know yet what needs a decision: the metrics are not in this report."
    is_part = manifest.get("left_out") or "failed" in {made.get("status") for made in manifest["notebooks"]}
    where = " on the pages that are here" if is_part else ""
    if any(each.table == "xmr" for each in known):
        return f"Nothing needs a decision{where}: no number is outside its normal range."
    return f"Nothing needs a decision yet{where}. Monthly charts need 12 months before they know their normal range."


def _signal(signal: Signal) -> dict:
    about = signals.about(signal.metric)
    name = about["label"].partition(",")[0]
    name = f"{name if name[:2].isupper() else name[0].lower() + name[1:]} {'rose' if signal.is_up else 'fell'}"
    keep = ", and keep it going" * (signal.mood == "better")
    if signal.metric == "mrr_growth":
        pace = "faster" if signal.is_up else "slowing"
        name = f"growth is {pace}" if not signal.shown.startswith("−") else _SHRINKING[signal.is_up]
    n = "" if pd.isna(signal.n) else f" in {formats.plural(signal.n, 'account')}"
    says = signal.says or f"The change since {signal.against} is {signal.shown}{n}."
    owner = about.get("owner", "Marketing")
    return {"todo": f"Find out why {name}{keep}.", "says": says, "owner": owner, "table": signal.table}


def is_trusted(table: pd.DataFrame) -> bool:
    """Whether accounts at risk may be called: a play is named for them only where the score passed its test."""
    return bool(len(table)) and bool((table["play"] != "").any())


def _at_risk(folder: Path, currency: str) -> list[dict]:
    """The accounts to call first; nothing where no play is named, since then the score must not be acted on.

    The list of very many accounts is saved in part, so its total is a table of its own.
    """
    table, total = (signals.read(folder, name) for name in ("accounts_at_risk", "accounts_at_risk_total"))
    if not is_trusted(table):
        return []
    top, n = ranked(table).head(NAMED), min(NAMED, len(table))
    whole = "" if total.empty else f" of the {formats.money(total['mrr_at_risk_cents'].iloc[0], currency)} at risk"
    amount = f"{formats.money(top['mrr_at_risk_cents'].sum(), currency)}{whole}"
    which, says = (f"the {in_words(n)} accounts", "They hold") if n > 1 else ("the account", "It holds")
    rows = [
        line(account, row, currency)
        | {"why": row["evidence"], "who": ": ".join(filter(None, (formats.team(row["owner"]), row["play"])))}
        for account, row in top.iterrows()
    ]
    shown = {"owner": "Customer success", "rows": rows, "table": "accounts_at_risk"}
    return [{"todo": f"Call {which} most at risk.", "says": f"{says} {amount}."} | shown]


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """The list of accounts at risk by account, the most MRR at risk first; `rank` counts from 1."""
    ordered = table.sort_values(["mrr_at_risk_cents", "account_id"], ascending=[False, True], kind="stable")
    return ordered.assign(rank=range(1, len(table) + 1)).set_index("account_id")


def line(account: str, row: pd.Series, currency: str) -> dict:
    """An account of the list as the first page names it: account, segment, and what of its MRR is at risk."""
    at_risk, mrr = (formats.money(row[cents], currency) for cents in ("mrr_at_risk_cents", "mrr_cents"))
    return {"account": row["name"] or account, "segment": row["segment"], "amount": f"{at_risk} of {mrr}"}


def _waiting(folder: Path, currency: str) -> list[dict]:
    """The accounts that nobody has talked to since something changed there."""
    total = signals.read(folder, "attention_list_total")
    if total.empty or not total["n_accounts"].iloc[0]:
        return []
    n, mrr = (total[name].iloc[0] for name in ("n_accounts", "mrr_cents"))
    why = "Something changed there, or they found no new use, and nobody has talked business since."
    return [
        {
            "todo": f"Schedule calls with {formats.plural(n, 'account')}.",
            "says": f"{why} They pay {formats.money(mrr, currency)} per month.",
            "owner": "Account managers",
            "table": "attention_list_total",
        }
    ]
