"""Triangles and counted lives small enough to read, and large ones whose every count is the expected one."""

import numpy as np
import pandas as pd
from scipy.special import betaln


def cells(*sizes: list[int], truncated: int = -1) -> pd.DataFrame:
    """A triangle of accounts from its rows; the first cohort begins in 2024-01, the next a month later."""
    found = []
    for number, counts in enumerate(sizes):
        cohort = pd.Timestamp(2024 + number // 12, 1 + number % 12, 1)
        found += [(cohort, age, n, n / counts[0], number == truncated) for age, n in enumerate(counts)]
    return pd.DataFrame(found, columns=["cohort", "age_months", "n", "share", "is_left_truncated"])


def lives(*rows: tuple, **columns) -> pd.DataFrame:
    """`movements.lifetimes` from (cohort, month of the first loss or None, accounts) each; `columns` replace defaults.

    Nobody who was lost came back, and everybody else pays 100 a month on a 12-month contract.
    """
    table = pd.DataFrame(rows, columns=["cohort_no", "first_lost_no", "n_accounts"])
    here = table["n_accounts"].where(table["first_lost_no"].isna(), 0)
    table = table.assign(
        first_lost_no=table["first_lost_no"].astype("Int64"),
        segment="S",
        acquisition_source="web",
        term_months=12,
        is_left_truncated=False,
        n_returned=0,
        n_in_force=here,
        mrr_cents=here * 100_00,
        first_cents=table["n_accounts"] * 100_00,
        first_squared=table["n_accounts"] * 100**2,
    )
    return table.assign(**columns).astype({"term_months": "Int64"})


def lives_by_survival(alive: list[int], n_cohorts: int, term: int = 1) -> tuple[pd.DataFrame, int]:
    """Lives of cohorts a month apart that all follow `alive`, their counts after 0, 1, 2 … terms; and the last."""
    last, rows = (len(alive) - 1) * term, []
    for cohort in range(n_cohorts):
        seen = [n for terms, n in enumerate(alive) if cohort + terms * term <= last]
        rows += [(cohort, cohort + terms * term, seen[terms - 1] - n) for terms, n in enumerate(seen) if terms]
        rows.append((cohort, None, seen[-1]))
    return lives(*[row for row in rows if row[2]], term_months=term), last


def company_of(hazard, n_cohorts: int, size: int) -> pd.DataFrame:
    """The triangle of never-lost accounts in which, each month, the expected number is lost, to the nearest one.

    `hazard(age, cohort)` is the chance of a loss at an age, for cohorts numbered from 0.
    """
    rows = []
    for cohort in range(n_cohorts):
        counts = [size]
        for age in range(1, n_cohorts - cohort + 1):
            counts.append(counts[-1] - round(counts[-1] * hazard(age, cohort)))
        rows.append(counts)
    return cells(*rows)


def drawn(rng: np.random.Generator, hazard: float, n_cohorts: int, size: int) -> pd.DataFrame:
    """The same by chance: everybody of the same monthly hazard, whatever the cohort."""
    rows = []
    for cohort in range(n_cohorts):
        counts = [size]
        for _ in range(n_cohorts - cohort):
            counts.append(counts[-1] - int(rng.binomial(counts[-1], hazard)))
        rows.append(counts)
    return cells(*rows)


def log_likelihood(alpha: float, beta: float, lost, ended) -> float:
    """Σ lost_t · ln P(T = t) + Σ ended_t · ln S(t), with P(T = t) = B(α + 1, β + t − 1) ÷ B(α, β), by age 0, 1 …

    Nobody is lost at age 0. Fader and Hardie (2007).
    """
    age, whole = np.arange(len(lost)), betaln(alpha, beta)
    stays = betaln(alpha, beta + age) - whole
    leaves = betaln(alpha + 1, beta + age[1:] - 1) - whole
    return float(np.asarray(lost)[1:] @ leaves + np.asarray(ended) @ stays)
