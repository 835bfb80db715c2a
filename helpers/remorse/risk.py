"""The chance that an account leaves within twelve months, from what was known at a month's end."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from helpers import stats
from helpers.errors import Refused
from helpers.remorse.attribution import EVENTS_PER_DRIVER, covariates
from helpers.remorse.hazard import HORIZON, Lives, conditions, enough, months_at_risk
from helpers.remorse.measurement import Measured
from helpers.remorse.recipe import DRIVERS
from helpers.stats import Z

AT_ONCE = 50_000  # accounts whose next months are laid out at one time


@dataclass(frozen=True)
class Model:
    """A fitted hazard of leaving in a month, with the drivers that it holds and how many losses it rests on.

    `only_at_renewals`: nobody ever left in another month; it was fitted to those months, and is 0 in all others.
    """

    fit: stats.Logit
    drivers: tuple[str, ...]
    n_losses: int
    only_at_renewals: bool = False


def fitted(lives: Lives, readings: Measured, until: int, only: str = "all") -> Model | str:
    """The hazard of leaving in a month, fitted to the months up to `until`; or in words why there is none.

    `only`: `segment` (the baseline), `scores` (segment and drivers) or `all` (with renewal, change, stagnation, age and
    programs as well). Of each driver the best guess is used: its reading, drawn toward the average by its reliability.
    """
    rows = months_at_risk(lives, until)
    names = [name for name in DRIVERS if name in readings.latent.columns and readings.latent[name].notna().any()]
    rows = rows.join(readings.best[names], on="account_id")
    n_losses = int(rows["is_lost"].sum())
    only_at_renewals = bool(n_losses) and not rows["is_lost"][rows["is_renewal_month"] == 0].any()
    if only_at_renewals:
        rows = rows[rows["is_renewal_month"] == 1]
    segments = [name for name in rows.columns if name.startswith("segment ")]
    if only == "segment":
        columns, names = segments, []
    else:
        columns = [*names, *(segments if only == "scores" else covariates(rows, names))]
    if n_losses < EVENTS_PER_DRIVER * max(len(names), 1):
        return f"{n_losses} losses are too few to learn a risk from"
    try:
        x, _ = stats.screen(rows["is_lost"], rows[columns])
        fit = stats.logit(rows["is_lost"], x, cluster=rows["account_id"])
    except Refused:
        raise
    except (ValueError, np.linalg.LinAlgError) as error:
        return str(error)
    return Model(fit, tuple(name for name in names if name in x.columns), n_losses, only_at_renewals)


def project(model: Model, lives: Lives, readings: Measured, own: pd.DataFrame, at: int) -> pd.DataFrame:
    """Each account's chance of leaving in the 12 months after month `at`, from what was known then, by account_id.

    Terms run out when they are due; a change's window ends; stagnation and programs stay as they are. Columns:
    probability, low, high (0–1, delta method on the log of the cumulative hazard), and `slope_…`, what a coefficient
    moves in the log of the chance to stay, which `total` needs.
    """
    # Of what was known by then only the latest counts, and of the terms only those that end in the months looked at.
    latest = {name: _latest(getattr(lives, name), at, "program") for name in ("changed", "used", "programs")}
    due = lives.due[lives.due["month_no"].between(at + 1, at + HORIZON)]
    latest["programs"] = enough(latest["programs"], own)
    parts = [
        _projected(model, replace(lives, **events), readings, part, at)
        for part, events in _in_parts(own, {"due": due, **latest})
    ]
    return pd.concat(parts) if len(parts) > 1 else parts[0]


def _in_parts(own: pd.DataFrame, events: dict[str, pd.DataFrame | None]) -> Iterator[tuple[pd.DataFrame, dict]]:
    """The accounts in parts, each with its own events: each table is searched once, not once a part."""
    starts = np.arange(0, max(len(own), 1), AT_ONCE)
    split = {name: None if rows is None else _at_positions(rows, own, starts) for name, rows in events.items()}
    for number, first in enumerate(starts):
        yield own.iloc[first : first + AT_ONCE], {name: parts and parts[number] for name, parts in split.items()}


def _at_positions(rows: pd.DataFrame, own: pd.DataFrame, starts: np.ndarray) -> list[pd.DataFrame]:
    at = own.index.get_indexer(rows["account_id"])
    order = np.argsort(at, kind="stable")
    cuts = np.searchsorted(at[order], [*starts, len(own)])
    return [rows.iloc[order[low:high]] for low, high in itertools.pairwise(cuts)]


def _projected(model: Model, known: Lives, readings: Measured, own: pd.DataFrame, at: int) -> pd.DataFrame:
    place = np.repeat(np.arange(len(own)), HORIZON)
    month = at + 1 + np.tile(np.arange(HORIZON), len(own))
    rows = conditions(known, own, place, month, at_least=1)
    now = conditions(known, own, np.arange(len(own)), np.full(len(own), at + 1), at_least=1)
    if "months_stagnant" in rows:
        rows["months_stagnant"] = now["months_stagnant"].to_numpy()[place]
    # Which segment is the most common, and has no column, was settled where the model was fitted.
    for name in (name for name in model.fit.names if name.startswith("segment ")):
        rows[name] = (own["segment"] == name.removeprefix("segment ")).to_numpy()[place] * 1.0
    latent = readings.best.reindex(own.index)[list(model.drivers)]
    for name in model.drivers:
        rows[name] = latent[name].to_numpy()[place]
    names = list(model.fit.names)
    matrix = rows.assign(const=1.0).reindex(columns=names, fill_value=0.0).to_numpy(dtype=float)
    hazard = special.expit(matrix @ model.fit.estimate.to_numpy())
    if model.only_at_renewals:
        hazard = hazard * rows["is_renewal_month"].to_numpy()
    shape = (len(own), HORIZON)
    stays = np.log1p(-hazard).reshape(shape).sum(axis=1)
    slope = -(hazard[:, None] * matrix).reshape(*shape, len(names)).sum(axis=1)
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slope, model.fit.covariance.to_numpy(), slope), 0.0))
    half = Z * error / np.maximum(-stays, 1e-300)
    found = {
        "probability": -np.expm1(stays),
        "low": -np.expm1(stays * np.exp(half * -1)),
        "high": -np.expm1(stays * np.exp(half)),
    }
    found |= {f"slope_{name}": slope[:, k] for k, name in enumerate(names)}
    return pd.DataFrame(found, index=own.index)


def score_part(model: Model, readings: Measured, own: pd.DataFrame) -> np.ndarray:
    """What the drivers alone add to the monthly log-odds of leaving, an account each."""
    best = readings.best.reindex(own.index)[list(model.drivers)]
    return best.to_numpy() @ model.fit.estimate[list(model.drivers)].to_numpy()


def _latest(events: pd.DataFrame | None, at: int, within: str) -> pd.DataFrame | None:
    """The latest event of each account by month `at`, and of each program where the events have one."""
    if events is None:
        return None
    own = events[events["month_no"] <= at].sort_values("month_no", kind="stable")
    return own.drop_duplicates([name for name in ("account_id", within) if name in own.columns], keep="last")


def total(model: Model, projected: pd.DataFrame, cents: pd.Series) -> tuple[float, float, float]:
    """MRR at risk, Σ probability × MRR in cents, with the 95% interval of the model's uncertainty.

    It does not hold the luck of the draw: which of the accounts in fact leave.
    """
    weight = cents.reindex(projected.index).to_numpy(dtype=float)
    value = float(weight @ projected["probability"])
    stays = 1 - projected["probability"].to_numpy()
    slope = -(weight * stays) @ projected[[f"slope_{name}" for name in model.fit.names]].to_numpy()
    half = Z * np.sqrt(max(float(slope @ model.fit.covariance.to_numpy() @ slope), 0.0))
    return value, max(value - half, 0.0), min(value + half, float(weight.sum()))


def in_force(lives: Lives, at: int) -> pd.DataFrame:
    """The accounts past their cut-off and never lost by the end of month `at`."""
    own = lives.accounts
    return own[(own["cutoff_no"] <= at) & ~(own["lost_no"] <= at)]
