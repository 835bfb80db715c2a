"""The queries against the plain count of every account in every month (`brute_force`), on random small tables."""

import random
import tempfile
from contextlib import contextmanager

import brute_force as plain
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from writing import write_source

from helpers import periods, sources
from helpers.ledger import movements
from helpers.periods import Period

months = st.integers(plain.LAST - 5, plain.LAST)


@contextmanager
def opened(rows, last=plain.LAST, segments=plain.SEGMENTS):
    """The tables of random stretches, as of the end of a month."""
    with tempfile.TemporaryDirectory() as folder:
        accounts, subscriptions = plain.accounts_csv(segments), plain.subscriptions_csv(rows)
        file = write_source(folder, accounts=accounts, subscriptions=subscriptions)
        yield sources.open(file, periods.month_text(last))


def cube_of(rows, last=plain.LAST, segments=plain.SEGMENTS):
    with opened(rows, last, segments) as tables:
        return movements.cube(tables)


@given(plain.stretches, months)
def test_the_cube_is_the_ledger_of_every_account_and_adds_up_to_its_mrr_today(rows, last):
    # With each account as its own segment, a row of the cube is one account's movement in one month.
    cube = cube_of(rows, last, {account: account for account in plain.SEGMENTS})
    expected = plain.ledger(rows, last)
    found = cube.rename(columns={"segment": "account"}).to_dict("records")
    assert all(row.pop("n_accounts") == 1 for row in found)
    key = ["account", "month_no"]
    assert sorted(found, key=lambda row: [row[name] for name in key]) == expected
    total = cube.groupby("segment")["change_cents"].sum()
    for account in plain.SEGMENTS:
        assert total.get(account, 0) == plain.level(rows, account, last)


@given(plain.stretches, months)
def test_every_column_of_the_movement_table_its_identity_to_the_cent_and_the_sum_of_its_segments(rows, last):
    cube = cube_of(rows, last)
    table = movements.by_month(cube, plain.FIRST, last)
    assert table["month"].dt.strftime("%Y-%m").tolist() == [
        periods.month_text(month) for month in range(plain.FIRST, last + 1)
    ]
    for month, row in zip(range(plain.FIRST, last + 1), table.drop(columns="month").to_dict("records"), strict=True):
        expected = plain.month_row(rows, month)
        assert row == {name: expected[name] for name in row}
    gained = table["new_cents"] + table["reactivation_cents"] + table["expansion_cents"]
    lost = table["contraction_cents"] + table["churn_cents"]
    assert (table["opening_cents"] + gained - lost == table["closing_cents"]).all()
    assert (table["n_opening"] + table["n_new"] + table["n_reactivated"] - table["n_churned"]).equals(
        table["n_closing"].rename(None)
    )
    assert (table["opening_cents"].iloc[1:].to_numpy() == table["closing_cents"].iloc[:-1].to_numpy()).all()
    assert (table.drop(columns="month") >= 0).all(axis=None)
    assert (table.drop(columns="month").dtypes == "int64").all()
    parts = movements.by_segment(cube, plain.FIRST, last).drop(columns="segment")
    assert (parts.groupby("month").sum() == table.set_index("month")).all(axis=None)
    assert len(parts) == len(table) * max(1, cube["segment"].nunique())
    assert_is_sum(
        movements.bridge(table, Period(last - 2, last)), [plain.month_row(rows, last - ago) for ago in (2, 1, 0)]
    )


def assert_is_sum(quarter, by_hand):
    """A quarter's movements are the sums of its months; it opens with the first month and closes with the last."""
    for name, amount in quarter.items():
        if "opening" in name:
            assert amount == by_hand[0][name]
        elif "closing" in name:
            assert amount == by_hand[-1][name]
        else:
            assert amount == sum(row[name] for row in by_hand)


@given(plain.stretches, months, st.sampled_from([1, 3, 5, 12]))
def test_year_on_year_sums(rows, last, lag):
    with opened(rows, last) as tables:
        table = movements.year_on_year(tables, lag=lag)
    for row in table.to_dict("records"):
        expected = plain.pair_sums(rows, row["month_no"], lag, row["segment"])
        assert {name: row[name] for name in expected} == expected
    # A segment may be missing only when nobody in it ever paid, unless nobody paid at all.
    paid = {plain.SEGMENTS[change["account"]] for change in plain.ledger(rows, last)} or set(table["segment"])
    months_of = table.groupby("segment")["month_no"].apply(list).to_dict()
    assert months_of == {segment: list(range(plain.FIRST, last + 1)) for segment in paid}


@given(plain.stretches, st.integers(plain.FIRST, plain.LAST), st.integers(0, 13))
def test_who_moved_between_two_months(rows, opening, further):
    closing = min(opening + further, plain.LAST)
    with opened(rows) as tables:
        found = movements.moved(tables, opening, closing)
    got = list(found[["account_id", "opening_cents", "closing_cents", "movement"]].itertuples(index=False, name=None))
    assert got == plain.point_to_point(rows, opening, closing)
    assert (found["change_cents"] == found["closing_cents"] - found["opening_cents"]).all()
    assert (found["name"] == "name of " + found["account_id"]).all()


@given(plain.stretches, st.randoms(use_true_random=False))
@settings(max_examples=4)
def test_the_order_of_rows_does_not_matter(rows, shuffler: random.Random):
    with opened(rows) as one, opened(shuffler.sample(rows, len(rows))) as other:
        assert_frame_equal(movements.cube(one), movements.cube(other))
        assert_frame_equal(movements.year_on_year(one), movements.year_on_year(other))
        both = [movements.moved(tables, plain.LAST - 3, plain.LAST) for tables in (one, other)]
    assert_frame_equal(*both)
