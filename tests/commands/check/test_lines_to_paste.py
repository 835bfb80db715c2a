"""Every line that `check` suggests is one that the source file takes."""

from datetime import date

from helpers import sources
from helpers.commands.check.check import suspicions

SUMS = ["c1,1,2,3", "c2,2,4,3", "c3,5,1,2", "c4,3,3,5", "north,3,6,6", "south,8,4,7"]


def test_subtotals_are_left_out_by_the_expression_that_reads_the_customer(tmp_path):
    rows = "\n".join(SUMS)
    (tmp_path / "mrr.csv").write_text(f"Customer,2026-03,2026-04,2026-05\n{rows}\n", encoding="utf-8")
    source = '[source]\ncurrency = "USD"\n[tables.mrr]\nfrom = "mrr.csv"\nmonths_across = true\n{}\n'
    source += '[tables.mrr.columns]\naccount_id = "upper(Customer)"\n'
    (tmp_path / "source.toml").write_text(source.format(""), encoding="utf-8")
    doubts = suspicions(sources.open(tmp_path / "source.toml", "2026-05"), date(2026, 6, 1)).doubts
    line = next(doubt.way_out for doubt in doubts if "subtotals" in doubt.says).removeprefix("leave them out: ")
    (tmp_path / "source.toml").write_text(source.format(line), encoding="utf-8")
    assert len(sources.connect(tmp_path / "source.toml").uncut("select distinct account_id from _all_mrr")) == 4
