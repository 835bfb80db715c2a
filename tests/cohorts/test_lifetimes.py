"""Customer lives from the subscriptions: which term is whose, who was lost when, and both ways of counting agree."""

import tempfile

import brute_force as plain
import pandas as pd
import pytest
from hypothesis import given, settings
from writing import stretches, write_source

from helpers import cohorts, sources
from helpers.ledger import movements
from helpers.periods import month_text

ANCHOR = "Z, 2023-01-01, , 5, "  # there when the data begins
YEARLY = "Y, 2023-02-01, , 5, 2024-02-01"  # somebody with a renewal date


def contracts(*lines: str) -> str:
    """A subscriptions table in short: `account, first day, first day not paid, MRR, day of renewal`."""
    rows = [[part.strip() for part in line.split(",")] for line in lines]
    text = "".join(f"s{n},{','.join(row[:4])},USD,{row[4]}\n" for n, row in enumerate(rows, 1))
    return "subscription_id,account_id,starts_on,ends_on,mrr,currency,renews_on\n" + text


@pytest.fixture
def read(tmp_path):
    """The lifetimes of the lines at the end of 2025-12, each account as its own segment."""

    def of(*lines: str, **options):
        names = sorted({line.partition(",")[0] for line in lines})
        accounts = "account_id,name,segment\n" + "".join(f"{name},{name},{name}\n" for name in names)
        source = write_source(tmp_path, accounts=accounts, subscriptions=contracts(*lines), data_until="2025-12-31")
        tables = sources.open(source, "2025-12")
        return movements.lifetimes(tables, tables.period.last, **options).set_index("segment")

    return of


def term(found: pd.DataFrame, account: str = "A"):
    return found.loc[account, "term_months"]


# Terms


TERMS = [
    ("2024-01-15", "2025-01-15", 12),
    ("2024-01-01", "2024-12-31", 12),  # the last day of the term
    ("2024-01-01", "2025-01-01", 12),  # the day after it
    ("2024-01-31", "2025-01-30", 12),
    ("2024-02-29", "2025-02-28", 12),
    ("2024-01-31", "2025-02-01", 12),
    ("2024-01-10", "2026-01-10", 24),
    ("2024-01-01", "2025-12-31", 24),
    ("2024-01-15", "2024-04-15", 3),
    ("2024-01-01", "2024-06-30", 6),
    ("2024-01-15", "2024-02-15", 1),
    ("2024-01-01", "2024-01-31", 1),
    ("2024-01-15", "2024-01-20", 1),  # no term is shorter than a month
    ("2024-01-15", "2024-12-15", 12),  # within a month of a year it is a year
    ("2024-01-15", "2025-02-15", 12),
    ("2024-01-15", "2024-11-15", 10),
    ("2024-01-15", "2025-03-15", 14),
    ("2024-01-15", "2025-12-20", 24),
]


def test_a_term_is_the_months_to_the_renewal(read):
    found = read(ANCHOR, *(f"{n}, {starts}, , 100, {renews}" for n, (starts, renews, _) in enumerate(TERMS)))
    terms = [(starts, renews, term(found, str(n))) for n, (starts, renews, _) in enumerate(TERMS)]
    assert terms == TERMS


def test_without_a_renewal_date_where_others_have_one_it_is_month_to_month(read):
    found = read(ANCHOR, YEARLY, "A, 2024-01-15, , 100, ")
    assert term(found) == 1 and term(found, "Y") == 12


def test_where_nobody_has_a_renewal_date_the_term_is_missing(read, tmp_path):
    found = read(ANCHOR, "A, 2024-01-15, , 100, ")
    assert found["term_months"].isna().all() and str(found["term_months"].dtype) == "Int64"
    tables = sources.open(write_source(tmp_path, subscriptions=stretches("A, 2024-01-15, , 100")))  # no such column
    assert movements.lifetimes(tables, tables.period.last)["term_months"].isna().all()


def test_a_term_that_is_said_is_the_term_of_all(read):
    assert read(ANCHOR, "A, 2024-01-15, , 100, ", term_months=12)["term_months"].tolist() == [12, 12]


def test_the_first_term_counts_and_not_the_longest(read):
    # The longest would tell who stayed: only they live to sign for a year.
    monthly = ["A, 2024-01-15, 2024-06-15, 100, 2024-02-15", "A, 2024-06-15, , 100, 2025-06-15"]
    undated = ["B, 2024-01-15, 2024-06-15, 100, ", "B, 2024-06-15, , 100, 2025-06-15"]
    yearly = ["C, 2024-01-15, 2025-01-15, 100, 2025-01-15", "C, 2025-01-15, , 100, 2027-01-15"]
    found = read(ANCHOR, YEARLY, *monthly, *undated, *yearly)
    assert [term(found, account) for account in "ABC"] == [1, 1, 12]


def test_of_several_first_subscriptions_the_longest_term_is_the_contracts(read):
    found = read(ANCHOR, YEARLY, "A, 2024-01-15, , 100, 2025-01-15", "A, 2024-01-15, , 10, 2024-02-15")
    assert term(found) == 12


def test_a_term_cut_off_by_the_begin_of_the_data_is_the_shortest_known_one_that_is_long_enough(read):
    two_years = "X, 2023-02-01, , 5, 2025-02-01"
    cut = {"A": "2023-08-01", "B": "2024-04-01", "C": "2026-01-01", "D": "2023-01-20"}
    lines = [f"{account}, 2023-01-01, , 9, {renews_on}" for account, renews_on in cut.items()]
    found = read(YEARLY, two_years, *lines)
    assert found["is_left_truncated"].tolist() == [True] * 4 + [False] * 2
    # 7 months are left of a year, 15 of two; longer than any is what it is; under a month of the shortest known.
    assert [term(found, account) for account in "ABCD"] == [12, 24, 36, 12]


def test_accounts_there_from_the_begin_show_their_term_at_their_renewal(read):
    renewed = ["A, 2023-01-01, 2023-04-01, 9, 2023-04-01", "A, 2023-04-01, , 9, 2024-04-01"]
    assert term(read(YEARLY, "M, 2023-03-01, , 5, ", *renewed)) == 12


def test_when_only_free_trials_were_there_at_the_begin_the_first_term_still_counts(read):
    # Nobody is left-truncated: the first paying month is later than the data's first.
    moved = ["A, 2023-02-10, 2023-06-10, 9, 2023-03-10", "A, 2023-06-10, , 9, 2024-06-10"]
    found = read("T, 2023-01-01, , 0, ", *moved)
    assert not found["is_left_truncated"].any() and term(found) == 1


# Lives


def test_a_free_trial_is_no_life_and_its_term_no_term(read):
    trial = ["A, 2024-01-15, 2024-02-15, 0, 2027-01-15", "A, 2024-02-15, , 100, 2025-02-15"]
    found = read(ANCHOR, YEARLY, *trial, "T, 2024-01-01, , 0, 2025-01-01")
    assert "T" not in found.index
    assert month_text(found.loc["A", "cohort_no"]) == "2024-02" and term(found) == 12


def test_who_returned_was_lost_once_and_is_in_force_again(read):
    lines = ["A, 2024-01-15, 2024-05-15, 100, ", "A, 2024-09-01, , 250, ", "B, 2024-01-15, 2024-07-01, 100, "]
    found = read(ANCHOR, YEARLY, *lines)
    assert [month_text(month) for month in found.loc[["A", "B"], "first_lost_no"]] == ["2024-05", "2024-07"]
    assert found.loc[["A", "B"], "n_returned"].tolist() == [1, 0]
    assert found.loc[["A", "B"], "n_in_force"].tolist() == [1, 0]
    assert found.loc[["A", "B"], "mrr_cents"].tolist() == [250_00, 0]


def test_lives_are_counted_by_what_they_share(tmp_path):
    accounts = "account_id,name,segment,acquisition_source\nA,A,S,web\nB,B,S,web\nC,C,S,\nD,D,L,web\n"
    lines = [f"{account}, 2024-01-15, , 10" for account in "ABCD"]
    tables = sources.open(write_source(tmp_path, accounts=accounts, subscriptions=stretches(*lines)), "2024-06")
    found = movements.lifetimes(tables, tables.period.last)
    key = ["segment", "acquisition_source", "n_accounts", "mrr_cents"]
    assert found[key].to_numpy().tolist() == [
        ["L", "web", 1, 10_00],
        ["S", "unknown", 1, 10_00],
        ["S", "web", 2, 20_00],
    ]


def test_what_happened_after_the_month_asked_for_has_not_happened(tmp_path):
    lines = ["A, 2024-01-15, 2024-03-15, 10", "A, 2024-05-15, , 20", "B, 2024-04-15, , 10", "C, 2024-01-15, , 10"]
    tables = sources.open(write_source(tmp_path, subscriptions=stretches(*lines)), "2024-06")
    found = movements.lifetimes(tables, tables.period.last - 3)  # 2024-03
    assert found["n_accounts"].tolist() == [1, 1] and found["n_returned"].sum() == 0
    assert found["mrr_cents"].sum() == 10_00 and found["first_lost_no"].notna().sum() == 1
    before = movements.lifetimes(tables, tables.period.last - 4)
    assert before["first_lost_no"].isna().all() and before["mrr_cents"].sum() == 20_00


def test_where_nobody_ever_paid_there_are_no_lives(tmp_path):
    tables = sources.open(write_source(tmp_path, subscriptions=stretches("A, 2024-01-15, , 0")), "2024-06")
    found = movements.lifetimes(tables, tables.period.last)
    assert found.empty and {"term_months", "n_returned", "is_left_truncated"} <= set(found.columns)


@settings(max_examples=5)
@given(plain.stretches)
def test_lives_count_the_accounts_losses_and_revenue_of_the_triangles(rows):
    with tempfile.TemporaryDirectory() as folder:
        file = write_source(
            folder, accounts=plain.accounts_csv(plain.SEGMENTS), subscriptions=plain.subscriptions_csv(rows)
        )
        tables = sources.open(file, month_text(plain.LAST))
        found, cube = movements.lifetimes(tables, plain.LAST), movements.cube(tables)
    for row in cohorts.triangle(cube, plain.LAST, "never_lost", plain.FIRST).itertuples():
        month = row.cohort.year * 12 + row.cohort.month - 1
        own = found[found["cohort_no"] == month]
        there = own[own["first_lost_no"].isna() | (own["first_lost_no"] > month + row.age_months)]
        assert (there["n_accounts"].sum(), own["is_left_truncated"].all()) == (row.n, row.is_left_truncated)
    today = [plain.level(rows, account, plain.LAST) for account in plain.SEGMENTS]
    assert (found["mrr_cents"].sum(), found["n_in_force"].sum()) == (sum(today), sum(mrr > 0 for mrr in today))
