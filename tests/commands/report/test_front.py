"""The first page: what a tile says of a metric, and the definitions made from the code."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from helpers import metrics
from helpers import page as display
from helpers.commands import html
from helpers.commands.report.front import signals, tiles
from helpers.metrics import definitions
from helpers.metrics.changes import COLUMNS
from helpers.metrics.core import row
from helpers.metrics.core import table as tidy

OCTOBER, BEFORE, YEAR = "2026-10", "2026-09", "2025-10"


@pytest.fixture
def folder(tmp_path):
    """A pack's tables, with what each test writes into them."""

    def write(**tables: pd.DataFrame):
        for name, frame in tables.items():
            (tmp_path / f"{name}.csv").write_text(display.csv_text(frame), encoding="utf-8")
        return tmp_path

    return write


def churn(lost: int, of: int, period: str) -> dict:
    return row("churn_rate", "all", period, metrics.churn_rate(lost, of))


def only_tile(tables) -> dict:
    (found,) = tiles.tiles(tables, OCTOBER, BEFORE, YEAR, signals.known(tables, OCTOBER, OCTOBER), "USD")
    return found


def test_a_tile_has_value_interval_n_and_what_it_was_before(folder):
    table = tidy([churn(18, 20, OCTOBER), churn(5, 20, BEFORE), churn(1, 20, YEAR)])
    tile = only_tile(folder(metrics=table))
    assert (tile["value"], tile["interval"]) == ("90.0%", "[69.9% to 97.2%], n = 20")
    assert tile["before"] == ["2026-09: 25.0%", "2025-10: 5.0%"]
    # Two numbers that differ are no change; without a chart or a paired difference none is spoken of.
    assert (tile["change"], tile["is_signal"]) == ("Change not tested", False)


def test_a_tile_without_a_value_says_why(folder):
    table = tidy([churn(0, 0, OCTOBER)])
    tile = only_tile(folder(metrics=table))
    assert (tile["value"], tile["interval"]) == ("undefined", "the data shows no account in force at the opening")


@pytest.mark.parametrize(
    ("signal", "says"), [("", "No signal in its monthly chart"), ("below the limits", "A signal: below the limits")]
)
def test_a_monthly_tile_speaks_of_change_only_on_a_signal(folder, signal, says):
    xmr = pd.DataFrame({"metric": "churn_rate", "period": [OCTOBER], "value": 0.05, "low": 0.0, "high": 0.1})
    xmr["average"] = 0.02
    xmr["signal"] = signal
    table = tidy([churn(5, 100, OCTOBER)])
    tile = only_tile(folder(metrics=table, xmr=xmr))
    assert (tile["change"], tile["is_signal"], tile["before"]) == (says, bool(signal), [])


@pytest.mark.parametrize("verdict", ["changed", "no change shown", "few"])
def test_a_12_month_tile_speaks_of_change_only_where_the_difference_leaves_zero_out(folder, verdict):
    values = ["churn_rate_12_months", "all", OCTOBER, YEAR, -0.03, -0.07, 0.01, 100, verdict]
    table = tidy([row("churn_rate_12_months", "all", OCTOBER, metrics.churn_rate(5, 100))])
    tables = folder(metrics=table, differences=pd.DataFrame([dict(zip(COLUMNS, values, strict=True))]))
    tile = only_tile(tables)
    says = "Too few accounts to compare with" if verdict == "few" else f"{verdict.capitalize()} against"
    assert tile["change"] == f"{says} 2025-10: −3.0 points [−7.0 to +1.0]"
    assert tile["is_signal"] == (verdict == "changed")


def test_a_pack_without_metrics_has_no_tiles(tmp_path):
    known = signals.known(tmp_path, OCTOBER, OCTOBER)
    assert known.empty and tiles.tiles(tmp_path, OCTOBER, BEFORE, YEAR, known, "USD") == []


def test_an_incomplete_period_and_a_failed_notebook_are_caveats():
    source = {"is_complete": False, "covers": "2010-12 to 2011-12-09"}
    failed = {"title": "Who leaves?", "status": "failed", "reason": "KeyError: 'x'"}
    found = tiles.caveats({"period": "2011-12", "as_of": "2011-12-31", "source": source, "notebooks": [failed]})
    assert "Who leaves?: did not finish (KeyError: 'x')." in found
    assert any("2011-12 is incomplete" in caveat for caveat in found)


def test_a_table_that_stops_before_the_month_is_named_and_one_that_is_seldom_filled_is_not():
    latest = {"usage": "2026-08-01", "tickets": "2026-10-03", "changes": "2026-01-01", "surveys": ""}
    source = {"is_complete": True, "tables": {name: {"rows": 5, "latest": day} for name, day in latest.items()}}
    found = tiles.caveats({"period": OCTOBER, "as_of": "2026-10-31", "source": source, "notebooks": []})
    assert found == ["No row dated in 2026-10 in usage (2026-08-01): what rests on it is older than the rest."]


def test_the_summary_keeps_what_markdown_would_act_on_as_text():
    tile = {"label": "Value", "value": "<b> 5", "interval": "[<b> 1 to <b> 9], n = 3"}
    notebook = {"headline": ["[**Acme**](javascript:x) pays $3\nin all", "second"]}
    manifest = {"period": OCTOBER, "source": {"name": "# A*c"}, "notebooks": [notebook]}
    lines = tiles.summary(manifest, [tile], ["`x`"], ["new"]).splitlines()
    assert lines == [
        "# # A\\*c: customer report, 2026-10",
        "",
        "- **Value**: \\<b\\> 5 [\\<b\\> 1 to \\<b\\> 9], n = 3",
        "- \\[\\*\\*Acme\\*\\*\\](javascript:x) pays $3 in all",
        "- new",
        "- Caveat: \\`x\\`",
    ]


def test_the_definitions_are_texts_for_readers_with_the_numbers_of_the_report():
    entries = definitions.entries(tidy([churn(5, 100, OCTOBER)]), OCTOBER, "USD")
    page = BeautifulSoup(
        html.definitions_page({"period": OCTOBER, "as_of": "2026-10-31", "company": "Acme"}, entries), "html.parser"
    )
    assert [heading["id"] for heading in page("h2")] == list(definitions.texts())
    assert "5 of 100 accounts left: 5.0%" in page.text and "Raises" not in page.text and ">>>" not in page.text
