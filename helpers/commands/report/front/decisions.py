"""What needs a decision, on the first page: at most three things, each an imperative with its evidence and an owner."""

from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.commands.report.front import signals

MOST, NAMED = 3, 5
_WORDS = ("no", "one", "two", "three", "four", "five")


def mood(about: dict, is_up: bool) -> str:
    """Whether a move is for the better; `about` is what tiles.toml says of its metric.

    >>> mood({"better": "lower"}, is_up=True), mood({}, is_up=True)
    ('worse', 'signal')
    """
    return "signal" if "better" not in about else "better" if (about["better"] == "higher") == is_up else "worse"


def in_words(n: int) -> str:
    """A small count as a sentence has it.

    >>> in_words(5), in_words(205)
    ('five', '205')
    """
    return _WORDS[n] if n < len(_WORDS) else formats.count(n)


def needed(folder: Path, manifest: dict, known: pd.DataFrame) -> list[dict]:
    """What a reader has to decide, from the pack's `tables/` and its `signals.known` alone: signals, then accounts.

    Each has todo (an imperative), says (the evidence), owner, link (the page that explains it) and rows (accounts).
    Signals that find no room are named in the last one's sentence.
    """
    owners = {name: made["name"] for made in manifest["notebooks"] for name in made["tables"]}
    currency = manifest["source"]["currency"]
    lists = [*_at_risk(folder, currency), *_waiting(folder, currency)]
    rows = list(known[known["is_signal"]].itertuples())
    shown, rest = rows[: MOST - len(lists)], rows[MOST - len(lists) :]
    found = [_signal(row) for row in shown]
    if rest:
        names = dict.fromkeys(signals.about(row.metric)["label"] for row in rest)
        found[-1]["says"] += f" Also changed: {', '.join(names)}."
    return [{"rows": []} | each | {"link": f"{owners[each['table']]}.html"} for each in [*found, *lists]]


def nothing(known: pd.DataFrame) -> str:
    """What to say where nothing needs a decision; a chart without limits yet has not been looked at."""
    if "xmr" in set(known["table"]):
        return "Nothing needs a decision: no number is outside its normal range."
    return "Nothing needs a decision yet. Monthly charts need 12 months before they know their normal range."


def _signal(row) -> dict:
    about = signals.about(row.metric)
    name, is_better = about["label"], mood(about, row.is_up) == "better"
    name = (name if name[:2].isupper() else name[0].lower() + name[1:]).partition(",")[0]
    if row.metric == "mrr_growth":
        todo = f"Find out why growth is {'faster, and keep it going' if row.is_up else 'slowing'}."
    else:
        todo = f"Find out why {name} {'rose' if row.is_up else 'fell'}{', and keep it going' if is_better else ''}."
    n = "" if pd.isna(row.n) else f" in {formats.plural(row.n, 'account')}"
    says = row.says or f"The change since {row.against} is {row.shown}{n}."
    return {"todo": todo, "says": says, "owner": about.get("owner", "Marketing"), "table": row.table}


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
    top, whole = ranked(table).head(NAMED), ""
    for row in total.itertuples():
        whole = f" of the {formats.money(row.mrr_at_risk_cents, currency)} at risk"
    held = formats.money(top["mrr_at_risk_cents"].sum(), currency)
    rows = [
        line(account, row, currency)
        | {"why": row["evidence"], "who": ": ".join(filter(None, (formats.team(row["owner"]), row["play"])))}
        for account, row in top.iterrows()
    ]
    which = f"the {in_words(len(top))} accounts" if len(top) > 1 else "the account"
    says = f"They hold {held}{whole}." if len(top) > 1 else f"It holds {held}{whole}."
    asked = {"todo": f"Call {which} most at risk.", "says": says, "owner": "Customer success"}
    heads = {"account": "account", "amount": "at risk, of MRR", "why": "what we saw", "who": "who does what"}
    caption = "MRR at risk: chance of leaving within 12 months × MRR"
    listed = {"rows": rows, "columns": [*heads], "heads": [*heads.values()], "caption": caption}
    return [asked | listed | {"table": "accounts_at_risk"}]


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
    n, mrr = formats.plural(total["n_accounts"].iloc[0], "account"), formats.money(total["mrr_cents"].iloc[0], currency)
    why = "Something changed there, or they found no new use, and nobody has talked business since."
    says = f"{why} They pay {mrr} per month."
    asked = {"todo": f"Schedule calls with {n}.", "says": says, "owner": "Account managers"}
    return [asked | {"table": "attention_list_total"}]
