"""A report that replaces another says which figures differ, by how much and why, and keeps what it replaces beside."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from helpers.commands import html
from helpers.commands.report import manifest, pack, reuse, revisions
from helpers.commands.report.front import news, signals
from helpers.commands.report.manifest import Outcome

HEAD = "metric,segment,period,value\n"
FIRST = HEAD + "net_revenue_retention,all,2026-10,0.9\nmrr_cents,all,2026-10,1000000\nmrr_cents,all,2026-09,900000\n"
MADE = {
    "period": "2026-10",
    "as_of": "2026-10-31",
    "parameters": {},
    "source": {
        "name": "Acme",
        "currency": "USD",
        "pseudonyms": "",
        "tables": {"subscriptions": {"fingerprint": "a", "rows": 10}},
    },
    "fingerprints": {"code": "a", "source file": "a"},
    "notebook_files": {"10_metrics": "a"},
}


def published(out: Path, metrics: str, made: dict, day: int, keep: int = 5, status: str = "built", **tables) -> dict:
    """Put a pack of one notebook in place, as `build` does; returns its manifest."""
    good = out / "2026-10"
    with pack.building(out, "2026-10") as folder:
        (folder / "tables").mkdir()
        (folder / "notebooks").mkdir()
        texts = {"metrics": metrics} | tables
        for name, text in texts.items():
            (folder / "tables" / f"{name}.csv").write_text(text, encoding="utf-8")
        for name in ("10_metrics.html", "notebooks/10_metrics.ipynb"):
            (folder / name).write_text(metrics, encoding="utf-8")
        outcome = Outcome("10_metrics", "key", status=status, tables=list(texts))
        reuse.seal(outcome, folder)
        made = made | revisions.facts(folder, good, made, [outcome], datetime(2026, 11, day, 6, 12, tzinfo=UTC))
        made |= {"notebooks": [outcome.__dict__]}
        (folder / manifest.FILE).write_text(manifest.sealed(made, folder), encoding="utf-8")
        revisions.keep(good, made.get("replaces", ""))
        pack.put_in_place(folder, good)
        revisions.drop(good, keep, print)
    assert not any(manifest.differences(good).values())
    return json.loads((good / manifest.FILE).read_text(encoding="utf-8"))


def shown(made: dict) -> str:
    """The section of the first page, by its manifest."""
    return html._environment().get_template("revisions.html.j2").render(made=made, about=signals.about)


def with_data(mark: str, rows: int) -> dict:
    return MADE | {"source": MADE["source"] | {"tables": {"subscriptions": {"fingerprint": mark, "rows": rows}}}}


def kept(out: Path) -> list[str]:
    folder = out / ".earlier" / "2026-10"
    return sorted(path.name[:10] for path in folder.iterdir()) if folder.is_dir() else []


SECOND = FIRST.replace("0.9\n", "0.88\n").replace("900000", "950000")


def test_a_first_report_revises_nothing(tmp_path):
    made = published(tmp_path, FIRST, MADE, 3)
    assert made["made"] == "2026-11-03T06:12:00+00:00" and "revisions" not in made and "replaces" not in made
    assert not (tmp_path / "2026-10" / "tables" / "revisions.csv").exists() and kept(tmp_path) == []


def test_what_differs_is_said_with_both_values_the_difference_and_why(tmp_path):
    published(tmp_path, FIRST, MADE, 3)
    found = published(tmp_path, SECOND, with_data("b", 12), 5)["revisions"]
    assert (found["since"], found["reason"]) == (
        "2026-11-03T06:12:00+00:00",
        "data changed: subscriptions (2 rows more)",
    )
    assert found["rows"] == [
        {"metric": "net_revenue_retention", "before": "90.0%", "now": "88.0%", "difference": "−2.0 points"}
    ]
    assert (found["n_figures"], found["n_others"], found["tables"]) == (1, 1, ["metrics"])
    table = pd.read_csv(tmp_path / "2026-10" / "tables" / "revisions.csv", dtype=str)
    assert table.columns.tolist() == revisions.COLUMNS
    assert table[["metric", "period", "before", "now", "difference", "since"]].to_numpy().tolist() == [
        ["net_revenue_retention", "2026-10", "0.9", "0.88", "-0.02", "2026-11-03"],
        ["mrr_cents", "2026-09", "900000", "950000", "50000", "2026-11-03"],
    ]


def test_a_part_of_a_report_does_not_revise_what_it_leaves_out(tmp_path):
    published(tmp_path, FIRST, MADE, 3)
    part = with_data("b", 12) | {"left_out": ["10_metrics"]}
    made = revisions.facts(tmp_path, tmp_path / "2026-10", part, [], datetime(2026, 11, 5, 6, 12, tzinfo=UTC))
    assert "revisions" not in made and made["replaces"]


def test_a_part_whose_tables_are_the_same_names_no_table_that_differs(tmp_path):
    last = published(tmp_path, FIRST, MADE, 3)
    file = tmp_path / "2026-10" / manifest.FILE
    other = last["notebooks"][0] | {"name": "20_other", "files": {}}
    file.write_text(json.dumps(last | {"notebooks": [*last["notebooks"], other]}), encoding="utf-8")
    part = published(tmp_path, FIRST, MADE | {"left_out": ["20_other"]}, 5)
    assert part["revisions"]["tables"] == []
    text = shown(part)
    assert "No table on the pages that are here differs." in text and "Tables that differ" not in text


def test_what_is_replaced_stays_beside_with_its_tables(tmp_path):
    published(tmp_path, FIRST, MADE, 3)
    published(tmp_path, SECOND, with_data("b", 12), 5)
    (place,) = (tmp_path / ".earlier" / "2026-10").iterdir()
    assert place.name.startswith("2026-11-03T061200Z-")
    assert (place / "tables" / "metrics.csv").read_text(encoding="utf-8") == FIRST
    assert manifest.read(place)["made"] == "2026-11-03T06:12:00+00:00"


@pytest.mark.parametrize("status", ["reused", "built"])
def test_the_same_tables_again_revise_nothing_and_what_was_said_stays(tmp_path, status):
    published(tmp_path, FIRST, MADE, 3)
    before = published(tmp_path, SECOND, with_data("b", 12), 5)
    table = (tmp_path / "2026-10" / "tables" / "revisions.csv").read_bytes()
    after = published(tmp_path, SECOND, with_data("b", 12), 9, status=status)
    assert after["revisions"] == before["revisions"] and after["replaces"] == before["replaces"]
    assert after["made"][8:10] == ("05" if status == "reused" else "09")
    assert (tmp_path / "2026-10" / "tables" / "revisions.csv").read_bytes() == table
    assert kept(tmp_path) == ["2026-11-03"]


def test_a_report_whose_clock_was_set_back_replaces_the_last_all_the_same(tmp_path):
    for day, metrics in ((9, FIRST), (3, SECOND), (1, FIRST)):
        made = published(tmp_path, metrics, with_data(metrics, 12), day)
    assert made["revisions"]["since"][8:10] == "03" and made["revisions"]["rows"][0]["difference"] == "+2.0 points"
    assert kept(tmp_path) == ["2026-11-03", "2026-11-09"]


@pytest.mark.parametrize(("n", "days"), [(0, []), (2, ["2026-11-03", "2026-11-04"]), (9, ["2026-11-02", "2026-11-03"])])
def test_as_many_stay_as_the_setting_says(tmp_path, n, days):
    for day in (2, 3, 4, 5):
        made = published(tmp_path, FIRST.replace("0.9\n", f"0.{day}\n"), with_data(str(day), 10), day, keep=n)
    assert made["revisions"]["since"][8:10] == "04"
    assert kept(tmp_path)[: len(days)] == days and len(kept(tmp_path)) == min(n, 3)


def test_a_folder_of_somebody_else_among_what_is_kept_stays(tmp_path):
    mine = tmp_path / ".earlier" / "2026-10" / "2026-01-01T000000Z-abcdefgh"
    mine.mkdir(parents=True)
    (mine / "notes.md").write_text("mine")
    published(tmp_path, FIRST, MADE, 3)
    published(tmp_path, SECOND, with_data("b", 12), 5, keep=0)
    assert (mine / "notes.md").read_text() == "mine" and len(kept(tmp_path)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fingerprints": {"code": "b", "source file": "a"}}, "code changed"),
        ({"fingerprints": {"code": "a", "source file": "b"}}, "source file changed"),
        ({"parameters": {"segment": "SMB"}}, "parameters changed: segment"),
        ({"notebook_files": {"10_metrics": "b"}}, "notebook 10_metrics changed"),
        (
            {"source": MADE["source"] | {"tables": {"usage": {"fingerprint": "a", "rows": 1}}}},
            "data changed: subscriptions (no longer there), usage (new)",
        ),
    ],
)
def test_the_reason_is_what_the_two_manifests_do_not_have_in_common(tmp_path, change, reason):
    published(tmp_path, FIRST, MADE, 3)
    assert published(tmp_path, SECOND, MADE | change, 5)["revisions"]["reason"] == reason


@pytest.mark.parametrize("change", [{"currency": "EUR"}, {"name": "Bolt"}])
def test_another_companys_report_is_kept_but_not_compared(tmp_path, change):
    published(tmp_path, FIRST, MADE, 3)
    made = published(tmp_path, SECOND, MADE | {"source": MADE["source"] | change}, 5)
    assert "revisions" not in made and kept(tmp_path) == ["2026-11-03"]


def test_no_real_name_stays_beside_an_anonymized_report(tmp_path):
    hidden = [with_data("b", 12), with_data("c", 12)]
    for made in hidden:
        made["source"] = made["source"] | {"pseudonyms": "f00"}
    published(tmp_path, FIRST, MADE, 3)
    published(tmp_path, SECOND, with_data("b", 12), 5)
    assert kept(tmp_path) == ["2026-11-03"]
    assert "replaces" not in published(tmp_path, FIRST, hidden[0], 6) and kept(tmp_path) == []
    assert published(tmp_path, SECOND, hidden[1], 7)["revisions"] and kept(tmp_path) == ["2026-11-06"]


def test_figures_that_somebody_edited_are_not_compared(tmp_path):
    published(tmp_path, FIRST, MADE, 3)
    (tmp_path / "2026-10" / "tables" / "metrics.csv").write_text(SECOND, encoding="utf-8")
    assert "revisions" not in published(tmp_path, SECOND, with_data("b", 12), 5)


def test_a_figure_that_comes_or_goes_is_said_without_a_difference(tmp_path):
    published(tmp_path, FIRST, MADE, 3)
    gone = FIRST.replace("net_revenue_retention,all,2026-10,0.9", "quick_ratio,all,2026-10,2.5")
    rows = published(tmp_path, gone, with_data("b", 9), 5)["revisions"]["rows"]
    assert [(row["metric"], row["before"], row["now"], row["difference"]) for row in rows] == [
        ("net_revenue_retention", "90.0%", "none", ""),
        ("quick_ratio", "none", "2.5", ""),
    ]


def test_the_first_page_says_it_in_a_section_and_nothing_where_there_is_nothing(tmp_path):
    published(tmp_path, FIRST, MADE, 3)
    made = published(tmp_path, SECOND, with_data("b", 12), 5)
    text = shown(made)
    for said in ("the report of Nov 3, 2026", "subscriptions (2 rows more)", "Net revenue retention", "−2.0 points"):
        assert said in text
    assert "1 more figure of segments or earlier months differs." in text
    assert shown(MADE).strip() == ""


def spoilt(value, path=()):
    """Every way in which one part of a manifest is missing or of another kind."""
    if path:
        for other in (MISSING, None, 3, "x", [], {}):
            if type(other) is not type(value):
                yield path, other
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from spoilt(part, (*path, key))


MISSING = object()


def put(made: dict, path: tuple, value) -> dict:
    made = json.loads(json.dumps(made))
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    if value is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made


def test_a_manifest_that_somebody_spoilt_stops_no_report(tmp_path):
    """Whatever part of it is gone or of another kind: what it says is compared with, or is as if it were not there."""
    published(tmp_path, FIRST, MADE, 3)
    whole = published(tmp_path, SECOND, with_data("b", 12), 5)
    ways, good, new = list(spoilt(whole)), tmp_path / "2026-10", tmp_path / "new"
    assert len(ways) > 200
    shutil.copytree(good, new)
    shutil.copytree(good, before := tmp_path / "2026-09")
    outcome, when = Outcome("10_metrics", "key", tables=["metrics"]), datetime(2026, 11, 6, tzinfo=UTC)
    for number, (path, value) in enumerate(ways):
        text = json.dumps(put(whole, path, value))
        for place in (good, before):
            (place / manifest.FILE).write_text(text, encoding="utf-8")
        assert any(manifest.differences(good).values()), (path, value)
        last = manifest.read(good)
        reuse.is_unchanged([each for each, _ in reuse.last_outcomes([good])], last)
        assert revisions.facts(new, good, with_data("c", 12), [outcome], when)["made"]
        news.changes(new / "tables", before, MADE, [])
        if number % 30 == 0:
            published(tmp_path, FIRST, with_data("c", 12), 6)
            assert manifest.is_sealed(manifest.read(good)), (path, value)


def test_what_somebody_wrote_into_a_manifest_is_not_taken_over_by_the_next_report(tmp_path):
    """Where nothing else changed it was, sealed anew; and a part without its parts stopped each report from then on."""
    published(tmp_path, FIRST, MADE, 3)
    whole, file = published(tmp_path, SECOND, MADE, 5), tmp_path / "2026-10" / manifest.FILE
    for edited in ({"reason": "mine"}, whole["revisions"] | {"reason": "mine"}):
        file.write_text(json.dumps(whole | {"revisions": edited}), encoding="utf-8")
        assert "revisions" not in published(tmp_path, SECOND, MADE, 6)
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert manifest.untouched(file.parent) == whole
