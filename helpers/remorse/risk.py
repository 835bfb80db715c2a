"""The chance that an account leaves within twelve months, from what was known at a month's end."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from helpers import stats
from helpers.ledger import account_months, renewals
from helpers.ledger.account_months import WINDOW
from helpers.ledger.renewals import YEAR
from helpers.remorse.attribution import EVENTS_PER_DRIVER, covariates, few_losses
from helpers.remorse.outcomes import HORIZON, Outcomes, conditions
from helpers.remorse.scores import Measured
from helpers.remorse.signals import DRIVERS
from helpers.stats import Z

BY_CHANCE = 0.01


@dataclass(frozen=True)
class Model:
    """A fitted hazard of leaving in a month, with the drivers that it holds.

    `locked`: terms, in months, of contracts that nobody ever left before a renewal; they were fitted to those months
    alone, and their hazard is 0 in all others. `changing`: the share of months that lay in the window of a change.
    """

    fit: stats.Logit
    drivers: tuple[str, ...]
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


def fitted(outcomes: Outcomes, readings: Measured, only: str = "all") -> Model | str:
    """The hazard of leaving in a month, fitted to all months; or in words why there is none.

    `only`: `segment` (the baseline), `scores` (segment and drivers) or `all` (with renewal, change, stagnation, age and
    programs as well). Of each driver the best guess is used: its reading, drawn toward the average by its reliability.
    """
    rows = outcomes.months
    names = [name for name in DRIVERS if name in readings.latent.columns and readings.latent[name].notna().any()]
    rows = rows.join(readings.best[names], on="account_id")
    n_losses, locked = int(rows["is_lost"].sum()), _locked(rows)
    changing = float(rows["change window"].mean()) if "change window" in rows else 0.0
    rows = rows[(rows["renewal"] == 1) | ~rows["term"].isin(locked)]
    terms, names = _of_terms(rows), [] if only == "segment" else names
    others = [name for name in rows.columns if name.startswith("segment ")]
    others = covariates(rows, [*names, *terms]) if only == "all" else others
    if n_losses < EVENTS_PER_DRIVER * max(len(names), 1):
        return f"{few_losses(n_losses)} to learn a risk from"
    try:
        x, _ = stats.screen(rows["is_lost"], rows.assign(**terms)[[*names, *others, *terms]])
        account, offset = pd.factorize(rows["account_id"])[0], _offset(rows["term"].to_numpy(), locked)
        fit = stats.logit(rows["is_lost"], x, account, offset=offset)
    except stats.UNESTIMABLE as error:
        return str(error)
    return Model(fit, tuple(name for name in names if name in x.columns), locked, changing)


def _locked(rows: pd.DataFrame) -> tuple[int, ...]:
    """Terms of contracts that nobody ever left between renewals, where so many losses at renewals alone are no chance.

    Were every month alike, all losses of a term would come at renewals with the chance (its share of months that are
    renewals)^losses. Where nobody at all ever left between renewals, every term is locked.
    """
    is_between = rows["renewal"] == 0
    months = rows[["term", "is_lost"]].assign(is_between=is_between, left=is_between & rows["is_lost"])
    of = months.groupby("term")
    is_left = of["left"].any()
    chance = (1 - of["is_between"].mean()) ** of["is_lost"].sum()
    is_locked = (is_left.index > 0) & ~is_left & (chance < BY_CHANCE)
    never = rows["is_lost"].any() and not is_left.any()
    return tuple(int(term) for term in is_left.index[is_locked | never])


def _of_terms(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Columns for the renewals of each term that lost at least ten accounts, the one that lost most left out."""
    is_renewal = rows["renewal"] == 1
    lost = rows.loc[is_renewal & rows["is_lost"], "term"].value_counts()
    terms = [term for term in lost.index[1:] if lost[term] >= EVENTS_PER_DRIVER]
    return {f"renewal after {term}": (is_renewal & (rows["term"] == term)) * 1.0 for term in terms}


def _offset(term: np.ndarray, locked: tuple[int, ...]) -> np.ndarray:
    """Log of the term in years where it is locked: unless its own losses say otherwise, a year's risk is the same."""
    return np.where(np.isin(term, locked) & (term > 0), np.log(np.maximum(term, 1) / YEAR), 0.0)


# The twelve months after one. `known`: what was so when that one ended, a row an account, by account_id. What differs
# between them is a row a month, a column an account: whether a renewal falls on it, the term that runs, whether the
# window of a change that is known still lasts, and the logarithm of the account's age.
Months = namedtuple("Months", "known renewal term is_changing log_age")


def ahead(outcomes: Outcomes, readings: Measured, own: pd.DataFrame, at: int) -> Months:
    """The months after month `at` of the accounts `own`, from what was known then, for `chances`."""
    known = conditions(outcomes, own, at).assign(const=1.0, **readings.best.reindex(own.index))
    # Which segment has no column was settled where the models were fitted.
    for name in own["segment"].unique():
        known[f"segment {name}"] = (own["segment"] == name) * 1.0
    number, n = np.arange(HORIZON), len(own)
    accounts = pd.Categorical.from_codes(np.tile(np.arange(n), HORIZON), categories=own.index)
    then = pd.DataFrame({"account_id": accounts, "month_no": at + 1 + np.repeat(number, n)})
    return Months(
        known,
        renewal=account_months.happens(then, outcomes.due).reshape(HORIZON, n),
        term=renewals.running(then, outcomes.due).reshape(HORIZON, n),
        is_changing=known["months_since_change"].to_numpy() + number[:, None] < WINDOW,
        log_age=np.log(np.maximum(at + 1 + number[:, None] - own["start_no"].to_numpy(), 1)),
    )


def project(model: Model, outcomes: Outcomes, readings: Measured, own: pd.DataFrame, at: int) -> pd.DataFrame:
    """Each account's chance of leaving in the 12 months after month `at`, from what was known then: `chances`."""
    return chances(model, ahead(outcomes, readings, own, at))


def chances(model: Model, months: Months) -> pd.DataFrame:
    """Each account's chance of leaving in the twelve months, by account_id.

    Terms run out when they are due, and are renewed for as long again; a change's window ends, and new changes come as
    often as they did (`Model.in_window`); stagnation and programs stay as they are. Columns: probability, low, high
    (0–1, delta method on the log of the cumulative hazard), and `slope_…`, what a coefficient moves in the log of the
    chance to stay, which `total` needs.
    """
    names, estimate = list(model.fit.names), model.fit.estimate.to_numpy()
    x = months.known.reindex(columns=names, fill_value=0.0).to_numpy(dtype=float, copy=True)
    stays, slope = np.zeros(len(x)), np.zeros(x.shape)
    terms = {name: int(name.split(" ")[-1]) for name in names if name.startswith("renewal after ")}
    for number, (renewal, term) in enumerate(zip(months.renewal, months.term, strict=True)):
        moving = {name: renewal & (term == length) for name, length in terms.items()}
        moving |= {"renewal": renewal, "log age": months.log_age[number]}
        moving["change window"] = np.where(months.is_changing[number], 1.0, model.in_window(number))
        for name in names:
            if name in moving:
                x[:, names.index(name)] = moving[name]
        hazard = special.expit(x @ estimate + _offset(term, model.locked))
        hazard[np.isin(term, model.locked) & ~renewal] = 0.0
        stays += np.log1p(-hazard)
        slope -= hazard[:, None] * x
    error = np.sqrt(np.maximum(((slope @ model.fit.covariance.to_numpy()) * slope).sum(axis=1), 0.0))
    half = Z * error / np.maximum(-stays, 1e-300)
    ends = {"probability": stays, "low": stays * np.exp(-half), "high": stays * np.exp(half)}
    found = pd.DataFrame({name: -np.expm1(end) for name, end in ends.items()}, months.known.index)
    return found.join(pd.DataFrame(slope, found.index, [f"slope_{name}" for name in names]))


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
