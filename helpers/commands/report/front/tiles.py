"""The first page of a pack: tiles, bottom lines, caveats and the mail, made from `tables/` and the manifest alone."""

import re
from datetime import date
from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.metrics.changes import bounds

TILES = {
    "net_revenue_retention": "Net revenue retention, 12 months",
    "gross_revenue_retention": "Gross revenue retention, 12 months",
    "churn_rate_12_months": "Logo churn, 12 months",
    "churn_rate": "Logo churn in the period",
    "net_promoter_score_relationship": "Relationship NPS",
    "remorse_rate_12_months": "Buyer remorse, 12 months",
    "advocacy_participation_rate": "Advocacy participation",
    "customer_lifetime_value_survival_cents": "Lifetime value of a new account",
}
# What must stay text in a table that is read again, however much it looks like a number.
_TEXT = (
    "metric",
    "segment",
    "period",
    "compared_with",
    "method",
    "verdict",
    "signal",
    "account_id",
    "name",
    "leading_driver",
    "evidence",
    "stage",
    "play",
    "owner",
    "reasons",
)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~]|\$(?!\d))")
# Tables that may well have no row in a month; the others are expected to.
_SELDOM = ("programs", "changes", "subscriptions", "rates")


def read(folder: Path, name: str) -> pd.DataFrame:
    """One of the pack's tables; an empty frame where no notebook saved it.

    >>> read(Path("nowhere"), "metrics").empty
    True
    """
    file = folder / f"{name}.csv"
    text = dict.fromkeys(_TEXT, "str")
    return pd.read_csv(file, dtype=text, keep_default_na=False, na_values=[""]) if file.is_file() else pd.DataFrame()


def as_written(text: str | float) -> str:
    """A text of a table without the mark that keeps a spreadsheet from running it.

    >>> as_written("'=1+1"), as_written("'s-Hertogenbosch")
    ('=1+1', "'s-Hertogenbosch")
    """
    if pd.isna(text):
        return ""
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\n＝＋－＠") else text


def plain_name(metric: str) -> str:
    """What people call a metric.

    >>> plain_name("churn_rate_12_months"), plain_name("mrr_growth")
    ('Logo churn, 12 months', 'MRR growth')
    """
    name = metric.removesuffix("_cents").replace("_", " ").capitalize().replace("Mrr", "MRR")
    return TILES.get(metric, name)


def tiles(folder: Path, period: str, previous: str, year_before: str, currency: str) -> list[dict]:
    """What the index shows of the tables in `folder`: each headline metric with interval, n, and whether it changed."""
    table = read(folder, "metrics")
    if table.empty:
        return []
    pooled = table[table["segment"] == "all"].set_index(["metric", "period"])
    changes, xmr = read(folder, "differences"), read(folder, "xmr")
    return [
        _tile(name, label, pooled.loc[(name, period)], currency)
        | {"before": _before(name, pooled, (previous, year_before), currency)}
        | _change(name, changes, xmr, period)
        for name, label in TILES.items()
        if (name, period) in pooled.index
    ]


def _tile(name: str, label: str, now: pd.Series, currency: str) -> dict:
    if pd.isna(now["value"]):
        why = formats.why_none(now) if now["verdict"] == "undefined" else f"n = {now['n']}"
        return {"label": label, "value": now["verdict"], "interval": why, "few": True}
    low, high = (formats.in_unit(name, now[side], currency) for side in ("low", "high"))
    interval = "no interval" if pd.isna(now["low"]) else f"[{low} to {high}]"
    value = formats.in_unit(name, now["value"], currency)
    return {
        "label": label,
        "value": value,
        "interval": f"{interval}, n = {formats.count(now['n'])}",
        "few": now["verdict"] != "ok",
    }


def _before(name: str, pooled: pd.DataFrame, periods: tuple[str, ...], currency: str) -> list[str]:
    known = [then for then in periods if (name, then) in pooled.index and pd.notna(pooled.loc[(name, then), "value"])]
    return [f"{then}: {formats.in_unit(name, pooled.loc[(name, then), 'value'], currency)}" for then in known]


def _change(name: str, changes: pd.DataFrame, xmr: pd.DataFrame, period: str) -> dict:
    """A signal of the monthly chart, or the paired difference against a year before; empty where neither is known."""
    charted = xmr[(xmr["metric"] == name) & (xmr["period"] <= period)] if len(xmr) else xmr
    if len(charted) and charted["period"].iloc[-1] == period and pd.notna(charted["low"].iloc[-1]):
        signal = charted["signal"].iloc[-1]
        is_usual = pd.isna(signal)
        return {"change": "Within its usual range" if is_usual else f"A signal: {signal}", "is_signal": not is_usual}
    own = changes[(changes["metric"] == name) & (changes["segment"] == "all")] if len(changes) else changes
    if own.empty or pd.isna(own["difference"].iloc[0]):
        return {"change": "Change not tested", "is_signal": False}
    row = own.iloc[0]
    is_signal = row["verdict"] == "changed"
    says = "Changed" if is_signal else "No change shown"
    interval = bounds(row["low"], row["high"])
    told = f"{says} against {row['compared_with']}: {formats.points(row['difference'])} [{interval}]"
    return {"change": told, "is_signal": is_signal}


def signals(folder: Path, month: str) -> list[str]:
    """What left its usual range in a month, by the monthly charts."""
    xmr = read(folder, "xmr")
    if xmr.empty:
        return []
    now = xmr[(xmr["period"] == month) & xmr["signal"].notna()]
    values = [formats.in_unit(name, value) for name, value in zip(now["metric"], now["value"], strict=True)]
    return [
        f"{plain_name(metric)}, {value}, is out of its usual range: {why}."
        for metric, value, why in zip(now["metric"], values, now["signal"], strict=True)
    ]


def caveats(manifest: dict) -> list[str]:
    """What a reader must know before reading the numbers."""
    found = [
        f"{notebook['title']}: did not finish ({notebook['reason']})."
        for notebook in manifest["notebooks"]
        if notebook["status"] == "failed"
    ]
    found += manifest.get("notes", [])
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
    """Some ten lines to paste into a mail or a chat, as Markdown; `news` is what changed since the last report."""
    name = manifest["source"].get("name", "")
    lines = [f"# {f'{markdown(name)}: customer' if name else 'Customer'} report, {manifest['period']}", ""]
    lines += [f"- **{tile['label']}**: {markdown(tile['value'])} {_in_brackets(tile['interval'])}" for tile in tiles]
    lines += [f"- {markdown(line)}" for notebook in manifest["notebooks"] for line in notebook["headline"][:1]]
    lines += [f"- {markdown(line)}" for line in news]
    lines += [f"- Caveat: {markdown(caveat)}" for caveat in caveats]
    return "\n".join(" ".join(line.split()) if line else line for line in lines) + "\n"
