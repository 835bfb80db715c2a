"""Every line that `check` suggests is one that the source file takes."""

import json
import tomllib
from datetime import date

from helpers import sources
from helpers.commands.check import start
from helpers.commands.check.check import connected, suspicions

SUMS = ["c1,1,2,3", "c2,2,4,3", "c3,5,1,2", "c4,3,3,5", "north,3,6,6", "south,8,4,7"]


def test_subtotals_are_left_out_by_the_expression_that_reads_the_customer(tmp_path):
    rows = "\n".join(SUMS)
    (tmp_path / "mrr.csv").write_text(f"Customer,2026-03,2026-04,2026-05\n{rows}\n", encoding="utf-8")
    source = '[source]\ncurrency = "USD"\n[tables.mrr]\nfrom = "mrr.csv"\nmonths_across = true\n{}\n'
    source += '[tables.mrr.columns]\naccount_id = "upper(Customer)"\n'
    (tmp_path / "source.toml").write_text(source.format(""), encoding="utf-8")
    doubts = suspicions(sources.open(tmp_path / "source.toml", "2026-05"), date(2026, 6, 1))
    line = next(doubt.way_out for doubt in doubts if "subtotals" in doubt.says).removeprefix("leave them out: ")
    (tmp_path / "source.toml").write_text(source.format(line), encoding="utf-8")
    assert len(sources.connect(tmp_path / "source.toml").uncut("select distinct account_id from _all_mrr")) == 4


def test_lists_and_structures_of_json_lines_are_looked_at_as_text(tmp_path):
    row = {
        "customer": "C",
        "start_date": "2025-01-01",
        "end_date": None,
        "mrr": 10,
        "tags": ["a", "b"],
        "meta": {"x": 1},
    }
    rows = [row | {"customer": f"C{n}", "tags": ["a"] * n} for n in range(8)]
    (tmp_path / "subscriptions.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    file = start.write(tmp_path, lambda line: None)
    assert "# Not used: tags, meta" in file.read_text(encoding="utf-8")
    assert set(connected(file)[1]) == {"subscriptions"}  # for its currency


def test_a_name_of_two_lines_is_on_one_in_every_remark(tmp_path):
    rows = "".join(f"C{n},10,{n},0{n}/0{n + 1}/2025\n" for n in range(1, 8))
    head = '"Customer\nID","Unit\nPrice",Quantity,"Start\nDate"\n'
    (tmp_path / "subscriptions.csv").write_text(head + rows, encoding="utf-8")
    said = start.write(tmp_path, lambda line: None).read_text(encoding="utf-8")
    columns = tomllib.loads(said)["tables"]["subscriptions"]["columns"]
    assert columns["starts_on"] == "Start\nDate" and "# Start Date: day and month look alike" in said


def test_totals_and_states_are_left_out_by_one_line(tmp_path):
    rows = "Customer,Status,2026-01,2026-02,2026-03\nA,active,5,5,5\nB,void,6,6,6\nC,active,1,1,1\nTotal,,12,12,12\n"
    (tmp_path / "mrr.csv").write_text(rows, encoding="utf-8")
    file = start.write(tmp_path, lambda line: None)
    said = file.read_text(encoding="utf-8")
    assert "take away the # of the line with `where`, and take out the other one" in said
    chosen = said.replace("\nwhere = ", "\n# totals: ").replace("\n# where = ", "\nwhere = ")
    file.write_text(chosen, encoding="utf-8")
    found = sources.connect(file).uncut("select distinct account_id from _all_mrr order by 1")
    assert list(found["account_id"]) == ["A", "C"]
