"""What the first page says in words (words.toml): the month in a lede, what needs a decision, and what changed since
the last report, by this pack's tables against those of the pack of the period before, beside it.

A change is said only on a signal: a monthly chart that began or ended one, or a 12-month figure whose difference from
a year before began or ceased to be shown. That a number is another than last month is no change.
"""

from pathlib import Path

import pandas as pd

from helpers import formats, periods, stats
from helpers.commands.report import manifest
from helpers.commands.report.front import signals
from helpers.commands.report.front.signals import Signal, words
from helpers.commands.report.front.tiles import Shelf, growth, is_trusted
from helpers.formats import MOST_SAVED

RETENTION, CHURN = ("net_revenue_retention", "gross_revenue_retention"), "churn_rate_12_months"
MOST, NAMED, LISTED = 3, 5, 15  # decisions, accounts of one, accounts at risk that are compared
_ALIKE = ("pseudonyms", "name", "currency")  # what two reports must have alike to be compared


def lede(shelf: Shelf, n_decisions: int) -> tuple[str, str]:
    """The month in at most 35 words: the first sentence, which is set in bold, and the rest."""
    rate, chart = growth(shelf), signals.of("mrr_growth", shelf.known)
    facts = {"growth": rate, "chart": chart, "n_months": stats.process.months_of(chart.why) if chart else 0}
    facts |= {"is_flat": formats.points(rate).startswith("±"), "when": shelf.period.name.rpartition(" ")[0]}
    facts |= {"mrr": shelf.history("mrr_cents").get("value", {}).get(str(shelf.period)), "currency": shelf.currency}
    compared = [each for each in shelf.known if each.table == "differences" and each.metric in (*RETENTION, CHURN)]
    facts |= {"compared": compared, "retention": RETENTION}
    first, *rest = words(facts | {"n_decisions": n_decisions, "is_known": not shelf.metrics.empty}).lede
    return first, " ".join(rest)


def needed(folder: Path, made: dict, known: list[Signal]) -> list[dict]:
    """What a reader has to decide, from the pack's `tables/` and its `signals.known` alone: signals, then accounts.

    At most three, each with todo (an imperative), says (the evidence), owner, link (the page that explains it) and rows
    (accounts). Signals that find no room are named in the last one's sentence. `made` is the manifest.
    """
    pages = {name: notebook["name"] for notebook in made["notebooks"] for name in notebook["tables"]}
    currency = made["source"]["currency"]
    lists = [*_at_risk(folder, currency), *_waiting(folder, currency)]
    changed = [each for each in known if each.is_signal]
    shown, rest = changed[: MOST - len(lists)], changed[MOST - len(lists) :]
    owners = [signals.about(each.metric).get("owner", "Marketing") for each in shown]
    items = [_item("signal", each, owner, each.table) for each, owner in zip(shown, owners, strict=True)]
    if rest:
        items[-1]["says"] += f" Also changed: {', '.join(dict.fromkeys(each.label for each in rest))}."
    return [each | {"link": f"{pages[each['table']]}.html"} for each in [*items, *lists]]


def _item(name: str, facts: object, owner: str, table: str, rows: tuple | list = ()) -> dict:
    said = words(facts)
    todo, says = getattr(said, f"{name}_todo"), getattr(said, f"{name}_says")
    return {"todo": todo, "says": says, "owner": owner, "table": table, "rows": list(rows)}


def nothing(known: list[Signal], made: dict) -> str:
    """What to say where nothing needs a decision, and of what."""
    return words({"known": known, "made": {"left_out": []} | made}).nothing


def _at_risk(folder: Path, currency: str) -> list[dict]:
    """The accounts to call first; nothing where no play is named, since then the score must not be acted on.

    The list of very many accounts is saved in part, so its total is a table of its own.
    """
    table, total = (signals.read(folder, name) for name in ("accounts_at_risk", "accounts_at_risk_total"))
    if not is_trusted(table):
        return []
    top = ranked(table).head(NAMED)
    rows = [
        line(account, row, currency)
        | {"why": row["evidence"], "who": ": ".join(filter(None, (formats.team(row["owner"]), row["play"])))}
        for account, row in top.iterrows()
    ]
    facts = {"n": len(top), "mrr": top["mrr_at_risk_cents"].sum(), "currency": currency}
    facts["total"] = None if total.empty else total["mrr_at_risk_cents"].iloc[0]
    return [_item("at_risk", facts, "Customer success", "accounts_at_risk", rows)]


def _waiting(folder: Path, currency: str) -> list[dict]:
    """The accounts that nobody has talked to since something changed there."""
    table = "attention_list_total"
    total = signals.read(folder, table)
    if total.empty or not total["n_accounts"].iloc[0]:
        return []
    facts = {"n": total["n_accounts"].iloc[0], "mrr": total["mrr_cents"].iloc[0], "currency": currency}
    return [_item("waiting", facts, "Account managers", table)]


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """The list of accounts at risk by account, the most MRR at risk first; `rank` counts from 1."""
    ordered = table.sort_values(["mrr_at_risk_cents", "account_id"], ascending=[False, True], kind="stable")
    return ordered.assign(rank=range(1, len(table) + 1)).set_index("account_id")


def line(account: str, row: pd.Series, currency: str) -> dict:
    """An account of the list as the first page names it: account, segment, and what of its MRR is at risk."""
    at_risk, mrr = (formats.money(row[cents], currency) for cents in ("mrr_at_risk_cents", "mrr_cents"))
    return {"account": row["name"] or account, "segment": row["segment"], "amount": f"{at_risk} of {mrr}"}


def changes(folder: Path, last: Path, made: dict, now: list[Signal]) -> dict:
    """The pack that is being built in `folder` against the last one in `last`, which may be missing or another's.

    `made` is the manifest and `now` the `signals.known` of the new pack. Returns: against (the last pack), since (its
    period; empty where it says nothing), why_not (why nothing can be said), signals (sentences), at_risk (a sentence on
    that list), entered and left (its lines: account, segment, amount, why).
    """
    found = {"against": last.name, "since": "", "why_not": "", "signals": [], "at_risk": "", "entered": [], "left": []}
    before = manifest.read(last)
    if before.get("period") != last.name or not {"source", "as_of"} <= before.keys():
        return found
    found["since"] = since = periods.short_name(last.name)
    if unlike := [part for part in _ALIKE if made["source"].get(part, "") != before["source"].get(part, "")]:
        return found | {"why_not": words({"since": since, "part": unlike[0]}).unlike}
    currency = made["source"]["currency"]
    then = signals.known(last / "tables", before["period"], before["as_of"][:7], currency)
    was = {(each.metric, each.table): each for each in then if each.is_signal}
    lines = [words({"now": each, "was": was.get((each.metric, each.table))}).changed for each in now]
    tables = [signals.read(place, "accounts_at_risk") for place in (folder, last / "tables")]
    return found | {"signals": list(filter(None, lines))} | _moved(*tables, currency)


def _moved(now: pd.DataFrame, then: pd.DataFrame, currency: str) -> dict:
    """Who entered the list of accounts at risk and who left it; nothing where one of the packs has no list."""
    if now.empty or then.empty:
        return {}
    now, then = ranked(now), ranked(then)
    listed, before = now.head(LISTED), then.head(LISTED)
    entered, left = listed[~listed.index.isin(before.index)], before[~before.index.isin(listed.index)]
    return {
        "at_risk": words({"n": len(listed), "n_new": len(entered), "n_left": len(left)}).listed,
        "entered": _lines(entered, then, "was", currency),
        "left": _lines(left, now, "now", currency),
    }


def _lines(part: pd.DataFrame, other: pd.DataFrame, verb: str, currency: str) -> list[dict]:
    """Accounts that only one of two lists has, each with its rank in the whole of the other."""
    missing = getattr(words(MOST_SAVED if len(other) >= MOST_SAVED else 0), f"{verb}_unranked")
    why = {account: f"{verb} number {rank}" for account, rank in other["rank"].items()}
    return [line(*each, currency) | {"why": why.get(each[0], missing)} for each in part.iterrows()]
