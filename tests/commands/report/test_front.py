"""The first page: what a tile, the lede and the summary say of a pack's tables, and the definitions page."""

import json
import shutil
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from helpers import metrics, periods
from helpers import page as display
from helpers.commands import html
from helpers.commands.report import build
from helpers.commands.report.front import news, page, signals, tiles
from helpers.commands.report.log import Voice
from helpers.commands.report.manifest import Outcome
from helpers.metrics import definitions
from helpers.metrics.changes import COLUMNS
from helpers.metrics.core import row
from helpers.metrics.core import table as tidy
from helpers.page import FIGURE_TYPE

OCTOBER, BEFORE, YEAR = "2026-10", "2026-09", "2025-10"
FALLING = "eight months in a row below the average"
RISING = "above the natural process limits"


@pytest.fixture
def pack(tmp_path):
    """A shelf over a pack of the tables that a test gives: a list of metric rows, and frames by name."""

    def made(rows=(), doubts=(), **frames: pd.DataFrame) -> tiles.Shelf:
        (tmp_path / "tables").mkdir(exist_ok=True)
        for name, frame in (frames | ({"metrics": tidy(rows)} if rows else {})).items():
            (tmp_path / "tables" / f"{name}.csv").write_text(display.csv_text(frame), encoding="utf-8")
        known = signals.known(tmp_path / "tables", OCTOBER, OCTOBER)
        return tiles.Shelf(tmp_path, periods.parse(OCTOBER), "USD", known, doubts)

    return made


def churn(left: int, of: int, period: str = OCTOBER) -> dict:
    return row("churn_rate_12_months", "all", period, metrics.churn_rate(left, of))


def counted(name: str, value: float, period: str = OCTOBER) -> dict:
    return row(name, "all", period, metrics.Metric(value, None, None, value, None, 20, "Σ", "ok"))


def grown(rate: float) -> list[dict]:
    return [counted("mrr_cents", 100_000_00 * (1 + rate)), counted("mrr_cents", 100_000_00, BEFORE)]


def nps(period: str, value: float, wave: str = "") -> dict:
    metric = metrics.Metric(value, value - 0.1, value + 0.1, None, None, 40, f"adjusted Wald{wave}", "ok")
    return row("net_promoter_score_relationship", "all", period, metric)


def difference(verdict: str, change: float = -0.03, metric: str = "churn_rate_12_months") -> pd.DataFrame:
    values = [metric, "all", OCTOBER, YEAR, change, change - 0.04, change + 0.04, 100, verdict]
    return pd.DataFrame([dict(zip(COLUMNS, values, strict=True))])


def chart(signal: str, value: float = 0.01) -> pd.DataFrame:
    point = {"metric": "mrr_growth", "period": OCTOBER, "value": value, "average": 0.02, "low": 0.0, "high": 0.04}
    return pd.DataFrame([point | {"signal": signal}]).astype({"signal": "str"})


def test_a_tile_has_value_interval_what_it_counts_and_what_it_was(pack):
    (tile,) = tiles.tiles(pack([churn(18, 20), churn(1, 20, YEAR)]))
    assert (tile.value, tile.likely, tile.of) == ("90.0%", "70–97%", "20 accounts")
    # Two numbers that differ are no change: without a test, only the earlier one is given.
    assert (tile.change, tile.mood) == ("5.0% in Oct 2025", "")
    assert tile.as_json()["low"] == pytest.approx(0.699, abs=0.0005) and tile.as_json()["shown"] == "90.0%"


def test_a_tile_without_a_value_says_why_and_has_no_trend(pack):
    (tile,) = tiles.tiles(pack([churn(0, 0), *(churn(1, 20, f"2026-0{month}") for month in range(1, 9))]))
    assert (tile.value, tile.is_missing, tile.trend) == ("–", True, "")
    assert tile.likely == "No figure: the data shows no paying account at the opening"


@pytest.mark.parametrize(
    ("months", "drawn"),
    [
        (["2025-10", "2026-09", "2026-10"], ["2026-09", "2026-10"]),  # a line would make a month of the eleven
        (["2026-08", "2026-09", "2026-10"], ["2026-08", "2026-09", "2026-10"]),
        (["2025-10", "2026-01", "2026-04"], ["2025-10", "2026-01", "2026-04"]),
    ],
)
def test_a_trend_is_of_months_that_are_evenly_apart(months, drawn):
    rows = pd.DataFrame({"value": 1.0, "low": 0.0, "high": 2.0, "method": ""}, index=pd.Index(months, name="period"))
    assert tiles._months("arr_cents", rows, None)[0].index.to_list() == drawn


def test_a_tile_of_a_small_sample_says_so_and_draws_no_trend(pack):
    rows = [churn(2, 7), *(churn(1, 20, f"2026-0{month}") for month in range(1, 10))]
    (tile,) = tiles.tiles(pack(rows))
    assert tile.is_small and tile.trend == "" and "small sample" in tile.basis
    (tile,) = tiles.tiles(pack([churn(2, 20), *rows[1:]]))
    assert not tile.is_small and tile.trend.count("<path") == 2


@pytest.mark.parametrize(
    ("verdict", "change", "says", "mood"),
    [
        ("changed", -0.03, "▼ Down (Oct 2025: 5.0%)", "better"),
        ("changed", 0.03, "▲ Up (Oct 2025: 5.0%)", "worse"),
        ("no change shown", -0.03, "No clear change (Oct 2025: 5.0%)", ""),
        ("few", -0.03, "Too few accounts to compare (Oct 2025: 5.0%)", ""),
    ],
)
def test_a_12_month_tile_speaks_of_change_only_where_the_difference_leaves_zero_out(pack, verdict, change, says, mood):
    shelf = pack([churn(5, 100), churn(1, 20, YEAR)], differences=difference(verdict, change))
    (tile,) = tiles.tiles(shelf)
    assert (tile.change, tile.mood) == (says, mood)


def test_the_tile_of_mrr_has_its_growth_and_says_where_that_is_a_signal(pack):
    (tile,) = tiles.tiles(pack(grown(0.01), xmr=chart("")))
    assert (tile.value, tile.of, tile.change) == ("$101k", "20 paying accounts", "+1.0% since Sep 2026")
    (tile,) = tiles.tiles(pack(grown(0.01), xmr=chart(FALLING)))
    assert (tile.change, tile.mood) == ("+1.0% since Sep 2026; slower than usual", "worse")


def test_an_nps_asked_twice_a_year_shows_its_latest_wave_with_the_date(pack):
    waves = [nps("2026-04", 0.38), nps("2025-10", 0.2), nps(OCTOBER, 0.38, "; latest wave, to Apr 20, 2026")]
    (tile,) = tiles.tiles(pack(waves))
    assert (tile.value, tile.of, tile.change) == ("+38", "40 answers", "Latest survey: Apr 20, 2026")
    assert tile.trend == ""


def test_mrr_at_risk_is_a_tile_and_is_not_to_be_acted_on_without_plays(pack):
    total = {
        "n_accounts": [90],
        "mrr_at_risk_cents": [250_000_00],
        "low_cents": [120_000_00],
        "high_cents": [380_000_00],
    }
    listed = pd.DataFrame({"account_id": ["A", "B"], "mrr_at_risk_cents": [2_000_00, 1_000_00], "play": ["Call", ""]})
    frames = {"accounts_at_risk_total": pd.DataFrame(total), "accounts_at_risk": listed}
    (tile,) = tiles.tiles(pack(**frames))
    assert (tile.value, tile.likely, tile.of) == ("$250k", "$120k–$380k", "90 accounts")
    assert tile.change == "Chance of leaving × MRR"
    (tile,) = tiles.tiles(pack(**frames | {"accounts_at_risk": listed.assign(play="")}))
    assert tile.change.startswith("Not validated")


@pytest.mark.parametrize(
    ("doubt", "beside"),
    [
        ("subscriptions.ends_on: ends on last days", "subscriptions.ends_on"),
        ("subscriptions.lost_to: no end", ""),
        ("surveys.score: on a scale of five", ""),
        ("invoices.amount", "invoices.amount"),
        ("the source could not be asked: gone", ""),
    ],
)
def test_a_doubt_stands_beside_the_numbers_that_it_can_move_and_beside_no_other(pack, doubt, beside):
    (tile,) = tiles.tiles(pack([churn(5, 100)], doubts=[doubt]))
    assert tile.doubt == beside


def test_every_column_that_can_move_a_tile_is_one_that_the_data_has():
    from helpers.sources import schema

    for about in signals.texts()["tiles"].values():
        for table, _, column in (place.partition(".") for place in about["moved_by"]):
            assert table in schema.TABLES and (not column or column in schema.TABLES[table].columns)


def test_a_tile_leads_to_the_heading_that_explains_it_or_to_the_page_or_nowhere(pack):
    shelf = pack([churn(5, 100)])
    file = shelf.folder / "10_metrics.html"
    for text, link in (
        ('<h2 id="How-many-accounts-leave?">', "10_metrics.html#How-many-accounts-leave?"),
        ('<h2 id="something-else">', "10_metrics.html"),
    ):
        file.write_text(text, encoding="utf-8")
        assert tiles.tiles(shelf)[0].link == link
    file.unlink()
    assert tiles.tiles(shelf)[0].link == ""


def test_a_pack_without_metrics_has_no_tiles_and_still_a_lede(pack):
    shelf = pack(accounts=pd.DataFrame({"n": [1]}))
    assert tiles.tiles(shelf) == [] and news.lede(shelf, 0) == ("The metrics are not in this report.", "")
    assert news.lede(shelf, 1) == ("One thing needs a decision.", "")


# The lede


@pytest.mark.parametrize("signal", ["", FALLING, RISING, "three of the last four months nearer to a limit"])
@pytest.mark.parametrize("rate", [0.123, -0.123, 0.0])
@pytest.mark.parametrize("verdict", ["changed", "no change shown", "few"])
def test_the_lede_has_at_most_35_words(pack, signal, rate, verdict):
    both = [difference(verdict, metric=name) for name in news.RETENTION]
    shelf = pack(grown(rate), xmr=chart(signal), differences=pd.concat(both))
    for n in (0, 1, 3):
        said = " ".join(news.lede(shelf, n))
        assert len(said.split()) <= 35 and "MRR" in said and "etention" in said and "decision" in said


def test_the_lede_says_where_revenue_and_retention_go(pack):
    compared = difference("no change shown", metric="gross_revenue_retention")
    shelf = pack(grown(0.008), xmr=chart(FALLING), differences=compared)
    assert news.lede(shelf, 3) == (
        "Revenue is still growing, but more slowly.",
        "MRR grew 0.8% in October, the eighth month in a row of below-average growth. "
        "Retention has not clearly changed in a year. Three things need a decision.",
    )
    shelf = pack(grown(-0.05), xmr=chart(FALLING), differences=compared)
    assert news.lede(shelf, 0)[0] == "Revenue is shrinking."
    shelf = pack(grown(-0.05), xmr=chart(RISING, -0.05).assign(average=-0.09), differences=compared)
    assert news.lede(shelf, 0)[0] == "Revenue is still shrinking, but more slowly."
    shelf = pack(grown(-0.05), xmr=chart(""), differences=compared.assign(verdict="changed", difference=-0.1))
    assert news.lede(shelf, 1) == (
        "MRR fell 5.0% in October, within its normal range.",
        "Gross revenue retention is worse than a year ago. One thing needs a decision.",
    )


def test_the_lede_of_a_first_month_says_what_mrr_is_and_of_a_last_one_that_all_of_it_left(pack):
    assert news.lede(pack([counted("mrr_cents", 31_800_00)]), 0)[0] == "MRR is $31.8k at the end of October."
    assert news.lede(pack(grown(-1.0)), 1)[0] == "MRR fell 100.0% in October."


def test_the_lede_says_that_fewer_customers_leave_where_only_that_is_clear(pack):
    churned = difference("changed", -0.04)
    compared = pd.concat([difference("no change shown", metric=name) for name in news.RETENTION] + [churned])
    said = news.lede(pack(grown(0.01), xmr=chart(""), differences=compared), 1)
    assert said[1] == "Fewer customers are leaving than a year ago. One thing needs a decision."


# Charts, cards, caveats


def drawn(name: str) -> dict:
    page = f'<figure><h3>{name} &amp; more</h3><div class="source">Data<div>x</div></div></figure>'
    data = {"text/html": "for JupyterLab", FIGURE_TYPE: page, "text/plain": name, "image/png": "UE5H"}
    return {"metadata": {"figure": name}, "data": data}


def test_the_two_charts_are_those_of_the_executed_notebook_and_no_pack_needs_them(tmp_path):
    (tmp_path / "notebooks").mkdir()
    outputs = ([drawn("retention"), drawn("other")], [drawn("movements")], [])
    notebook = {"cells": [{"source": "", "outputs": each} for each in outputs]}
    (tmp_path / "notebooks" / "10_metrics.ipynb").write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    made = {"notebooks": [{"name": name, "status": "built"} for name in ("10_metrics", "20_gone")]}
    first, second = page.figures(tmp_path, made)
    assert (first["name"], second["name"]) == page.FIGURES
    # Where its data is stands on its own page.
    assert first["page"] == "<figure><h3>movements &amp; more</h3></figure>"
    assert (first["title"], first["says"], first["png"]) == ("movements & more", "movements", "UE5H")
    assert page.figures(tmp_path, {"notebooks": made["notebooks"][1:]}) == []


def test_an_incomplete_period_and_a_failed_notebook_are_caveats_and_a_card_says_why():
    source = {"is_complete": False, "covers": "2010-12 to 2011-12-09"}
    failed = {"name": "20_x", "title": "Who leaves?", "status": "failed", "reason": "KeyError: 'x'", "headline": []}
    made = {"period": "2011-12", "as_of": "2011-12-31", "source": source, "notebooks": [failed]}
    found = page.caveats(made | {"left_out": ["30_y", "40_z"]})
    assert "This report is a part: it leaves out 30_y, 40_z. Run it without --only for the whole." in found
    assert "Who leaves?: did not finish (KeyError: 'x')." in found
    assert any("Dec 2011 is incomplete" in caveat for caveat in found)
    card = card_of(failed)
    assert (card.h3.text, card.p.text, card.p["class"]) == ("Who leaves?", "Did not finish: KeyError: 'x'", ["failed"])
    card = card_of(
        failed | {"title": "Who stays, and why?", "status": "built", "headline": ["1,000 stay (n = 9); 3 go. Two."]}
    )
    assert (card.h3.text, card.p.text, card["href"]) == ("Who stays?", "1,000 stay.", "20_x.html")
    assert "class" not in card.p.attrs
    card = card_of(failed | {"title": "No question", "status": "built"})
    assert (card.h3.text, card.p.text) == ("No question", "")


def card_of(notebook: dict):
    template = html._environment().get_template("cards.html.j2")
    text = template.render(made={"notebooks": [notebook]}, first_sentence=page.first_sentence)
    return BeautifulSoup(text, "html.parser").a


def test_a_table_that_stops_before_the_month_is_named_and_one_that_is_seldom_filled_is_not():
    latest = {"usage": "2026-08-01", "tickets": "2026-10-03", "changes": "2026-01-01", "surveys": ""}
    source = {"is_complete": True, "tables": {name: {"rows": 5, "latest": day} for name, day in latest.items()}}
    found = page.caveats({"period": OCTOBER, "as_of": "2026-10-31", "source": source, "notebooks": []})
    assert found == [
        "One table ends before Oct 2026: usage (Aug 1, 2026). Numbers based on that are older than the rest."
    ]


def test_the_summary_keeps_what_markdown_would_act_on_as_text():
    tile = tiles.Tile("x", "Value", "<b> 5", "<b> 1–<b> 9", "3 accounts")
    todo = {"todo": "Call [**Acme**](javascript:x).", "says": "It pays $3\nin all.", "owner": "Sales"}
    said = {
        "heading": "# A*c: customer report",
        "when": "October 2026",
        "lede": ("MRR grew.", "Good."),
        "tiles": [tile],
    }
    said |= {"decisions": [todo], "caveats": ["`x`"], "doubts": ["a.b: c_d", "e"]}
    assert page.summary(said).splitlines() == [
        "# # A\\*c: customer report, October 2026",
        "",
        "MRR grew. Good.",
        "",
        "- Value: \\<b\\> 5 (likely \\<b\\> 1–\\<b\\> 9, 3 accounts)",
        "- Call \\[\\*\\*Acme\\*\\*\\](javascript:x). It pays $3 in all. Owner: Sales.",
        "- Caveat: \\`x\\`",
        "- Is the data right? a.b: c\\_d",
    ]
    assert len(page.lines(said | {"tiles": [replace(tile, label=str(n)) for n in range(12)]})) == 8 + 3


def test_the_definitions_are_texts_for_readers_with_the_numbers_of_the_report(tmp_path):
    (tmp_path / "tables").mkdir()
    table = tidy([row("churn_rate", "all", OCTOBER, metrics.churn_rate(5, 100))])
    (tmp_path / "tables" / "metrics.csv").write_text(display.csv_text(table), encoding="utf-8")
    source = {"name": "Acme", "covers": "2024-01 to 2026-10", "currency": "USD", "pseudonyms": "", "is_complete": True}
    source["tables"] = {"usage": {"rows": 5, "latest": ""}}
    notebook = {"name": "10_x", "title": "Who?", "status": "built", "headline": ["Ten."], "tables": ["metrics"]}
    made = {"period": OCTOBER, "as_of": "2026-10-31", "source": source, "notebooks": [notebook]}
    said = page.parts(tmp_path, made, periods.parse(OCTOBER), tmp_path)
    text = page.texts(tmp_path, made, periods.parse(OCTOBER), said)["definitions.html"]
    found = BeautifulSoup(text, "html.parser")
    assert [heading["id"] for heading in found("h2")][:-2] == list(definitions.texts())
    assert "5 of 100 accounts left: 5.0%" in found.text and "Raises" not in found.text and ">>>" not in found.text
    assert found.find("a", href="tables/metrics.csv") and [
        cell.text for cell in found.find(id="data").find_all_next("td")
    ] == ["usage", "5", "–"]


def test_the_first_page_reads_no_table_and_no_column_that_it_does_not_declare(sample_pack, tmp_path):
    """What it does not declare, a fork's table of that name need not have: the whole report ended there."""
    made, texts = sample_pack.manifest, []
    for columns_of in (signals.texts()["reads"], {}):
        out = tmp_path / ("declared" if columns_of else "all")
        shutil.copytree(sample_pack.folder, out / OCTOBER)
        for file in (out / OCTOBER / "tables").iterdir() if columns_of else ():
            table = pd.read_csv(file, dtype="str", keep_default_na=False)
            table[columns_of.get(file.stem, "").split()].to_csv(file, index=False)
        shutil.copytree(out / OCTOBER, out / BEFORE)
        (out / BEFORE / "manifest.json").write_text(json.dumps(made | {"period": BEFORE}), encoding="utf-8")
        said = page.parts(out / OCTOBER, made, periods.parse(OCTOBER), out)
        texts.append(page.texts(out / OCTOBER, made, periods.parse(OCTOBER), said))
    assert texts[0] == texts[1]


TIDY = tidy([churn(3, 100), churn(5, 100, YEAR)])


@pytest.mark.parametrize(
    ("name", "frame", "said"),
    [
        ("metrics", TIDY, ""),
        ("metrics", TIDY[:0], ""),
        ("figures", pd.DataFrame({"value": ["many"]}), ""),
        ("metrics", TIDY.drop(columns=["method", "n"]), "metrics.csv has no column n, method, and"),
        ("metrics", TIDY.assign(value="many"), "metrics.csv holds text in value, and"),
        ("metrics", pd.concat([TIDY, TIDY[:1]]), "metrics.csv has two rows of one metric, segment and period"),
        ("metrics", pd.DataFrame(), "has no column metric"),
        ("accounts_at_risk", pd.DataFrame({"account_id": ["A"]}), "accounts_at_risk.csv has no column name, segment"),
    ],
)
def test_a_forks_table_of_a_name_that_the_first_page_reads_fails_its_notebook_alone(tmp_path, name, frame, said):
    for folder in (".tables/10_a", ".tables/60_fork", "tables"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / ".tables" / "60_fork" / f"{name}.csv").write_text(display.csv_text(frame), encoding="utf-8")
    outcomes = [Outcome("10_a", "key"), Outcome("60_fork", "key", tables=[name])]
    facts = {"period": OCTOBER, "as_of": "2026-10-31", "source": {"name": ""}}
    request = SimpleNamespace(facts=facts)
    build._gather_tables(outcomes, SimpleNamespace(folder=tmp_path, voice=Voice(StringIO()), request=request))
    assert [each.status for each in outcomes] == ["built", "failed" if said else "built"]
    assert said in outcomes[1].reason and bool(said) == bool(outcomes[1].reason)
    assert (tmp_path / "tables" / f"{name}.csv").is_file() == (not said)
