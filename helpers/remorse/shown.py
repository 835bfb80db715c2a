"""What the tables of the page show: columns chosen, and how their values are written."""

import numpy as np
import pandas as pd

from helpers import formats
from helpers.remorse.attribution import Attribution
from helpers.remorse.diagnosis import Diagnosis
from helpers.remorse.recipe import DRIVERS, LABELS


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}".replace("-", "−")


def _share(value: float | None) -> str:
    return "" if value is None else formats.percent(value)


def _three(value: float | None) -> str:
    return _number(value, 3)


CHECKS = dict.fromkeys(("value", "low", "high"), _three) | {"n": formats.count}
CARD = {"z": lambda z: "not known" if z is None else f"{z:+.1f}".replace("-", "−")}
SHARES = dict.fromkeys(("value", "low", "high"), _share)
COVERAGE = {"share": formats.percent, "driver": LABELS.get}
COMPARISON = dict.fromkeys(("respondents", "non_respondents", "difference", "low", "high"), _number)


def attribution(found: Attribution) -> pd.DataFrame:
    """The three answers in words, one row a driver: odds as measured, odds corrected, share, fraction if causal."""
    rows = found.table
    return pd.DataFrame(
        {
            "driver": rows["driver"].map(LABELS),
            "odds as measured": _between(np.exp(rows[["log_odds", "low", "high"]].astype(float)), _times),
            "odds, corrected for noise": _between(
                np.exp(rows[["log_odds_corrected", "low_corrected", "high_corrected"]].astype(float)), _times
            ),
            "Shapley share": _between(rows[["share", "share_low", "share_high"]], _percent),
            "fraction, if causal": _between(rows[["paf", "paf_low", "paf_high"]], _percent),
        }
    )


def _times(value: float) -> str:
    return f"×{value:.2f}"


def _percent(value: float) -> str:
    return formats.percent(value, 0)


def _between(triples: pd.DataFrame, write) -> list[str]:
    return [f"{write(value)} ({write(low)} to {write(high)})" for value, low, high in triples.itertuples(index=False)]


def at_risk_total(found: Diagnosis) -> pd.DataFrame:
    """MRR at risk of all accounts listed, one row, in cents; a list of very many accounts is saved in part only."""
    value, low, high = (round(amount) for amount in found.total)
    own = {"n_accounts": len(found.at_risk), "mrr_cents": int(found.at_risk["mrr_cents"].sum())}
    return pd.DataFrame([own | {"mrr_at_risk_cents": value, "low_cents": low, "high_cents": high}])


def at_risk(rows: pd.DataFrame, currency: str) -> pd.DataFrame:
    """The accounts at risk as a page shows them, a line each; all columns are in the saved table."""
    return pd.DataFrame(
        {
            "account": rows["name"],
            "MRR": [formats.money(cents, currency) for cents in rows["mrr_cents"]],
            "chance of leaving": _between(rows[["probability", "low", "high"]], _percent),
            "MRR at risk": [formats.money(cents, currency) for cents in rows["mrr_at_risk_cents"]],
            "leading driver": rows["leading_driver"].fillna("none"),
            "what was observed": rows["evidence"],
            "play": [
                f"{play} ({owner})" if pd.notna(play) else "none named"
                for play, owner in zip(rows["play"], rows["owner"], strict=True)
            ],
        }
    ).astype("str")


def against(currency: str) -> dict:
    """How the table of words against deeds writes its values."""
    return {
        "mrr_cents": lambda cents: formats.money(cents, currency),
        "probability": _percent,
        "score": "{:.0f}".format,
    }


def both_sides(rows: pd.DataFrame, most: int = 6) -> pd.DataFrame:
    """The largest few of each group where words and risk disagree; all are in the saved table."""
    return rows.groupby("group", sort=False).head(most).reset_index(drop=True)


def story(rows: pd.DataFrame) -> pd.DataFrame:
    """The value story as a page shows it: a row a measure, a column a cohort."""
    written = rows.assign(
        text=[_cell(*row) for row in rows[["unit", "value", "low", "high", "n"]].itertuples(index=False)]
    )
    wide = written.pivot(index=["phase", "measure"], columns="cohort", values="text")
    cohorts = ["all", *(name for name in wide.columns if name != "all")]
    order = rows[["phase", "measure"]].drop_duplicates()
    return wide.loc[list(order.itertuples(index=False, name=None)), cohorts].fillna("").reset_index()


def _cell(unit, value, low, high, n) -> str:
    if pd.isna(value):
        return f"too few (n = {formats.count(n)})"
    write = _percent if unit == "share" else "{:.0f}".format if unit in ("time", "days") else "{:.1f}".format
    what = {"time": " days", "days": " days", "points": " of 7"}.get(unit, "")
    around = f" ({write(low)} to {write(high)})" if pd.notna(low) and pd.notna(high) else ""
    return f"{write(value)}{what}{around}, n = {formats.count(n)}"


def driver_scores(found: Diagnosis) -> pd.DataFrame:
    """Every diagnosed account with every signal's z and every driver's score and percentile, to be saved.

    Columns: account_id, name, segment, cutoff_on, then z_<signal>, score_<driver> (SD), percentile_<driver> (0–1).
    """
    accounts = found.signals.accounts[["name", "segment", "cutoff_on"]]
    parts = [
        accounts,
        found.scores.z.add_prefix("z_"),
        found.scores.score[list(DRIVERS)].add_prefix("score_"),
        found.scores.percentile[list(DRIVERS)].add_prefix("percentile_"),
    ]
    return pd.concat(parts, axis=1).rename_axis("account_id").reset_index()
