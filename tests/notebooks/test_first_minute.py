"""What an analyst does first in a notebook: run a cell again, show a frame, look at what a face returned."""

import ast

import nbformat
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from packs import PROJECT, SHIPPED

from helpers import ledger, metrics, sources
from helpers.commands.report import parameters

FOLDER = PROJECT / "notebooks"
NAMES = [name for name in ("00_template", *SHIPPED) if (FOLDER / f"{name}.ipynb").is_file()]
every_shipped = pytest.mark.parametrize("name", NAMES)


def code(name: str) -> list[str]:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def bound(source: str) -> set[str]:
    """The names that a cell gives a value: by assignment, import, loop, `with` or `:=`."""
    nodes = list(ast.walk(ast.parse(source)))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imported = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return stored | {(alias.asname or alias.name).split(".")[0] for node in imported for alias in node.names}


@every_shipped
@pytest.mark.slow
def test_the_setup_cell_runs_again_and_again(name):
    shell = {}
    parameter_cell, setup, *_ = code(name)
    exec(parameter_cell, shell)
    for _ in range(3):
        exec(setup, shell)
        assert str(shell["tables"].period) == "2026-10"


@every_shipped
def test_nothing_hides_what_an_analyst_types(name):
    # `display`, `In`, `Out` and Python's own words stay what they are after Run All.
    names = set().union(*map(bound, code(name)))
    assert not names & ({"display", "In", "Out", "get_ipython"} | set(dir(__builtins__)))


@pytest.mark.parametrize("name", ["00_template", "10_metrics"])
def test_no_cell_overwrites_a_parameter(name):
    names = set().union(*map(bound, code(name)[1:]))
    assert not names & set(parameters.read(FOLDER / f"{name}.ipynb"))


def test_display_shows_a_frame_beside_the_helpers(capsys):
    shell = InteractiveShell.instance()
    try:
        parameter_cell, setup, *_ = code("10_metrics")
        for cell in (parameter_cell, setup, "import pandas as pd; display(pd.DataFrame({'a': [1]}))"):
            shell.run_cell(cell).raise_error()
        assert "a\n0  1" in capsys.readouterr().out
    finally:
        InteractiveShell.clear_instance()


def test_what_a_face_returns_shows_what_is_in_it_and_is_all_frames():
    tables = sources.open("data/sample/source.toml", "2026-10")
    book = ledger.read(tables)
    page = book._repr_html_()
    for name in ("monthly", "by_segment", "bridge", "accounts"):
        assert isinstance(getattr(book, name), pd.DataFrame | pd.Series) and f".{name}<" in page
    assert "period" not in page.replace("the whole period", "").replace("of this period", "")
    groups = tables.query("select account_id, industry as label from accounts")
    compared = metrics.compare_groups(tables, groups, "net_revenue_retention")
    assert compared.adds_up and ".table<" in compared._repr_html_()
