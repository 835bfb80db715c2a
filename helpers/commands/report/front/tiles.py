"""The first page of a pack: tiles, bottom lines, caveats and the mail, made from `tables/` and the manifest alone."""

import re
from datetime import date
from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.commands.report.front import signals
from helpers.metrics import definitions

IN_MAIL = 8
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~]|\$(?!\d))")
# Tables that may well have no row in a month; the others are expected to.
_SELDOM = ("programs", "changes", "subscriptions", "rates")


def tiles(folder: Path, period: str, previous: str, year_before: str, known: pd.DataFrame, currency: str) -> list[dict]:
    """What the index shows of the tables in `folder`: each headline metric with interval, n, and whether it changed.

    `known` is `signals.known`; of several signals of a metric, that of its monthly chart comes first.
    """
    table = signals.read(folder, "metrics")
    if table.empty:
        return []
    pooled = table[table["segment"] == "all"].set_index(["metric", "period"])
    return [
        _tile(name, label, pooled.loc[(name, period)], currency)
        | {"before": _before(name, pooled, (previous, year_before), currency)}
        | _change(known[known["metric"] == name])
        for name, label in definitions.tiles().items()
        if (name, period) in pooled.index
    ]


def _tile(name: str, label: str, now: pd.Series, currency: str) -> dict:
    if name == "customer_lifetime_value_observed_cents":  # its method begins with the months that it covers
        label = f"{label}, {now['method'].partition(':')[0]}"
    if pd.isna(now["value"]):
        why = formats.why_none(now) if now["verdict"] == "undefined" else f"n = {now['n']}"
        return {"label": label, "value": now["verdict"], "interval": why, "few": True}
    low, high = (formats.in_unit(name, now[side], currency) for side in ("low", "high"))
    bounds = "no interval" if pd.isna(now["low"]) else f"[{low} to {high}]"
    value = formats.in_unit(name, now["value"], currency)
    return {
        "label": label,
        "value": value,
        "interval": f"{bounds}, n = {formats.count(now['n'])}",
        "few": now["verdict"] != "ok",
    }


def _before(name: str, pooled: pd.DataFrame, periods: tuple[str, ...], currency: str) -> list[str]:
    known = [then for then in periods if (name, then) in pooled.index and pd.notna(pooled.loc[(name, then), "value"])]
    return [f"{then}: {formats.in_unit(name, pooled.loc[(name, then), 'value'], currency)}" for then in known]


def _change(known: pd.DataFrame) -> dict:
    if known.empty:
        return {"change": "Change not tested", "is_signal": False}
    row = known.iloc[0]
    if row["table"] == "xmr":
        says = f"A signal: {row['why']}" if row["is_signal"] else "No signal in its monthly chart"
    elif row["why"]:
        says = f"Too few accounts to compare with {row['against']}: {row['shown']}"
    else:
        says = f"{'Changed' if row['is_signal'] else 'No change shown'} against {row['against']}: {row['shown']}"
    return {"change": says, "is_signal": bool(row["is_signal"])}


def caveats(manifest: dict) -> list[str]:
    """What a reader must know before reading the numbers."""
    found = [
        f"{notebook['title']}: did not finish ({notebook['reason']})."
        for notebook in manifest["notebooks"]
        if notebook["status"] == "failed"
    ]
    found += manifest.get("notes", [])
    if doubts := manifest.get("doubts", []):
        n = formats.plural(len(doubts), "question")
        found.append(f"Is the data right? `check` asks {n} about it. The gravest: {doubts[0]}.")
    source = manifest["source"]
    if not source["is_complete"]:
        found.append(
            f"The data covers {source['covers']}: {manifest['period']} is incomplete; expect its numbers to change."
        )
    return found + _stale(manifest)


def _stale(manifest: dict) -> list[str]:
    """Which tables have nothing of the period's last month, though one would expect it of them."""
    month = manifest["as_of"][:7]
    latest = {name: table.get("latest") for name, table in manifest["source"].get("tables", {}).items()}
    old = [
        f"{name} ({date.fromisoformat(day):%Y-%m-%d})"
        for name, day in latest.items()
        if day and day[:7] < month and name not in _SELDOM
    ]
    return [f"No row dated in {month} in {', '.join(old)}: what rests on it is older than the rest."] if old else []


def freshness(manifest: dict) -> list[dict]:
    """Each table of the source with its rows and the latest day in it, for the first page."""
    return [
        {"table": name, "rows": formats.count(table["rows"]), "latest": table.get("latest") or formats.DASH}
        for name, table in manifest["source"]["tables"].items()
    ]


def markdown(text: str) -> str:
    """A text from the data that Markdown shows as it stands, on one line.

    >>> markdown("<b>5</b> *x*")
    '\\\\<b\\\\>5\\\\</b\\\\> \\\\*x\\\\*'
    """
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _in_brackets(interval: str) -> str:
    """An interval of a tile, whose own brackets stay: alone they are no link; or, in brackets, why there is none."""
    if not interval.startswith("["):
        return f"({markdown(interval)})" if interval else ""
    return re.sub(r"^\\\[(.*)\\\], n = ", r"[\1], n = ", markdown(interval))


def summary(manifest: dict, tiles: list[dict], caveats: list[str], news: list[str]) -> str:
    """Some ten lines to paste into a mail or a chat, as Markdown; `news` is what changed since the last report.

    However many figures the first page has, the mail has the first of them (`IN_MAIL`).
    """
    name = manifest["source"].get("name", "")
    lines = [f"# {f'{markdown(name)}: customer' if name else 'Customer'} report, {manifest['period']}", ""]
    lines += [
        f"- **{tile['label']}**: {markdown(tile['value'])} {_in_brackets(tile['interval'])}" for tile in tiles[:IN_MAIL]
    ]
    lines += [f"- {markdown(line)}" for notebook in manifest["notebooks"] for line in notebook["headline"][:1]]
    lines += [f"- {markdown(line)}" for line in news]
    lines += [f"- Caveat: {markdown(caveat)}" for caveat in caveats]
    return "\n".join(" ".join(line.split()) if line else line for line in lines) + "\n"
