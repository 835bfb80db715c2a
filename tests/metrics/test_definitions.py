"""The definitions page: every published metric has a text, and its example is the report's own number."""

import importlib.util
import re
import sys

import pytest

from helpers import formats, periods
from helpers.errors import Refused
from helpers.metrics import definitions, measures
from helpers.metrics.core import pick
from helpers.remorse import seats

EVERY = [*measures.RETENTION, *measures.VOICE, *measures.GROWTH, seats.USED, seats.UNDER]


@pytest.fixture
def metrics(sample_pack):
    table = sample_pack.table("metrics")
    return table.astype(dict.fromkeys(("metric", "segment", "period", "method", "verdict"), "str"))


def test_every_published_metric_has_a_text_and_no_text_is_of_another():
    assert set(definitions.texts()) == set(EVERY)


def test_the_first_are_what_a_cmo_asks_for_first():
    assert list(definitions.texts())[:3] == ["net_revenue_retention", "gross_revenue_retention", "churn_rate_12_months"]


@pytest.mark.parametrize("name", definitions.texts())
def test_a_text_is_complete_and_plain(name):
    text = definitions.texts()[name]
    assert text.get("counted", "money") == "money"
    # A difference is said in points, so only of a share.
    tested = {"month by month": text["unit"], "a year before": "share"}
    assert "tested" not in text or tested[text["tested"]] == text["unit"]
    for part in ("says", "formula", "interval", "source"):
        assert text[part].endswith((".", "”.")), part
        sentences = re.split(r"(?<=[.;:]) ", re.sub(r"\([^)]*\)", "", text[part]))
        assert max(len(sentence.split()) for sentence in sentences) <= 26, part
        assert not re.search(r"`|Raises|\bin force\b|helpers", text[part])


def test_gross_retention_says_that_growth_does_not_make_up_for_loss():
    assert (
        "one account's growth does not make up for another's loss"
        in definitions.texts()["gross_revenue_retention"]["more"]
    )


def test_every_example_is_the_number_of_the_report(metrics, sample_pack):
    period = sample_pack.folder.name
    known = pick(metrics, period)
    for entry in definitions.entries(metrics, period, "USD"):
        if entry["name"] in (seats.USED, seats.UNDER):
            assert "its page was not built" in entry["example"]  # page 30 has them, in a table of its own
            continue
        metric, example = known[entry["name"]], entry["example"]
        if metric.value is None:
            assert "no figure" in example
            continue
        assert formats.in_unit(entry["name"], metric.value, "USD") in example
        assert f"n = {formats.count(metric.n)})" in example and example.startswith(periods.short_name(period))
        assert ("95% interval" in example) == (metric.low is not None)


def test_a_source_without_the_table_says_so(metrics):
    entries = definitions.entries(metrics[metrics["metric"] != "review_volume"], "2026-10", "USD")
    (entry,) = [entry for entry in entries if entry["name"] == "review_volume"]
    assert "does not have the table" in entry["example"]


OURS = {"title": "Wins", "says": "x.", "formula": "x.", "example": "x.", "interval": "x.", "source": "x."}
OURS |= {"unit": "number", "family": "voice", "from": "advocacy", "measure": "ours.wins"}


@pytest.fixture
def fork(monkeypatch, tmp_path):
    """What a fork adds: a metric of the table advocacy, and the text of its function."""

    def add(function: str = "", **changes):
        entry = OURS | changes
        monkeypatch.setattr(definitions, "texts", lambda: {"wins": entry})
        monkeypatch.setattr(definitions, "files", lambda _: tmp_path)
        (tmp_path / "ours.py").write_text(function, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("ours", tmp_path / "helpers" / "metrics" / "ours.py")
        module = importlib.util.module_from_spec(spec)
        exec(compile(function, spec.origin, "exec"), vars(module))
        monkeypatch.setitem(sys.modules, "helpers.metrics.ours", module)
        return definitions.measure("wins")

    return add


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("def wins(acts, period):\n    return acts['knid']", r"ours\.py wins\(\) failed at line 2: KeyError: 'knid'"),
        ("def wins(acts, period):\n    return 7", r"ours\.py wins\(\) returned a int; return what metrics\.count"),
    ],
)
def test_a_metric_that_fails_is_named_with_its_file_its_function_and_the_line(fork, function, says):
    with pytest.raises(Refused, match=rf"metric wins: helpers/metrics/{says}"):
        fork(function)({"kind": []}, "2026-10")


def test_a_function_or_a_file_that_is_not_there_is_named(fork):
    with pytest.raises(Refused, match=r"\[wins\]: measure = 'ours.wins', but helpers/metrics/ours.py has no wins"):
        fork("def win(): ...")
    with pytest.raises(Refused, match=r"but there is no helpers/metrics/yours.py"):
        fork(measure="yours.wins")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"title": "Wins"}, r"\[wins\]: add says, formula, example, interval, source, unit, family"),
        (OURS | {"bettr": "lower"}, r"\[wins\]: unknown key bettr; did you mean 'better'"),
        (OURS | {"better": "less"}, r"\[wins\]: better = 'less'; allowed: higher, lower"),
        ({key: value for key, value in OURS.items() if key != "from"}, r"\[wins\]: from \(the table\) and measure"),
    ],
)
def test_a_fault_in_an_entry_is_refused_with_how_to_fix_it(entry, says):
    with pytest.raises(Refused, match=says):
        definitions.refuse_faulty("wins", entry)
    definitions.refuse_faulty("wins", OURS)


def test_a_metric_whose_change_is_not_tested_says_what_to_add_and_where():
    says = definitions.not_tested("arpa_cents", "a year before")
    assert 'add tested = "a year before"' in says and "[arpa_cents] in helpers/metrics/definitions.toml" in says
    with pytest.raises(Refused, match="metric 'arpa' is not declared"):
        definitions.not_tested("arpa", "a year before")
