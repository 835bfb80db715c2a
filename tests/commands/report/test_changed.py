"""What changed since the last report by signal, who entered or left the list of accounts at risk, what to decide."""

import json

import pandas as pd
import pytest
from packs import parsed

from helpers import page as display
from helpers.commands.report.front import news, signals
from helpers.commands.report.front import page as first_page
from helpers.metrics.changes import COLUMNS
from helpers.periods import parse

NOW, THEN = "2026-10", "2026-09"
TABLES = ["xmr", "differences", "accounts_at_risk", "accounts_at_risk_total", "attention_list_total"]


def manifest(period: str = NOW, **source) -> dict:
    last_day = {NOW: "2026-10-31", THEN: "2026-09-30"}[period]
    own = {"name": "Acme", "currency": "USD", "pseudonyms": ""} | source
    notebook = {"name": "10_metrics", "title": "Who?", "tables": TABLES}
    return {"period": period, "as_of": last_day, "source": own, "notebooks": [notebook]}


@pytest.fixture
def packs(tmp_path):
    """Two packs, of now and of then: `write("now", xmr=frame)`; that of then has its manifest."""
    for name in ("now", THEN):
        (tmp_path / name / "tables").mkdir(parents=True)
    (tmp_path / THEN / "manifest.json").write_text(json.dumps(manifest(THEN)), encoding="utf-8")

    def write(which: str, **tables: pd.DataFrame):
        for name, frame in tables.items():
            file = tmp_path / (THEN if which == "then" else which) / "tables" / f"{name}.csv"
            file.write_text(display.csv_text(frame), encoding="utf-8")

    return tmp_path, write


def since(folder) -> dict:
    return news.changes(folder / "now" / "tables", folder / THEN, manifest(), known(folder))


def known(folder) -> pd.DataFrame:
    return signals.known(folder / "now" / "tables", NOW, NOW)


def needed(folder) -> list[dict]:
    return news.needed(folder / "now" / "tables", manifest(), known(folder))


def chart(period: str, signal: str, value: float = 0.01) -> pd.DataFrame:
    point = {"metric": "mrr_growth", "period": period, "value": value, "average": 0.02, "low": 0.0, "high": 0.04}
    return pd.DataFrame([point | {"signal": signal}]).astype({"signal": "str"})


def difference(period: str, verdict: str) -> pd.DataFrame:
    values = ["net_revenue_retention", "all", period, "2025-10", 0.03, 0.01, 0.05, 100, verdict]
    return pd.DataFrame([dict(zip(COLUMNS, values, strict=True))])


@pytest.mark.parametrize(
    ("then", "now", "says"),
    [
        ("", "below the limits", ["MRR growth: a new signal, 1.0% (below the limits)."]),
        ("below the limits", "below the limits", ["MRR growth: still a signal, 1.0% (below the limits)."]),
        ("above the limits", "below the limits", ["MRR growth: a new signal, 1.0% (below the limits)."]),
        ("below the limits", "", ["MRR growth: back in its normal range, 1.0%."]),
        ("", "", []),
    ],
)
def test_a_chart_is_spoken_of_only_when_it_has_or_had_a_signal(packs, then, now, says):
    folder, write = packs
    # The values differ widely, which by itself is no change.
    write("now", xmr=chart(NOW, now))
    write("then", xmr=chart(THEN, then, value=0.035))
    assert since(folder)["signals"] == says


@pytest.mark.parametrize(
    ("then", "now", "says"),
    [
        ("no change shown", "changed", "now clearly different from Oct 2025, +3.0"),
        ("changed", "changed", "still clearly different from Oct 2025, +3.0"),
        ("changed", "no change shown", "no longer clearly different from Oct 2025, +3.0"),
    ],
)
def test_a_12_month_figure_is_spoken_of_only_when_its_difference_is_or_was_shown(packs, then, now, says):
    folder, write = packs
    write("now", differences=difference(NOW, now))
    write("then", differences=difference(THEN, then))
    assert since(folder)["signals"] == [f"Net revenue retention: {says} points (95% interval +1.0 to +5.0)."]
    write("now", differences=difference(NOW, "no change shown"))
    write("then", differences=difference(THEN, "no change shown"))
    assert since(folder)["signals"] == []


def at_risk(ranked: list[str], play: str = "Call") -> pd.DataFrame:
    """Accounts of falling MRR at risk: $100 for the first, a dollar less for each further one."""
    rows = [
        {
            "account_id": account,
            "name": f"={account}",
            "segment": "SMB",
            "mrr_cents": 90_000,
            "mrr_at_risk_cents": 10_000 - 100 * place,
            "evidence": "seen",
            "owner": "success",
            "play": play,
        }
        for place, account in enumerate(ranked)
    ]
    return pd.DataFrame(rows).astype({"play": "str"})


def test_who_entered_and_who_left_the_first_fifteen(packs):
    folder, write = packs
    others = [f"{number:03}" for number in range(13)]
    write("then", accounts_at_risk=at_risk([*others, "gone", "sinks", "rises"]))
    write("now", accounts_at_risk=at_risk([*others, "rises", "fresh", "sinks"]))
    changes = since(folder)
    assert changes["at_risk"].endswith("2 are new, 2 are no longer listed, 13 stayed.")
    # Row 13 (counted from 0) has $100 − $13 at risk; the sign that keeps spreadsheets from running it is gone.
    first = {"account": "=rises", "segment": "SMB", "amount": "$87 of $900", "why": "was number 16"}
    assert changes["entered"][0] == first
    assert [(line["account"], line["why"]) for line in changes["entered"][1:]] == [("=fresh", "was not scored then")]
    assert [(line["account"], line["why"]) for line in changes["left"]] == [
        ("=gone", "left, or is no longer scored"),
        ("=sinks", "now number 16"),
    ]


def test_of_a_list_that_was_cut_nobody_says_that_an_account_was_not_scored(packs, monkeypatch):
    monkeypatch.setattr(news, "MOST_SAVED", 16)
    folder, write = packs
    ranked = [f"{number:03}" for number in range(16)]
    write("then", accounts_at_risk=at_risk(ranked))
    write("now", accounts_at_risk=at_risk(["fresh", *ranked[1:], "last"]))
    changes = since(folder)
    assert [line["why"] for line in changes["entered"]] == ["was below number 16, or not scored then"]
    assert [line["why"] for line in changes["left"]] == ["left, is below number 16, or is no longer scored"]


@pytest.mark.parametrize(
    ("source", "why"),
    [({"pseudonyms": "0123abcd"}, "anonymized and the other is not"), ({"name": "Other"}, "of another company")],
)
def test_packs_that_cannot_be_compared_are_not(packs, source, why):
    folder, write = packs
    write("now", xmr=chart(NOW, "below the limits"))
    found = news.changes(folder / "now" / "tables", folder / THEN, manifest(**source), known(folder))
    assert why in found["why_not"] and found["signals"] == []


@pytest.mark.parametrize("text", [None, "{", '{"period": "2026-08"}'])
def test_without_a_whole_report_of_the_period_before_nothing_is_said_of_it(packs, text):
    folder, _ = packs
    file = folder / THEN / "manifest.json"
    file.unlink() if text is None else file.write_text(text, encoding="utf-8")
    assert not any(said for name, said in since(folder).items() if name != "against")


# What needs a decision


def test_a_signal_and_a_shown_difference_need_a_decision_and_nothing_else_does(packs):
    folder, write = packs
    write("now", xmr=chart(NOW, ""), differences=difference(NOW, "no change shown"))
    assert needed(folder) == []
    write("now", xmr=chart(NOW, "below the limits"), differences=difference(NOW, "changed"))
    found = needed(folder)
    assert [item["link"] for item in found] == ["10_metrics.html", "10_metrics.html"]
    assert [item["todo"] for item in found] == [
        "Find out why growth is slowing.",
        "Find out why net revenue retention rose, and keep it going.",
    ]
    assert found[0]["says"].startswith("MRR growth was 1.0% in Oct 2026, below its normal range (0.0% to 4.0%).")
    assert found[1]["says"] == ("The change since Oct 2025 is +3.0 points (95% interval +1.0 to +5.0) in 100 accounts.")


def test_there_are_at_most_three_decisions_and_a_signal_without_room_is_still_named(packs):
    folder, write = packs
    both = [difference(NOW, "changed"), difference(NOW, "changed").assign(metric="churn_rate_12_months")]
    total = pd.DataFrame({"n_accounts": [9], "mrr_cents": [900]})
    write("now", xmr=chart(NOW, "below the limits"), differences=pd.concat(both))
    assert len(needed(folder)) == 3
    write("now", accounts_at_risk=at_risk(list("ab")), attention_list_total=total)
    found = needed(folder)
    assert [item["owner"] for item in found] == ["Marketing", "Customer success", "Account managers"]
    assert found[0]["says"].endswith("Also changed: Net revenue retention, Customer churn, 12 months.")


def test_a_run_within_the_limits_is_not_called_out_of_range_and_its_cause_is_named_with_its_amount(packs):
    folder, write = packs
    months = [f"{year}-{month:02d}-01" for year in (2025, 2026) for month in range(1, 13)][:22]
    moved = dict.fromkeys(["expansion_cents", "reactivation_cents", "contraction_cents", "churn_cents"], 1_000)
    monthly = pd.DataFrame({"month": months, "new_cents": [100_000] * 14 + [25_000] * 8} | moved)
    write("now", xmr=chart(NOW, "eight months in a row below the average"), movements_by_month=monthly)
    assert needed(folder)[0]["says"] == (
        "Slower growth comes mostly from new customers: $250 per month in the last 8 months, $1.00k in the 12 before."
    )


def test_a_chart_that_has_no_limits_yet_is_not_said_to_be_within_them(packs):
    folder, write = packs
    write("now", xmr=chart(NOW, ""))
    made = manifest()
    made["notebooks"][0]["tables"] = ["metrics", "xmr"]
    assert "no number is outside its normal range" in news.nothing(known(folder), made)
    write("now", xmr=chart(NOW, "").assign(low=float("nan")))
    assert "need 12 months" in news.nothing(known(folder), made)


def test_where_the_metrics_are_missing_nobody_says_that_nothing_needs_a_decision(packs):
    folder, write = packs
    failed = {"name": "10_metrics", "title": "Who?", "status": "failed", "tables": []}
    assert news.nothing([], {"notebooks": [failed]}).startswith("We do not know yet what needs a decision")
    write("now", xmr=chart(NOW, ""))
    metrics = {"name": "10_metrics", "status": "built", "tables": ["metrics", "xmr"]}
    whole = "Nothing needs a decision: no number is outside its normal range."
    assert news.nothing(known(folder), {"notebooks": [metrics]}) == whole
    for made in ({"notebooks": [metrics, failed | {"name": "30_x"}]}, {"notebooks": [metrics], "left_out": ["30_x"]}):
        assert news.nothing(known(folder), made).startswith("Nothing needs a decision on the pages that are here:")


def test_what_shrinks_is_not_said_to_grow(packs):
    folder, write = packs
    for signal, average, todo in (("below the limits", -0.01, "MRR is falling."), ("above", -0.06, "falls less than")):
        write("now", xmr=chart(NOW, signal, value=-0.03).assign(average=average))
        assert todo in needed(folder)[0]["todo"] and "growth is" not in needed(folder)[0]["todo"]


def test_accounts_are_named_only_where_a_play_is(packs):
    folder, write = packs
    write("now", accounts_at_risk=at_risk(list("abcdefg"), play=""))
    assert needed(folder) == []
    write("now", accounts_at_risk=at_risk(list("abcdefg")))
    (found,) = needed(folder)
    # 100 + 99 + 98 + 97 + 96; of what all of them hold another table speaks.
    assert found["todo"] == "Call the five accounts most at risk." and found["says"] == "They hold $490."
    assert [row["account"] for row in found["rows"]] == ["=a", "=b", "=c", "=d", "=e"]
    assert found["rows"][0]["who"] == "Customer success: Call"


def test_amounts_of_whole_lists_come_from_their_totals_since_long_lists_are_saved_in_part(packs):
    folder, write = packs
    total = {"n_accounts": [150_000], "mrr_cents": [9_000_000_00]}
    at_stake = {"mrr_at_risk_cents": [2_000_000_00], "low_cents": [1_500_000_00], "high_cents": [2_500_000_00]}
    write(
        "now",
        accounts_at_risk=at_risk(list("abcdef")),
        accounts_at_risk_total=pd.DataFrame(total | at_stake),
        attention_list_total=pd.DataFrame(total),
    )
    calls, waiting = needed(folder)
    assert calls["says"] == "They hold $490 of the $2.00M at risk."
    assert waiting["todo"] == "Schedule calls with 150,000 accounts." and "$9.00M per month" in waiting["says"]
    write("now", attention_list_total=pd.DataFrame({"n_accounts": [0], "mrr_cents": [0]}))
    assert len(needed(folder)) == 1


def test_the_index_shows_both_lists_as_text_and_what_changed(packs):
    folder, write = packs
    write("then", accounts_at_risk=at_risk(["gone", *"abc"]), xmr=chart(THEN, ""))
    hostile = at_risk(["<img src=x>", *"abc"]).assign(evidence="")
    write("now", accounts_at_risk=hostile, xmr=chart(NOW, "below the limits"))
    source = {"covers": "2024-01 to 2026-10", "is_complete": True, "tables": {"usage": {"rows": 5, "latest": ""}}}
    metrics = manifest()["notebooks"][0] | {"status": "built", "headline": ["Ten."], "reason": ""}
    whole = manifest(**source) | {"notebooks": [metrics]}
    said = first_page.parts(folder / "now", whole, parse(NOW), folder)
    texts = first_page.texts(folder / "now", whole, parse(NOW), said)
    page = parsed(texts["index.html"])
    assert not page("img") and texts["index.html"].count("=&lt;img src=x&gt;") == 2
    captions = [caption.text for caption in page("caption")]
    assert captions[1:] == ["New on the list of accounts at risk", "No longer on the list; amounts as of Sep 2026"]
    assert page.find("a", href="../2026-09/index.html") and page.h1.text == "Acme: customer report, October 2026"
    news = page.find(id="changed").find_next("ul").text
    assert news.strip() == "MRR growth: a new signal, 1.0% (below the limits)."
    assert "- Call the four accounts most at risk. They hold" in texts["summary.md"]
