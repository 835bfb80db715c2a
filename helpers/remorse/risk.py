"""The chance that an account leaves within twelve months, from what was known at a month's end."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from helpers import stats
from helpers.errors import Refused
from helpers.ledger.account_months import WINDOW
from helpers.remorse.attribution import EVENTS_PER_DRIVER, covariates
from helpers.remorse.measurement import Measured
from helpers.remorse.outcomes import HORIZON, Outcomes, conditions
from helpers.remorse.recipe import DRIVERS
from helpers.stats import Z


@dataclass(frozen=True)
class Model:
    """A fitted hazard of leaving in a month, with the drivers that it holds and how many losses it rests on.

    `only_at_renewals`: nobody ever left in another month; it was fitted to those months, and is 0 in all others.
    """

    fit: stats.Logit
    drivers: tuple[str, ...]
    n_losses: int
    only_at_renewals: bool = False


def fitted(outcomes: Outcomes, readings: Measured, until: int, only: str = "all") -> Model | str:
    """The hazard of leaving in a month, fitted to the months up to `until`; or in words why there is none.

    `only`: `segment` (the baseline), `scores` (segment and drivers) or `all` (with renewal, change, stagnation, age and
    programs as well). Of each driver the best guess is used: its reading, drawn toward the average by its reliability.
    """
    rows = outcomes.months[outcomes.months["month_no"] <= until]
    names = [name for name in DRIVERS if name in readings.latent.columns and readings.latent[name].notna().any()]
    rows = rows.join(readings.best[names], on="account_id")
    n_losses = int(rows["is_lost"].sum())
    only_at_renewals = bool(n_losses) and not rows.loc[rows["renewal"] == 0, "is_lost"].any()
    if only_at_renewals:
        rows = rows[rows["renewal"] == 1]
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


def project(model: Model, outcomes: Outcomes, readings: Measured, own: pd.DataFrame, at: int) -> pd.DataFrame:
    """Each account's chance of leaving in the 12 months after month `at`, from what was known then, by account_id.

    Terms run out when they are due; a change's window ends; stagnation and programs stay as they are. Columns:
    probability, low, high (0–1, delta method on the log of the cumulative hazard), and `slope_…`, what a coefficient
    moves in the log of the chance to stay, which `total` needs.
    """
    names, estimate = list(model.fit.names), model.fit.estimate.to_numpy()
    known = conditions(outcomes, own, at).assign(const=1.0, **readings.best.reindex(own.index)[list(model.drivers)])
    # Which segment has no column was settled where the model was fitted.
    for name in (name for name in names if name.startswith("segment ")):
        known[name] = (own["segment"] == name.removeprefix("segment ")) * 1.0
    stays, slope = np.zeros(len(own)), np.zeros((len(own), len(names)))
    for ahead in range(HORIZON):
        month = at + 1 + ahead
        due = outcomes.due.loc[outcomes.due["month_no"] == month, "account_id"]
        known["renewal"] = own.index.isin(due) * 1.0
        known["change window"] = (known["months_since_change"] + ahead < WINDOW) * 1.0
        known["log age"] = np.log(np.maximum(month - own["start_no"], 1))
        matrix = known.reindex(columns=names, fill_value=0.0).to_numpy(dtype=float)
        hazard = special.expit(matrix @ estimate)
        if model.only_at_renewals:
            hazard = hazard * known["renewal"].to_numpy()
        stays += np.log1p(-hazard)
        slope -= hazard[:, None] * matrix
    error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slope, model.fit.covariance.to_numpy(), slope), 0.0))
    half = Z * error / np.maximum(-stays, 1e-300)
    found = {
        "probability": -np.expm1(stays),
        "low": -np.expm1(stays * np.exp(-half)),
        "high": -np.expm1(stays * np.exp(half)),
    }
    return pd.DataFrame(found | {f"slope_{name}": slope[:, k] for k, name in enumerate(names)}, index=own.index)


def score_part(model: Model, readings: Measured, own: pd.DataFrame) -> np.ndarray:
    """What the drivers alone add to the monthly log-odds of leaving, an account each."""
    best = readings.best.reindex(own.index)[list(model.drivers)]
    return best.to_numpy() @ model.fit.estimate[list(model.drivers)].to_numpy()


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
