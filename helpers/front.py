"""The first page of a pack: tiles, bottom lines, caveats and the mail, made from `tables/` and the manifest alone."""

from pathlib import Path

import pandas as pd

from helpers import comparison, formats

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


def read(folder: Path, name: str) -> pd.DataFrame:
    """One of the pack's tables; an empty frame where no notebook saved it.

    >>> read(Path("nowhere"), "metrics").empty
    True
    """
    file = folder / f"{name}.csv"
    text = dict.fromkeys(("metric", "segment", "period", "compared_with", "method", "verdict", "signal"), "str")
    return pd.read_csv(file, dtype=text, keep_default_na=False, na_values=[""]) if file.is_file() else pd.DataFrame()


def tiles(folder: Path, period: str, previous: str, year_before: str, currency: str) -> list[dict]:
    """What the index shows of the tables in `folder`: each headline metric with interval, n, and whether it changed."""
    table = read(folder, "metrics")
    if table.empty:
        return []
    pooled = table[table["segment"] == "all"].set_index(["metric", "period"])
    changes, xmr = read(folder, "differences"), read(folder, "xmr")
    return [
        _tile(name, label, pooled.loc[(name, period)], currency)
        | {"before": [*_before(name, pooled, (previous, year_before), currency), *_change(name, changes, xmr, period)]}
        for name, label in TILES.items()
        if (name, period) in pooled.index
    ]


def _tile(name: str, label: str, now: pd.Series, currency: str) -> dict:
    if pd.isna(now["value"]):
        why = now["method"].rpartition("undefined: ")[2] if now["verdict"] == "undefined" else f"n = {now['n']}"
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


def _change(name: str, changes: pd.DataFrame, xmr: pd.DataFrame, period: str) -> list[str]:
    """A signal of the monthly chart, or the paired difference against a year before; nothing where neither is known."""
    charted = xmr[(xmr["metric"] == name) & (xmr["period"] <= period)] if len(xmr) else xmr
    if len(charted) and charted["period"].iloc[-1] == period and pd.notna(charted["low"].iloc[-1]):
        signal = charted["signal"].iloc[-1]
        return ["Within its usual range" if pd.isna(signal) else f"A signal: {signal}"]
    own = changes[(changes["metric"] == name) & (changes["segment"] == "all")] if len(changes) else changes
    if own.empty or pd.isna(own["difference"].iloc[0]):
        return []
    row = own.iloc[0]
    says = "Changed" if row["verdict"] == "changed" else "No change shown"
    bounds = comparison.bounds(row["low"], row["high"])
    return [f"{says} against {row['compared_with']}: {formats.points(row['difference'])} [{bounds}]"]


def signals(folder: Path, period: str) -> list[str]:
    """What left its usual range in the period, by the monthly charts."""
    xmr = read(folder, "xmr")
    if xmr.empty:
        return []
    now = xmr[(xmr["period"] == period) & xmr["signal"].notna()]
    plain = now["metric"].str.replace("_", " ").str.capitalize().str.replace("Mrr", "MRR")
    values = [formats.in_unit(name, value) for name, value in zip(now["metric"], now["value"], strict=True)]
    return [f"{what}: {value}, {why}." for what, value, why in zip(plain, values, now["signal"], strict=True)]


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
    return found


def summary(manifest: dict, tiles: list[dict], caveats: list[str]) -> str:
    """Some ten lines to paste into a mail or a chat, as Markdown."""
    lines = [f"# Customer report, {manifest['period']}", ""]
    lines += [f"- **{tile['label']}**: {tile['value']} {tile['interval']}" for tile in tiles]
    lines += [f"- {sentence}" for notebook in manifest["notebooks"] for sentence in notebook["headline"][:1]]
    lines += [f"- Caveat: {caveat}" for caveat in caveats]
    return "\n".join(" ".join(line.split()) if line else line for line in lines) + "\n"
