"""The names that others build on: files, columns, exit codes, functions. What stands here does not change unannounced.

On a company that nobody has seen, from another folder, with an empty HOME (see `packs`).
"""

import inspect
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from brute_force import level
from packs import NOTEBOOKS, PROJECT, helpers
from small_company import SUBSCRIPTIONS
from writing import write_source

from helpers import cohorts, metrics, page, stats
from helpers.cohorts import survival
from helpers.commands import new
from helpers.sources import schema

PERIOD = "2026-10"
# Further columns may follow these.
HEADERS = {
    "metrics": "metric,segment,period,value,low,high,numerator,denominator,n,method,verdict",
    "movements_by_month": "month,opening_cents,new_cents,expansion_cents,contraction_cents,churn_cents,"
    "reactivation_cents,closing_cents,n_opening,n_new,n_churned,n_reactivated,n_closing",
    "cohort_accounts": "cohort,age_months,n,share",
    "cohort_revenue": "cohort,age_months,cents,share",
    "survival": "segment,age,n_at_risk,n_lost,survival,low,high",
    "projection": "term_months,age,n_at_risk,observed,projected,low,high",
    "backtest": "term_months,month_no,n_at_cut,observed,projected,low,high,constant_churn",
}
MONTHS = [f"{month:%Y-%m}" for month in pd.period_range("2023-11", PERIOD, freq="M")]


# Files


def test_the_files_of_a_pack(fresh_pack):
    named = ["index.html", "summary.md", "manifest.json", *(f"tables/{name}.csv" for name in HEADERS)]
    for name in NOTEBOOKS:
        named += [f"{name}.html", f"notebooks/{name}.ipynb"]
    assert [name for name in named if not (fresh_pack.folder / name).is_file()] == []


def test_nothing_but_the_pack_is_seen_in_the_folder_of_packs(fresh_pack):
    seen = [path.name for path in fresh_pack.folder.parent.iterdir() if not path.name.startswith(".")]
    assert seen == [PERIOD]


def test_the_files_of_a_sample(fresh_pack):
    # Later versions may add files; these stay.
    names = {f"{name}.csv" for name in schema.CORE} | {"source.toml"}
    assert len(names) == 12
    assert {path.name for path in fresh_pack.source.parent.iterdir()} >= names
    assert (fresh_pack.source.parents[1] / "truth.json").stat().st_size > 0


def test_a_sample_is_the_same_again_byte_for_byte(fresh_pack, tmp_path):
    helpers("sample", "again", "--accounts", 300, "--seed", 7, cwd=tmp_path)
    assert contents(tmp_path / "again") == contents(fresh_pack.source.parent)


@pytest.mark.slow  # tests/sample holds the committed files to what makes them
def test_the_committed_sample_is_what_its_command_makes(tmp_path):
    helpers("sample", "made", "--accounts", 1200, "--seed", 1, cwd=tmp_path)
    assert contents(tmp_path / "made") == contents(PROJECT / "data" / "sample")


@pytest.mark.parametrize("name", HEADERS)
def test_the_leading_columns_of_a_table(fresh_pack, name):
    with (fresh_pack.folder / "tables" / f"{name}.csv").open(encoding="utf-8") as file:
        assert f"{file.readline().rstrip()},".startswith(f"{HEADERS[name]},")


def contents(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# tables/metrics.csv


def test_a_metric_has_one_row_a_segment_and_period_and_says_how_good_it_is(fresh_pack):
    table = fresh_pack.table("metrics")
    assert not table.duplicated(["metric", "segment", "period"]).any()
    assert set(table["verdict"]) <= {"ok", "few", "too few", "undefined"}
    assert table["method"].notna().all()


def test_an_interval_holds_its_value_or_is_empty(fresh_pack):
    table = fresh_pack.table("metrics")
    assert (table["low"].isna() == table["high"].isna()).all()
    with_interval = table[table["low"].notna()]
    assert len(with_interval) > 100
    assert (with_interval["low"] <= with_interval["value"]).all()
    assert (with_interval["value"] <= with_interval["high"]).all()


def test_a_value_is_given_where_the_verdict_says_so_and_nowhere_else(fresh_pack):
    table = fresh_pack.table("metrics")
    assert (table["value"].notna() == table["verdict"].isin(["ok", "few"])).all()


def test_a_rate_is_its_numerator_by_its_denominator(fresh_pack):
    table = fresh_pack.table("metrics")
    rates = table[table["metric"].str.contains(r"^churn_rate|_revenue_retention$")]
    given = rates[rates["value"].notna()]
    assert len(given) > 100
    assert np.allclose(given["value"], given["numerator"] / given["denominator"], rtol=1e-9, atol=0)
    assert (rates.loc[rates["verdict"] == "too few", "n"] < 5).all()
    assert (rates.loc[rates["verdict"] == "undefined", "denominator"] == 0).all()


@pytest.mark.parametrize("metric", ["churn_rate", "net_revenue_retention", "gross_revenue_retention"])
def test_each_metric_has_every_month_and_every_segment_of_the_period(fresh_pack, metric):
    table = fresh_pack.table("metrics")
    own = table[table["metric"] == metric]
    assert set(own.loc[own["segment"] == "all", "period"]) >= set(MONTHS)
    segments = set(pd.read_csv(fresh_pack.source.parent / "accounts.csv")["segment"])
    assert set(own.loc[own["period"] == PERIOD, "segment"]) == {"all"} | segments


# tables/movements_by_month.csv


def test_movements_add_up_to_the_cent_in_every_month(fresh_pack):
    table = fresh_pack.table("movements_by_month")
    assert table["month"].tolist() == [f"{month}-01" for month in MONTHS]
    numbers = table[HEADERS["movements_by_month"].split(",")[1:]]
    assert (numbers.dtypes == "int64").all()
    assert (numbers >= 0).all(axis=None)
    came = table["new_cents"] + table["expansion_cents"] + table["reactivation_cents"]
    went = table["contraction_cents"] + table["churn_cents"]
    assert (table["opening_cents"] + came - went == table["closing_cents"]).all()
    joined = table["n_new"] + table["n_reactivated"]
    assert (table["n_opening"] + joined - table["n_churned"] == table["n_closing"]).all()
    for opening, closing in (("opening_cents", "closing_cents"), ("n_opening", "n_closing")):
        assert table[opening].tolist() == [0, *table[closing].tolist()[:-1]]


# tables/cohort_accounts.csv and tables/cohort_revenue.csv, against every account in every month


@pytest.fixture(scope="module")
def revenue(fresh_pack):
    """account → its MRR in cents at each month's end, by plain Python."""
    rows = pd.read_csv(fresh_pack.source.parent / "subscriptions.csv", dtype=str, parse_dates=["starts_on", "ends_on"])
    stretches = {}
    for row in rows.itertuples():
        ends_on = None if pd.isna(row.ends_on) else row.ends_on
        stretches.setdefault(row.account_id, []).append((row.account_id, row.starts_on, ends_on, row.mrr))
    numbers = [pd.Period(month).year * 12 + pd.Period(month).month - 1 for month in MONTHS]
    return {account: [level(own, account, month) for month in numbers] for account, own in stretches.items()}


@pytest.mark.parametrize(("name", "column"), [("cohort_accounts", "n"), ("cohort_revenue", "cents")])
def test_a_cohort_has_every_observable_cell_and_no_other(fresh_pack, revenue, name, column):
    found = fresh_pack.table(name)
    expected = Counter()
    for levels in revenue.values():
        cohort = next((place for place, mrr in enumerate(levels) if mrr), None)
        if cohort is not None:
            for place in range(cohort, len(MONTHS)):
                amount = levels[place] if column == "cents" else int(levels[place] > 0)
                expected[f"{MONTHS[cohort]}-01", place - cohort] += amount
    cells = {(row.cohort, row.age_months): getattr(row, column) for row in found.itertuples()}
    assert len(found) == len(cells)
    assert cells == dict(expected)
    assert np.allclose(found["share"], [expected[key] / expected[key[0], 0] for key in cells], rtol=1e-9)


@pytest.mark.parametrize("name", ["cohort_accounts", "cohort_revenue"])
def test_the_first_cohort_is_kept_and_flagged(fresh_pack, name):
    table = fresh_pack.table(name)
    assert table.loc[table["is_left_truncated"], "cohort"].unique().tolist() == ["2023-11-01"]


# tables/survival.csv, tables/projection.csv and tables/backtest.csv


@pytest.mark.parametrize(
    ("name", "value"), [("survival", "survival"), ("projection", "projected"), ("backtest", "projected")]
)
def test_a_share_lies_in_its_interval_and_between_0_and_1(fresh_pack, name, value):
    table = fresh_pack.table(name)
    known = table[table["low"].notna()]
    assert len(known) > 5
    assert ((known["low"] <= known[value]) & (known[value] <= known["high"])).all()
    assert (known["low"].ge(0) & known["high"].le(1)).all()


def test_survival_has_every_segment_and_all_and_starts_with_everybody(fresh_pack):
    table = fresh_pack.table("survival")
    segments = set(pd.read_csv(fresh_pack.source.parent / "accounts.csv")["segment"])
    assert set(table["segment"]) == {"all"} | segments
    start = table[table["age"] == 0].set_index("segment")
    assert (start["survival"] == 1).all()
    assert start.loc["all", "n_at_risk"] == start.drop("all")["n_at_risk"].sum()
    triangle = fresh_pack.table("cohort_accounts")
    known = triangle[(triangle["age_months"] == 0) & ~triangle["is_left_truncated"]]
    assert start.loc["all", "n_at_risk"] == known["n"].sum()


# Exit codes


def test_exit_2_refused_and_nothing_written(tmp_path):
    source = write_source(tmp_path, subscriptions=SUBSCRIPTIONS)
    before = sorted(path.name for path in tmp_path.iterdir())
    done = helpers("report", "2024-13", "--source", source, "--out", "packs", cwd=tmp_path, code=2)
    assert "2024-13" in done.stderr and "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before


# Exit 0 is every pack here; 1 and 3 stand in test_report.py and test_report_locked.py; those of `new` in test_new.py.


# Functions


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("churn_rate", {"n_lost": 5, "n_opening": 100}),
        ("net_revenue_retention", {"opening": [100] * 9, "closing": [90] * 8 + [100]}),
        ("gross_revenue_retention", {"opening": [100] * 9, "closing": [90] * 8 + [100]}),
        ("net_promoter_score", {"scores": [10] * 9 + [0]}),
        ("customer_lifetime_value_simple", {"average_purchase": 100, "purchases_per_year": 5, "years": 10}),
    ],
)
def test_a_metric_is_a_frozen_dataclass_of_python_scalars(name, given):
    metric = getattr(metrics, name)(**given)
    assert type(metric) is metrics.Metric and not isinstance(metric, tuple)
    for field in ("value", "low", "high", "numerator", "denominator"):
        assert getattr(metric, field) is None or type(getattr(metric, field)) in (int, float)
    assert type(metric.value) is float
    assert (type(metric.n), type(metric.method), type(metric.verdict)) == (int, str, str)
    with pytest.raises(AttributeError):
        metric.value = 1.0


@pytest.mark.parametrize(
    "interval",
    [
        stats.wilson(18, 20),
        stats.adjusted_wald_nps(3, 2, 1),
        stats.ratio_interval([10, 20, 30], [9, 30, 0]),
        stats.ratio_interval_from_sums(2, 4, 4, 8, 8, 10),
    ],
)
def test_an_interval_is_a_pair_of_python_floats(interval):
    low, high = interval
    assert type(interval) is tuple and type(low) is float and type(high) is float and low <= high


def test_kaplan_meier_is_a_frame_and_takes_plain_lists():
    curve = survival.kaplan_meier([1, 2, 2, 3], [True, True, False, True])
    assert type(curve) is pd.DataFrame
    assert curve.columns.tolist() == ["time", "n_at_risk", "n_events", "survival", "low", "high"]
    assert [type(number) for number in survival.logrank([1, 2, 3], [True] * 3, ["a", "b", "b"])] == [float, float]


@pytest.mark.parametrize(
    "alive", [[100, 80, 70], np.array([100, 80, 70]), pd.DataFrame([[100, 80, 70], [50, 45, np.nan]])]
)
def test_a_fitted_model_gives_floats_for_scalar_ages(alive):
    model = survival.fit_sbg(alive)
    found = [model.alpha, model.beta, model.survival(1), model.retention(1), model.residual_lifetime(1, 0.1)]
    assert [type(number) for number in found] == [float] * 5
    assert len(model.survival([0, 1, 2])) == len(model.retention(np.array([1, 2, 3]))) == 3
    with pytest.raises(AttributeError):
        model.alpha = 1.0


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (cohorts.triangle, ["cube", "last_month"]),
        (survival.kaplan_meier, ["duration", "event"]),
        (survival.logrank, ["duration", "event", "group"]),
        (survival.fit_sbg, ["alive"]),
        (survival.Sbg.survival, ["self", "age"]),
        (new.create, ["question", "number", "root"]),
        (metrics.by_group, ["pairs", "column", "period"]),
        (page.tables_at_hand, ["tables"]),
        (survival.Sbg.retention, ["self", "age"]),
        (survival.Sbg.residual_lifetime, ["self", "age", "discount_rate"]),
    ],
)
def test_a_function_takes_what_it_always_took(function, parameters):
    found = list(inspect.signature(function).parameters.values())
    assert [each.name for each in found[: len(parameters)]] == parameters
    assert all(each.default is not each.empty for each in found[len(parameters) :])
