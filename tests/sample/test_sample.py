"""The sample company: the same every time, true to the contract, with every edge in it and its truth in reach."""

import csv
import functools
import io
import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.sample import company as sample
from helpers.sample import parameters, world
from helpers.sample.truth import both_arms
from helpers.sources import schema

LAST_DAY = pd.Timestamp("2026-10-31")
COMMITTED = Path(__file__).parents[2] / "data" / "sample"
MONTHS = pd.date_range("2023-11-01", periods=36, freq="MS")
company = functools.cache(sample.company)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample") / "a, 'b'"
    sample.write(folder, 50, 3, truth=folder.parent / "truth.json")
    return folder


def read(path):
    """The rows of a CSV file as dicts of text."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


def ledger(accounts, seed):
    """MRR by account and month, by the rule month(starts_on) <= month < month(ends_on), written out month by month."""
    tables, _ = company(accounts, seed)
    rows = tables["subscriptions"]
    told = rows.ends_on.where((rows.ends_on <= LAST_DAY) | rows.cancelled_on.notna(), pd.Timestamp("2100-01-01"))
    ends = told.fillna(pd.Timestamp("2100-01-01")).dt.to_period("M").dt.to_timestamp()
    starts = rows.starts_on.dt.to_period("M").dt.to_timestamp()
    levels = {month: rows[(starts <= month) & (month < ends)].groupby("account_id").mrr.sum() for month in MONTHS}
    return pd.DataFrame(levels).reindex(tables["accounts"].account_id).fillna(0.0).round(2)


def truths(accounts, seed):
    return pd.DataFrame(company(accounts, seed)[1]["accounts"]).set_index("account_id")


def gaps(rows):
    """Pauses between stretches of the first subscriptions of an account: from, to."""
    rows = rows[rows["product"].eq("Platform") & (rows.mrr > 0)].sort_values(["account_id", "starts_on"])
    before = rows.ends_on.shift().where(rows.account_id == rows.account_id.shift())
    return pd.DataFrame({"account_id": rows.account_id, "from": before, "to": rows.starts_on})[rows.starts_on > before]


# the same every time


def test_the_same_numbers_give_the_same_company():
    first, again = company(300, 4), sample.company(300, 4)
    assert all(first[0][name].equals(again[0][name]) for name in schema.CORE) and first[1] == again[1]


def test_another_seed_gives_another_company():
    assert not company(300, 4)[0]["subscriptions"].equals(company(300, 1)[0]["subscriptions"])


def test_the_committed_files_are_what_write_makes(tmp_path):
    sample.write(tmp_path / "sample")
    made = {path.name: path.read_bytes() for path in (tmp_path / "sample").iterdir()}
    assert set(made) == {"source.toml", *(f"{name}.csv" for name in schema.CORE)}
    assert [name for name, content in made.items() if (COMMITTED / name).read_bytes() != content] == []


def test_random_streams_do_not_depend_on_one_another():
    assert world.rng(1, "churn").random() != world.rng(1, "back").random()
    assert world.rng(1, "churn").random() != world.rng(2, "churn").random()


# true to the contract


@pytest.mark.parametrize(("accounts", "seed"), [(50, 0), (50, 5), (300, 1), (300, 4), (1200, 1)])
def test_tables_keep_the_contract(accounts, seed):
    tables, _ = company(accounts, seed)
    assert list(tables) == list(schema.CORE) and len(tables["accounts"]) == accounts
    for name, frame in tables.items():
        # The sample states its terms by renewals that are rows of their own.
        assert list(frame) == [column for column in schema.TABLES[name].columns if column != "term_months"]
        assert len(frame) and not frame.duplicated(list(schema.key(name))).any(), name
        if "account_id" in frame and name != "accounts":
            assert set(frame.account_id) <= set(tables["accounts"].account_id), name


@pytest.mark.parametrize(("accounts", "seed"), [(50, 0), (300, 1), (1200, 1)])
def test_rows_fit_together(accounts, seed):
    tables, _ = company(accounts, seed)
    rows = tables["subscriptions"].sort_values(["subscription_id", "starts_on"])
    same = rows.subscription_id == rows.subscription_id.shift()
    assert (rows.starts_on[same] >= rows.ends_on.shift()[same]).all()
    assert (rows.currency == "USD").all() and set(tables["accounts"].account_id) == set(rows.account_id)
    assert (rows.groupby("subscription_id").account_id.nunique() == 1).all()
    assert set(tables["touches"].program) <= set(tables["programs"].program)
    assert set(tables["advocacy"].referred_account_id.dropna()) <= set(tables["accounts"].account_id)
    assert tables["accounts"].name.is_unique
    assert (tables["usage"].n_failed_help_searches <= tables["usage"].n_help_searches).all()
    assert (tables["usage"].n_active_users <= tables["usage"].n_licensed_seats).all()
    assert (tables["onboarding"].n_steps_with_human_contact <= tables["onboarding"].n_steps_done).all()


@pytest.mark.parametrize(("accounts", "seed"), [(50, 0), (1200, 1)])
def test_scores_are_whole_and_within_their_scale(accounts, seed):
    surveys = company(accounts, seed)[0]["surveys"]
    assert (surveys.score.isna() == surveys.answered_on.isna()).all()
    assert set(surveys.item) == set(schema.SURVEY_ITEMS)
    for survey, rows in surveys.dropna(subset="score").groupby("survey"):
        low, high = schema.SCALES[survey]
        assert rows.score.between(low, high).all() and (rows.score == rows.score.round()).all()


@pytest.mark.parametrize(("accounts", "seed"), [(50, 0), (300, 4), (1200, 1)])
def test_nothing_was_known_after_the_last_day(accounts, seed):
    planned = {"ends_on", "renews_on", "planned_go_live_on"}
    for name, frame in company(accounts, seed)[0].items():
        for column in frame.columns.difference(planned if name in ("subscriptions", "onboarding") else set()):
            if schema.kind(name, column) in ("date", "month"):
                assert not (frame[column] > LAST_DAY).any(), (name, column)


# every edge, whatever the seed


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_subscriptions_hold_every_edge(seed):
    rows = company(300, seed)[0]["subscriptions"]
    term = rows[rows.renews_on.notna() & (rows.mrr > 0)]
    before = rows.groupby("subscription_id").shift()
    goes_on = (before.ends_on == rows.starts_on) & (before.mrr > 0)
    tried, paid = set(rows[rows.mrr == 0].account_id), set(rows[rows.mrr > 0].account_id)
    moved = (rows.n_seats - before.n_seats)[goes_on]
    assert {
        "annual contract renewed at the same price": (
            goes_on & (before.renews_on == rows.starts_on) & (before.mrr == rows.mrr)
        ).any(),
        "add-on": rows.groupby("account_id")["product"].nunique().max() == 2,
        "mid-month start": (rows.starts_on.dt.day > 1).any(),
        "mid-month end": (rows.ends_on.dt.day > 1).any(),
        "more seats": (moved > 0).any(),
        "fewer seats": (moved < 0).any(),
        "price moves with seats": ((rows.mrr - before.mrr)[goes_on][moved != 0] != 0).all(),
        "trial turned": bool(tried & paid),
        "trial not turned": bool(tried - paid),
        "open-ended": (rows.ends_on.isna() & rows.renews_on.isna()).any(),
        "later end without notice": ((term.ends_on > LAST_DAY) & term.cancelled_on.isna()).any(),
        "later end with notice": ((rows.ends_on > LAST_DAY) & rows.cancelled_on.notna()).any(),
        "notice before the end": (rows.cancelled_on < rows.ends_on).any(),
        "a reason": rows.lost_to.notna().any(),
        "no reason": (rows.cancelled_on.notna() & rows.lost_to.isna()).any(),
    } == dict.fromkeys(
        (
            "annual contract renewed at the same price",
            "add-on",
            "mid-month start",
            "mid-month end",
            "more seats",
            "fewer seats",
            "price moves with seats",
            "trial turned",
            "trial not turned",
            "open-ended",
            "later end without notice",
            "later end with notice",
            "notice before the end",
            "a reason",
            "no reason",
        ),
        True,
    )


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_accounts_come_back_after_every_kind_of_gap(seed):
    pauses = gaps(company(300, seed)[0]["subscriptions"])
    left, back = (pauses[column].dt.to_period("M") for column in ("from", "to"))
    quarter = pauses["from"].dt.to_period("Q") == pauses["to"].dt.to_period("Q")
    assert (left == back).any(), "within a month"
    assert ((left < back) & quarter).any(), "within a quarter"
    assert ((left < back) & ~quarter).any(), "later"


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_one_of_two_subscriptions_ends_and_the_account_stays(seed):
    rows = company(300, seed)[0]["subscriptions"]
    ended = rows[rows["product"].eq("Analytics") & (rows.ends_on <= LAST_DAY)]
    core = rows[rows["product"].eq("Platform")].merge(
        ended[["account_id", "ends_on"]], on="account_id", suffixes=("", "_2")
    )
    assert ((core.starts_on <= core.ends_on_2) & ~(core.ends_on <= core.ends_on_2)).any()


@pytest.mark.parametrize(
    ("accounts", "names", "share"),
    [
        (1200, ["new", "churn", "reactivation", "expansion", "contraction"], 0.9),
        (300, ["new", "churn", "expansion"], 0.7),
    ],
)
def test_the_recent_months_are_alive(accounts, names, share):
    levels = ledger(accounts, 1)
    before, ever = levels.shift(axis=1), levels.cummax(axis=1).shift(axis=1)
    happened = {
        "new": (levels > 0) & (ever == 0),
        "reactivation": (levels > 0) & (before == 0) & (ever > 0),
        "churn": (levels == 0) & (before > 0),
        "expansion": (levels > before) & (before > 0),
        "contraction": (levels < before) & (levels > 0),
    }
    for name in names:
        assert (happened[name].sum().tail(18) > 0).mean() >= share, name


def test_the_company_is_a_plausible_one():
    levels = ledger(1200, 1)
    then, now = levels[MONTHS[-13]], levels[MONTHS[-1]]
    opening = then > 0
    assert 0.95 <= now[opening].sum() / then.sum() <= 1.10
    assert 0.75 <= np.minimum(now, then).sum() / then.sum() <= 0.90
    assert 0.12 <= (now[opening] == 0).mean() <= 0.30
    segment = company(1200, 1)[0]["accounts"].set_index("account_id").segment
    mean = then[opening].groupby(segment).mean()
    assert mean["Enterprise"] > 2 * mean["Mid-market"] > 4 * mean["SMB"]


def test_the_edges_of_programs_and_advocacy():
    tables, _ = company(300, 2)
    asks, last_year = tables["advocacy"], LAST_DAY - pd.DateOffset(years=1)
    assert asks[asks.requested_on > last_year].account_id.value_counts().max() >= 9
    assert asks.done_on.isna().any() and asks[asks.kind == "review"].is_incentivized.any()
    first = tables["subscriptions"].groupby("account_id").starts_on.min()
    came = asks.dropna(subset="referred_account_id")
    assert len(came) and (came.referred_account_id.map(first) > came.done_on).all()
    letters = tables["touches"][tables["touches"].program == "first_year_nurture"]
    assert (letters.touched_on - letters.account_id.map(first)).dt.days.max() < 366
    assert tables["opportunities"].status.value_counts().min() > 0 and set(tables["opportunities"].kind) == {
        "new",
        "renewal",
        "expansion",
    }


def test_the_lot_is_drawn_on_one_day_among_accounts_in_force():
    tables, truth = company(1200, 1)
    drawn = tables["touches"][tables["touches"].is_randomized]
    assert set(drawn.program) == {"outcome_workshop"} and set(drawn.touched_on) == {pd.Timestamp("2025-06-30")}
    assert drawn.account_id.is_unique and 0.4 < drawn.was_offered.mean() < 0.6
    assert (ledger(1200, 1).loc[drawn.account_id, pd.Timestamp("2025-06-01")] > 0).all()
    others = tables["touches"][~tables["touches"].is_randomized]
    came = others[others.program == "outcome_workshop"]
    assert others.was_offered.isna().all() and (came.touched_on > pd.Timestamp("2025-06-30")).all()
    assert set(came.account_id) <= set(drawn[drawn.was_offered].account_id)
    assert truth["offer"]["n_in_lot"] == len(drawn)


# the truth


def test_regret_is_what_the_model_says():
    truth = company(6000, 3)[1]
    z = np.linspace(-6, 6, 2001)
    weights = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    expected = float(weights @ (1 / (1 + np.exp(-0.47 - 1.6 * z))))
    assert 0.575 < expected < 0.60
    assert truth["regret"]["early"] == pytest.approx(expected, abs=0.022)  # 3.5 standard errors
    assert truth["regret"]["later"] < truth["regret"]["early"] - 0.05


def test_answers_agree_with_the_truth_and_regret_answers_less():
    surveys = company(6000, 3)[0]["surveys"]
    asked = surveys[surveys.survey == "purchase_regret"]
    first = asked.sort_values("asked_on").drop_duplicates(["account_id", "item"])
    wide = first.pivot(index="account_id", columns="item", values="score")
    truth = truths(6000, 3).regrets_early.reindex(wide.index)
    answered = wide.expectations_met.notna()
    anchor = (wide.expectations_met <= 3) & (wide.settled_for_less >= 5)
    soon = (
        first.groupby("account_id").asked_on.min() - truths(6000, 3).first_paid_on.pipe(pd.to_datetime)
    ).dt.days <= 60
    sure = answered & soon.reindex(wide.index)
    assert (anchor[sure] == truth[sure]).all()
    assert 0.40 < answered.mean() < 0.60
    assert answered[truth].mean() < answered[~truth].mean() - 0.10


def test_churn_rises_with_every_driver():
    levels, truth = ledger(6000, 3), truths(6000, 3)
    opening = levels.to_numpy()[:, :-1] > 0
    left = (opening & (levels.to_numpy()[:, 1:] == 0)).sum(axis=1)
    log_ratios = {}
    for driver in parameters.DRIVERS:
        worse = (truth[driver] > truth[driver].median()).to_numpy()
        rates = [left[who].sum() / opening[who].sum() for who in (worse, ~worse)]
        log_ratios[driver] = np.log(rates[0] / rates[1])
    assert log_ratios["value"] == max(log_ratios.values()) and min(log_ratios.values()) > 0.15


def test_renewal_months_are_when_annual_accounts_leave():
    rows = company(6000, 3)[0]["subscriptions"]
    ended = rows[rows.renews_on.notna() & (rows.ends_on <= LAST_DAY) & rows.lost_to.notna()]
    share = (ended.ends_on == ended.renews_on).mean()
    assert 0.2 < share < 0.45  # e^1.6 = 5 times the chance in one month of twelve


def test_the_program_without_effect_looks_splendid_until_enrolment_is_timed():
    levels, truth = ledger(6000, 3).to_numpy(), truths(6000, 3)
    member = (truth.joined_customer_community != "").to_numpy()
    opening = levels[:, :-1] > 0
    left = opening & (levels[:, 1:] == 0)
    ever = left.any(axis=1)
    customers = truth.is_customer.to_numpy()
    assert ever[member].mean() < 0.5 * ever[~member & customers].mean()
    # among months that are alike in health and segment, members leave as often as the others
    joined = pd.to_datetime(truth.joined_customer_community.replace("", "2100-01")).to_numpy()[:, None]
    enrolled = joined < MONTHS[1:].to_numpy()[None, :]
    strata = (
        pd.qcut(truth.remorse, 12).cat.codes.to_numpy() * 3 + truth.segment.map(parameters.SEGMENTS.index).to_numpy()
    )
    flat = pd.DataFrame({"stratum": np.repeat(strata, 35), "member": enrolled.ravel(), "left": left.ravel()})
    cells = flat[opening.ravel()].groupby(["stratum", "member"]).left.agg(["sum", "size"]).unstack().dropna()
    n1, n0 = cells["size"][True], cells["size"][False]
    a, c = cells["sum"][True], cells["sum"][False]
    pooled = (a * (n0 - c) / (n1 + n0)).sum() / (c * (n1 - a) / (n1 + n0)).sum()
    assert abs(np.log(pooled)) < 0.30


def test_the_offer_lowers_the_risk_by_what_both_arms_say():
    tables, truth = company(6000, 3)
    drawn = tables["touches"][tables["touches"].is_randomized].set_index("account_id").was_offered.astype(bool)
    left = (ledger(6000, 3).loc[drawn.index, "2025-07-01":"2026-06-01"] == 0).any(axis=1)
    seen = left[drawn].mean() - left[~drawn].mean()
    assert truth["offer"]["left_difference"] < -0.04
    assert seen == pytest.approx(truth["offer"]["left_difference"], abs=0.045)  # 3.5 standard errors
    assert left[~drawn].mean() == pytest.approx(truth["offer"]["left_not_offered"], abs=0.04)


def test_both_arms_hardly_depend_on_the_simulation():
    one, other = both_arms(seed=0), both_arms(seed=9)
    assert one["left_difference"] == pytest.approx(other["left_difference"], abs=0.004)


def test_the_truth_can_be_kept_as_json():
    truth = company(300, 4)[1]
    assert json.loads(json.dumps(truth)) == truth
    assert truth["parameters"]["churn"]["programs"]["value_coaching"] == -0.25
    assert {len(column) for column in truth["accounts"].values()} == {300}


# writing


def test_files_say_what_the_tables_say(written):
    tables, truth = company(50, 3)
    assert json.loads((written.parent / "truth.json").read_text("utf-8")) == truth
    for name, frame in tables.items():
        content = (written / f"{name}.csv").read_bytes()
        assert b"\r" not in content and content.endswith(b"\n")
        rows = read(written / f"{name}.csv")
        assert list(rows[0]) == list(frame) and len(rows) == len(frame)
    rows, frame = read(written / "subscriptions.csv"), tables["subscriptions"]
    assert [row["mrr"] for row in rows] == [f"{value:.2f}" for value in frame.mrr]
    assert [row["ends_on"] for row in rows] == ["" if pd.isna(on) else str(on.date()) for on in frame.ends_on]
    assert {row["was_offered"] for row in read(written / "touches.csv")} == {"", "true", "false"}
    assert {row["score"] for row in read(written / "surveys.csv")} <= {"", *map(str, range(11))}


def test_names_exercise_quoting_and_encoding(written):
    names = {row["name"] for row in read(written / "accounts.csv")}
    assert {"Håkansson & Söner", "O'Dell Brothers, Inc.", 'The "Blue Door" Company'} <= names
    assert names == set(company(50, 3)[0]["accounts"].name)


def test_the_source_file_names_every_table(written):
    source = tomllib.loads((written / "source.toml").read_text("utf-8"))
    assert {name: table["from"] for name, table in source["tables"].items()} == {
        name: f"{name}.csv" for name in schema.CORE
    }
    assert source["source"] == {"kind": "files", "path": ".", "currency": "USD", "data_until": LAST_DAY.date()}


def test_an_earlier_sample_is_overwritten(tmp_path):
    sample.write(tmp_path, 50, 3, truth=tmp_path / "truth.json")
    before = (tmp_path / "accounts.csv").read_bytes()
    sample.write(tmp_path, 50, 4)
    assert (tmp_path / "accounts.csv").read_bytes() != before
    sample.write(tmp_path, 50, 3, truth=tmp_path / "truth.json")
    assert (tmp_path / "accounts.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["notes.txt", "accounts.csv", "source.toml"])
def test_other_files_are_not_destroyed(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ValueError, match=f"not a sample's own.*{name}.*Nothing was written"):
        sample.write(tmp_path, 50)
    assert [path.name for path in tmp_path.iterdir()] == [name] and (tmp_path / name).read_text() == "mine"


def test_a_foreign_file_beside_an_earlier_sample_is_not_passed_over(tmp_path):
    sample.write(tmp_path, 50, 3)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"notes\.txt"):
        sample.write(tmp_path, 50, 4)


def test_a_truth_file_that_is_something_else_is_not_destroyed(tmp_path):
    (tmp_path / "package.json").write_text("{}")
    with pytest.raises(ValueError, match=r"package\.json exists"):
        sample.write(tmp_path / "a", 50, truth=tmp_path / "package.json")
    with pytest.raises(ValueError, match="take the place"):
        sample.write(tmp_path / "a", 50, truth=tmp_path / "a" / "accounts.csv")
    assert (tmp_path / "package.json").read_text() == "{}" and not (tmp_path / "a").exists()


def test_what_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="at least 50 accounts; 49"):
        sample.write(tmp_path / "a", 49)
    with pytest.raises(ValueError, match="is a file"):
        sample.write(tmp_path / "file", 50)
    with pytest.raises(ValueError, match="0 or more"):
        sample.company(50, -1)
    assert not (tmp_path / "a").exists()


def test_the_renewal_desk_calls_whoever_is_there_whether_or_not_they_stay_until_the_day():
    tables, _ = company(1200, 1)
    terms = tables["subscriptions"].dropna(subset=["renews_on"]).fillna({"ends_on": pd.Timestamp("2100-01-01")})
    terms = terms.groupby(["account_id", "renews_on"], as_index=False)["ends_on"].max()
    calls = tables["touches"].query("program == 'renewal_desk'")[["account_id", "touched_on"]]
    both = terms.merge(calls, on="account_id")
    ahead = (both["renews_on"] - both["touched_on"]).dt.days
    called = set(map(tuple, both.loc[ahead.between(45, 75), ["account_id", "renews_on"]].to_numpy()))
    is_called = pd.Series([pair in called for pair in map(tuple, terms[["account_id", "renews_on"]].to_numpy())])
    # A call comes 45 days before or earlier: those who leave within 45 days of the day get as many as those who stay.
    early = (terms["renews_on"] - terms["ends_on"]).dt.days
    left, stayed = is_called[early.between(1, 14)], is_called[early.le(0) & terms["renews_on"].le(LAST_DAY)]
    assert left.sum() >= 1 and stayed.mean() == pytest.approx(0.8, abs=0.05)
    assert left.mean() == pytest.approx(stayed.mean(), abs=3 * (0.16 / len(left)) ** 0.5)
