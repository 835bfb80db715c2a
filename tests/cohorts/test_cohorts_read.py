"""What one call prepares for the page on cohorts, from a company with nothing but accounts and subscriptions."""

import pytest
from writing import stretches, write_source

from helpers import cohorts, sources
from helpers.errors import Refused

SUBSCRIPTIONS = stretches(
    "A, 2024-01-10, , 100", "B, 2024-02-01, 2024-05-31, 50", "C, 2024-02-05, , 70", "D, 2024-04-01, , 30"
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return sources.open(write_source(tmp_path_factory.mktemp("company"), subscriptions=SUBSCRIPTIONS), "2024-12")


@pytest.fixture(scope="module")
def company(tables):
    return cohorts.read(tables, chart_grain="month")


def test_the_frames_of_one_call_count_the_same_accounts_and_losses(company):
    assert company.lives["n_accounts"].sum() == company.in_force.query("age_months == 0")["n"].sum() == 4
    assert (
        company.losses["n_lost"].sum() == company.hazard["n_lost"].sum() + 1 == 1
    )  # fewer than 30: no hazard is drawn
    assert company.monthly["closing_cents"].iloc[-1] == cohorts.diagonals(company.net)["cents"].iloc[-1] == 200_00


def test_a_grid_is_in_the_unit_that_is_asked_for(company):
    shares, counts = (company.grid("accounts", show) for show in ("share", "count"))
    assert (shares["unit"], counts["unit"]) == ("percent", "count")
    assert shares["sizes"].tolist() == ["1", "2", "1"]
    assert counts["wide"].iloc[1].dropna().tolist() == [2] * 3 + [1] * 8
    money = company.grid("gross", "count")
    assert money["unit"] == "thousands" and money["sizes"].tolist() == ["$100", "$120", "$30"]
    with pytest.raises(Refused, match="did you mean 'share'"):
        company.grid("accounts", "shares")


def test_quarters_hold_their_months(tables):
    quarters = cohorts.read(tables, "quarter")
    assert quarters.grid("accounts")["wide"].columns.tolist() == [0, 3, 6, 9]
    assert quarters.accounts.query("age_months == 0")["n"].tolist() == [3, 1]


def test_without_a_contract_nothing_is_projected_and_the_page_says_why(company):
    assert company.contracts == {} and company.tests == [] and company.projection.empty
    assert "no renewal date" in company.sentences.no_projection
    assert company.sentences.no_test == "No test: nothing was projected."


def test_what_is_read_shows_itself(company):
    assert ".never_lost" in company._repr_html_() and "never left since" in company._repr_html_()
