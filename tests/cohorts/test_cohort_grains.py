"""Cohorts of quarters and years, the drawn triangle, and what is refused."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_cohorts import cells
from writing import stretches, write_source

from helpers import cohorts, sources
from helpers.cohorts import triangles
from helpers.errors import Refused
from helpers.ledger import movements

# Seen to the end of 2024-05.
SPRING = cells([4, 3, 3, 1, 1], [2, 2, 2, 2], [4, 0, 0], [5, 5])


def numbers(table: pd.DataFrame, column: str = "n") -> dict[str, list]:
    return {f"{cohort:%Y-%m}": part[column].tolist() for cohort, part in table.groupby("cohort")}


def test_a_quarter_adds_up_its_months_at_the_same_age():
    quarters = triangles.grouped(SPRING, 3)
    # January was seen to age 4, but March only to age 2; the quarter of April is not over.
    assert numbers(quarters) == {"2024-01": [10, 5, 5]}
    assert quarters["share"].tolist() == [1.0, 0.5, 0.5]
    assert quarters["age_months"].tolist() == [0, 1, 2]


def test_a_quarter_has_its_first_row_once_its_last_month_is_seen():
    assert numbers(triangles.grouped(cells([4], [2]), 3)) == {}  # 2024-02 is the last month
    assert numbers(triangles.grouped(cells([4, 4, 4], [2, 1]), 3)) == {"2024-01": [6]}  # nobody came in March


def test_a_year_adds_up_its_months_at_the_same_age():
    table = cells([10, 10, *[8] * 12], [1], [6, *[3] * 11])  # seen to 2025-02
    table = table[table["cohort"].dt.month != 2]  # nobody came in February
    assert numbers(triangles.grouped(table, 12)) == {"2024-01": [16, 13, 11]}
    assert triangles.grouped(table, 12)["share"].tolist() == [1, 13 / 16, 11 / 16]


def test_years_and_quarters_begin_where_the_calendar_does():
    long = cells(*[[1] * (40 - start) for start in range(20)])
    assert list(numbers(triangles.grouped(long, 12))) == ["2024-01", "2025-01"]
    assert list(numbers(triangles.grouped(long, 3)))[:4] == ["2024-01", "2024-04", "2024-07", "2024-10"]


def test_the_first_quarter_is_left_truncated_as_a_whole_and_only_it():
    table = cells(*[[1] * (9 - start) for start in range(6)], truncated=0)
    flagged = triangles.grouped(table, 3).groupby("cohort")["is_left_truncated"].agg(["any", "all"])
    assert flagged.to_numpy().tolist() == [[True, True], [False, False]]


def test_revenue_is_grouped_in_cents():
    table = SPRING.rename(columns={"n": "cents"})
    assert numbers(triangles.grouped(table, 3), "cents") == {"2024-01": [10, 5, 5]}


def test_months_stay_as_they_are():
    pd.testing.assert_frame_equal(triangles.grouped(SPRING, 1), SPRING)
    assert triangles.grouped(SPRING.iloc[:0], 3).empty


counts = st.lists(st.integers(0, 9), min_size=14, max_size=14)


@settings(max_examples=6)
@given(st.lists(counts, min_size=7, max_size=7), st.sampled_from([3, 12]))
def test_every_account_is_in_one_cohort_of_a_finished_quarter_or_year(rows, months):
    rows = [sorted(row, reverse=True)[: 14 - place] for place, row in enumerate(rows)]
    table = cells(*[[row[0] + 1, *row[1:]] for row in rows])
    found, before = triangles.grouped(table, months), table.copy()
    month_no = (table["cohort"].dt.year * 12 + table["cohort"].dt.month - 1) // months
    for row in found.itertuples():
        own = (row.cohort.year * 12 + row.cohort.month - 1) // months
        assert row.n == table[(month_no == own) & (table["age_months"] == row.age_months)]["n"].sum()
    assert (found.groupby("cohort")["n"].diff().dropna() <= 0).all()
    pd.testing.assert_frame_equal(table, before)


# The drawn triangle


def test_of_a_quarters_ages_every_third_is_drawn():
    quarters = triangles.grouped(cells(*[[9 - age for age in range(9 - start)] for start in range(3)]), 3)
    drawn = cohorts.wide(quarters, "n", every=3)
    assert drawn.columns.tolist() == [0, 3, 6] and drawn.iloc[0].tolist() == [27, 18, 9]


# The tables of the pack


@pytest.fixture
def cube(tmp_path):
    accounts = "account_id,name,segment\nA,A,Old\nB,B,New\nC,C,New\n"
    lines = ["A, 2024-01-10, , 100", "B, 2024-02-01, 2024-03-01, 10", "B, 2024-04-01, , 40", "C, 2024-02-01, , 5"]
    source = write_source(tmp_path, accounts=accounts, subscriptions=stretches(*lines))
    tables = sources.open(source, "2024-05")
    return movements.cube(tables), tables.period.last, tables.coverage.first_month


def test_the_table_of_accounts_holds_those_in_force_beside_those_never_lost(cube):
    table = triangles.table("accounts", *cube)
    assert numbers(table) == {"2024-01": [1] * 5, "2024-02": [2, 1, 2, 2]}
    assert numbers(table, "n_never_lost") == {"2024-01": [1] * 5, "2024-02": [2, 1, 1, 1]}
    quarters = triangles.table("accounts", *cube, months=3)
    assert numbers(quarters) == {"2024-01": [3, 2, 3]} and numbers(quarters, "n_never_lost") == {"2024-01": [3, 2, 2]}


def test_the_table_of_revenue_holds_net_beside_gross(cube):
    table = triangles.table("revenue", *cube)
    assert numbers(table, "cents")["2024-02"] == [15_00, 5_00, 45_00, 45_00]
    assert numbers(table, "gross_cents")["2024-02"] == [15_00, 5_00, 15_00, 15_00]
    assert numbers(table, "share")["2024-02"] == [1, 5 / 15, 3, 3]
    assert numbers(table, "gross_share")["2024-02"] == [1, 5 / 15, 1, 1]


def test_segments_stand_one_under_the_other_and_add_up(cube):
    months, last, first = cube
    table = movements.of_each_segment(months, lambda part: triangles.table("accounts", part, last, first))
    assert table.columns[0] == "segment" and table["segment"].unique().tolist() == ["New", "Old"]
    assert numbers(table[table["segment"] == "New"]) == {"2024-02": [2, 1, 2, 2]}
    assert not table[table["segment"] == "New"]["is_left_truncated"].any()
    everybody = triangles.table("accounts", months, last, first).groupby(["cohort", "age_months"])["n"].sum()
    assert (table.groupby(["cohort", "age_months"])["n"].sum() == everybody).all()


# Refusals


def test_a_segment_that_is_not_in_the_data_is_refused_with_the_near_spelling(cube):
    assert len(triangles.only(cube[0], "")) == len(cube[0])
    assert triangles.only(cube[0], "Old")["segment"].unique().tolist() == ["Old"]
    with pytest.raises(Refused, match=r"segment 'Odl'; did you mean 'Old'"):
        triangles.only(cube[0], "Odl")


def test_another_length_of_a_cohort_is_refused():
    assert [triangles.months_in(grain) for grain in ("month", "quarter", "year")] == [1, 3, 12]
    with pytest.raises(Refused, match=r"grain 'week' is not known.*month"):
        triangles.months_in("week")
