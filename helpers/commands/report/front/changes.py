"""What changed since the last report: this pack's tables against those of the pack of the period before, beside it.

A change is said only on a signal: a monthly chart that began or ended one, or a 12-month figure whose difference from
a year before began or ceased to be shown. That a number is another than last month is no change.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.commands.report.front import tiles
from helpers.formats import MOST_SAVED
from helpers.metrics.changes import bounds

LISTED = 15


@dataclass(frozen=True)
class Changes:
    """What the index says of the time since the last report; `why_not` says why nothing can be said.

    `entered` and `left` are lines of the list of accounts at risk: account, segment, amount, why.
    """

    against: str
    why_not: str = ""
    signals: list[str] = field(default_factory=list)
    at_risk: str = ""
    entered: list[dict] = field(default_factory=list)
    left: list[dict] = field(default_factory=list)


def since(folder: Path, last: Path, manifest: dict) -> Changes:
    """The pack that is being built in `folder` against the last one in `last`, which may be missing or another's."""
    before = _manifest(last)
    if why_not := _incomparable(before, manifest, last.name):
        return Changes(last.name, why_not)
    month, earlier = manifest["as_of"][:7], before["as_of"][:7]
    currency = manifest["source"]["currency"]
    signals = _charts(folder, last / "tables", month, earlier) + _differences(folder, last / "tables", manifest, before)
    tables = [tiles.read(place, "accounts_at_risk") for place in (folder, last / "tables")]
    return Changes(last.name, "", signals, *_at_risk(*tables, currency))


def _manifest(pack: Path) -> dict:
    try:
        return json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _incomparable(before: dict, manifest: dict, period: str) -> str:
    if before.get("period") != period or "source" not in before:
        return (
            f"There is no report of {period} beside this one, so what changed since then is not shown; the range "
            f"{period}..{manifest['period']} renders both."
        )
    ours, theirs = (
        {key: made["source"].get(key, "") for key in ("name", "currency", "pseudonyms")} for made in (manifest, before)
    )
    if ours["pseudonyms"] != theirs["pseudonyms"]:
        return f"The report of {period} names its accounts otherwise (anonymized or not), so the two are not compared."
    if ours != theirs:
        return f"The report of {period} beside this one is of another company, so the two are not compared."
    return ""


def _charts(folder: Path, last: Path, month: str, earlier: str) -> list[str]:
    """One sentence a monthly chart that began, kept or ended a signal."""
    now, then, found = _signals(folder, month), _signals(last, earlier), []
    for metric, row in now.iterrows():
        what, value = tiles.plain_name(metric), formats.in_unit(metric, row["value"])
        was = then["signal"].get(metric) if len(then) else None
        if pd.notna(row["signal"]):
            start = "still a signal" if was == row["signal"] else "a new signal"
            found.append(f"{what}: {start}, {value} ({row['signal']}).")
        elif pd.notna(was):
            found.append(f"{what}: back within its usual range, {value}.")
    return found


def _signals(folder: Path, month: str) -> pd.DataFrame:
    """The last point of each chart that knows its limits, by metric; only charts that reach `month`."""
    xmr = tiles.read(folder, "xmr")
    if xmr.empty:
        return xmr
    return xmr[(xmr["period"] == month) & xmr["low"].notna()].set_index("metric")


def _differences(folder: Path, last: Path, manifest: dict, before: dict) -> list[str]:
    now, then = (_verdicts(place, made["period"]) for place, made in ((folder, manifest), (last, before)))
    found = []
    for metric, row in now.iterrows():
        was = len(then) > 0 and then["verdict"].get(metric) == "changed"
        what = tiles.plain_name(metric)
        shown = f"{formats.points(row['difference'])} [{bounds(row['low'], row['high'])}]"
        if row["verdict"] == "changed":
            found.append(f"{what}: {'still' if was else 'now'} differs from {row['compared_with']}, {shown}.")
        elif was:
            found.append(f"{what}: no longer shown to differ from a year before, {shown}.")
    return found


def _verdicts(folder: Path, period: str) -> pd.DataFrame:
    table = tiles.read(folder, "differences")
    if table.empty:
        return table
    own = table[(table["segment"] == "all") & (table["period"] == period) & table["difference"].notna()]
    return own.set_index("metric")


def _at_risk(now: pd.DataFrame, then: pd.DataFrame, currency: str) -> tuple[str, list[dict], list[dict]]:
    """The list's rule in a sentence, who entered it and who left it; nothing where one of the packs has no list."""
    if now.empty or then.empty:
        return "", [], []
    now, then = (_ranked(table) for table in (now, then))
    listed, before = now.head(LISTED), then.head(LISTED)
    entered, left = listed[~listed.index.isin(before.index)], before[~before.index.isin(listed.index)]
    rule = f"The list: the {LISTED} accounts with the most MRR at risk (chance to leave × MRR), then as now."
    counts = f"{len(entered)} entered, {len(left)} left, {len(listed) - len(entered)} stayed."
    return (
        f"{rule} {counts}",
        [_line(account, row, currency, _entry(account, then)) for account, row in entered.iterrows()],
        [_line(account, row, currency, _exit(account, now)) for account, row in left.iterrows()],
    )


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    ordered = table.sort_values(["mrr_at_risk_cents", "account_id"], ascending=[False, True], kind="stable")
    return ordered.assign(rank=range(1, len(table) + 1)).set_index("account_id")


def _line(account: str, row: pd.Series, currency: str, why: str) -> dict:
    name = row["name"] if pd.notna(row["name"]) else account
    at_risk = f"{formats.money(row['mrr_at_risk_cents'], currency)} of {formats.money(row['mrr_cents'], currency)}"
    return {
        "account": tiles.as_written(name),
        "segment": tiles.as_written(row["segment"]),
        "amount": at_risk,
        "why": why,
    }


def _entry(account: str, then: pd.DataFrame) -> str:
    if account in then.index:
        return f"was number {then.loc[account, 'rank']}"
    below = f"was below number {formats.count(MOST_SAVED)}, or " if len(then) >= MOST_SAVED else "was "
    return f"{below}not scored then"


def _exit(account: str, now: pd.DataFrame) -> str:
    if account in now.index:
        return f"now number {now.loc[account, 'rank']}"
    below = f"is below number {formats.count(MOST_SAVED)}, " if len(now) >= MOST_SAVED else ""
    return f"left, {below}or is no longer scored"
