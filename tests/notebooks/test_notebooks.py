"""What makes a notebook safe in a pack holds for each one. Anatomy (question, parameters, setup, bottom line, findings,
what to do, caveats, checks) and the rules of its code hold for those that are shipped; for a fork's they are advice.
"""

import ast
import re
from importlib import import_module

import nbformat
import pytest
from packs import NOTEBOOKS, PROJECT, SHIPPED

from helpers.commands.report import parameters

FOLDER = PROJECT / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("name", NAMES)
FIRST, LAST = "What to do", ["Definitions, exclusions, caveats", "Checks", "Provenance"]


@pytest.fixture(params=[name for name in ("00_template", *SHIPPED) if name in NAMES])
def name(request) -> str:
    """A notebook that is shipped and still here; a test of every notebook says so."""
    return request.param


@pytest.fixture
def notebook(name) -> nbformat.NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


@pytest.fixture
def code(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook, tag: str) -> list[int]:
    return [place for place, cell in enumerate(notebook.cells) if tag in cell.metadata.get("tags", [])]


def sections(notebook) -> dict[str, list]:
    """Heading → the cells under it; the cells above the first heading stand under the empty one."""
    found, heading = {"": []}, ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (line := re.match(r"## (.+)", cell.source)):
            heading = line[1].strip()
            assert heading not in found, heading
            found[heading] = []
        found[heading].append(cell)
    return found


def names_in(source: str) -> set[str]:
    """Every name and attribute that code uses."""
    nodes = list(ast.walk(ast.parse(source)))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def test_the_template_and_the_notebooks_of_the_pack_are_there():
    assert {"00_template", *NOTEBOOKS} == set(NAMES)
    assert all(re.fullmatch(r"\d\d_[a-z0-9_]+", name) for name in NAMES)
    assert len({name[:2] for name in NAMES}) == len(NAMES)


# The file


@every_notebook
def test_a_notebook_is_valid_and_runs_on_any_python_3(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


@every_notebook
def test_no_output_is_committed(notebook):
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    clean = "take the outputs out: .venv/bin/python -m helpers clean"
    assert cells and all(cell.outputs == [] and cell.execution_count is None for cell in cells), clean
    assert not any("papermill" in cell.metadata or "execution" in cell.metadata for cell in cells), clean


# What a pack relies on


@every_notebook
def test_its_parameters_are_literals_and_the_period_and_the_source_are_among_them(notebook, name, code):
    assert len(tagged(notebook, "parameters")) == 1
    assert {"period", "source"} <= set(parameters.read(FOLDER / f"{name}.ipynb"))
    assert any("sources.open(source, period)" in source for source in code)


@every_notebook
def test_it_has_one_bottom_line(notebook):
    (place,) = tagged(notebook, "headline")
    assert "page.headline(" in notebook.cells[place].source


@every_notebook
def test_it_asserts_what_must_be_true(code):
    asserted = [node for source in code for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]
    assert asserted, "say in an assert what must be true whatever the data says: a page that fails it is not shown"


# Its code


def test_a_cell_is_at_most_15_lines(code):
    assert max(len(source.splitlines()) for source in code) <= 15


def test_logic_lives_in_helpers(code):
    for source in code:
        found = [
            node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
        assert found == []
        assert not names_in(source) & {"groupby", "pivot_table", "iterrows", "apply"}


def test_a_notebook_reads_only_its_source_and_no_clock(code):
    forbidden = {
        "read_csv",
        "read_parquet",
        "read_excel",
        "Path",
        "datetime",
        "time",
        "open",
        "environ",
        "getcwd",
        "argv",
    }
    for source in code:
        used = names_in(source) - ({"open"} if "sources.open(source, period)" in source else set())
        assert not used & forbidden, source
        assert "reports/" not in source and not source.lstrip().startswith(("%", "!"))


def test_everything_is_imported_in_the_setup_cell(notebook):
    # Read as Python: a line of SQL begins with `from`, too. What only the author sees may import what only it needs.
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    code = [cell.source for cell in cells if "author" not in cell.metadata.get("tags", [])]
    nodes = [(place, node) for place, source in enumerate(code) for node in ast.walk(ast.parse(source))]
    importing = sorted({place for place, node in nodes if isinstance(node, ast.Import | ast.ImportFrom)})
    assert importing == [1]
    imported = {
        alias.name for node in ast.parse(code[1]).body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert imported <= set().union(*map(names_in, code)), "something is imported and not used"


# Its anatomy


def test_it_opens_with_a_question_and_who_asks_and_what_hangs_on_it(notebook):
    title, _, rest = notebook.cells[0].source.partition("\n")
    assert notebook.cells[0].cell_type == "markdown"
    assert re.fullmatch(r"# \S.*[?？؟]", title) and not title[2].islower()
    assert "For " in rest and "Use this page to decide" in rest


def test_parameters_come_next_and_are_literals_that_say_what_they_are(notebook, name):
    assert tagged(notebook, "parameters") == [1]
    found = parameters.read(FOLDER / f"{name}.ipynb")
    assert list(found)[:2] == ["period", "source"]
    assert (found["period"].default, found["source"].default) == ("", "data/sample/source.toml")
    assert [parameter.name for parameter in found.values() if len(parameter.about) < 10] == []


def test_parameters_are_all_used(notebook, name):
    used = set().union(*(names_in(cell.source) for cell in notebook.cells[2:] if cell.cell_type == "code"))
    assert set(parameters.read(FOLDER / f"{name}.ipynb")) <= used


def test_the_setup_opens_the_tables_of_the_period(notebook):
    setup = notebook.cells[2]
    assert setup.cell_type == "code" and "tables = sources.open(source, period)" in setup.source


def test_the_bottom_line_comes_before_every_finding(notebook):
    (place,) = tagged(notebook, "headline")
    above = [cell.source for cell in notebook.cells[2:place] if cell.cell_type == "code"]
    assert above and not any(re.search(r"page\.(figure|table|say|headline)\(", source) for source in above)
    assert not any(
        re.search(r"^#+ ", cell.source, re.MULTILINE)
        for cell in notebook.cells[1:place]
        if cell.cell_type == "markdown"
    )


def test_what_to_do_follows_the_bottom_line_then_findings_ask_and_caveats_checks_and_provenance_come_last(notebook):
    found = sections(notebook)
    first, *findings = [heading for heading in found if heading]
    assert first == FIRST and findings[-3:] == LAST
    assert len(findings) > 3 and all(heading.endswith("?") for heading in findings[:-3])
    for heading in findings[:-3]:
        shown = "".join(cell.source for cell in found[heading] if cell.cell_type == "code")
        assert re.search(r"page\.(figure|table|say)\(", shown), heading


def test_evidence_comes_after_the_answer_and_what_is_for_analysts_after_both(notebook):
    layers = {"evidence": 1, "analysts": 2}
    heads = [cell for cell in notebook.cells if cell.cell_type == "markdown" and cell.source.startswith("## ")]
    tags = [layers.get(next(iter(cell.metadata.get("tags", [])), ""), 0) for cell in heads[: -len(LAST)]]
    assert tags == sorted(tags) and 2 <= tags.count(0) <= 6


def test_deeds_say_who_and_caveats_what_would_change_our_mind(notebook):
    found = sections(notebook)
    deeds, caveats = found[FIRST], found["Definitions, exclusions, caveats"][0].source
    # Computed from the numbers, each with its owner; the template's are written by hand.
    computed = any('"action")' in cell.source for cell in deeds if cell.cell_type == "code")
    assert len(re.findall(r"^- \*\*", deeds[0].source, re.MULTILINE)) >= (0 if computed else 2)
    assert "What would change our mind" in caveats and "xclu" in caveats


def test_checks_assert_and_provenance_is_shown(notebook):
    found = sections(notebook)
    checks = [cell.source for cell in found["Checks"] if cell.cell_type == "code"]
    assert sum(source.count("assert ") for source in checks) >= 2
    assert [cell.source for cell in found["Provenance"] if cell.cell_type == "code"] == ["page.provenance(tables)"]


def test_an_assertion_follows_every_join(code):
    for source in code:
        for line in (line for line in source.splitlines() if ".merge(" in line):
            assert "validate=" in line, line
        assert ".merge(" not in source or "assert " in source


@every_notebook
def test_every_figure_names_the_file_of_its_numbers_and_the_notebook_saves_it(code):
    calls = [node for text in code for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    shown = {call: ast.unparse(call.func) for call in calls}
    figures = [call for call, name in shown.items() if name == "page.figure"]
    of = [next((word.value.value for word in call.keywords if word.arg == "data"), "") for call in figures]
    saved = {
        call.args[1].value for call, name in shown.items() if name in ("page.save", "page.table") and len(call.args) > 1
    }
    assert figures and set(of) <= saved, (of, saved)


def test_every_helper_that_is_called_exists(code):
    # Notebooks are the only callers of some helpers: a new name breaks nothing else that is fast.
    named = [node for source in code for node in ast.walk(ast.parse(source))]
    held = {}
    for node in (node for node in named if isinstance(node, ast.ImportFrom)):
        for alias in node.names:
            try:
                held[alias.asname or alias.name] = import_module(f"{node.module}.{alias.name}")
            except ModuleNotFoundError:
                held[alias.asname or alias.name] = getattr(import_module(node.module), alias.name)
    used = [node for node in named if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    gone = {ast.unparse(node) for node in used if node.value.id in held and not hasattr(held[node.value.id], node.attr)}
    assert gone == set()
