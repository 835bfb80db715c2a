"""The definitions page: every published metric has a text, and its example is the report's own number."""

import re

import pytest
from packs import rendered

from helpers import formats, periods
from helpers.metrics import definitions, measures
from helpers.metrics.core import pick
from helpers.remorse import seats

pack = rendered("10_metrics")
EVERY = [*measures.RETENTION, *measures.VOICE, *measures.GROWTH, seats.USED, seats.UNDER]
KEYS = {"title", "says", "formula", "unit", "example", "interval", "source", "family"}
OPTIONAL = {"label", "more", "counted", "from", "of", "measure", "prepared", "with", "tested", "tile"}


@pytest.fixture
def metrics(pack):
    table = pack.table("metrics")
    return table.astype(dict.fromkeys(("metric", "segment", "period", "method", "verdict"), "str"))


def test_every_published_metric_has_a_text_and_no_text_is_of_another():
    assert set(definitions.texts()) == set(EVERY)


def test_the_first_are_what_a_cmo_asks_for_first():
    assert list(definitions.texts())[:3] == ["net_revenue_retention", "gross_revenue_retention", "churn_rate_12_months"]


@pytest.mark.parametrize("name", definitions.texts())
def test_a_text_is_complete_and_plain(name):
    text = definitions.texts()[name]
    assert set(text) - OPTIONAL == KEYS and ("from" in text) == ("measure" in text)
    assert text["unit"] in ("share", "number", "money", "days", "score")
    assert text["family"] in ("retention", "voice", "growth", "usage") and text.get("counted", "money") == "money"
    # A difference is said in points, so only of a share.
    tested = {"month by month": text["unit"], "a year before": "share"}
    assert "tested" not in text or tested[text["tested"]] == text["unit"]
    for part in KEYS - {"title", "unit", "example", "family"}:
        assert text[part].endswith((".", "”.")), part
        sentences = re.split(r"(?<=[.;:]) ", re.sub(r"\([^)]*\)", "", text[part]))
        assert max(len(sentence.split()) for sentence in sentences) <= 26, part
        assert not re.search(r"`|Raises|\bin force\b|helpers", text[part])


def test_gross_retention_says_that_growth_does_not_make_up_for_loss():
    assert (
        "one account's growth does not make up for another's loss"
        in definitions.texts()["gross_revenue_retention"]["more"]
    )


def test_every_example_is_the_number_of_the_report(metrics, pack):
    known = pick(metrics, pack.folder.name)
    for entry in definitions.entries(metrics, pack.folder.name, "USD"):
        if entry["name"] in (seats.USED, seats.UNDER):
            assert "its page was not built" in entry["example"]  # page 30 has them, and this pack is of page 10
            continue
        metric, example = known[entry["name"]], entry["example"]
        if metric.value is None:
            assert "no figure" in example
            continue
        assert formats.in_unit(entry["name"], metric.value, "USD") in example
        assert f"n = {formats.count(metric.n)})" in example and example.startswith(periods.short_name(pack.folder.name))
        assert ("95% interval" in example) == (metric.low is not None)


def test_a_source_without_the_table_says_so(metrics):
    entries = definitions.entries(metrics[metrics["metric"] != "review_volume"], "2026-10", "USD")
    (entry,) = [entry for entry in entries if entry["name"] == "review_volume"]
    assert "does not have the table" in entry["example"]
