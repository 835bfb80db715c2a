"""What changed since the last report: this pack's tables against those of the pack of the period before, beside it.

A change is said only on a signal: a monthly chart that began or ended one, or a 12-month figure whose difference from
a year before began or ceased to be shown. That a number is another than last month is no change.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from helpers import formats, periods
from helpers.commands.report import manifest
from helpers.commands.report.front import decisions, signals
from helpers.commands.report.front.signals import Signal
from helpers.formats import MOST_SAVED

LISTED = 15
# What two reports must have alike, and what to say where they have not.
_SAME = {
    "pseudonyms": ". One of them is anonymized and the other is not, or the pseudonyms differ.",
    "name": ", of another company.",
    "currency": ", which is in another currency.",
}


@dataclass(frozen=True)
class Changes:
    """What the index says of the time since the last report; `why_not` says why nothing can be said, and
    `since` names the last report, where there is one.

    `entered` and `left` are lines of the list of accounts at risk: account, segment, amount, why.
    """

    against: str
    since: str = ""
    why_not: str = ""
    signals: list[str] = field(default_factory=list)
    at_risk: str = ""
    entered: list[dict] = field(default_factory=list)
    left: list[dict] = field(default_factory=list)


def compared(folder: Path, last: Path, made: dict, now: list[Signal]) -> Changes:
    """The pack that is being built in `folder` against the last one in `last`, which may be missing or another's.

    `now` is `signals.known` of the new pack.
    """
    before, since = manifest.read(last), periods.short_name(last.name)
    if before.get("period") != last.name or "source" not in before:
        return Changes(last.name)
    if unlike := [key for key in _SAME if made["source"].get(key, "") != before["source"].get(key, "")]:
        return Changes(last.name, since, f"We cannot compare this report with the report of {since}{_SAME[unlike[0]]}")
    currency = made["source"]["currency"]
    then = signals.known(last / "tables", before["period"], before["as_of"][:7], currency)
    was = {(each.metric, each.table): each for each in then if each.is_signal}
    lines = [_line(each, was.get((each.metric, each.table))) for each in now]
    tables = [signals.read(place, "accounts_at_risk") for place in (folder, last / "tables")]
    return Changes(last.name, since, "", [*filter(None, lines)], *_at_risk(*tables, currency))


def _line(now: Signal, was: Signal | None) -> str:
    """The sentence on a signal that began, went on or ended; empty where there is and was none."""
    if not now.is_signal and not was:
        return ""
    if now.table == "xmr":
        begun = "still a signal" if was and was.why == now.why else "a new signal"
        says = f"{begun}, {now.shown} ({now.why})" if now.is_signal else f"back in its normal range, {now.shown}"
    else:
        clearly = f"{'still' if was else 'now'} clearly" if now.is_signal else "no longer clearly"
        says = f"{clearly} different from {now.against}, {now.shown}"
    return f"{signals.about(now.metric)['label']}: {says}."


def _at_risk(now: pd.DataFrame, then: pd.DataFrame, currency: str) -> tuple[str, list[dict], list[dict]]:
    """The list's rule in a sentence, who entered it and who left it; nothing where one of the packs has no list."""
    if now.empty or then.empty:
        return "", [], []
    now, then = decisions.ranked(now), decisions.ranked(then)
    listed, before = now.head(LISTED), then.head(LISTED)
    entered, left = listed[~listed.index.isin(before.index)], before[~before.index.isin(listed.index)]
    counts = f"{len(entered)} are new, {len(left)} are no longer listed, {len(listed) - len(entered)} stayed"
    below = f"below number {formats.count(MOST_SAVED)}, or"
    unranked = f"was {below} not scored then" if len(then) >= MOST_SAVED else "was not scored then"
    unlisted = f"left, is {below} is no longer scored" if len(now) >= MOST_SAVED else "left, or is no longer scored"
    came, went = _lines(entered, then, "was", unranked, currency), _lines(left, now, "now", unlisted, currency)
    which = f"The {len(listed)} accounts" if len(listed) > 1 else "The account"
    return f"{which} with the most MRR at risk: {counts}.", came, went


def _lines(part: pd.DataFrame, other: pd.DataFrame, verb: str, missing: str, currency: str) -> list[dict]:
    """Accounts that only one of two lists has, each with its rank in the whole of the other."""
    why = {account: f"{verb} number {rank}" for account, rank in other["rank"].items()}
    return [decisions.line(*each, currency) | {"why": why.get(each[0], missing)} for each in part.iterrows()]
