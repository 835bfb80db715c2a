"""The chance that an account leaves within twelve months, from what was known at a month's end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from helpers import stats
from helpers.ledger import account_months, renewals
from helpers.ledger.account_months import WINDOW
from helpers.ledger.renewals import YEAR
from helpers.remorse.attribution import EVENTS_PER_DRIVER, covariates, few_losses
from helpers.remorse.measurement import Measured
from helpers.remorse.outcomes import HORIZON, Outcomes, conditions
from helpers.remorse.recipe import DRIVERS
from helpers.stats import Z

BY_CHANCE = 0.01


@dataclass(frozen=True)
class Model:
    """A fitted hazard of leaving in a month, with the drivers that it holds and how many losses it rests on.

    `locked`: terms, in months, of contracts that nobody ever left before a renewal; they were fitted to those months
    alone, and their hazard is 0 in all others. `changing`: the share of months that lay in the window of a change.
    """

    fit: stats.Logit
    drivers: tuple[str, ...]
    n_losses: int
    locked: tuple[int, ...] = ()
    changing: float = 0.0

    def in_window(self, ahead: int) -> float:
        """What the window of a change that nobody knows of yet adds to a month so far ahead, as a part of one.

        Changes come as often as they did: c a month, where 1 − (1 − c)^WINDOW of all months lay in a window. The chance
        q of a new one by then makes the odds 1 − q + q × e^β times as high, of which the part is the logarithm ÷ β.
        """
        new = 1 - (1 - self.changing) ** (min(ahead, WINDOW) / WINDOW)
        slope = float(self.fit.estimate.get("change window", 0.0))
        return float(np.log1p(new * np.expm1(slope)) / slope) if slope else new

    @property
    def terms(self) -> dict[str, int]:
        """The columns of the renewals of one term (`_terms`) that the fit holds."""
        return {name: int(name.split(" ")[-1]) for name in self.fit.names if name.startswith("renewal after ")}


def fitted(outcomes: Outcomes, readings: Measured, only: str = "all") -> Model | str:
    """The hazard of leaving in a month, fitted to all months; or in words why there is none.

    `only`: `segment` (the baseline), `scores` (segment and drivers) or `all` (with renewal, change, stagnation, age and
    programs as well). Of each driver the best guess is used: its reading, drawn toward the average by its reliability.
    """
    rows = outcomes.months
    names = [name for name in DRIVERS if name in readings.latent.columns and readings.latent[name].notna().any()]
    rows = rows.join(readings.best[names], on="account_id")
    n_losses = int(rows["is_lost"].sum())
    locked = _locked(rows)
    changing = float(rows["change window"].mean()) if "change window" in rows else 0.0
    rows = rows[(rows["renewal"] == 1) | ~rows["term"].isin(locked)]
    terms = _terms(rows)
    rows = rows.assign(**_of_terms(rows, terms))
    columns = [*(name for name in rows.columns if name.startswith("segment ")), *terms]
    if only == "segment":
        names = []
    elif only == "all":
        columns = [*covariates(rows.drop(columns=list(terms)), [*names, *terms]), *terms]
    if n_losses < EVENTS_PER_DRIVER * max(len(names), 1):
        return f"{few_losses(n_losses)} to learn a risk from"
    try:
        x, _ = stats.screen(rows["is_lost"], rows[[*names, *columns]])
        fit = stats.logit(
            rows["is_lost"],
            x,
            cluster=pd.factorize(rows["account_id"])[0],
            offset=_offset(rows["term"].to_numpy(), locked),
        )
    except stats.UNESTIMABLE as error:
        return str(error)
    return Model(fit, tuple(name for name in names if name in x.columns), n_losses, locked, changing)


def _locked(rows: pd.DataFrame) -> tuple[int, ...]:
    """Terms of contracts that nobody ever left between renewals, where so many losses at renewals alone are no chance.

    Were every month alike, all losses of a term would come at renewals with the chance (its share of months that are
    renewals)^losses. Where nobody at all ever left between renewals, every term is locked.
    """
    found = []
    is_between = rows["renewal"] == 0
    never = bool(rows["is_lost"].any()) and not rows.loc[is_between, "is_lost"].any()
    for term, own in rows.groupby("term"):
        between = is_between[own.index]
        chance = (1 - between.mean()) ** own["is_lost"].sum()
        if never or (term > 0 and not own.loc[between, "is_lost"].any() and chance < BY_CHANCE):
            found.append(int(term))
    return tuple(found)


def _terms(rows: pd.DataFrame) -> dict[str, int]:
    """Columns for the renewals of each term that lost at least ten accounts, the one that lost most left out."""
    lost = rows.loc[(rows["renewal"] == 1) & rows["is_lost"], "term"].value_counts()
    return {f"renewal after {term}": int(term) for term in lost.index[1:] if lost[term] >= EVENTS_PER_DRIVER}


def _of_terms(rows: pd.DataFrame, terms: dict[str, int]) -> dict[str, pd.Series]:
    return {name: ((rows["renewal"] == 1) & (rows["term"] == term)) * 1.0 for name, term in terms.items()}


def _offset(term: np.ndarray, locked: tuple[int, ...]) -> np.ndarray:
    """Log of the term in years where it is locked: unless its own losses say otherwise, a year's risk is the same."""
    return np.where(np.isin(term, locked) & (term > 0), np.log(np.maximum(term, 1) / YEAR), 0.0)


def project(model: Model, outcomes: Outcomes, readings: Measured, own: pd.DataFrame, at: int) -> pd.DataFrame:
    """Each account's chance of leaving in the 12 months after month `at`, from what was known then, by account_id:
    `project_all` of one model."""
    return project_all([model], outcomes, readings, own, at)[0]


def project_all(
    models: Sequence[Model], outcomes: Outcomes, readings: Measured, own: pd.DataFrame, at: int
) -> list[pd.DataFrame]:
    """Each account's chance of leaving in the 12 months after month `at` by each of the models, by account_id.

    Terms run out when they are due, and are renewed for as long again; a change's window ends, and new changes come as
    often as they did (`Model.in_window`); stagnation and programs stay as they are. Columns: probability, low, high
    (0–1, delta method on the log of the cumulative hazard), and `slope_…`, what a coefficient moves in the log of the
    chance to stay, which `total` needs.
    """
    known = conditions(outcomes, own, at).assign(const=1.0, **readings.best.reindex(own.index))
    # Which segment has no column was settled where the models were fitted.
    for name in own["segment"].unique():
        known[f"segment {name}"] = (own["segment"] == name) * 1.0
    since, start = known["months_since_change"].to_numpy(), own["start_no"].to_numpy()
    ahead, n = np.arange(HORIZON)[:, None], len(own)
    accounts = pd.Categorical.from_codes(np.tile(np.arange(n), HORIZON), categories=own.index)
    then = pd.DataFrame({"account_id": accounts, "month_no": np.repeat(at + 1 + np.arange(HORIZON), n)})
    months = Months(
        renewal=account_months.happens(then, outcomes.due).reshape(HORIZON, n),
        term=renewals.running(then, outcomes.due).reshape(HORIZON, n),
        is_known=since + ahead < WINDOW,
        log_age=np.log(np.maximum(at + 1 + ahead - start, 1)),
    )
    return [_chances(model, own.index, *_summed(model, known, months)) for model in models]


@dataclass(frozen=True)
class Months:
    """What differs between the months ahead, a row each, a column an account: whether a renewal falls on it, the term
    that runs, whether the window of a change that is known still lasts, and the logarithm of the account's age."""

    renewal: np.ndarray
    term: np.ndarray
    is_known: np.ndarray
    log_age: np.ndarray


def _summed(model: Model, known: pd.DataFrame, months: Months) -> tuple[np.ndarray, np.ndarray]:
    """The logarithm of each account's chance to stay over all months, and what each coefficient moves in it."""
    moving = ["renewal", "change window", "log age", *model.terms]
    names, estimate = list(model.fit.names), model.fit.estimate
    places = {name: names.index(name) for name in moving if name in names}
    known = known.drop(columns=moving, errors="ignore").reindex(columns=names, fill_value=0.0)
    fixed = known.to_numpy(dtype=float)
    always, moves = fixed @ estimate.to_numpy(), {name: np.zeros(len(known)) for name in places}
    stays, hazards = np.zeros(len(known)), np.zeros(len(known))
    for ahead, (renewal, term, is_known, log_age) in enumerate(zip(*vars(months).values(), strict=True)):
        columns = {"renewal": renewal * 1.0, "log age": log_age}
        columns["change window"] = np.where(is_known, 1.0, model.in_window(ahead))
        columns |= {name: (renewal & (term == length)) * 1.0 for name, length in model.terms.items()}
        odds = always + sum(estimate[name] * columns[name] for name in places)
        hazard = special.expit(odds + _offset(term, model.locked))
        hazard[np.isin(term, model.locked) & ~renewal] = 0.0
        stays += np.log1p(-hazard)
        hazards += hazard
        for name, move in moves.items():
            move += hazard * columns[name]
    slope = -hazards[:, None] * fixed
    for name, place in places.items():
        slope[:, place] = -moves[name]
    return stays, slope


def _chances(model: Model, accounts: pd.Index, stays: np.ndarray, slope: np.ndarray) -> pd.DataFrame:
    error = np.sqrt(np.maximum(((slope @ model.fit.covariance.to_numpy()) * slope).sum(axis=1), 0.0))
    half = Z * error / np.maximum(-stays, 1e-300)
    found = {
        "probability": -np.expm1(stays),
        "low": -np.expm1(stays * np.exp(-half)),
        "high": -np.expm1(stays * np.exp(half)),
    }
    return pd.DataFrame(found | {f"slope_{name}": slope[:, k] for k, name in enumerate(model.fit.names)}, accounts)


def score_part(model: Model, readings: Measured, own: pd.DataFrame) -> np.ndarray:
    """What the drivers alone add to the monthly log-odds of leaving, an account each."""
    best = readings.best.reindex(own.index)[list(model.drivers)]
    return best.to_numpy() @ model.fit.estimate[list(model.drivers)].to_numpy()


def sums(model: Model, projected: pd.DataFrame, weight: pd.Series) -> np.ndarray:
    """Sums over the accounts of `project`, which add up over parts: Σ probability × weight, Σ weight² × p (1 − p),
    Σ weight, and what each coefficient moves in the first. `weight`: by account_id."""
    weight, chance = weight.reindex(projected.index).to_numpy(dtype=float), projected["probability"].to_numpy()
    slope = -(weight * (1 - chance)) @ projected[[f"slope_{name}" for name in model.fit.names]].to_numpy()
    return np.array([weight @ chance, weight**2 @ (chance * (1 - chance)), weight.sum(), *slope])


def expected(model: Model, sums: np.ndarray) -> tuple[float, float]:
    """Σ probability × weight, and its variance: what the model does not know (delta method)."""
    return float(sums[0]), max(float(sums[3:] @ model.fit.covariance.to_numpy() @ sums[3:]), 0.0)


def total(model: Model, sums: np.ndarray) -> tuple[float, float, float]:
    """MRR at risk, Σ probability × MRR in cents, with the 95% prediction interval of what will in fact leave.

    Its variance is that of the model plus the luck of the draw, Σ MRR² × p (1 − p): which of the accounts leave.
    """
    value, variance = expected(model, sums)
    half = Z * np.sqrt(variance + float(sums[1]))
    return value, float(max(value - half, 0.0)), float(min(value + half, sums[2]))
