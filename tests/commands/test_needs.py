"""Each notebook says in its title cell which tables it needs, and that is true."""

import re

import nbformat
import pytest
from packs import PROJECT

from helpers.commands import html, needs
from helpers.commands.check import check
from helpers.errors import Refused
from helpers.sources import Tables, schema

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@every_notebook
def test_a_notebook_says_what_it_needs(path):
    found = needs.read(path)
    assert {"accounts", "subscriptions"} <= set(found.needs)
    assert not set(found.needs) & set(found.better)


@every_notebook
def test_what_a_notebook_says_is_missing_is_what_it_is_better_with(path):
    text = path.read_text(encoding="utf-8")
    named = {
        name for call in re.findall(r"page\.missing\(tables, ([^)]*)\)", text) for name in re.findall(r"\w+", call)
    }
    assert named <= {*needs.read(path).better, *needs.read(path).needs}


def test_a_misspelt_table_is_refused_with_the_near_spelling():
    with pytest.raises(Refused, match="did you mean 'surveys'"):
        needs.parse("60_mine", "# Why?\n\nNeeds: accounts, survys.")


def test_a_misspelt_table_in_a_notebook_is_told_and_is_no_fault_of_the_data(tmp_path):
    cell = nbformat.v4.new_markdown_cell("# Why?\n\nNeeds: accounts, survys.")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "60_mine.ipynb")
    ((name, outlook),) = check.outlooks(("accounts", "subscriptions"), tmp_path)
    assert name == "60_mine" and "did you mean 'surveys'" in outlook


def test_readers_of_the_report_do_not_see_the_line():
    head = {"period": "2026-10", "as_of": "2026-10-31", "company": ""}
    cell = nbformat.v4.new_markdown_cell("# Why?\n\nAsked by us.\n\nNeeds: accounts. Better with: usage.")
    page = html.notebook_page(nbformat.v4.new_notebook(cells=[cell]), "60_mine", head)
    assert "Asked by us." in page and "Better with" not in page


def asked(notebook, source, monkeypatch) -> set[str]:
    """The tables that a notebook's code asks for, however it asks."""
    found: set[str] = set()
    query, has = Tables.query, Tables.has

    def query_and_note(self, sql):
        words = re.sub(r"'[^']*'|--[^\n]*", " ", sql)
        found.update(name for name in schema.TABLES if re.search(rf"\b{name}\b", words))
        # The two shared expressions of the ledger read the subscriptions.
        found.update(["subscriptions"] if re.search(r"\b_(events|levels)\b", words) else [])
        return query(self, sql)

    def has_and_note(self, *names):
        found.update(names)
        return has(self, *names)

    monkeypatch.setattr(Tables, "query", query_and_note)
    monkeypatch.setattr(Tables, "has", has_and_note)
    place: dict = {}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        # What it says of the data in the end, and to its author, names every table.
        if cell.cell_type == "code" and "page.provenance" not in cell.source and "author" not in tags:
            given = f"\nsource = {str(source)!r}" if "parameters" in tags else ""
            exec(cell.source + given, place)
    # Invoice lines stand in the place of subscriptions, and rates beside either: needed are the subscriptions.
    return found & set(schema.CORE)


@pytest.mark.slow
@every_notebook
def test_a_notebook_asks_for_the_tables_that_it_names_and_no_other(path, tmp_path, monkeypatch, capsys):
    from helpers import sample

    sample.write(tmp_path, accounts=60, seed=3, truth=None)
    said = needs.read(path)
    notebook = nbformat.read(path, as_version=4)
    assert asked(notebook, tmp_path / "source.toml", monkeypatch) == {*said.needs, *said.better}


@pytest.mark.slow
@every_notebook
def test_a_notebook_runs_on_the_tables_that_it_needs_alone(path, tmp_path, monkeypatch, capsys):
    from helpers import sample

    sample.write(tmp_path, accounts=60, seed=3, truth=None)
    lines = ["[source]", "data_until = 2026-10-31"]
    for name in needs.read(path).needs:
        lines += [f"[tables.{name}]", f'from = "{name}.csv"']
    (tmp_path / "few.toml").write_text("\n".join(lines))
    asked(nbformat.read(path, as_version=4), tmp_path / "few.toml", monkeypatch)
