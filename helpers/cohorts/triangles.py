"""Triangles from the cube of movements, and averages that pool counts instead of ratios."""

import pandas as pd

from helpers import periods, stats
from helpers.errors import Refused, did_you_mean
from helpers.ledger import movements

MEASURES = {"accounts": "n", "never_lost": "n", "net_revenue": "cents", "gross_revenue": "cents"}  # and its column
TABLES = {"accounts": ("accounts", "never_lost"), "revenue": ("net_revenue", "gross_revenue")}
GRAINS = {"month": 1, "quarter": 3, "year": 12}


def triangle(
    cube: pd.DataFrame, last_month: int, measure: str = "accounts", first_month: int | None = None
) -> pd.DataFrame:
    """One row per cohort and observable age, cells of 0 included.

    `cube` is `movements.cube`; `last_month` the last month that the data covers to its end, `first_month` its first
    (by default the cube's; a segment's own cube may begin later). Measures: `accounts` that pay, `never_lost` (paying
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
    name, movement, n = MEASURES[measure], cube["movement"], cube["n_accounts"]
    change = {
        "accounts": n * movement.map({"new": 1, "reactivation": 1, "churn": -1}).fillna(0),
        "never_lost": n.where(movement == "new", 0) - cube["n_first_lost"],
        "net_revenue": cube["change_cents"],
        "gross_revenue": cube["capped_change_cents"],
    }
    sums = change[measure].groupby([cube["cohort_no"], cube["month_no"]]).sum()
    first = cube["cohort_no"].min() if first_month is None else first_month
    cohorts = sorted(int(cohort) for cohort in cube["cohort_no"].unique() if cohort <= last_month)
    cells = [(cohort, month) for cohort in cohorts for month in range(cohort, last_month + 1)]
    grid = pd.MultiIndex.from_tuples(cells, names=["cohort_no", "month_no"])
    level = sums.reindex(grid, fill_value=0).groupby(level="cohort_no").cumsum().astype("int64").rename(name)
    table = level.reset_index()
    age, is_first = table["month_no"] - table["cohort_no"], table["cohort_no"] == first
    return _with_shares(table.assign(age_months=age, is_left_truncated=is_first), name)


def _with_shares(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The columns of a triangle from cohort_no, age_months, `name` (n or cents) and is_left_truncated."""
    size = table.groupby("cohort_no")[name].transform("first")
    table = table.assign(cohort=movements.month_of(table["cohort_no"]), share=table[name] / size)
    return table[["cohort", "age_months", name, "share", "is_left_truncated"]]


def known(triangle: pd.DataFrame) -> pd.DataFrame:
    """The cells of cohorts whose age is known, in order."""
    return triangle[~triangle["is_left_truncated"]].sort_values(["cohort", "age_months"])


def steps(never_lost: pd.DataFrame) -> pd.DataFrame:
    """The cells of that triangle from age 1 on, with n_at_risk (never lost before that month) and n_lost (in it)."""
    cells = known(never_lost)
    before = cells.groupby("cohort")["n"].shift()
    return cells.assign(n_at_risk=before, n_lost=before - cells["n"])[before.notna()]


def grouped(triangle: pd.DataFrame, months: int) -> pd.DataFrame:
    """Cohorts of a quarter (3 months) or a year (12) from the monthly triangle, every account at its own age.

    A cell adds up its months' cohorts at the same age in months, so a share keeps its meaning. It is there only once
    all months of the cohort have reached the age; a cohort whose quarter or year is not over has no row yet. The first
    cohort is left-truncated where one of its months is. Columns as for `triangle`, cohort the first month's first day.

    >>> cells = pd.DataFrame({"cohort": pd.to_datetime(["2026-01-01"] * 4 + ["2026-02-01"] * 3 + ["2026-03-01"] * 2),
    ...                       "age_months": [0, 1, 2, 3, 0, 1, 2, 0, 1], "n": [4, 3, 3, 1, 2, 2, 2, 4, 0],
    ...                       "share": 1.0, "is_left_truncated": False})
    >>> grouped(cells, 3)[["age_months", "n", "share"]].values.tolist()
    [[0.0, 10.0, 1.0], [1.0, 5.0, 0.5]]
    """
    if months == 1 or triangle.empty:
        return triangle
    name = "n" if "n" in triangle.columns else "cents"
    month_no = triangle["cohort"].map(periods.month_no)
    last = int((month_no + triangle["age_months"]).max())
    start = month_no // months * months
    inside = triangle.assign(cohort_no=start)[start + months - 1 + triangle["age_months"] <= last]
    table = inside.groupby(["cohort_no", "age_months"]).agg({name: "sum", "is_left_truncated": "any"}).reset_index()
    table["is_left_truncated"] = table.groupby("cohort_no")["is_left_truncated"].transform("any")
    return _with_shares(table, name)


def wide(triangle: pd.DataFrame, column: str = "share", every: int = 1) -> pd.DataFrame:
    """The triangle as people draw it: cohorts down, ages across, missing where nothing can have been observed.

    Of the ages in months, `every` third or twelfth where cohorts are quarters or years.

    >>> cells = pd.DataFrame({"cohort": ["a", "a", "b"], "age_months": [0, 1, 0], "share": [1.0, 0.5, 1.0]})
    >>> wide(cells).isna().sum().sum()
    np.int64(1)
    """
    triangle = triangle[triangle["age_months"] % every == 0]
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
    cells = known(triangle)
    groups = cells.assign(_size=cells.groupby("cohort")[name].transform("first")).groupby("age_months")
    table = groups.agg(numerator=(name, "sum"), denominator=("_size", "sum"), n_cohorts=("cohort", "nunique"))
    table = table[table["denominator"] >= at_least].reset_index()
    if name == "n":
        return rated(table, "numerator", "denominator", "share")
    return table.assign(share=table["numerator"] / table["denominator"])


def diagonals(triangle: pd.DataFrame) -> pd.DataFrame:
    """Sums along the calendar: what all cohorts together had in each month. Columns: month, n or cents.

    >>> cells = pd.DataFrame({"cohort": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-02-01"]),
    ...                       "age_months": [0, 1, 0], "cents": [10, 9, 5]})
    >>> diagonals(cells)["cents"].tolist()
    [10, 14]
    """
    name = "n" if "n" in triangle.columns else "cents"
    month_no = triangle["cohort"].map(periods.month_no).astype("int64") + triangle["age_months"]
    sums = triangle[name].groupby(month_no).sum()
    return pd.DataFrame({"month": movements.month_of(sums.index), name: sums.to_numpy()})


def only(cube: pd.DataFrame, segment: str) -> pd.DataFrame:
    """The rows of one segment; all where it is empty. `Refused` where nobody of that segment ever paid.

    >>> len(only(pd.DataFrame({"segment": ["SMB", "Enterprise"]}), "SMB"))
    1
    """
    segments = sorted(cube["segment"].unique())
    if segment and segment not in segments:
        raise Refused(f"no customer is of the segment {segment!r}; {did_you_mean(segment, segments)}")
    return cube[cube["segment"] == segment] if segment else cube


def months_in(grain: str) -> int:
    """How many months a cohort is long. `Refused` for anything but month, quarter or year.

    >>> months_in("quarter")
    3
    """
    if grain not in GRAINS:
        raise Refused(f"grain {grain!r} is not known; {did_you_mean(grain, GRAINS)}")
    return GRAINS[grain]


def table(what: str, cube: pd.DataFrame, last_month: int, first_month: int, months: int = 1) -> pd.DataFrame:
    """The triangle of `accounts` or of `revenue`. As `grouped`.

    Columns: cohort, age_months, n, share, is_left_truncated, n_never_lost; or cohort, age_months, cents, share (net),
    is_left_truncated, gross_cents, gross_share.
    """
    return side_by_side(*(triangle(cube, last_month, name, first_month) for name in TABLES[what]), months)


def side_by_side(whole: pd.DataFrame, part: pd.DataFrame, months: int) -> pd.DataFrame:
    """A `table` of its two monthly triangles."""
    whole, part = grouped(whole, months), grouped(part, months)
    if "n" in whole:
        return whole.assign(n_never_lost=part["n"])
    return whole.assign(gross_cents=part["cents"], gross_share=part["share"])


def losses(never_lost: pd.DataFrame) -> pd.DataFrame:
    """When accounts are lost for the first time: lost in a month of life ÷ never lost before it, cohorts pooled.

    `never_lost` is that triangle. The left-truncated cohort is left out. Columns: age_months, n_lost, n_at_risk, rate
    (0–1), low, high (Wilson).

    >>> cells = pd.DataFrame({"cohort": ["a", "a", "b"], "age_months": [0, 1, 0], "n": [10, 8, 50],
    ...                       "is_left_truncated": False})
    >>> losses(cells)[["age_months", "n_lost", "n_at_risk"]].values.tolist()
    [[1, 2, 10]]
    """
    table = steps(never_lost).groupby("age_months")[["n_lost", "n_at_risk"]].sum().astype("int64").reset_index()
    return rated(table[table["n_at_risk"] > 0].reset_index(drop=True))


def rated(table: pd.DataFrame, k: str = "n_lost", n: str = "n_at_risk", rate: str = "rate") -> pd.DataFrame:
    """A table with the rate of two of its columns, k ÷ n, and low and high (0–1; Wilson).

    >>> rated(pd.DataFrame({"n_lost": [1], "n_at_risk": [4]}))["rate"].tolist()
    [0.25]
    """
    ends = [stats.wilson(int(count), int(of)) for count, of in zip(table[k], table[n], strict=True)]
    bounds = pd.DataFrame(ends, table.index, ["low", "high"], dtype=float)
    return table.assign(**{rate: table[k] / table[n]}, low=bounds["low"], high=bounds["high"])
