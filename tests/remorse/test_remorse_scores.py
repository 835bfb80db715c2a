"""Signals, scores and their reference, on a company small enough to work out by hand; and the leakage leakage."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from writing import write_source

from helpers import sources
from helpers.__main__ import main
from helpers.errors import Refused
from helpers.remorse import reference, scores, signals
from helpers.remorse.card import card_table
from helpers.remorse.signals import DRIVERS, SIGNALS, of_driver

PERIOD = "2024-06"
TABLES = {
    "accounts": """
        account_id,name,segment,n_buying_group,first_contact_on
        A,Acme,S,7,2024-01-01
        B,Bolt,L,,
        C,Cove,S,3,2024-01-15
        Y,Young,S,3,2024-05-01
        Z,Zero,S,3,
    """,
    "subscriptions": """
        subscription_id,account_id,starts_on,ends_on,mrr,currency,n_seats
        s1,A,2024-02-10,,100,USD,10
        s2,B,2024-02-01,,50,USD,
        s3,C,2024-02-20,,80,USD,10
        s4,Y,2024-06-01,,10,USD,10
        s5,Z,2024-01-01,,10,USD,10
    """,
    "onboarding": """
        account_id,updated_on,planned_go_live_on,went_live_on,first_value_on,planned_cost,actual_cost,n_steps,n_steps_done
        A,2024-03-10,2024-03-01,,,100,,10,2
        A,2024-05-01,2024-03-01,2024-04-11,,100,138,10,8
        A,2024-06-01,2024-03-01,2024-04-11,2024-05-20,100,500,10,10
        B,2024-04-20,2024-03-01,,,,,,
        C,2024-02-25,2024-05-01,,,,,,
    """,
    "usage": """
        account_id,month,n_active_users,n_licensed_seats,n_features_used,n_help_searches,n_failed_help_searches
        A,2024-02-01,5,10,2,10,1
        A,2024-03-01,3,10,2,0,0
        A,2024-04-01,4,10,2,10,3
        A,2024-05-01,10,10,2,10,10
    """,
    "tickets": """
        ticket_id,account_id,opened_on,category,priority
        t1,A,2024-02-10,defect,1
        t2,A,2024-05-10,integration,2
        t3,A,2024-05-11,defect,1
        t4,A,2024-03-01,how_to,4
        t5,A,2024-03-02,defect,3
    """,
    "surveys": """
        response_id,account_id,contact_id,survey,item,asked_on,answered_on,score
        r1,A,x,purchase_regret,states_value,2024-04-01,2024-04-02,2
        r2,A,x,purchase_regret,states_value,2024-05-01,2024-05-02,4
        r3,A,y,purchase_regret,states_value,2024-04-01,2024-04-02,7
        r4,A,y,purchase_regret,states_value,2024-05-01,2024-05-11,1
        r5,B,z,purchase_regret,states_value,2024-04-01,,
    """,
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return sources.open(write_source(tmp_path_factory.mktemp("company"), **TABLES), PERIOD)


@pytest.fixture(scope="module")
def found(tables):
    return signals.read(tables)


def test_signals_are_those_of_day_90_worked_out_by_hand(found):
    # A first paid on 2024-02-10, so its cut-off is 2024-05-10.
    own = found.values.loc["A"]
    assert found.accounts.loc["A", "cutoff_on"] == pd.Timestamp("2024-05-10")
    assert own["n_buying_group"] == 7 and own["days_to_signature"] == 40
    assert own["go_live_slip"] == 41 and own["cost_overrun"] == pytest.approx(0.38)
    assert own["abandoned_steps"] == pytest.approx(0.2)
    assert own["unused_seats"] == pytest.approx(1 - 12 / 30) and own["failed_searches"] == pytest.approx(4 / 20)
    assert own["urgent_tickets"] == pytest.approx(2 / 10) and own["how_to_tickets"] == 1
    assert own["states_value"] == pytest.approx((4 + 7) / 2)  # the latest of each contact by the cut-off
    assert own["days_to_first_value"] == 81  # none yet at the snapshot of 2024-05-01
    assert np.isnan(own["conflicting_objectives"])


def test_what_is_not_yet_so_is_a_lower_bound_only_where_the_snapshot_is_fresh(found):
    # B: the snapshot of 20 April is 11 days before its cut-off, and shows no go-live that was due on 1 March.
    assert found.values.loc["B", "go_live_slip"] == 50
    # C: its only snapshot is 85 days before the cut-off, and says nothing of it.
    assert found.values.loc["C", ["go_live_slip", "days_to_first_value"]].isna().all()
    assert found.values.loc["B", ["cost_overrun", "abandoned_steps", "states_value", "unused_seats"]].isna().all()
    assert found.values.loc["B", "how_to_tickets"] == 0


def test_who_is_too_young_or_was_there_when_the_data_begins_is_counted_and_left_out(found):
    assert list(found.accounts.index) == ["A", "B", "C"]
    assert (found.too_young, found.truncated) == (1, 1)


def test_nothing_that_happens_after_the_cut_off_changes_a_signal(tmp_path, found):
    later = dict(TABLES)
    later["usage"] += "    A,2024-06-01,1,10,2,99,99\n"
    later["tickets"] += "    t9,A,2024-05-12,how_to,1\n"
    later["onboarding"] += "    B,2024-06-02,2024-03-01,2024-06-01,2024-06-01,100,900,10,0\n"
    later["surveys"] += "    r9,B,z,purchase_regret,states_value,2024-04-01,2024-06-09,1\n"
    again = signals.read(sources.open(write_source(tmp_path, **later), PERIOD))
    pd.testing.assert_frame_equal(again.values, found.values)


def test_a_later_cut_off_sees_the_later_window(tables):
    # Day 120 of A is 2024-06-09: the window of 90 days begins on 2024-03-11.
    own = signals.read(tables, cutoff_days=120).values.loc["A"]
    assert own["how_to_tickets"] == 0 and own["urgent_tickets"] == pytest.approx(2 / 10)
    assert own["unused_seats"] == pytest.approx(1 - 17 / 30) and own["cost_overrun"] == 4


def test_a_cut_off_is_a_whole_number_of_days(tables):
    for days in (0, -3, 2.5):
        with pytest.raises(Refused, match="whole number of days"):
            signals.read(tables, cutoff_days=days)


def test_a_card_shows_each_signal_in_its_unit_beside_what_is_typical(tables, found):
    scored = scores.score(found, *scores.against(tables, found))
    rows = card_table("A", found, scored).set_index("signal")
    slip = rows.loc["days from planned to actual go-live"]
    assert (slip["value"], slip["known_on"]) == ("41 days", pd.Timestamp("2024-05-01"))
    assert rows.loc["survey: I can state the value we get (reversed)", "value"] == "5.5"
    assert rows["driver"].nunique() == 4 and card_table("nobody", found, scored).empty


# The guard


def test_a_signal_known_after_the_cut_off_is_refused_with_table_column_and_rows(found):
    late = found.known_on.copy()
    late["go_live_slip"] = late["go_live_slip"].where(late.index != "A", pd.Timestamp("2024-05-11"))
    with pytest.raises(
        Refused, match=r"(?s)onboarding, column went_live_on.*1 row known after.*account A: 41, known on"
    ):
        signals.refuse_leaks(found.values, late, found.accounts["cutoff_on"])


def test_a_signal_of_which_nobody_says_when_it_was_known_is_refused(found):
    more = found.values.assign(exit_interview=[1.0, 2.0, 3.0])
    with pytest.raises(Refused, match=r"exit_interview.*nobody says when"):
        signals.refuse_leaks(more, found.known_on, found.accounts["cutoff_on"])
    with pytest.raises(Refused, match=r"(?s)exit_interview.*3 rows.*nobody says when it was known"):
        signals.refuse_leaks(more, found.known_on.assign(exit_interview=pd.NaT), found.accounts["cutoff_on"])


def test_an_account_without_a_cut_off_is_refused_with_none(found):
    cutoff, later = found.accounts["cutoff_on"].drop("A"), found.accounts["cutoff_on"] + pd.Timedelta(days=1)
    with pytest.raises(Refused, match=r"1 row known after the cut-off:\n    account A: .*, cut-off none\n"):
        signals.refuse_leaks(found.values, found.known_on, cutoff)
    with pytest.raises(Refused, match=r"account A: outcome window from .*, cut-off none\n"):
        signals.refuse_early_outcomes(later, cutoff)


def test_an_outcome_window_that_starts_at_the_cut_off_is_refused(found):
    cutoff = found.accounts["cutoff_on"]
    signals.refuse_early_outcomes(cutoff + pd.Timedelta(days=1), cutoff)
    with pytest.raises(
        Refused, match=r"(?s)subscriptions, column ends_on: 3 rows.*account A: outcome window from 2024-05"
    ):
        signals.refuse_early_outcomes(cutoff, cutoff)


# Scores


def reading(**columns) -> signals.Signals:
    """Signals given by name, one value an account."""
    values = pd.DataFrame(columns, dtype=float)
    accounts = pd.DataFrame(
        {"first_paid_on": pd.Timestamp("2024-02-01"), "cutoff_on": pd.Timestamp("2024-05-01")}, index=values.index
    )
    known = values.notna().replace({True: pd.Timestamp("2024-04-01"), False: pd.NaT})
    return signals.Signals(accounts, values, known, 0, 0, 90)


def test_a_score_is_the_mean_z_of_what_is_there_and_missing_under_half():
    base = reading(cost_exceeded=[1, 3], go_live_slip=[0, 20], cost_overrun=[0.0, 0.2], urgent_tickets=[0.0, 0.1])
    against = scores.freeze(base, "2024-06-30")
    against.loc[against["kind"] == "signal", ["mean", "sd"]] = [[2, 1], [10, 10], [0.1, 0.1], [0.05, 0.05]]
    against[["low", "high"]] = -100, 100
    some = reading(
        cost_exceeded=[4, 4, np.nan],
        go_live_slip=[0, np.nan, np.nan],
        cost_overrun=[0.2, np.nan, 0.3],
        urgent_tickets=[0.05, 0.05, np.nan],
    )
    own = scores.score(some, against)
    assert own.score["implementation"].tolist()[:2] == pytest.approx([(2 - 1 + 1 + 0) / 4, (2 + 0) / 2])
    assert np.isnan(own.score.loc[2, "implementation"])
    assert own.score[["complexity", "value", "guidance"]].isna().all(axis=None)


def test_more_is_always_worse():
    worse = {"states_value": [7, 1], "knew_next_step": [7, 1]}
    base = reading(**{name: worse.get(name, [0, 1]) for name in SIGNALS})
    own = scores.score(base, scores.freeze(base, "2024-06-30"))
    assert (own.z.loc[1] > own.z.loc[0]).all() and (own.score.loc[1] > own.score.loc[0]).all()


def test_an_outlier_is_cut_at_the_reference_and_the_reference_does_not_move():
    rng = np.random.default_rng(0)
    base = reading(go_live_slip=rng.normal(size=500), cost_overrun=rng.normal(size=500))
    against = scores.freeze(base, "2024-06-30")
    far = scores.score(reading(go_live_slip=[50, 5], cost_overrun=[50, 5]), against)
    assert far.z.nunique().tolist() == [1, 1] and (far.percentile["implementation"] == 1).all()
    half = scores.score(base, against).percentile["implementation"]
    assert half.mean() == pytest.approx(0.5, abs=0.01) and half.between(0, 1).all()


def test_where_all_are_alike_everybody_is_in_the_middle():
    base = reading(go_live_slip=[3.0] * 40, cost_overrun=[0.1] * 40)
    own = scores.score(base, scores.freeze(base, "2024-06-30"))
    assert (own.score["implementation"] == 0).all() and (own.percentile["implementation"] == 0.5).all()
    assert scores.measured(own.z).latent.empty


def test_without_a_file_the_earliest_twelve_months_are_the_reference_and_it_is_said(tables, found):
    against, basis = scores.against(tables, found)
    assert "because there is no reference.csv" in basis and "12 months from Feb 2024" in basis
    assert against.loc[against["name"] == "how_to_tickets", "n"].item() == 3
    assert "of every" not in basis
    sampled = scores.against(tables, replace(found, every=3))[1]
    assert "months from Feb 2024 (of every 3rd account by id), because there is no" in sampled
    early = scores.earliest(reading(go_live_slip=[1.0, 2.0]))
    assert len(early.accounts) == 2


def test_a_frozen_reference_is_read_back_and_never_overwritten_silently(tables, found, tmp_path):
    source = tmp_path / "source.toml"
    frozen = scores.freeze(found, "2024-06-30")
    assert reference.read(source) is None
    reference.write(source, frozen)
    again = reference.read(source)
    assert again["name"].tolist() == frozen["name"].tolist()
    np.testing.assert_allclose(again[reference.COLUMNS[3:]], frozen[reference.COLUMNS[3:]].astype(float), rtol=1e-9)
    with pytest.raises(Refused, match="Remove it first"):
        reference.write(source, frozen)
    reference.write(source, frozen, replace=True)


@pytest.mark.parametrize(
    "spoil, says",
    [
        (lambda frame: frame.drop(columns="sd"), "column sd: missing"),
        (lambda frame: frame.assign(mean="x"), "column mean: is not a number in row 2"),
        (lambda frame: frame.assign(kind="other"), "column kind: is none of"),
        (lambda frame: pd.concat([frame, frame]), "column name: is there twice"),
        (lambda frame: frame.assign(sd=-1.0), "column sd: is below 0"),
        (lambda frame: frame.assign(low=9e9), "column low: is above high"),
    ],
)
def test_a_reference_that_is_none_is_refused_with_the_place(found, tmp_path, spoil, says):
    spoil(scores.freeze(found, "2024-06-30")).to_csv(tmp_path / "reference.csv", index=False)
    with pytest.raises(Refused, match=says):
        reference.read(tmp_path / "source.toml")


def test_every_driver_has_its_signals_and_every_signal_one_driver():
    assert sorted(name for driver in DRIVERS for name in of_driver(driver)) == sorted(SIGNALS)


def test_evidence_is_in_the_words_of_the_recipe():
    assert signals.evidence("go_live_slip", 41) == "went live 41 days late"
    assert signals.evidence("cost_overrun", 0.38) == "cost 38% over plan"
    assert all(signals.evidence(name, 1.0) for name in SIGNALS)


@pytest.mark.slow
def test_sample_writes_a_reference_and_check_freezes_none_over_it(tmp_path, capsys):
    folder = tmp_path / "company"
    assert main(["sample", str(folder), "--accounts", "60", "--seed", "4"]) == 0
    first = (folder / "reference.csv").read_bytes()
    assert "against 5" in capsys.readouterr().out  # fifty-odd accounts have reached their cut-off
    source = str(folder / "source.toml")
    assert main(["check", "--source", source, "--freeze-reference"]) == 2
    assert "Remove it first" in capsys.readouterr().err and (folder / "reference.csv").read_bytes() == first
    (folder / "reference.csv").unlink()
    assert main(["check", "--source", source]) == 0 and not (folder / "reference.csv").exists()
    assert main(["check", "--source", source, "--freeze-reference"]) == 0
    assert (folder / "reference.csv").read_bytes() == first
    tables = sources.open(source)
    against, basis = scores.against(tables, signals.read(tables))
    assert "frozen from" in basis and (against["as_of"] == "2026-10-31").all()
