"""Retention by cohort, from the cube of movements: triangles, and averages that pool counts instead of ratios.

A cohort is the month of an account's first MRR; age 0 is that month. A cell that cannot have been observed yet, or
whose month the data does not cover to its end, has no row: missing is never 0.
"""

from collections.abc import Iterator

import pandas as pd

from helpers import formats, periods, stats

MEASURES = ("accounts", "never_lost", "net_revenue", "gross_revenue")
_COLUMN = {"accounts": "n", "never_lost": "n", "net_revenue": "cents", "gross_revenue": "cents"}


def triangle(
    cube: pd.DataFrame, last_month: int, measure: str = "accounts", first_month: int | None = None
) -> pd.DataFrame:
    """One row per cohort and observable age, cells of 0 included.

    `cube` is `movements.cube`; `last_month` the last month that the data covers to its end, `first_month` its first
    (by default the cube's; a segment's own cube may begin later). Measures: `accounts` in force, `never_lost` (in force
    ever since), `net_revenue` (what the cohort pays), `gross_revenue` (Σ min(MRR, first MRR) per account, so that
    growth hides no loss).

    Columns: cohort (first day of its month), age_months, n or cents, share (of the cohort at age 0; may pass 1 for net
    revenue), is_left_truncated (the first month of the data holds everyone who came before it).

    >>> cube = pd.DataFrame({"cohort_no": [24312, 24312], "segment": "SMB", "month_no": [24312, 24314],
    ...                      "movement": ["new", "churn"], "n_accounts": [4, 1], "change_cents": [400, -100],
    ...                      "capped_change_cents": [400, -100], "n_first_lost": [0, 1]})
    >>> triangle(cube, 24315)["share"].tolist()
    [1.0, 1.0, 0.75, 0.75]
    """
    if measure not in MEASURES:
        raise ValueError(f"{measure!r} is not a measure; allowed: {', '.join(MEASURES)}")
    name = _COLUMN[measure]
    first = cube["cohort_no"].min() if first_month is None else first_month
    change = _change(cube, measure)
    sums = cube.assign(_change=change).groupby(["cohort_no", "month_no"])["_change"].sum()
    cohorts = sorted(int(cohort) for cohort in cube["cohort_no"].unique() if cohort <= last_month)
    cells = [(cohort, month) for cohort in cohorts for month in range(cohort, last_month + 1)]
    grid = pd.MultiIndex.from_tuples(cells, names=["cohort_no", "month_no"])
    level = sums.reindex(grid, fill_value=0).groupby(level="cohort_no").cumsum().astype("int64")
    table = level.rename(name).reset_index()
    size = table.groupby("cohort_no")[name].transform("first")
    return pd.DataFrame(
        {
            "cohort": [pd.Timestamp(periods.month_start(month)) for month in table["cohort_no"]],
            "age_months": table["month_no"] - table["cohort_no"],
            name: table[name],
            "share": table[name] / size,
            "is_left_truncated": table["cohort_no"] == first,
        }
    )


def _change(cube: pd.DataFrame, measure: str) -> pd.Series:
    if measure == "net_revenue":
        return cube["change_cents"]
    if measure == "gross_revenue":
        return cube["capped_change_cents"]
    if measure == "never_lost":
        return cube["n_accounts"].where(cube["movement"] == "new", 0) - cube["n_first_lost"]
    sign = cube["movement"].map({"new": 1, "reactivation": 1, "churn": -1}).fillna(0)
    return (cube["n_accounts"] * sign).astype("int64")


def wide(triangle: pd.DataFrame, column: str = "share") -> pd.DataFrame:
    """The triangle as people draw it: cohorts down, ages across, missing where nothing can have been observed.

    >>> cells = pd.DataFrame({"cohort": ["a", "a", "b"], "age_months": [0, 1, 0], "share": [1.0, 0.5, 1.0]})
    >>> wide(cells).isna().sum().sum()
    np.int64(1)
    """
    return triangle.pivot(index="cohort", columns="age_months", values=column).astype("float64")


def pooled(triangle: pd.DataFrame, at_least: int = 1) -> pd.DataFrame:
    """Retention by age over all cohorts: Σ cells ÷ Σ the same cohorts' size; never an average of ratios.

    The left-truncated first cohort is left out: its ages are unknown. So are ages with fewer than `at_least` accounts
    (or cents) in the denominator. Columns: age_months, numerator, denominator,
    n_cohorts, share, and for accounts low and high (Wilson, 0–1).

    >>> cells = pd.DataFrame({"cohort": ["a", "a", "b", "b"], "age_months": [0, 1, 0, 1], "n": [10, 9, 90, 45],
    ...                       "share": [1, 0.9, 1, 0.5], "is_left_truncated": False})
    >>> pooled(cells)["share"].tolist()
    [1.0, 0.54]
    """
    name = "n" if "n" in triangle.columns else "cents"
    known = triangle[~triangle["is_left_truncated"]].sort_values(["cohort", "age_months"])
    size = known.groupby("cohort")[name].transform("first")
    groups = known.assign(_size=size).groupby("age_months")
    table = groups.agg(numerator=(name, "sum"), denominator=("_size", "sum"), n_cohorts=("cohort", "nunique"))
    table = table[table["denominator"] >= at_least]
    table["share"] = table["numerator"] / table["denominator"]
    if name == "n":
        bounds = [stats.wilson(k, n) for k, n in zip(table["numerator"], table["denominator"], strict=True)]
        table["low"], table["high"] = [low for low, _ in bounds], [high for _, high in bounds]
    return table.reset_index()


def diagonals(triangle: pd.DataFrame) -> pd.DataFrame:
    """Sums along the calendar: what all cohorts together had in each month. Columns: month, n or cents.

    >>> cells = pd.DataFrame({"cohort": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-02-01"]),
    ...                       "age_months": [0, 1, 0], "cents": [10, 9, 5]})
    >>> diagonals(cells)["cents"].tolist()
    [10, 14]
    """
    name = "n" if "n" in triangle.columns else "cents"
    month_no = triangle["cohort"].map(periods.month_no) + triangle["age_months"]
    sums = triangle[name].groupby(month_no).sum()
    return pd.DataFrame(
        {"month": [pd.Timestamp(periods.month_start(month)) for month in sums.index], name: sums.to_numpy()}
    )


def by_segment(cube: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The cube's segments, one after the other, by name."""
    for segment in sorted(cube["segment"].unique()):
        yield segment, cube[cube["segment"] == segment]


def losses(never_lost: pd.DataFrame) -> pd.DataFrame:
    """When accounts are lost for the first time: lost in a month of life ÷ never lost before it, cohorts pooled.

    `never_lost` is that triangle. The left-truncated cohort is left out. Columns: age_months, n_lost, n_at_risk, rate
    (0–1), low, high (Wilson).

    >>> cells = pd.DataFrame({"cohort": ["a", "a", "b"], "age_months": [0, 1, 0], "n": [10, 8, 50],
    ...                       "is_left_truncated": False})
    >>> losses(cells)[["age_months", "n_lost", "n_at_risk"]].values.tolist()
    [[1, 2, 10]]
    """
    known = never_lost[~never_lost["is_left_truncated"]].sort_values(["cohort", "age_months"])
    before = known.groupby("cohort")["n"].shift()
    steps = known.assign(n_lost=before - known["n"], n_at_risk=before)[before.notna()]
    table = steps.groupby("age_months")[["n_lost", "n_at_risk"]].sum().astype("int64").reset_index()
    table = table[table["n_at_risk"] > 0].reset_index(drop=True)
    bounds = [stats.wilson(k, n) for k, n in zip(table["n_lost"], table["n_at_risk"], strict=True)]
    return table.assign(
        rate=table["n_lost"] / table["n_at_risk"], low=[low for low, _ in bounds], high=[high for _, high in bounds]
    )


def milestone_sentence(pooled: pd.DataFrame, age: int, what: str = "accounts") -> str:
    """What is still here at an age, with interval and n, over the cohorts that have reached it (or the age they have).

    >>> reached = pd.DataFrame({"age_months": [12], "numerator": [9], "denominator": [10], "share": [0.9],
    ...                         "low": [0.6], "high": [0.98], "n_cohorts": [2]})
    >>> milestone_sentence(reached, 12)
    'After 12 months 90.0% of the accounts are in force (95% interval 60.0–98.0%, n = 10, 2 cohorts).'
    """
    row, when = _at(pooled, age)
    if row is None:
        return when
    behind = f"n = {formats.count(row['denominator'])}, {formats.plural(int(row['n_cohorts']), 'cohort')}"
    bounds = formats.interval(row["low"], row["high"])
    return f"{when} {formats.percent(row['share'])} of the {what} are in force (95% interval {bounds}, {behind})."


def newer_sentence(triangle: pd.DataFrame, age: int) -> str:
    """Whether newer customers stay longer: the newer half of the cohorts that have reached an age against the older.

    `triangle` holds accounts; the left-truncated cohort is left out. A difference is called one only where its interval
    (Newcombe) leaves 0 out.
    """
    known = triangle[~triangle["is_left_truncated"]]
    size = known[known["age_months"] == 0].set_index("cohort")["n"]
    there = known[known["age_months"] == age].set_index("cohort")["n"].sort_index()
    half = len(there) // 2
    if half == 0:
        return (
            f"Too few cohorts have been observed for {formats.plural(age, 'month')} to compare newer with older ones."
        )
    older, newer = there.iloc[:half], there.iloc[half:]
    counts = [int(part.sum()) for part in (newer, size[newer.index], older, size[older.index])]
    difference, low, high = stats.share_difference(*counts)
    shares = [f"{formats.percent(k / n)} of {formats.count(n)}" for k, n in (counts[:2], counts[2:])]
    since = f"{newer.index[0]:%Y-%m}"
    says = "differ from" if low > 0 or high < 0 else "show no difference to"
    bounds = " to ".join(formats.points(side).removesuffix(" points") for side in (low, high))
    return (
        f"Accounts won since {since} {says} the earlier ones: after {formats.plural(age, 'month')} {shares[0]} are in "
        f"force, against {shares[1]} ({formats.points(difference)}, 95% interval {bounds})."
    )


def revenue_sentence(pooled: pd.DataFrame, age: int) -> str:
    """What the cohorts that have reached an age pay then, against their first month.

    >>> revenue_sentence(pd.DataFrame({"age_months": [12], "share": [1.04], "n_cohorts": [2]}), 12)
    'After 12 months the cohorts that have reached it pay 104.0% of their first month (2 cohorts).'
    """
    row, when = _at(pooled, age)
    if row is None:
        return when
    share, n = formats.percent(row["share"]), formats.plural(int(row["n_cohorts"]), "cohort")
    return f"{when} the cohorts that have reached it pay {share} of their first month ({n})."


def _at(pooled: pd.DataFrame, age: int) -> tuple[pd.Series | None, str]:
    """The row at an age, or at the last one before it, and the words for when."""
    reached = pooled[pooled["age_months"] <= age]
    if reached.empty:
        return None, "No cohort of a known age has been observed yet."
    row = reached.iloc[-1]
    found = formats.plural(int(row["age_months"]), "month")
    if row["age_months"] == age:
        return row, f"After {found}"
    return row, f"No cohort has been observed for {formats.plural(age, 'month')} yet; after {found}"


def steepest_sentence(losses: pd.DataFrame) -> str:
    """The month of life in which most is lost, named only where the evidence holds (binomial test, Bonferroni).

    >>> steady = pd.DataFrame({"age_months": [1, 2], "n_lost": [5, 6], "n_at_risk": [100, 95], "rate": [0.05, 0.063],
    ...                        "low": [0.02, 0.03], "high": [0.11, 0.13]})
    >>> steepest_sentence(steady)
    'No month of life stands out: 5.6% of the accounts still there are lost in an average one (n = 195 account-months).'
    """
    n_lost, n_months = int(losses["n_lost"].sum()), int(losses["n_at_risk"].sum())
    if not n_lost:
        return "No account of a known age has been lost yet."
    average = n_lost / n_months
    usual = f"{formats.percent(average)} of the accounts still there are lost in an average one"
    tests = [stats.binomial_excess(k, n, average) for k, n in zip(losses["n_lost"], losses["n_at_risk"], strict=True)]
    if min(tests) * len(tests) >= 0.05:
        return f"No month of life stands out: {usual} (n = {formats.count(n_months)} account-months)."
    peak = losses.iloc[tests.index(min(tests))]
    bounds = f"95% interval {formats.interval(peak['low'], peak['high'])}, n = {formats.count(peak['n_at_risk'])}"
    return (
        f"Month {peak['age_months']:.0f} of life stands out: {formats.percent(peak['rate'])} of the accounts still "
        f"there are lost in it ({bounds}); {usual}."
    )


def spread_sentence(segments: dict[str, pd.DataFrame], age: int) -> str:
    """Whether segments differ at an age: said only where the 95% intervals of the farthest two do not overlap."""
    at = {name: table[table["age_months"] == age] for name, table in segments.items()}
    known = {name: rows.iloc[0] for name, rows in at.items() if len(rows)}
    if len(known) < 2:
        return f"Fewer than two segments have been observed for {formats.plural(age, 'month')}."
    best, worst = max(known, key=lambda name: known[name]["share"]), min(known, key=lambda name: known[name]["share"])
    when, shares = (
        f"After {formats.plural(age, 'month')}",
        [formats.percent(known[name]["share"]) for name in (best, worst)],
    )
    if known[worst]["high"] < known[best]["low"]:
        return f"{when} {shares[0]} of {best} are in force, but {shares[1]} of {worst}."
    return f"{when} the data does not tell {best} ({shares[0]}) and {worst} ({shares[1]}) apart."
