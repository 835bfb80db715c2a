"""The discrete-time hazard model: does the chance to leave (or expand) in a month change once an account is enrolled?

A month before the first contact counts as not enrolled, whatever comes later: no account is immortal. All programs are
in one model, so that one is not credited with what another did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from helpers import stats
from helpers.ledger import account_months
from helpers.programs.core import EVENT, TOO_FEW, Effect, e_values, naive_log_odds, refuse_ever_member, verdict

EVENTS_A_PARAMETER = 5  # Vittinghoff and McCulloch (2007)
AFTER = 3  # months after the first in which a score of an account without a date counts as known
ROWS = 8_000  # account-months above which SIMEX uses all events and a sample of the other months
DRAWS = 25
MEAN = "mean score"
BLIND = "no driver score measures the health that enrollment depends on"
TOO_THIN = f"too few events: {EVENTS_A_PARAMETER} a parameter are needed even of a small model"


@dataclass(frozen=True)
class Model:
    """The account-months of one outcome: `y`, covariates `x` (programs are columns of it by name), one cluster a row.

    `left_out`: program or covariate → why it is not in `x`. `noise`: score → SD a row of its measurement error.
    `scores`: the columns of `x` that are scores.
    """

    y: np.ndarray
    x: pd.DataFrame
    cluster: np.ndarray
    months: pd.DataFrame
    noise: dict[str, np.ndarray]
    left_out: dict[str, str]
    scores: tuple[str, ...] = ()


def exposed(months: pd.DataFrame, enrolments: pd.DataFrame, program: str) -> np.ndarray:
    """Whether each account-month lies after the month of the account's first contact by the program.

    >>> months = pd.DataFrame({"account_id": ["a", "a", "b"], "month_no": [3, 4, 4]})
    >>> exposed(months, pd.DataFrame({"account_id": ["a"], "program": ["p"], "first_no": [3]}), "p").tolist()
    [False, True, False]
    """
    own = enrolments[enrolments["program"] == program].set_index("account_id")["first_no"]
    return months["month_no"].to_numpy() > _of_accounts(months, own)


def _of_accounts(months: pd.DataFrame, values: pd.Series) -> np.ndarray:
    """The value of each account-month's account, `values` being by account_id; missing where there is none."""
    ids = months["account_id"].astype("category").cat
    return values.reindex(ids.categories.astype("str")).to_numpy(dtype=float)[ids.codes]


def model(
    months: pd.DataFrame,
    enrolments: pd.DataFrame,
    outcome: str,
    scores: pd.DataFrame | None = None,
    noise: Mapping[str, float | pd.Series] | None = None,
) -> Model:
    """The model's rows and columns for one outcome, `churn` or `expansion`.

    `months` is `account_months.History.months`; `enrolments` has account_id, program and first_no. Covariates:
    `account_months.covariates`. `scores`: account_id, known_no (month in which the score was known), and one column a
    score; with them the risk time begins after known_no. `noise`: score → SD of its error, one number or a Series by
    account_id.
    """
    refuse_ever_member("hazard", enrolments)
    own, score_columns, gaps = _scored(months, scores)
    y = own[EVENT[outcome]].to_numpy(dtype=float)
    programs = {name: exposed(own, enrolments, name) for name in sorted(enrolments["program"].unique())}
    left_out = {name: why for name, on in programs.items() if (why := _no_contrast(own, on, y))}
    columns = {name: on.astype(float) for name, on in programs.items() if name not in left_out}
    x = pd.DataFrame(columns | dict(account_months.covariates(own)) | score_columns, index=own.index)
    x, unused = stats.screen(y, x) if len(y) and 0 < y.sum() < len(y) else (x, {})
    errors = {name: _per_row(noise[name], own, gaps[name]) for name in noise if name in x} if noise is not None else {}
    used = tuple(name for name in gaps if name in x)
    return Model(y, x, own["account_id"].cat.codes.to_numpy(), own, errors, left_out | unused, used)


def _scored(months: pd.DataFrame, scores: pd.DataFrame | None):
    """Account-months after the scores were known, the scores as columns without gaps, and where the gaps were.

    Accounts without all scores are left out while the others make up half of the months or more: who has gaps may
    differ in what the scores measure, but not in what a program does to accounts that are alike in it. Else gaps stand
    at the mean, with a flag.
    """
    if scores is None or scores.empty:
        return months, {}, {}
    known = scores.set_index("account_id")
    values = pd.DataFrame({name: _of_accounts(months, known[name]) for name in known}, index=months.index)
    # Where nobody knows when a score was known, it counts from the fourth month on, as for everybody else.
    later = months["month_no"] > values.pop("known_no").fillna(months["cohort_no"] + AFTER)
    full = later & values.notna().all(axis=1)
    keep = full if full.sum() * 2 >= later.sum() else later
    columns, gaps = {}, {name: of_score.isna().to_numpy() for name, of_score in values[keep].items()}
    for name, gap in gaps.items():
        if not gap.all():
            own = values.loc[keep, name].to_numpy()
            columns |= {name: np.where(gap, np.nanmean(own), own), f"no {name}": gap.astype(float)}
    return months[keep], columns, gaps


def _per_row(sd, months: pd.DataFrame, gap: np.ndarray) -> np.ndarray:
    """The SD of a score's error in each row; 0 where the score itself is missing."""
    spread = _of_accounts(months, sd) if isinstance(sd, pd.Series) else np.full(len(months), float(sd))
    return np.where(gap | np.isnan(spread), 0.0, spread)


def _no_contrast(months: pd.DataFrame, on: np.ndarray, y: np.ndarray) -> str:
    """Why a program cannot be judged from these account-months; an empty text where it can."""
    if not len(months):
        return "no account-month at risk"
    enrolled, others = (months.loc[which, "account_id"].nunique() for which in (on, ~on))
    events, other_events = int(y[on].sum()), int(y[~on].sum())
    if enrolled == 0:
        return "nobody was enrolled while at risk"
    if others == 0:
        return "everybody was enrolled from the start, so there is nobody to compare with"
    if min(enrolled, others, events, other_events) < TOO_FEW:
        return f"too few: {enrolled} accounts with {events} events enrolled, {others} with {other_events} not"
    return ""


def effects(given: Model, enrolments: pd.DataFrame, outcome: str, draws: int = DRAWS) -> list[Effect]:
    """One effect a program by the hazard model, and a second by SIMEX where the scores have noise; strongest first.

    Log-odds a month, with account-clustered 95% intervals. Programs without contrast come back with the reason.
    """
    why = "" if 0 < given.y.sum() < len(given.y) else "the outcome never occurs in these account-months"
    whole, found = why or _fits(given, draws), []
    for name in sorted(enrolments["program"].unique()):
        base = _base(given, enrolments, name, outcome)
        model, fits = given, given.left_out.get(name) or whole
        if fits == TOO_THIN:
            model = _slim(given, name)
            fits = _fits(model, draws)
        if isinstance(fits, str):
            says = "too few" if fits.startswith("too few") else "undefined"
            found.append(Effect(**base, design="hazard", verdict=says, note=fits))
        else:
            base["uncorrected"] = float(fits["hazard"].estimate[name])
            found += [_effect(model, base, design, fit, name) for design, fit in fits.items()]
    return found


def _slim(given: Model, program: str) -> Model:
    """The model of one program alone, for few events: segment, age, renewal and change, and one score, the mean of all.

    What it leaves out is rather what other programs did than what enrollment follows.
    """
    plain = (program, "age", "renewal", "change window")
    kept = [name for name in given.x.columns if name in plain or name.startswith("segment ")]
    if not given.scores:
        return replace(given, x=given.x[kept], noise={})
    x = given.x[kept].assign(**{MEAN: given.x[list(given.scores)].mean(axis=1)})
    squares = sum(given.noise.get(name, np.zeros(len(x))) ** 2 for name in given.scores)
    return replace(given, x=x, noise={MEAN: np.sqrt(squares) / len(given.scores)}, scores=(MEAN,))


def _fits(given: Model, draws: int) -> dict[str, stats.Logit] | str:
    """The fits by design, or why there are none."""
    if given.y.sum() < len(given.x.columns) * EVENTS_A_PARAMETER:
        return TOO_THIN
    try:
        plain = cautious(stats.logit(given.y, given.x, given.cluster), stats.logit(given.y, given.x))
        if not any(sd.any() for sd in given.noise.values()):
            return {"hazard": plain}
        noiseless = stats.simex_by_samples(plain, given.y, given.x, given.noise, given.cluster, draws, ROWS)
        return {"hazard, SIMEX": noiseless, "hazard": plain}
    except stats.UNESTIMABLE as error:
        return f"the model has no estimate: {error}"


def cautious(clustered: stats.Logit, independent: stats.Logit) -> stats.Logit:
    """The clustered fit, no error below that of independent months: with few events the clustered ones are short."""
    wider = np.sqrt(np.maximum(np.diag(independent.covariance) / np.diag(clustered.covariance), 1.0))
    return replace(clustered, covariance=clustered.covariance * np.outer(wider, wider))


def _base(given: Model, enrolments: pd.DataFrame, name: str, outcome: str) -> dict:
    months, base = given.months, {"program": name, "outcome": outcome}
    if not len(months):
        return base
    happened = months[EVENT[outcome]]
    events = happened.groupby(months["account_id"], observed=True).any()
    members = events.index.isin(set(enrolments.loc[enrolments["program"] == name, "account_id"]))
    return base | {
        "naive": naive_log_odds(members, events.to_numpy()),
        "n_accounts": len(events),
        "n_events": int(happened.sum()),
        "n_enrolled": int(months.loc[exposed(months, enrolments, name), "account_id"].nunique()),
    }


def _effect(given: Model, base: dict, design: str, fit: stats.Logit, name: str) -> Effect:
    estimate, (low, high) = float(fit.estimate[name]), fit.interval(name)
    on = given.x[name].to_numpy() > 0
    inside, outside = int(given.y[on].sum()), int(given.y[~on].sum())
    note = f"{inside} of the events while enrolled"
    if not given.scores:
        note += f"; {BLIND}"
    if given.scores == (MEAN,):
        note += "; few events, so one program at a time and one mean score"
    says = verdict(min(inside, outside), base["n_enrolled"])
    share = min(base["n_events"] / max(base["n_accounts"], 1), 1.0)
    values = {"estimate": estimate, "low": low, "high": high} | e_values(estimate, low, high, share)
    return Effect(**base, **values, design=design, note=note, verdict=says, n_events_enrolled=inside)
