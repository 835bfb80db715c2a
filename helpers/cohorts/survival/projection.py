"""How many customers will still be there, by the sBG model per contract term, their value, and the projection's test.

Age counts renewals, not months. A renewal has been observed once its whole term is over; who leaves within a term has
not renewed at its end. Accounts count until their first loss; the left-truncated first cohort is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
import scipy

from helpers import formats, periods
from helpers.cohorts.survival.observed import alive_by_term, of_known_age, terms_of
from helpers.errors import Refused
from helpers.stats import curves, intervals, sbg

DRAWS = 200
FEWEST_LOST = 10
FEWEST_RENEWALS = 3  # seen of a term, below which two parameters fit whatever comes
SURE, ALIKE = 0.05, 10_000.0  # p of a misfit; α + β at which all customers are alike
DIFFER = 2.71  # likelihood ratio from which customers differ in their chance to leave
MOST_RETURNED = 1 / 3  # of the lost, above which a loss is no end: purchases, not contracts
PROJECTION = ("term_months", "age", "n_at_risk", "observed", "projected", "low", "high")
BACKTEST = ("term_months", "month_no", "n_at_cut", "observed", "projected", "low", "high", "constant_churn")
VALUE_COLUMNS = ["term_months", "n_accounts", "mrr_cents", "residual_terms", "value_cents", "low", "high", "basis"]
INTERVAL, SCENARIO, NO_FIT = "95% interval", "range by scenario", "no interval: the model does not fit"
NO_TERM = (
    "the data states no renewal date (subscriptions.renews_on), so it does not say when a customer decides to stay: a "
    "renewal model is not for purchases without a contract. Where there are contracts, map renews_on (where a renewal "
    "is a row of its own) or term_months, or set the parameter term_months"
)


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
    def fits(self) -> bool:
        """Whether the curve that was observed does not contradict the model (`sbg.misfit`)."""
        return not sbg.misfit(self.model, self.lost, self.at_risk) < SURE

    @property
    def scenarios(self) -> list[sbg.Sbg]:
        """With fewer than three renewals seen: the same chance at every renewal, at either end of its interval.

        So few cannot say whether those who stay are more loyal or everybody is alike.
        """
        if len(self.at_risk) >= FEWEST_RENEWALS or not len(self.at_risk):
            return []
        return _one_chance(self.lost.sum(), self.at_risk.sum())

    def interval(
        self, figure: Callable[[sbg.Sbg], np.ndarray], model: sbg.Sbg, draws: list[sbg.Sbg], alike: Sequence = ()
    ) -> tuple:
        """What the model says, with the interval of what its draws say: (figure, low, high).

        Wider where the scenarios say more, or else the models `alike`; none where the model does not fit.
        """
        middle, (low, high) = figure(model), np.quantile([figure(one) for one in draws], [0.025, 0.975], axis=0)
        if not self.fits:
            return middle, low * np.nan, high * np.nan
        beside = [middle, *(figure(one) for one in self.scenarios or alike)]
        return middle, np.min([low, *beside], axis=0), np.max([high, *beside], axis=0)


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
    one = scipy.special.xlogy(lost, share) + scipy.special.xlog1py(kept, -share)
    return _one_chance(lost, lost + kept) if 2 * (model.log_likelihood - one) < DIFFER else []


def fit(lives: pd.DataFrame, term_months: int, last_month: int, by_revenue: bool = True) -> Fitted:
    """The model of one contract term, by maximum likelihood over all its cohorts, and its bootstrap.

    `by_revenue`: the one that counts accounts by their MRR, too.

    Refused where the data cannot carry it: no account of a known age, nobody has left, fewer than three ages, fewer
    than 10 losses, or more than a third of the lost accounts came back, so that a loss is no end.
    """
    known = of_known_age(lives, term_months, last_month)
    if known.empty:
        raise Refused("all these accounts were there when the data begins, so their age is not known")
    if known["first_lost_no"].isna().all():
        n = formats.count(known["n_accounts"].sum())
        raise Refused(f"none of the {n} accounts of a known age had left by {_month(last_month)}")
    alive = alive_by_term(lives, term_months, last_month)
    counts = np.array(sbg.lost_and_ended(alive.to_numpy()))
    here = lives[(lives["term_months"] == term_months) & lives["first_lost_no"].notna()]
    returned = here["n_returned"].sum() / max(here["n_accounts"].sum(), 1)
    if returned > MOST_RETURNED:
        raise Refused(
            f"{formats.percent(returned)} of the accounts that were lost came back, so a month without revenue is no "
            "end: these are purchases rather than contracts, and a renewal model is not for them"
        )
    if counts[0].sum() < FEWEST_LOST:
        left = f"only {formats.plural(int(counts[0].sum()), 'account')} of a known age had left at a renewal"
        raise Refused(f"{left} by {_month(last_month)}; {FEWEST_LOST} are needed for two parameters")
    model, draws = _drawn(counts)
    at_risk = (alive.shift(-1, axis=1).notna() * alive.fillna(0)).sum().to_numpy()[:-1]
    revenue = _by_revenue(lives, known, term_months, last_month, model) if by_revenue else None
    return Fitted(term_months, last_month, model, draws, alive, counts[0, 1:], at_risk, revenue)


def _month(month: int) -> str:
    return periods.name_of(periods.month_start(month))


def _by_revenue(lives: pd.DataFrame, known: pd.DataFrame, term_months: int, last_month: int, near: sbg.Sbg) -> tuple:
    """The model and its draws where an account counts by the MRR it began with: large ones may stay longer.

    Drawn again are as many accounts of one size as tell as much (Kish's effective number).
    """
    alive = alive_by_term(lives.assign(n_accounts=lives["first_cents"]), term_months, last_month)
    n = (known["first_cents"].sum() / 100) ** 2 / max(known["first_squared"].sum(), 1)
    counts = np.array(sbg.lost_and_ended(alive.to_numpy()))
    counts *= max(n, 1) / counts.sum()
    model, draws = _drawn(counts, near)
    return model, draws, _alike(model, counts)


def _drawn(counts: np.ndarray, near: sbg.Sbg | None = None, seed: int = 1) -> tuple[sbg.Sbg, list[sbg.Sbg]]:
    """The model of `lost_and_ended`, and as it is fitted to accounts drawn again.

    A draw in which nobody is lost cannot be fitted: it counts as half a loss at the first renewal.
    """
    model = sbg.fit_each(counts[:1], counts[1:], near=near)[0]
    rng, cells = np.random.default_rng(seed), counts.ravel()
    again = rng.multinomial(round(cells.sum()), cells / cells.sum(), DRAWS).reshape(DRAWS, *counts.shape).astype(float)
    again[again[:, 0].sum(axis=1) == 0, 0, 1] = 0.5
    return model, sbg.fit_each(again[:, 0], again[:, 1], near=model)


def each_term(build: Callable, lives: pd.DataFrame, *options) -> tuple[dict, dict[int, str]]:
    """`build(lives, term, *options)` of each contract term, and in words why it refuses the others (0: no term known).

    >>> lives = pd.DataFrame({"term_months": [1, 12], "n_accounts": [9, 5]})
    >>> each_term(lambda lives, term, months: months // term, lives, 24)
    ({1: 24, 12: 2}, {})
    """
    built, refusals = {}, {}
    for term in terms_of(lives):
        try:
            built[term] = build(lives, term, *options)
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
    middle, low, high = fitted.interval(lambda one: one.survival(ages), fitted.model, fitted.draws)
    seen = curves.from_counts(range(1, n_seen + 1), fitted.at_risk, fitted.lost)["survival"]
    beyond = [np.nan] * (len(ages) - n_seen - 1)
    at_risk = [fitted.alive[0].sum(), *fitted.at_risk, *beyond]
    table = pd.DataFrame({"term_months": fitted.term_months, "age": ages, "n_at_risk": at_risk})
    table = table.assign(observed=[1.0, *seen, *beyond], projected=middle, low=low, high=high)
    return table.astype({"n_at_risk": "Int64"}).round({"projected": 8, "low": 8, "high": 8})


def base_value(
    lives: pd.DataFrame, models: dict[int, Fitted], margin: float = 1.0, discount_rate: float = 0.10
) -> pd.DataFrame:
    """Expected value of the accounts that pay and never left before, by contract term.

    `models`: term → `fit` of the same `lives`. An account with r months left in its term and a of its renewals
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
        worth = partial(_worth, age=age, mrr=mrr, term=term, margin=margin, discount_rate=discount_rate)
        (value, terms), low, high = fitted.interval(worth, model, draws, alike)
        basis = SCENARIO if fitted.scenarios else INTERVAL if fitted.fits else NO_FIT
        rows.append([term, own["n_accounts"].sum(), int(mrr.sum()), terms, value, low[0], high[0], basis])
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


def backtest(lives: pd.DataFrame, term_months: int, last_month: int, hidden_months: int = 12) -> pd.DataFrame:
    """Of the accounts past their last renewal at a cut-off, `hidden_months` back, the share never lost since, by month.

    Who leaves within a term has left at its end, as in the model; month to month, the accounts are those there.
    Both models know only what had happened by the cut-off, in all cohorts at once. sBG: each cohort goes on from its
    own age. Constant churn: one rate a term, lost ÷ at risk until then. The interval is of what is counted: the model's
    uncertainty (bootstrap) and chance (each draw's accounts leave or stay at random).

    Columns: term_months, month_no, n_at_cut, observed, projected, low, high, constant_churn (shares, 0–1). Refused as
    for `fit`, by what was known at the cut-off.
    """
    cut = last_month - hidden_months
    before = lives.assign(first_lost_no=lives["first_lost_no"].where(lives["first_lost_no"] <= cut))
    known = fit(before, term_months, cut, by_revenue=False)
    cohorts = known.alive.index.to_numpy()
    later = alive_by_term(lives, term_months, last_month).loc[cohorts].to_numpy()
    months = np.arange(cut + 1, last_month + 1)
    age, start = (months[:, None] - cohorts) // term_months, (cut - cohorts) // term_months
    row = np.arange(len(cohorts))
    there = later[row, start].astype("int64")
    stays = 1 - known.lost.sum() / known.at_risk.sum()
    projected = (there * known.model.survival(age) / known.model.survival(start)).sum(axis=1) / there.sum()
    low, high = np.quantile(_paths(known.draws, there, start, age) / there.sum(), [0.025, 0.975], axis=0)
    shares = {
        "projected": projected,
        "low": np.minimum(low, projected),
        "high": np.maximum(high, projected),
        "constant_churn": (there * stays ** (age - start)).sum(axis=1) / there.sum(),
    }
    counted = {"n_at_cut": int(there.sum()), "observed": later[row, age].sum(axis=1) / there.sum()}
    table = pd.DataFrame({"term_months": term_months, "month_no": months} | counted | shares)
    return table.round(dict.fromkeys(shares, 8))


def _paths(draws, there: np.ndarray, start: np.ndarray, age: np.ndarray, seed: int = 2) -> np.ndarray:
    """Accounts still there by month in each draw: draws × months."""
    rng, found = np.random.default_rng(seed), []
    for drawn in draws:
        alive, before, path = there, start, []
        for now in age:
            alive = rng.binomial(alive, drawn.survival(now) / drawn.survival(before))
            before = now
            path.append(alive.sum())
        found.append(path)
    return np.array(found)


def errors(table: pd.DataFrame) -> tuple[float, float]:
    """Mean absolute error over the hidden months, in shares: (sBG, constant churn).

    >>> errors(pd.DataFrame({"observed": [0.9, 0.8], "projected": [0.9, 0.82], "constant_churn": [0.85, 0.75]}))
    (0.01, 0.05)
    """
    apart = table[["projected", "constant_churn"]].sub(table["observed"], axis=0).abs().mean()
    return round(float(apart.iloc[0]), 8), round(float(apart.iloc[1]), 8)
