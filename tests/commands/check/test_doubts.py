"""What is legal but suspicious is told, with its rows, and what only looks like it is not."""

from datetime import date

import pandas as pd
import pytest
from small_company import ACCOUNTS, SUBSCRIPTIONS
from writing import stretches, write_source

from helpers import sources
from helpers.commands.check import doubts
from helpers.commands.check.doubts import everywhere, revenue
from helpers.commands.check.doubts.core import asked, questions

TODAY = date(2025, 1, 15)
HEADER = "subscription_id,account_id,product,starts_on,ends_on,mrr,currency"


@pytest.fixture
def tables(tmp_path):
    """The tables of a small source written from literal text, without a period."""

    def read(**options):
        return sources.connect(write_source(tmp_path, **{"subscriptions": SUBSCRIPTIONS} | options))

    return read


def about(found, column: str, words: str) -> list:
    return [doubt for doubt in found if doubt.column == column and words in doubt.says]


def of_revenue(tables, rows: list[str]):
    read = tables(subscriptions="\n".join([HEADER, *rows]))
    return asked(read, questions(read, date(2024, 12, 31)))


def test_terms_overlap_only_within_one_product_of_one_account(tables):
    found = of_revenue(
        tables,
        [
            "s1,A,Core,2024-01-01,2024-07-01,100,USD",
            "s1,A,Core,2024-07-01,,110,USD",  # begins as the first ends
            "s2,A,Add-on,2024-02-01,,20,USD",  # another product
            "s3,B,Core,2024-02-01,2024-06-01,30,USD",
            "s4,B,Core,2024-05-31,,30,USD",  # one day too early
            "s5,C,Core,2024-01-01,2024-03-01,0,USD",  # a free trial may overlap
            "s6,C,Core,2024-02-01,,50,USD",
        ],
    )
    (overlap,) = about(found, "starts_on", "has ended")
    assert overlap.n_rows == 1 and "account_id=B, subscription_id=s4" in overlap.first_rows[0]


def test_a_last_day_in_force_is_told_from_a_first_day_out_of_force(tables):
    rows = ["s1,A,Core,2024-01-01,2024-06-30,100,USD", "s1,A,Core,2024-07-01,,100,USD"]
    (found,) = about(of_revenue(tables, rows), "ends_on", "one day after")
    assert "next_start=2024-07-01" in found.first_rows[0] and 'ends_on = "cast(ends_on as date) + 1"' in found.way_out
    assert about(of_revenue(tables, [rows[0].replace("06-30", "07-01"), rows[1]]), "ends_on", "one day after") == []


def test_a_renewal_under_a_number_of_its_own_is_looked_at_too(tables):
    years = [
        f"{account}{year},{account},Core,{year}-03-10,{year + 1}-03-09,100,USD"
        for account in "ABC"
        for year in (2022, 2023)
    ]
    (found,) = about(of_revenue(tables, years), "ends_on", "another subscription")
    assert found.n_rows == 3 and "subscription_id=A2022, account_id=A" in found.first_rows[0]
    # The next one begins on the day itself; or it is of another product.
    for rows in ([row.replace("-03-09", "-03-10") for row in years], [row.replace("Core", row[:5]) for row in years]):
        assert about(of_revenue(tables, rows), "ends_on", "another subscription") == []


def test_one_account_that_stands_twice_is_no_second_account_of_its_name(tables):
    twice = "account_id,name,segment\nA,Acme,S\nA,Acme,S\nB,Bolt,S\nC,bolt,S\n"
    read = tables(accounts=twice)
    (found,) = about(doubts.found(read, TODAY, False), "name", "the same name")
    assert found.n_rows == 2 and "account_id=B" in found.first_rows[0]


@pytest.mark.parametrize(
    ("before", "after", "is_odd"),
    [(100, 1200, True), (1200, 100, True), (90, 9000, True), (100, 1100, False), (100, 300, False)],
)
def test_a_term_at_twelve_or_a_hundred_times_the_one_before_is_in_another_unit(tables, before, after, is_odd):
    rows = [f"s1,A,Core,2024-01-01,2024-07-01,{before},USD", f"s1,A,Core,2024-07-01,,{after},USD"]
    assert bool(about(of_revenue(tables, rows), "mrr", "12 or 100 times")) == is_odd


def test_a_currency_is_an_iso_code(tables):
    assert about(of_revenue(tables, ["s1,A,Core,2024-01-01,,100,Euro"]), "currency", "ISO")
    assert not about(of_revenue(tables, ["s1,A,Core,2024-01-01,,100,EUR"]), "currency", "ISO")


def stated(tables, rows: list[str], name: str = "Status", **options):
    read = tables(subscriptions="\n".join([f"{HEADER},{name}", *rows]), **options)
    return about(doubts.found(read, TODAY, False), "ends_on", "has ended, but")


def test_a_customer_that_has_left_in_every_figure_and_is_said_to_be_active_is_asked_about(tables):
    rows = [
        "s1,A,Core,2023-01-01,2024-01-01,100,USD,Active",  # only the term is over, or A has left
        "s2,B,Core,2023-01-01,2024-01-01,100,USD,Canceled",
        "s3,C,Core,2023-01-01,2024-01-01,100,USD,Active",  # renewed: the next row says so
        "s4,C,Core,2024-01-01,,100,USD,Active",
        "s5,D,Core,2023-01-01,2024-01-20,100,USD,Active",  # an upgrade to another product goes on from it
        "s6,D,Pro,2024-01-10,,200,USD,Active",
        "s7,E,Core,2024-06-01,2025-06-01,100,USD,Active",  # its end is still to come
        "s8,F,Trial,2023-01-01,2023-02-01,0,USD,Active",  # nothing was paid
        "s9,G,Core,2023-01-01,,100,USD,Active",
        "t1,G,Add-on,2023-01-01,2024-03-01,20,USD,active ",  # another product of an account that stays
    ]
    (found,) = stated(tables, rows)
    assert found.says == "has ended, but Status says Active" and found.n_rows == 2
    assert ["account_id=A" in found.first_rows[0], "account_id=G" in found.first_rows[1]] == [True, True]
    fix = 'ends_on = "case when lower(trim(cast(\\"Status\\" as varchar))) in (\'active\') then null else ends_on end"'
    assert found.way_out.endswith(fix)
    assert stated(tables, [row.replace(",Active", ",Ended").replace("active ", "Ended") for row in rows]) == []


@pytest.mark.parametrize("name", ["{}", "{ends_on}", "{{ name }}", "{0}", "the {label}"])
def test_a_state_whose_name_looks_like_a_gap_is_named_as_it_is(tables, name):
    (found,) = stated(
        tables, ["s1,A,Core,2023-01-01,2024-01-01,100,USD,Active", "s2,B,Core,2024-02-01,,100,USD,x"], name
    )
    assert found.says == f'has ended, but "{name}" says Active' and f'cast(\\"{name}\\" as varchar)' in found.way_out


@pytest.mark.parametrize(("name", "label", "is_odd"), [("is_active", "true", True), ("auto_renew", "true", False)])
def test_a_flag_that_says_active_is_asked_about_and_one_that_renews_by_itself_is_not(tables, name, label, is_odd):
    rows = [f"s1,A,Core,2023-01-01,2024-01-01,100,USD,{label}", "s2,B,Core,2024-02-01,,100,USD,true"]
    assert bool(stated(tables, rows, name)) == is_odd


def test_an_end_after_the_latest_start_of_an_old_export_has_not_passed_by_then(tables):
    rows = ["s1,A,Core,2023-01-01,2024-01-01,100,USD,Active", "s2,B,Core,2023-11-01,,100,USD,Active"]
    assert stated(tables, rows, data_until=None) == [] and stated(tables, rows) != []


def test_a_state_that_the_end_is_read_from_asks_nothing(tables):
    rows = ["s1,A,Core,2023-01-01,2024-01-01,100,USD,Active", "s2,B,Core,2024-02-01,,100,USD,Active"]
    ends = "case when Status = 'Active' then null else ends_on end"
    mapping = (
        f"""[tables.subscriptions]\nfrom = "subscriptions.csv"\n[tables.subscriptions.columns]\nends_on = "{ends}"\n"""
    )
    assert stated(tables, rows) and stated(tables, rows, mapping=mapping) == []


# Of a whole table


def whole(tables, starts, ends=None, mrr=100, **others):
    ends = ends or [""] * len(starts)
    lines = [f"A{n}, {start}, {end}, {mrr}" for n, (start, end) in enumerate(zip(starts, ends, strict=True))]
    read = tables(subscriptions=stretches(*lines), **others)
    return [doubt for doubt in asked(read, questions(read, TODAY)) if doubt.table != "accounts"]


def days(first: str, n: int, step: int) -> list[str]:
    return [f"{day:%Y-%m-%d}" for day in pd.date_range(first, periods=n, freq=f"{step}D")]


def test_dates_cut_to_a_year_and_a_day_of_migration_are_told(tables):
    assert about(whole(tables, ["2023-01-01", "2024-01-01"] * 15), "starts_on", "January 1")
    spread = days("2023-02-03", 30, 11)
    (found,) = about(whole(tables, ["2023-05-17"] * 40 + spread), "starts_on", "one day, 2023-05-17")
    assert found.n_rows == 40
    assert whole(tables, spread) == []


def test_an_export_of_active_subscriptions_alone_is_told(tables):
    starts = days("2023-02-03", 60, 11)
    (found,) = about(whole(tables, starts), "ends_on", "not one subscription ever ended")
    assert found.n_rows == 60
    assert whole(tables, starts, ["2024-12-02"] + [""] * 59) == []


def test_ends_on_the_last_day_of_months_are_told(tables):
    starts = days("2023-02-03", 24, 11)
    ends = [f"{day:%Y-%m-%d}" for day in pd.date_range("2024-01-31", periods=24, freq="ME")]
    assert about(whole(tables, starts, ends), "ends_on", "last day of a month")[0].n_rows == 24
    firsts = [f"{day:%Y-%m-%d}" for day in pd.date_range("2024-02-01", periods=24, freq="MS")]
    assert whole(tables, starts, firsts) == []


@pytest.mark.parametrize(
    ("mrr", "says"),
    [
        (1200, "12 times that of opportunities: it looks like a year's amount"),
        (10_000, "in cents"),
        (1, "100 times that of subscriptions"),
        (300, ""),
    ],
)
def test_amounts_in_another_unit_than_the_deals_are_told(tables, mrr, says):
    deals = "opportunity_id,account_id,kind,sourced_by,created_on,status,mrr\n" + "".join(
        f"o{n},A1,expansion,sales,2024-02-01,open,100\n" for n in range(25)
    )
    found = whole(tables, days("2023-02-03", 25, 11), ["2024-12-02"] * 25, mrr, opportunities=deals)
    found = [doubt for doubt in found if doubt.column == "mrr"]
    assert ([says in doubt.says for doubt in found] == [True]) if says else found == []


def test_net_retention_above_200_percent_names_the_accounts_behind_it(tables):
    read = tables(
        subscriptions=stretches("A, 2023-01-10, 2024-03-01, 100", "A, 2024-03-01, , 250", "B, 2024-02-01, , 900")
    )
    (found,) = revenue.doubts(read.at(read.default_period()))
    assert "250%" in found.says and "account_id=A: $100 then, $250 now" in found.first_rows
    (read.settings.file.parent / "subscriptions.csv").write_text(
        stretches("A, 2023-01-10, 2024-03-01, 100", "A, 2024-03-01, , 199")
    )
    read = sources.connect(read.settings.file)
    assert revenue.doubts(read.at(read.default_period())) == []


# Of any table


def test_a_month_with_a_tenth_of_the_rows_is_thin_and_a_rhythm_is_not():
    steady = dict.fromkeys(range(100, 124), 50)
    assert everywhere._thin(steady, 123) == {}
    assert everywhere._thin(steady | {110: 4}, 123) == {110: (4, 50)}
    assert everywhere._thin(steady | {110: 5}, 123) == {}
    assert list(everywhere._thin({**steady, 123: 1}, 123)) == [123] and everywhere._thin({**steady, 123: 1}, 122) == {}
    quarterly = {month: 300 if month % 3 == 0 else 2 for month in range(100, 124)}
    growing = {month: 2 ** (month - 100) for month in range(100, 112)}
    assert everywhere._thin(quarterly, 123) == {} and everywhere._thin(growing, 111) == {}


def test_a_label_in_two_spellings_is_told_with_how_often_each_stands(tables):
    rows = [f"A{n},{segment},N{n}" for n, segment in enumerate(["SMB"] * 4 + ["smb ", "S.M.B.", "Enterprise"])]
    (found,) = everywhere.spellings(tables(accounts="account_id,segment,name\n" + "\n".join(rows)))
    assert (found.column, found.n_rows, found.first_rows) == ("segment", 2, ("'SMB' (4), 'S.M.B.' (1), 'smb ' (1)",))


def test_only_what_has_happened_cannot_be_dated_after_today(tables):
    read = tables(
        subscriptions=stretches("A, 2024-01-10, 2030-01-01, 100", "B, 2027-02-01, , 50"), data_until="2025-01-10"
    )
    found = asked(read, questions(read, TODAY))
    assert [(doubt.column, doubt.n_rows) for doubt in found] == [("starts_on", 1)]
    assert "the last day that the data covers, 2025-01-10" in found[0].says


def test_no_doubt_about_two_good_customers_and_none_where_a_table_is_empty(tables):
    empty = "ticket_id,account_id,opened_on,closed_on,category,priority\n"
    read = tables(accounts=ACCOUNTS.replace("2024-07-05", ""), tickets=empty, data_until="2024-06-30")
    assert doubts.found(read.at(read.default_period()), TODAY) == []


def test_a_point_between_digits_is_a_part_of_an_id(tables):
    def about_ids(*ids: str) -> list:
        accounts = "account_id,name,segment\n" + "".join(f"{each},N{n},S\n" for n, each in enumerate(ids))
        rows = [HEADER, *(f"s{n},{each},Core,2024-01-01,,10,USD" for n, each in enumerate(ids))]
        read = tables(accounts=accounts, subscriptions="\n".join(rows))
        return about(asked(read, questions(read, TODAY)), "account_id", "ids that differ only")

    assert about_ids("1.1", "11", "c2.1", "c21", "4.0.1", "40.1") == []
    (found,) = about_ids("Birch Inc.", "birch", "B.C. Ltd", "BC", "Route 66 Inc.", "route 66")
    assert found.n_rows == 6
