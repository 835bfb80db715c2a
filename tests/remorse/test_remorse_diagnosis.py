"""The whole diagnosis, on the sample company and on sources that lack almost everything: true words, no exception."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from partly import made

from helpers import remorse, sample, sources
from helpers.errors import Refused
from helpers.ledger import account_months
from helpers.remorse import attribution, diagnosis, outcomes, risk, scores, signals, validation

DATED = {
    "subscriptions": "starts_on",
    "surveys": "asked_on",
    "onboarding": "updated_on",
    "usage": "month",
    "tickets": "opened_on",
    "touches": "touched_on",
    "changes": "detected_on",
}
PLAYS = diagnosis.read_plays(sources.ROOT / "data" / "plays.csv")


def company(folder, n, seed, keep=None, only=None):
    """A sample company; `keep`: its tables, `only`: how many of its accounts."""
    sample.write(folder, n, seed)
    file = folder / "source.toml"
    head, _, _ = file.read_text(encoding="utf-8").partition("\n[tables.accounts]")
    names = [path.stem for path in sorted(folder.glob("*.csv")) if keep is None or path.stem in keep]
    sections = "".join(f'\n[tables.{name}]\nfrom = "{name}.csv"\n' for name in names)
    file.write_text(head + sections, encoding="utf-8")
    if only:
        chosen = set(pd.read_csv(folder / "accounts.csv", dtype="str")["account_id"].iloc[:: n // only][:only])
        for name in names:
            table = pd.read_csv(folder / f"{name}.csv", dtype="str")
            if "account_id" in table.columns:
                table[table["account_id"].isin(chosen)].to_csv(folder / f"{name}.csv", index=False)
    return sources.open(file)


@pytest.fixture(scope="module")
def found():
    return remorse.diagnose(sources.open("data/sample/source.toml"), PLAYS, draws=2)


@pytest.mark.slow
def test_accounts_at_risk_are_ranked_by_mrr_at_risk_and_named_with_evidence_and_play(found):
    rows = found.at_risk
    assert rows["mrr_at_risk_cents"].is_monotonic_decreasing and rows["account_id"].is_unique
    assert (rows["mrr_at_risk_cents"] == (rows["probability"] * rows["mrr_cents"]).round()).all()
    assert ((rows["low"] <= rows["probability"]) & (rows["probability"] <= rows["high"])).all()
    assert rows["low"].gt(0).all() and rows["high"].lt(1).all()
    led = rows[rows["leading_driver"].notna()]
    assert len(led) > 100 and led[["play", "owner", "metric"]].notna().all(axis=None)
    assert led["evidence"].str.len().gt(10).all()
    assert set(rows["stage"]) <= set(diagnosis.STAGES)
    assert rows["mrr_cents"].gt(0).all()


@pytest.mark.slow
def test_the_total_is_the_sum_and_its_interval_holds_it(found):
    value, low, high = found.total
    assert value == pytest.approx(found.at_risk["mrr_at_risk_cents"].sum(), abs=len(found.at_risk))
    assert low < value < high < found.at_risk["mrr_cents"].sum()


@pytest.mark.slow
def test_predicted_losses_add_up_to_the_observed_ones(found):
    # A logit with a constant gives back the number of events.
    rows = found.outcomes.months
    rows = rows.join(found.readings.best, on="account_id")
    names = [name for name in found.model.fit.names if name != "const"]
    assert found.model.fit.predict(rows[names]).sum() == pytest.approx(rows["is_lost"].sum(), rel=1e-6)


@pytest.mark.slow
def test_months_at_risk_begin_after_the_cut_off_and_end_with_the_first_loss(found):
    rows = found.outcomes.months
    own = found.outcomes.accounts
    first = rows.groupby("account_id")["month_no"].min()
    assert (first == own["cutoff_no"].reindex(first.index) + 1).all()
    assert rows["is_lost"].sum() == own["lost_no"].notna().sum()
    assert rows.groupby("account_id")["is_lost"].sum().max() == 1
    assert set(np.unique(rows["renewal"])) == {0, 1} and rows["stagnation"].min() == 0


@pytest.mark.slow
def test_the_card_shows_every_signal_of_an_account(found):
    card = remorse.card(found)
    assert card.account_id == found.at_risk["account_id"].iloc[0] and card.has_signals
    assert len(card.table) == len(signals.SIGNALS) and card.table["z"].notna().sum() >= 8
    assert found.at_risk["name"].iloc[0] in card.sentence and found.at_risk["name"].iloc[0] in card.title
    by_name = remorse.card(found, found.at_risk["name"].iloc[3])
    assert by_name.account_id == found.at_risk["account_id"].iloc[3]
    with pytest.raises(Refused, match="is not among the accounts"):
        remorse.card(found, "Nobody")


@pytest.mark.slow
def test_a_score_that_is_not_validated_names_no_play(found):
    own = outcomes.in_force(found.outcomes, found.outcomes.last_no)
    projected = risk.project(found.model, found.outcomes, found.readings, own, found.outcomes.last_no)
    rows = diagnosis.at_risk(found.model, projected, own, found, None)
    assert rows["play"].isna().all() and len(rows) == len(found.at_risk)


@pytest.mark.slow
def test_what_to_do_names_the_accounts_and_amounts_of_the_list(found):
    first, *others = found.says.to_do
    assert first.startswith("Customer success: call") and all(name in first for name in found.at_risk["name"].head(3))
    assert found.at_risk["name"].iloc[3] not in first
    led = found.at_risk["leading_driver"].value_counts()
    assert f"{led.index[0]} adds most to the risk of {led.iloc[0]} of {len(found.at_risk)} accounts" in others[0]
    failed = replace(found, validation=replace(found.validation, verdict="failed", reasons=["it was off"]))
    assert not any("call" in sentence for sentence in failed.says.to_do)
    assert failed.says.action == "Do not act on this score: it was off, n = 743 accounts."


@pytest.mark.slow
def test_the_diagnosis_shows_what_is_in_it(found):
    page = found._repr_html_()
    assert ".at_risk" in page and "accounts by MRR at risk" in page and 'class="mathjax_ignore"' in page


@pytest.mark.slow
def test_one_account_alone_has_the_risk_that_it_has_among_all(found):
    last = found.outcomes.last_no
    own = outcomes.in_force(found.outcomes, last)
    whole = risk.project(found.model, found.outcomes, found.readings, own, last)
    some = risk.project(found.model, found.outcomes, found.readings, own.iloc[7:8], last)
    pd.testing.assert_frame_equal(some, whole.iloc[7:8], rtol=1e-12)


@pytest.mark.slow
def test_nothing_known_later_moves_the_risk_of_an_earlier_month(found):
    at = found.outcomes.last_no - 12
    own = outcomes.in_force(found.outcomes, at)
    late = found.outcomes.changed["month_no"] > at
    assert late.any()
    before = replace(found.outcomes, changed=found.outcomes.changed[~late])
    one, other = (risk.project(found.model, each, found.readings, own, at) for each in (found.outcomes, before))
    pd.testing.assert_frame_equal(one, other)


def test_without_any_signal_the_score_must_not_be_acted_on(tmp_path):
    bare = remorse.diagnose(company(tmp_path, 300, 5, keep=("accounts", "subscriptions")), PLAYS)
    assert bare.attribution.reason == scores.UNMEASURED
    assert bare.validation.verdict == "not possible" and bare.at_risk["play"].isna().all()
    assert bare.says.action.startswith("Do not act on this score yet. It cannot be validated, because too few")
    assert "No account has a score" in bare.says.scored


def test_forty_accounts_end_in_words(tmp_path):
    small = remorse.diagnose(company(tmp_path, 800, 5, only=40), PLAYS)
    assert small.attribution.table.empty and small.attribution.reason
    assert small.validation.verdict == "not possible"
    assert small.says.driver.startswith("We cannot say why customers leave")
    # Too few answer together for a common factor, and yet each driver has scores: the page must not deny them.
    assert small.has_scores and "has a score" not in small.says.driver + small.says.verdict


@pytest.fixture(scope="module")
def a_year_apart(tmp_path_factory):
    """A company today, and the file that it had a year ago: without any row that came since."""
    today = company(tmp_path_factory.mktemp("today"), 700, 5)
    folder = shutil.copytree(today.settings.file.parent, tmp_path_factory.mktemp("then") / "company")
    for name, column in DATED.items():
        rows = pd.read_csv(folder / f"{name}.csv", dtype="str")
        rows[rows[column] <= "2025-10-31"].to_csv(folder / f"{name}.csv", index=False)
    file = folder / "source.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("2026-10-31", "2025-10-31"), encoding="utf-8")
    return today, sources.open(file)


@pytest.mark.slow
def test_the_validation_takes_the_chances_that_the_report_of_a_year_ago_gave(a_year_apart):
    today, then = a_year_apart
    before, earlier = diagnosis._year_before(today, 90), remorse.diagnose(then, PLAYS, draws=2)
    assert earlier.readings.latent.notna().any().all()
    pd.testing.assert_frame_equal(before.readings.latent, earlier.readings.latent, check_exact=True)
    own = outcomes.in_force(before.outcomes, before.outcomes.last_no)
    model = risk.fitted(before.outcomes, before.readings)
    chances = risk.project(model, before.outcomes, before.readings, own, before.outcomes.last_no)["probability"]
    said = earlier.at_risk.set_index("account_id")["probability"].reindex(chances.index)
    assert len(said) == len(earlier.at_risk) > 300 and chances.to_numpy() == pytest.approx(said.to_numpy(), rel=1e-12)


@pytest.mark.slow
def test_a_report_that_expected_thrice_the_losses_fails(a_year_apart):
    today, _ = a_year_apart
    signals_now = signals.read(today)
    now, scored = outcomes.read(today, signals_now), scores.score(signals_now, *scores.against(today, signals_now))
    before = diagnosis._year_before(today, 90)
    assert "times the losses" not in " ".join(validation.validate(before, now, scored, None).reasons)
    came = now.accounts.index[now.accounts["lost_no"] > before.outcomes.last_no]
    spared = now.accounts["lost_no"].mask(now.accounts.index.isin(came.difference(came[::3])))
    fewer = replace(now, accounts=now.accounts.assign(lost_no=spared))
    checked = validation.validate(before, fewer, scored, None)
    assert checked.verdict == "failed" and "times the losses that happened" in " ".join(checked.reasons)


@pytest.fixture(scope="module")
def sampled_and_whole(tmp_path_factory):
    """A company diagnosed from every third account and listed in two parts, and diagnosed as a whole.

    A year ago it was smaller, and every second account would have done.
    """
    tables = company(tmp_path_factory.mktemp("large"), 900, 5)

    def every_kth(of, most=20_000):
        return 3 if most == 20_000 and of.period == tables.period else 2

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account_months, "every_kth", every_kth)
        patch.setattr(diagnosis.formats, "MOST_SAVED", 500)
        sampled = remorse.diagnose(tables, PLAYS, draws=2)
    return sampled, remorse.diagnose(tables, PLAYS, draws=2)


@pytest.mark.slow
def test_the_scores_that_are_saved_of_many_accounts_are_those_of_the_first_by_id(sampled_and_whole):
    some, whole = sampled_and_whole
    first, ids = whole.driver_scores["account_id"][:500].to_list(), some.driver_scores["account_id"].to_list()
    assert len(whole.driver_scores) > 500 and ids == first
    assert "The file of driver scores holds the first 500 accounts by id." in some.says.diagnosed


@pytest.mark.slow
def test_what_is_learned_from_a_sample_is_said_of_every_account(sampled_and_whole):
    some, whole = sampled_and_whole
    assert some.outcomes.every == 3 and len(some.signals.accounts) < 0.4 * len(whole.signals.accounts)
    assert "the seat rates and the story of value use every 3rd account by id." in some.says.diagnosed
    assert "every" not in whole.says.diagnosed
    assert set(some.at_risk["account_id"]) == set(whole.at_risk["account_id"])
    assert some.at_risk["mrr_at_risk_cents"].is_monotonic_decreasing
    pd.testing.assert_series_equal(some.counts, whole.counts)
    pd.testing.assert_frame_equal(some.coverage, whole.coverage)
    assert some.at_risk_total["mrr_cents"].item() == whole.at_risk_total["mrr_cents"].item()
    assert some.total[0] == pytest.approx(some.at_risk["mrr_at_risk_cents"].sum(), abs=len(some.at_risk))
    dated = ["segment", "first_paid_on", "place", "start_no", "cutoff_no", "lost_no"]
    pd.testing.assert_frame_equal(some.accounts[dated].sort_index(), whole.accounts[dated].sort_index())


@pytest.mark.slow
def test_the_check_of_a_sample_knows_what_became_of_each_of_its_accounts(sampled_and_whole):
    some, whole = sampled_and_whole
    at, sample = whole.outcomes.last_no - 12, whole.accounts[whole.accounts["place"] % 3 == 0]
    there = sample[(sample["cutoff_no"] <= at) & ~(sample["lost_no"] <= at)]
    assert (some.validation.n, some.validation.n_lost) == (len(there), there["lost_no"].notna().sum())


@pytest.mark.slow
def test_the_parts_of_a_list_are_those_of_the_whole(sampled_and_whole):
    some, _ = sampled_and_whole
    together = outcomes.diagnosed(some.tables, 90, every=1, like=some)
    own = outcomes.in_force(together.outcomes, together.outcomes.last_no)
    chances = risk.project(some.model, together.outcomes, together.readings, own, together.outcomes.last_no)
    listed = some.at_risk.set_index("account_id")["probability"].reindex(chances.index)
    assert listed.to_numpy() == pytest.approx(chances["probability"].to_numpy(), rel=1e-12)
    total = risk.total(some.model, risk.sums(some.model, chances, own["mrr_cents"]))
    assert some.total == pytest.approx(total, rel=1e-12)


@pytest.mark.slow
def test_the_card_of_an_account_outside_the_sample_shows_its_own_signals(sampled_and_whole):
    some, _ = sampled_and_whole
    outside = next(name for name in some.at_risk["account_id"] if name not in some.signals.accounts.index)
    ours, theirs = (remorse.card(found, outside).table for found in sampled_and_whole)
    assert ours["z"].notna().any()
    pd.testing.assert_frame_equal(ours.drop(columns=["z", "typical"]), theirs.drop(columns=["z", "typical"]))


def says_of(**found):
    return made(diagnosis.Diagnosis, at_risk=None, signals=None, **found).says


@pytest.mark.parametrize("level, says", [((1.1, 0.8, 1.5), "no clear mismatch"), ((1.6, 1.2, 2.1), "are too high")])
def test_a_risk_matches_only_where_its_level_does(level, says):
    rows = {"Calibration slope": (1.0, 0.5, 1.5), "Calibration in the large": level}
    checks = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"]).rename_axis("measure")
    checked = validation.Validation("failed", [], checks.reset_index(), n=90)
    assert says in says_of(validation=checked, attribution=None).calibration


@pytest.mark.parametrize("next_low, says", [(0.01, "best"), (-0.01, "It is not clearly ahead of poor value")])
def test_the_best_predictor_is_named_so_only_where_it_is_ahead(monkeypatch, next_low, says):
    table = pd.DataFrame({"driver": ["guidance", "value"], "log_odds_corrected": [0.5, 0.3]})
    table = table.assign(low_corrected=0.1, high_corrected=0.9)
    monkeypatch.setattr(diagnosis.Diagnosis, "gap", staticmethod(lambda *_: (0.2, next_low, 0.4)))
    said = says_of(validation=None, attribution=attribution.Attribution(table, 600, 90, 9000)).driver
    assert says in said and ("best" in said) == (next_low > 0)


@pytest.mark.slow
@pytest.mark.parametrize("keep", [("onboarding",), ("usage", "tickets", "onboarding"), ("surveys",), ("usage",)])
def test_every_mix_of_tables_ends_in_words(tmp_path, keep):
    some = remorse.diagnose(company(tmp_path, 700, 8, keep=("accounts", "subscriptions", *keep)), PLAYS)
    says = some.says
    for sentence in (
        says.driver,
        says.action,
        says.scored,
        says.diagnosed,
        says.risk,
        *says.to_do,
        *says.driver_caveats,
    ):
        assert sentence.endswith(".") and "nan" not in sentence and "None" not in sentence
    named = some.scores.score.notna().any()
    assert set(some.attribution.table["driver"]) <= set(named[named].index)


@pytest.mark.parametrize(
    "spoil, says",
    [
        (lambda plays: plays.drop(columns="owner"), "column owner: missing"),
        (lambda plays: plays.assign(driver="price"), "column driver, row 2: 'price'"),
        (lambda plays: plays.assign(owner="succes"), "did you mean 'success'"),
        (lambda plays: pd.concat([plays, plays.head(1)]), "a second play for the same driver and stage"),
    ],
)
def test_plays_that_cannot_be_used_are_refused_with_the_row(tmp_path, spoil, says):
    spoil(PLAYS).to_csv(tmp_path / "plays.csv", index=False)
    with pytest.raises(Refused, match=says):
        diagnosis.read_plays(tmp_path / "plays.csv")


def test_the_shipped_plays_answer_every_driver_at_every_stage():
    assert len(PLAYS) == len(signals.DRIVERS) * len(diagnosis.STAGES)
    assert set(PLAYS["owner"]) == set(diagnosis.OWNERS)
