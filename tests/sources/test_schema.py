"""The data dictionary says what the code declares."""

from pathlib import Path

import pytest

from helpers.sources import schema

README = Path(__file__).parents[2] / "data" / "README.md"


@pytest.mark.parametrize("section", schema.dictionary().split("\n\n### "))
def test_each_table_stands_in_the_data_dictionary_as_declared(section):
    assert section.removeprefix("### ").strip() in README.read_text(encoding="utf-8")


def test_every_survey_item_stands_in_the_data_dictionary():
    text = README.read_text(encoding="utf-8")
    assert [item for item, statement in schema.SURVEY_ITEMS.items() if f"| `{item}` | {statement} |" not in text] == []


@pytest.mark.parametrize("name", schema.TABLES)
def test_the_cut_and_the_key_name_columns_of_the_table(name):
    columns, cut = set(schema.TABLES[name].columns), schema.cut(name)
    named = {cut.known_on, cut.notice, *cut.later, *cut.reads} | {also for late in cut.later.values() for also in late}
    assert named - {None} <= columns
    assert set(schema.key(name)) <= columns
