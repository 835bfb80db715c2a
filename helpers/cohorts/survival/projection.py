"""How many customers will still be there, by the sBG model per contract term with its interval, and their value.

Age counts renewals, not months. A renewal has been observed once its whole term is over; who leaves within a term has
not renewed at its end. Accounts count until their first loss; the left-truncated first cohort is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from helpers import formats, periods
from helpers.errors import Refused
from helpers.stats import curves, intervals, sbg

DRAWS = 200
FEWEST_LOST = 10
FEWEST_RENEWALS = 3  # seen of a term, below which two parameters fit whatever comes
SURE, ALIKE = 0.05, 10_000.0  # p of a misfit; α + β at which all customers are alike
DIFFER = 2.71  # likelihood ratio from which customers differ in their chance to leave
MOST_RETURNED = 1 / 3  # of the lost, above which a loss is no end: purchases, not contracts
COLUMNS = ("term_months", "age", "n_at_risk", "observed", "projected", "low", "high")
VALUE_COLUMNS = ["term_months", "n_accounts", "mrr_cents", "residual_terms", "value_cents", "low", "high", "basis"]
INTERVAL, SCENARIO, NO_FIT = "95% interval", "range by scenario", "no interval: the model does not fit"
NO_TERM = (
    "the data states no renewal date (subscriptions.renews_on), so it does not say when a customer decides to stay: a "
    "renewal model is not for purchases without a contract. Where there are contracts, map renews_on (where a renewal "
    "is a row of its own) or term_months, or set the parameter term_months"
)


def _of_known_age(lives: pd.DataFrame, term_months: int, last_month: int) -> pd.DataFrame:
    """The lives of one contract term that began after the data did, and by a month."""
    is_known = ~lives["is_left_truncated"] & (lives["term_months"] == term_months)
    return lives[is_known & (lives["cohort_no"] <= last_month)]


def alive_by_term(lives: pd.DataFrame, term_months: int, last_month: int) -> pd.DataFrame:
    """Accounts never lost after 0, 1, 2 … terms, one row a cohort (month number); missing = not over yet.

    `lives` is `movements.lifetimes` at `last_month`, or at any month before it: what was lost later is not seen.

    >>> lives = pd.DataFrame({"term_months": 12, "cohort_no": [0, 0, 5], "first_lost_no": pd.array([12, None, None],
    ...                       dtype="Int64"), "n_accounts": [1, 9, 4], "is_left_truncated": False})
    >>> alive_by_term(lives, 12, 25).values.tolist()
    [[10.0, 9.0, 9.0], [4.0, 4.0, nan]]
    """
    known = _of_known_age(lives, term_months, last_month)
    cohorts = np.sort(known["cohort_no"].unique())
    n_ages = (last_month - int(cohorts.min())) // term_months + 1 if len(cohorts) else 0
    # The renewal that a loss falls on: the end of the term in which it happens.
    age = known["first_lost_no"].astype("float64") - known["cohort_no"]
    renewal = np.ceil(age / term_months).fillna(np.inf).to_numpy()
    row, n = np.searchsorted(cohorts, known["cohort_no"]), known["n_accounts"].to_numpy(dtype=float)
    table = np.full((len(cohorts), n_ages), np.nan)
    for terms in range(n_ages):
        alive = np.bincount(row, weights=n * (renewal > terms), minlength=len(cohorts))
        table[:, terms] = np.where(cohorts + terms * term_months <= last_month, alive, np.nan)
    return pd.DataFrame(table, index=pd.Index(cohorts, name="cohort_no"), columns=range(n_ages))


def terms_of(lives: pd.DataFrame) -> list[int]:
    """The contract terms that occur, in months, the one of most accounts first.

    >>> terms_of(pd.DataFrame({"term_months": [1, 12], "n_accounts": [5, 9]}))
    [12, 1]
    """
    counts = lives.dropna(subset=["term_months"]).groupby("term_months")["n_accounts"].sum()
    return [int(term) for term in counts.sort_values(ascending=False, kind="stable").index]


@dataclass(frozen=True)
class Fitted:
    """The model of one contract term at one cut-off: `alive` is `alive_by_term`, `draws` the model refitted to accounts
    drawn again (bootstrap), `lost` and `at_risk` renewals missed and due by age;
    `revenue` the model, its draws and `_alike` with each account counted by the MRR that it began with.
    """

    term_months: int
    last_month: int
    model: sbg.Sbg
    draws: list[sbg.Sbg]
    alive: pd.DataFrame
    lost: np.ndarray
    at_risk: np.ndarray
    revenue: tuple[sbg.Sbg, list[sbg.Sbg], list[sbg.Sbg]] | None = None

    @cached_property
    def misfit(self) -> float:
        """The p of the test whether the curve that was observed may come from the model (`sbg.misfit`)."""
        return sbg.misfit(self.model, self.lost, self.at_risk)

    @property
    def fits(self) -> bool:
        """Whether the curve that was observed does not contradict the model."""
        return not self.misfit < SURE

    @property
    def scenarios(self) -> list[sbg.Sbg]:
        """With fewer than three renewals seen: the same chance at every renewal, at either end of its interval.

        So few cannot say whether those who stay are more loyal or everybody is alike.
        """
        if len(self.at_risk) >= FEWEST_RENEWALS or not len(self.at_risk):
            return []
        return _one_chance(self.lost.sum(), self.at_risk.sum())

    def bounds(self, drawn, scenario) -> tuple:
        """The interval of what the draws say; wider where the scenarios say more; none where the model does not fit."""
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        if not self.fits:
            return low * np.nan, high * np.nan
        return np.min([low, *scenario], axis=0), np.max([high, *scenario], axis=0)


def _one_chance(lost: float, at_risk: float) -> list[sbg.Sbg]:
    """The same chance at every renewal, at either end of its interval."""
    ends = np.clip(intervals.wilson(lost, at_risk), 1e-4, 1 - 1e-4)
    return [sbg.Sbg(end * ALIKE, (1 - end) * ALIKE, np.nan) for end in ends]


def _alike(model: sbg.Sbg, counts: np.ndarray) -> list[sbg.Sbg]:
    """`_one_chance`, where the counts do not say that customers differ in theirs: a likelihood ratio of under 2.71.

    That is the 5% point where a variance may only be 0 or more (Self and Liang 1987). Half of the fits to customers who
    are all alike find some who stay forever, and are worth too much.
    """
    lost, kept = (side.sum() for side in sbg.renewals(*counts))
    share = lost / (lost + kept)
    one = lost * np.log(share) + kept * np.log1p(-share)
    return _one_chance(lost, lost + kept) if 2 * (model.log_likelihood - one) < DIFFER else []


def fit(lives: pd.DataFrame, term_months: int, last_month: int, by_revenue: bool = True) -> Fitted:
    """The model of one contract term, by maximum likelihood over all its cohorts, and its bootstrap.

    `by_revenue`: the one that counts accounts by their MRR, too.

    Refused where the data cannot carry it: no account of a known age, nobody has left, fewer than three ages, fewer
    than 10 losses, or more than a third of the lost accounts came back, so that a loss is no end.
    """
    known = _of_known_age(lives, term_months, last_month)
    if known.empty:
        raise Refused("all these accounts were there when the data begins, so their age is not known")
    if known["first_lost_no"].isna().all():
        n = formats.count(known["n_accounts"].sum())
        raise Refused(f"none of the {n} accounts of a known age had left by {_month(last_month)}")
    alive = alive_by_term(lives, term_months, last_month)
    lost, ended = sbg.lost_and_ended(alive.to_numpy())
    here = lives[(lives["term_months"] == term_months) & lives["first_lost_no"].notna()]
    returned = here["n_returned"].sum() / max(here["n_accounts"].sum(), 1)
    if returned > MOST_RETURNED:
        raise Refused(
            f"{formats.percent(returned)} of the accounts that were lost came back, so a month without revenue is no "
            "end: these are purchases rather than contracts, and a renewal model is not for them"
        )
    if lost.sum() < FEWEST_LOST:
        left = f"only {formats.plural(int(lost.sum()), 'account')} of a known age had left at a renewal"
        raise Refused(f"{left} by {_month(last_month)}; {FEWEST_LOST} are needed for two parameters")
    model = sbg.fit_each(lost[None], ended[None])[0]
    at_risk = (alive.shift(-1, axis=1).notna() * alive.fillna(0)).sum().to_numpy()[:-1]
    revenue = _by_revenue(lives, term_months, last_month, model) if by_revenue else None
    draws = _draws(model, np.array([lost, ended]))
    return Fitted(term_months, last_month, model, draws, alive, lost[1:], at_risk, revenue)


def _month(month: int) -> str:
    return periods.name_of(periods.month_start(month))


def _by_revenue(lives: pd.DataFrame, term_months: int, last_month: int, near: sbg.Sbg):
    """The model and its draws where an account counts by the MRR it began with: large ones may stay longer.

    Drawn again are as many accounts of one size as tell as much (Kish's effective number).
    """
    alive = alive_by_term(lives.assign(n_accounts=lives["first_cents"]), term_months, last_month)
    known = _of_known_age(lives, term_months, last_month)
    n = (known["first_cents"].sum() / 100) ** 2 / max(known["first_squared"].sum(), 1)
    counts = np.array(sbg.lost_and_ended(alive.to_numpy()))
    counts *= max(n, 1) / counts.sum()
    model = sbg.fit_each(counts[:1], counts[1:], near=near)[0]
    return model, _draws(model, counts), _alike(model, counts)


def _draws(model: sbg.Sbg, counts: np.ndarray, seed: int = 1) -> list[sbg.Sbg]:
    """A draw in which nobody is lost cannot be fitted: it counts as half a loss at the first renewal."""
    rng, cells = np.random.default_rng(seed), counts.ravel()
    again = rng.multinomial(round(cells.sum()), cells / cells.sum(), DRAWS).reshape(DRAWS, *counts.shape).astype(float)
    again[again[:, 0].sum(axis=1) == 0, 0, 1] = 0.5
    return sbg.fit_each(again[:, 0], again[:, 1], near=model)


def fits(lives: pd.DataFrame, last_month: int) -> tuple[dict[int, Fitted], dict[int, str]]:
    """`fit` for every contract term: the models by term, and for the others why there is none (0: no term known)."""
    return each_term(lives, lambda term: fit(lives, term, last_month))


def each_term(lives: pd.DataFrame, build: Callable[[int], object]) -> tuple[dict, dict[int, str]]:
    """What `build` makes of each contract term, and in words why it refuses the others (0: no term is known).

    >>> lives = pd.DataFrame({"term_months": [1, 12], "n_accounts": [9, 5]})
    >>> each_term(lives, lambda term: 12 // term)
    ({1: 12, 12: 1}, {})
    """
    built, refusals = {}, {}
    for term in terms_of(lives):
        try:
            built[term] = build(term)
        except Refused as error:
            refusals[term] = str(error)
    return built, refusals or ({} if built else {0: NO_TERM})


def stacked(tables: dict[int, pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """The tables of all contract terms, one under the other, shortest term first; without any, the empty columns."""
    parts = [tables[term] for term in sorted(tables)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))


def project(fitted: Fitted, horizon_months: int = 60) -> pd.DataFrame:
    """Share never lost after each renewal: observed as far as it goes, projected to the horizon.

    Columns: term_months, age (renewals), n_at_risk (accounts there before the renewal, and past it in time; missing
    beyond), observed (Kaplan–Meier; missing beyond), projected, low, high (0–1; 95% interval of the model's curve,
    bootstrap over accounts; with fewer than three renewals seen a range by scenario, `Fitted.scenarios`; missing where
    the observed curve contradicts the model).
    """
    n_seen = len(fitted.at_risk)
    ages = np.arange(max(horizon_months // fitted.term_months, n_seen) + 1)
    low, high = fitted.bounds(*([one.survival(ages) for one in some] for some in (fitted.draws, fitted.scenarios)))
    middle = fitted.model.survival(ages)
    seen = curves.from_counts(range(1, n_seen + 1), fitted.at_risk, fitted.lost)["survival"]
    beyond = len(ages) - n_seen - 1
    at_risk = [int(fitted.alive[0].sum()), *map(int, fitted.at_risk), *[None] * beyond]
    table = pd.DataFrame(
        {"term_months": fitted.term_months, "age": ages, "n_at_risk": pd.array(at_risk, dtype="Int64")}
    )
    table = table.assign(observed=[1.0, *seen, *[np.nan] * beyond], projected=middle)
    table = table.assign(low=np.minimum(low, middle), high=np.maximum(high, middle))
    return table.round({"projected": 8, "low": 8, "high": 8})


def base_value(
    lives: pd.DataFrame, models: dict[int, Fitted], margin: float = 1.0, discount_rate: float = 0.10
) -> pd.DataFrame:
    """Expected value of the accounts that pay and never left before, by contract term.

    `models` is `projection.fits` of the same `lives`. An account with r months left in its term and a of its renewals
    behind it is worth MRR × margin × [Σ over m < r of v^m + v^r × DERL(a) × Σ over m < term of v^m], with
    v = (1 + d)^(−1/12), d a year, and DERL(a) the discounted expected residual lifetime just before the next renewal
    (Fader and Hardie 2010), at (1 + d)^(term/12) − 1 a term. MRR is taken to stay as it is. Accounts that were there
    when the data begins count at the age seen since, which is too young, so their value is a lower bound. Accounts that
    were lost before, or whose term has no model, are left out.

    Columns: term_months, n_accounts, mrr_cents, residual_terms (DERL, mean weighted by MRR),
    value_cents, low, high, basis. The chances are those of revenue: an account counts by the MRR it began with
    (`Fitted.revenue`). `basis` says what low and high are: a 95% interval of the model (bootstrap; that of one chance
    for all as well, where the data does not contradict it), a range by scenario (fewer than three renewals seen), or
    missing (the observed curve contradicts the model). Undiscounted, a value may
    be infinite: missing.
    """
    here, rows = lives[lives["first_lost_no"].isna() & (lives["n_in_force"] > 0)], []
    for term, fitted in models.items():
        own = here[here["term_months"] == term]
        mrr = own["mrr_cents"].to_numpy(dtype=float)
        age = (fitted.last_month - own["cohort_no"]).to_numpy(dtype="int64")
        if not len(own):
            continue
        model, draws, alike = fitted.revenue or (fitted.model, fitted.draws, [])
        value, terms = _worth(model, age, mrr, term, margin, discount_rate)
        draws, scenarios = (
            [_worth(one, age, mrr, term, margin, discount_rate)[0] for one in some]
            for some in (draws, fitted.scenarios or alike)
        )
        low, high = fitted.bounds(draws, scenarios)
        low, high = np.minimum(low, value), np.maximum(high, value)
        basis = SCENARIO if fitted.scenarios else INTERVAL if fitted.fits else NO_FIT
        rows.append([term, int(own["n_accounts"].sum()), int(mrr.sum()), terms, value, low, high, basis])
    table = pd.DataFrame(rows, columns=VALUE_COLUMNS)
    return table.round({"residual_terms": 6, "value_cents": 0, "low": 0, "high": 0})


def _worth(model: sbg.Sbg, age, mrr, term: int, margin: float, discount_rate: float) -> tuple[float, float]:
    """Value in cents of all, and the renewals expected of them, weighted by MRR."""
    month = (1 + discount_rate) ** (-1 / 12)
    a_term = (1 + discount_rate) ** (term / 12) - 1
    left = term - 1 - age % term
    ages = np.arange(int(age.max(initial=0)) // term + 1)
    residual = np.array([model.residual_lifetime(int(terms), a_term) for terms in ages])[age // term]
    # Terms are paid month by month: v^0 … v^(term − 1).
    paid = np.concatenate([[0.0], np.cumsum(month ** np.arange(term))])
    value = margin * (mrr * (paid[left] + month**left * residual * paid[term])).sum()
    return float(value), float((mrr * residual).sum() / mrr.sum()) if mrr.sum() else 0.0
