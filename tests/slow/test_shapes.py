"""Each shape of `shapes*.py`: it is read right, or `check` names the column in a question; never wrong in silence."""

import re
from datetime import date
from pathlib import Path

import pytest
import shapes_start
import shapes_stripe
import shapes_stripe_invoices
import shapes_tools
from workbooks import xlsx

from helpers import sources
from helpers.commands.check import start
from helpers.commands.check.check import walk
from helpers.ledger import movements

ROOT = Path(__file__).resolve().parents[2]
MODULES = (shapes_stripe, shapes_stripe_invoices, shapes_tools, shapes_start)
SHAPES = {shape.name: shape for module in MODULES for shape in module.SHAPES}


def placed(shape, folder: Path) -> Path:
    """The files of a shape in a folder, with the ready mapping as a user edits it: the day and the currency."""
    for name, held in shape.files.items():
        if isinstance(held, dict):
            xlsx(folder / name, held)
        else:
            (folder / name).write_text(held, encoding="utf-8")
    if not shape.mapping:
        return start.write(folder, say=lambda line: None)
    text = (ROOT / "data" / "mappings" / f"{shape.mapping}.toml").read_text(encoding="utf-8")
    text = text.replace("# data_until = 2026-10-31", "data_until = 2026-10-31")
    file = folder / "source.toml"
    file.write_text(re.sub(r'^currency = "USD"', f'currency = "{shape.currency}"', text, flags=re.M), encoding="utf-8")
    return file


def paid(tables, month: str) -> float:
    """What all customers pay at the end of a month."""
    year, number = map(int, month.split("-"))
    cube = movements.cube(tables)
    return int(cube.loc[cube["month_no"] <= year * 12 + number - 1, "change_cents"].sum()) / 100


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_right_or_asked(name, tmp_path):
    shape = SHAPES[name]
    file = placed(shape, tmp_path)
    seen = walk(file, date(2026, 11, 1))
    asked = {f"{each.table}.{each.column}" for each in (*seen.doubts, *seen.faults)}
    asked |= {table.name for table in seen.unmatched}
    assert asked == set(shape.asks), [*map(str, seen.doubts), *map(str, seen.faults)]
    if seen.faults or seen.unmatched:
        return
    tables = sources.open(file, max(shape.mrr, default=""))
    assert tables.currency == shape.currency
    assert {month: paid(tables, month) for month in shape.mrr} == pytest.approx(shape.mrr, abs=0.01)
    if shape.deals is not None:
        deals = tables.uncut("select opportunity_id, kind, mrr from _all_opportunities")
        assert {row.opportunity_id: (row.kind, float(row.mrr)) for row in deals.itertuples()} == shape.deals
    if shape.scores is not None:
        answers = tables.uncut("select response_id, score from _all_surveys")
        assert {row.response_id: int(row.score) for row in answers.itertuples()} == shape.scores
