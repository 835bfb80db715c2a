"""The customer's side by hand, and against what the sample company was made from."""

import numpy as np
import pandas as pd
import pytest
from partly import made

from helpers import change, periods, sample, sources
from helpers.change import attention, reading
from helpers.ledger import account_months
from helpers.sample import world

JAN = 2024 * 12
NONE = pd.DataFrame()


def says(**facts):
    """What page 50 says of these frames."""
    frames = dict.fromkeys(("states", "waiting", "held", "lost", "sides", "years"), NONE)
    rest = {"currency": "USD", "window": 6, "ended": None, "is_recorded": True, "n_too_late": 0}
    return made(change.Change, **frames | rest | facts).sentences


NO_CHANGE = pd.DataFrame({"account_id": [], "kind": [], "detected_on": pd.to_datetime([]), "month_no": []}).astype(
    {"account_id": "str", "kind": "str", "month_no": "int64"}
)


def held(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["account_id", "mrr_cents", "cohort_no"]).assign(name="N", segment="S")


def changed(*rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["account_id", "kind", "detected_on"])
    frame["detected_on"] = pd.to_datetime(frame["detected_on"]).astype("datetime64[us]")
    return frame.assign(month_no=frame["detected_on"].dt.year * 12 + frame["detected_on"].dt.month - 1)


def talked(*rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["account_id", "talked_on"])
    return frame.assign(talked_on=pd.to_datetime(frame["talked_on"]).astype("datetime64[us]"))


def test_who_waits_for_a_conversation():
    accounts = held(("new", 10, JAN), ("old", 20, JAN), ("served", 30, JAN), ("earlier", 40, JAN), ("quiet", 50, JAN))
    changes = changed(
        ("new", "merger", "2024-07-01"),
        ("new", "budget_cut", "2024-10-05"),
        ("old", "merger", "2024-06-30"),
        ("served", "merger", "2024-10-05"),
        ("earlier", "merger", "2024-10-05"),
    )
    calls = talked(("served", "2024-10-05"), ("earlier", "2024-10-04"))
    found = change.attention_list(accounts, changes, None, calls, JAN + 11).set_index("account_id")
    # "old" was detected in June, seven months with December; a talk on the day itself counts, the day before does not.
    assert found.index.to_list() == ["earlier", "new"]
    assert found.loc["new", ["reason", "since"]].to_list() == ["budget_cut", pd.Timestamp("2024-10-05")]
    assert found["mrr_cents"].is_monotonic_decreasing
    assert found.loc["earlier", "last_conversation_on"] == pd.Timestamp("2024-10-04")


def test_stagnation_begins_in_the_seventh_month_without_a_new_use():
    accounts = held(("a", 10, JAN), ("b", 20, JAN), ("c", 30, JAN + 3), ("d", 40, JAN))
    uses = pd.DataFrame({"account_id": ["a", "b", "d"], "month_no": [JAN + 4, JAN + 5, JAN + 1]})
    calls = talked(("d", "2024-09-01"))
    found = change.attention_list(accounts, NO_CHANGE, uses, calls, JAN + 11).set_index("account_id")
    # In December: a has gone 7 months since May, b 6 since June; c none since it came in April, 8; d was talked to.
    assert found["months_since_use_case"].to_dict() == {"c": 8, "a": 7}
    assert found["since"].to_dict() == {"c": pd.Timestamp("2024-11-01"), "a": pd.Timestamp("2024-12-01")}
    assert (found["reason"] == attention.STAGNATION).all()


def test_nobody_to_call_and_nothing_on_record_are_said_apart():
    accounts = held(("a", 1000, JAN))
    empty = change.attention_list(accounts, NO_CHANGE, None, None, JAN + 11)
    assert empty.columns.to_list() == attention.LIST and empty.empty
    seen = pd.DataFrame({"state": ["any change"], "n_months": [9]})
    assert says(waiting=empty, held=accounts, states=seen).calls.endswith("since (n = 1 paying account).")
    assert "not on record" in says(waiting=empty, held=accounts, states=seen, is_recorded=False).calls


def test_risk_in_a_window_by_hand():
    # 40 accounts, followed 10 months; half had a merger detected in month 4; five of these leave in month 6.
    n, rows = 40, []
    for k in range(n):
        until = 6 if k % 2 == 0 and k < 10 else 10
        rows += [(f"a{k:02d}", month, month == 6 and until == 6) for month in range(1, until + 1)]
    months = (
        pd.DataFrame(rows, columns=["account_id", "month_no", "has_left"])
        .assign(
            segment="S",
            age_months=lambda frame: frame["month_no"],
            cohort_no=0,
            is_left_truncated=False,
            is_renewal=False,
            in_change_window=False,
            months_since_use_case=np.nan,
        )
        .astype({"account_id": "category"})
    )
    changes = pd.DataFrame({"account_id": [f"a{k:02d}" for k in range(0, n, 2)], "kind": "merger", "month_no": 4})
    found = change.by_state(months, changes).set_index("state")
    # Months 5 to 10: six for 15 accounts, two for the five that left.
    assert found.loc["merger", ["n_accounts", "n_months", "n_events"]].to_list() == [20, 100, 5]
    assert found.loc["merger", "hazard"] == 0.05 and found.loc["merger", "verdict"] == "few"
    assert found.loc["neither", "hazard"] == 0 and "stagnating" not in found.index
    assert found.loc["any change", "note"].startswith("no odds") or "too few" in found.loc["any change", "note"]
    assert says(states=found.reset_index()).stagnation.startswith("New use cases are not on record")


def test_a_change_learned_of_when_the_account_had_left_counts_nowhere():
    months = pd.DataFrame(
        {
            "account_id": pd.Categorical(["a", "a"]),
            "month_no": [1, 2],
            "has_left": [False, True],
            "segment": "S",
            "age_months": [1, 2],
            "cohort_no": 0,
            "is_left_truncated": False,
            "in_change_window": False,
            "is_renewal": False,
            "months_since_use_case": np.nan,
        }
    )
    late = pd.DataFrame({"account_id": ["a"], "kind": ["merger"], "month_no": [3]})
    found = change.by_state(months, late).set_index("state")
    assert found.loc["merger", "n_months"] == 0 and found.loc["merger", "verdict"] == "undefined"


def test_where_no_change_was_ever_recorded_there_is_the_quiet_rate_and_no_odds():
    places = np.arange(600)
    months = pd.DataFrame(
        {
            "account_id": pd.Categorical((places // 3).astype(str)),
            "month_no": places % 3,
            "has_left": (places % 3 == 2) & (places % 2 == 0),
            "segment": np.where(places % 7 > 2, "S", "M"),
            "age_months": places % 11,
            "cohort_no": places % 5,
            "is_left_truncated": False,
            "in_change_window": False,
            "is_renewal": places % 12 == 0,
            "months_since_use_case": np.nan,
        }
    )
    nothing = pd.DataFrame({"account_id": ["1"], "kind": ["merger"], "month_no": [1]}).head(0)
    found = change.by_state(months, nothing).set_index("state")
    assert found.loc["neither", "n_events"] == 100 and found["log_odds"].isna().all()


@pytest.mark.slow
def test_the_sample_company_shows_what_it_was_made_from(tmp_path):
    sample.write(tmp_path / "company", 1500, 11)
    history = account_months.history(sources.open(tmp_path / "company" / "source.toml", ""))
    truth = world.PARAMETERS["churn"]
    found = change.by_state(history.months, history.changes).set_index("state")
    row = found.loc["any change"]
    assert row["log_odds_low"] < truth["change_window"] < row["log_odds_high"] and row["log_odds_low"] > 0
    slope = found.loc[reading.SLOPE]
    assert slope["log_odds_low"] < truth["stagnation_per_month"] < slope["log_odds_high"]
    said = says(states=found.reset_index()).risk
    assert "times as high" in said and "95% interval" in said


def test_where_lost_revenue_went():
    levels = pd.DataFrame(
        {
            "account_id": list("abcdefg"),
            "month_no": [9] * 6 + [1],
            "movement": "churn",
            "opening_cents": [400, 100, 100, 100, 100, 200, 5000],
        }
    )
    went = pd.DataFrame(
        {"account_id": list("abcd"), "month_no": 9, "went_to": ["competitor", "budget", "budget", "budget"]}
    )
    found = change.where_accounts_went(levels, went, last=12, n_months=6)
    assert found["went_to"].to_list() == ["competitor", "budget", "not recorded"]
    assert found["mrr_cents"].to_list() == [400, 300, 300] and found["n_accounts"].sum() == 6
    assert found["share_mrr"].to_list() == [0.4, 0.3, 0.3]
    said = says(lost=found).destinations
    assert said.startswith("“Competitor” is the largest part of the $10 of MRR lost in the last 12 months (40.0%, 95% ")
    assert "n = 6 departures). “Budget” comes next (30.0%" in said and said.endswith("no clear difference).")
    # The largest part is named even where nobody wrote it down.
    unknown = change.where_accounts_went(levels, went.iloc[:1], last=12, n_months=6)
    assert says(lost=unknown).destinations.startswith("“Not recorded” is the largest part of the $10")


def test_where_lost_deals_with_customers_went():
    deals = pd.DataFrame(
        {
            "kind": ["renewal", "expansion", "new", "renewal"],
            "status": ["lost", "lost", "lost", "won"],
            "lost_to": [None, "budget", "budget", None],
            "mrr": [3.0, 1.0, 9.0, 9.0],
            "closed_on": pd.to_datetime("2024-03-01"),
        }
    )
    lost = change.where_deals_went(deals, "2024-01-01", "2024-12-31")
    assert lost[["went_to", "n_deals", "mrr_cents", "share_mrr"]].values.tolist() == [
        ["not recorded", 1, 300, 0.75],
        ["budget", 1, 100, 0.25],
    ]
    assert change.where_deals_went(None, "2024-01-01", "2024-12-31").empty


def test_attention_beside_what_is_at_stake():
    month = pd.to_datetime([periods.month_start(JAN + k) for k in range(12)])
    cents = dict.fromkeys(
        ["new_cents", "expansion_cents", "reactivation_cents", "churn_cents", "contraction_cents"], 10
    )
    monthly = pd.DataFrame({"month": month, "opening_cents": 1000, **cents})
    counts = pd.DataFrame({"life_year": [-1, 0, 1, 1], "is_recent": [1, 1, 1, 0], "n_touches": [10, 20, 70, 99]})
    deals = pd.DataFrame(
        {
            "kind": ["new", "renewal", "new"],
            "mrr": [1.0, 3.0, 9.0],
            "created_on": pd.to_datetime(["2024-03-01", "2024-03-01", "2022-03-01"]),
        }
    )
    found = change.sides(counts, deals, monthly, periods.parse("2024-12")).set_index("side")
    assert found.loc["new logos"].to_list() == [10, 1, 100, 100, 120, 0, 12]
    assert found.loc["existing base"].to_list() == [90, 1, 300, 1000, 240, 240, 12]
    said = says(sides=found.reset_index()).split
    assert said.startswith(
        "Existing customers brought 67% of the MRR won in 12 months ($2.40). The existing base paid $10"
    )
    assert said.endswith("They hold 75% of the pipeline created. They get 90% of the contacts on record (n = 100).")
    # The data begins with this year: its January holds everybody who was there, as if they were new.
    begun = monthly.assign(opening_cents=[0] + [1000] * 11)
    begun.loc[0, "new_cents"] = 1000
    of_11 = change.sides(counts, deals, begun, periods.parse("2024-12")).set_index("side")
    assert of_11.loc["existing base", ["at_stake_cents", "lost_cents", "n_months"]].to_list() == [1000, 220, 11]
    assert of_11.loc["new logos", "gained_cents"] == 110
    bare = change.sides(None, None, monthly, periods.parse("2024-12"))
    assert says(sides=bare).split.endswith(
        "The existing base paid $10 of MRR at the opening; departures and downgrades cost $2.40 in 12 months."
    )


def test_risk_and_contacts_by_year_of_life():
    months = pd.DataFrame(
        {
            "account_id": ["a"] * 24 + ["b"] * 12,
            "age_months": [*range(1, 25), *range(1, 13)],
            "is_left_truncated": False,
            "has_left": [False] * 23 + [True] + [False] * 12,
        }
    )
    counts = pd.DataFrame({"program": "p", "life_year": [0, 1], "n_touches": [8, 2]})
    found = change.by_year_of_life(months, counts).set_index("life_year")
    assert found["n_months"].to_dict() == {1: 24, 2: 12} and found.loc[2, "hazard"] == pytest.approx(1 / 12)
    assert found["touches_per_account_year"].to_dict() == {1: 4.0, 2: 2.0}
    said = says(years=found.reset_index(), ended=["The nurture"]).first_year
    assert said.startswith(
        "The nurture ends with a customer's first year. The monthly risk of leaving goes on after it"
    )
    assert "with no clear difference: 8.3% compared with 0.0%" in said
