"""A shipped notebook is read in one breath: few helper names, few short compute cells that say what they hold."""

import ast
from functools import cache

import nbformat
import packs
import pytest
from packs import PROJECT

from helpers.commands.report import parameters

FOLDER = PROJECT / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
SHIPPED = [name for name in ("00_template", *packs.SHIPPED) if name in NAMES]
MOST_NAMES, MOST_OF_ALL, MOST_CELLS, MOST_LINES = 35, 110, 5, 8
LONGEST_LINE, LONGEST_FOLDED = 120, 95
every_notebook = pytest.mark.parametrize("name", NAMES)
every_shipped = pytest.mark.parametrize("name", SHIPPED)


@cache
def cells(name: str) -> list[nbformat.NotebookNode]:
    """The code cells of a notebook: parameters first, then setup."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_tagged(cell: nbformat.NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def helper_names(sources: list[str]) -> set[str]:
    """Each name that is imported from helpers, and each dotted name that is used of one: `page`, `page.table`."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers")]
    imported = {alias.asname or alias.name for node in imports for alias in node.names}
    dotted = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute) and is_plain(node)}
    return imported | {name for name in dotted if name.partition(".")[0] in imported}


def is_plain(node: ast.expr) -> bool:
    """Whether an expression is names with dots between them, and nothing else."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and is_plain(node.value))


def compute_cells(name: str) -> list[str]:
    """The cells between setup and bottom line that are not for the author alone."""
    code = cells(name)
    (headline,) = (place for place, cell in enumerate(code) if is_tagged(cell, "headline"))
    return [cell.source for cell in code[2:headline] if not is_tagged(cell, "author")]


def bound(source: str) -> set[str]:
    """The names that a cell gives a value."""
    nodes = list(ast.walk(ast.parse(source)))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {alias.asname or alias.name for node in imports for alias in node.names}


@every_shipped
def test_a_notebook_uses_few_helper_names(name):
    assert len(helper_names([cell.source for cell in cells(name)])) <= MOST_NAMES


def test_all_that_are_shipped_share_one_vocabulary():
    assert len(set().union(*(helper_names([cell.source for cell in cells(name)]) for name in SHIPPED))) <= MOST_OF_ALL


@every_shipped
def test_what_is_computed_is_computed_in_few_short_cells_that_say_what_they_hold(name):
    computed = compute_cells(name)
    assert 1 <= len(computed) <= MOST_CELLS
    assert max(len(source.splitlines()) for source in computed) <= MOST_LINES
    assert [source for source in computed if not source.startswith("# ")] == []


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "00_template"])
def test_what_stands_above_the_bottom_line_is_folded_to_a_line_that_is_seen_whole(name):
    # So that JupyterLab shows the bottom line on the first screen: of a folded cell it shows the first line.
    code = cells(name)
    (headline,) = (place for place, cell in enumerate(code) if is_tagged(cell, "headline"))
    folded = [cell for cell in code[1 : headline + 1] if not is_tagged(cell, "author")]
    assert all(cell.metadata.get("jupyter", {}).get("source_hidden") for cell in folded)
    assert max(len(cell.source.splitlines()[0]) for cell in folded) <= LONGEST_FOLDED
    assert not code[0].metadata.get("jupyter"), "parameters are for changing"


@every_shipped
def test_a_line_of_code_is_seen_whole(name):
    lines = [line for cell in cells(name) for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > LONGEST_LINE] == []


@every_notebook
def test_no_parameter_is_overwritten(name):
    names = set().union(*(bound(cell.source) for cell in cells(name) if not is_tagged(cell, "parameters")))
    assert names & set(parameters.read(FOLDER / f"{name}.ipynb")) == set()


@every_shipped
def test_the_author_is_told_which_frames_to_explore_in_one_line(name):
    lines = [line for cell in cells(name) for line in cell.source.splitlines() if line.startswith("page.explore(")]
    assert len(lines) == 1
    assert all(is_tagged(cell, "author") for cell in cells(name) if "page.explore(" in cell.source)
    explored = {ast.literal_eval(frame) for frame in ast.parse(lines[0]).body[0].value.args}
    assert explored and {frame.partition(".")[0] for frame in explored} <= set().union(
        *(bound(cell.source) for cell in cells(name))
    )


# The counts themselves, on code that one counts by hand


def test_each_dotted_name_counts_once_and_what_is_not_of_helpers_does_not():
    setup = "from helpers import page, stats\nfrom helpers.cohorts import survival\nimport pandas as pd"
    use = "page.table(stats.wilson(1, 2).low, pd.NA)\npage.table(survival.curves.logrank, book.monthly)"
    assert helper_names([setup, use]) == {
        *("page", "stats", "survival", "page.table", "stats.wilson", "survival.curves", "survival.curves.logrank")
    }


def test_a_name_is_bound_wherever_a_cell_gives_it_a_value():
    assert bound("period = 1\nfor n in x: y = n\n(z := 2)\nfrom a import b as c") == {"period", "n", "y", "z", "c"}
