"""Notebook 20 on companies that are not the sample's, by a process of its own: its page and its tables."""

import numpy as np
import pandas as pd
import pytest
from packs import PROJECT, Pack, helpers
from writing import write_source

NAME = "20_cohort_retention"
COLUMNS = {
    "cohort_accounts": ["cohort", "age_months", "n", "share", "is_left_truncated", "n_never_lost"],
    "cohort_revenue": ["cohort", "age_months", "cents", "share", "is_left_truncated", "gross_cents", "gross_share"],
    "survival": ["segment", "age", "n_at_risk", "n_lost", "survival", "low", "high"],
    "projection": ["term_months", "age", "n_at_risk", "observed", "projected", "low", "high"],
    "backtest": ["month_no", "n_at_cut", "observed", "projected", "low", "high", "constant_churn"],
}
VALUES = {"survival": "survival", "projection": "projected", "backtest": "projected"}


def rendered(folder, source, *parameters: str, period: str = "2026-10") -> Pack:
    given = ["--only", NAME, *(part for parameter in parameters for part in ("-p", parameter))]
    helpers("report", period, "--source", source, "--out", folder / "packs", *given, cwd=folder)
    (made,) = [path for path in (folder / "packs").iterdir() if path.is_dir()]
    return Pack(made, source)


def month(number: int) -> str:
    """The first day of a month, counted from 2023-01."""
    return f"{2023 + number // 12}-{number % 12 + 1:02d}-01"


def company(folder, rows) -> Pack:
    """A company of (account, first month, month no longer in force or None, months to the renewal or None) each."""
    text = "subscription_id,account_id,starts_on,ends_on,mrr,currency,renews_on\n"
    for n, (account, start, end, term) in enumerate(rows):
        ends_on, renews_on = ("" if number is None else month(number) for number in (end, term and start + term))
        text += f"s{n},{account},{month(start)},{ends_on},100,USD,{renews_on}\n"
    return rendered(folder, write_source(folder, subscriptions=text, data_until="2025-12-31"), period="2025-12")


def small(folder) -> Pack:
    """Forty accounts month to month, over three years, each leaving at a chance of its own; two tables and no more."""
    rng, rows = np.random.default_rng(1), []
    for account in range(40):
        start = account * 24 // 40
        life = int(rng.geometric(rng.beta(1, 15)))
        rows.append((f"A{account:02d}", start, start + life if start + life < 36 else None, 1))
    return company(folder, rows)


def loyal(folder) -> Pack:
    return company(folder, [(f"A{n:02d}", n // 2, None, 12) for n in range(40)])


def purchases(folder) -> Pack:
    """Sixty shoppers who buy in a third of all months, without any contract."""
    rng = np.random.default_rng(2)
    bought = [
        (f"A{shopper:02d}", int(number)) for shopper in range(60) for number in np.flatnonzero(rng.random(36) < 0.3)
    ]
    return company(folder, [(shopper, number, number + 1, None) for shopper, number in bought])


def quarters(folder) -> Pack:
    source = PROJECT / "data" / "sample" / "source.toml"
    return rendered(folder, source, "segment=SMB", "grain=quarter", "show=count")


COMPANIES = {function.__name__: function for function in (small, loyal, purchases, quarters)}


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    made = {}

    def of(name: str) -> Pack:
        if name not in made:
            made[name] = COMPANIES[name](tmp_path_factory.mktemp(name))
        return made[name]

    return of


def said(pack: Pack) -> str:
    page = pack.page(NAME)
    for span in page("span"):  # which keeps an amount on one line
        span.unwrap()
    page.smooth()
    return " ".join(page.get_text(" ").split())


@pytest.mark.parametrize("name", COMPANIES)
def test_every_table_is_there_with_its_columns_and_intervals_hold_their_values(pack, name):
    for table, columns in COLUMNS.items():
        found = pack(name).table(table)
        assert set(columns) <= set(found.columns), table
        if table in VALUES:
            known = found.dropna(subset=["low", "high"])
            assert (known["low"] <= known[VALUES[table]] + 1e-9).all() and (
                known[VALUES[table]] <= known["high"] + 1e-9
            ).all()
            assert known[[VALUES[table], "low", "high"]].stack().between(0, 1).all()


@pytest.mark.parametrize("name", COMPANIES)
def test_no_missing_value_and_no_python_is_read_on_the_page(pack, name):
    text = said(pack(name))
    assert "Do customers stay longer than they used to?" in text
    for word in (" nan ", "nan%", "None ", "Traceback", " inf", "<NA>", "NaT"):
        assert word not in text, word


def test_the_quarters_of_one_segment_in_counts(pack):
    found = pack("quarters")
    accounts, curve = found.table("cohort_accounts", parse_dates=["cohort"]), found.table("survival")
    assert set(accounts["cohort"].dt.month) == {1, 4, 7, 10} | set(accounts["cohort"][:1].dt.month)
    assert curve["segment"].unique().tolist() == ["all", "SMB"]
    sides = [curve[curve["segment"] == name].drop(columns="segment").reset_index(drop=True) for name in ("all", "SMB")]
    pd.testing.assert_frame_equal(*sides)
    by_segment = found.table("cohort_accounts_by_segment", parse_dates=["cohort"])
    assert by_segment["segment"].unique().tolist() == ["SMB"] and len(by_segment) == len(accounts)
    text = said(found)
    assert "One row per cohort: the quarter of first revenue" in text
    assert "In accounts, by cohort and months since its first" in " ".join(alts(found))
    assert "There is nothing to compare: one segment" in text


def alts(pack: Pack) -> list[str]:
    return [drawing["aria-label"] for drawing in pack.page(NAME).find_all("svg", role="img")]


def test_forty_accounts_are_projected_and_said_to_be_few(pack):
    found = pack("small")
    projection = found.table("projection")
    assert projection["term_months"].unique().tolist() == [1] and projection["age"].max() == 60
    assert projection["observed"].notna().sum() > 12
    text = said(found)
    assert "of new month-to-month accounts" in text and "n = 38, 34 renewals seen" in text
    assert "n = 20 and 18)" in text
    assert "Today's accounts are worth an expected" in text


def test_where_nobody_left_every_share_is_1_and_nothing_is_projected(pack):
    found = pack("loyal")
    assert (found.table("cohort_accounts")["share"] == 1).all() and (found.table("survival")["survival"] == 1).all()
    assert found.table("projection").empty and found.table("backtest").empty
    text = said(found)
    assert "No projection of the 12-month contracts: none of the 38 accounts of a known age had left by" in text
    assert "No account of a known age has left yet" in text and "No test: nothing was projected" in text
    assert "The value of today's accounts is not projected" in text


def test_purchases_without_a_contract_are_called_so(pack):
    found = pack("purchases")
    assert found.table("projection").empty and found.table("backtest").empty
    text = said(found)
    assert "No projection: the data states no renewal date" in text
    assert "a renewal model is not for purchases without a contract" in text
    in_force = found.table("cohort_accounts")
    assert (in_force["n"] > in_force["n_never_lost"]).any()
