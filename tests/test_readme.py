"""What the README and its neighbors say is there, is there: files, modules, functions, options, and the tree."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from packs import NOTEBOOKS, PROJECT, SHIPPED

from helpers.__main__ import _parser

PAGES = ("README.md", ".github/CONTRIBUTING.md", "data/README.md")
PREPARE = (
    "{ [ -x .venv/bin/python ] || python3 -m venv --without-pip .venv; } && "
    "python3 -m pip --python .venv install -q pip -r requirements.txt && .venv/bin/python"
)
README = (PROJECT / "README.md").read_text(encoding="utf-8")
HELPERS = PROJECT / "helpers"


@cache
def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def section(heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


@cache
def modules() -> dict[str, list[Path]]:
    """Each module of helpers, by the name in its import, and its files; a folder's are taken together."""
    found = {}
    for path in HELPERS.rglob("*.py"):
        found.setdefault(path.relative_to(HELPERS).parts[0].removesuffix(".py"), []).append(path)
    return {name: files for name, files in found.items() if name != "__init__"}


@cache
def defined(module: str) -> set[str]:
    """Every function, class, method and name that a module defines."""
    nodes = [node for path in modules()[module] for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    named = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return named | {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def test_the_first_two_commands_are_the_report_and_the_tests():
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert [language for language, _ in blocks[:2]] == ["bash", "bash"]
    assert blocks[0][1] == f"{PREPARE} -m helpers report\n"
    assert blocks[1][1] == f"{PREPARE} -m pytest -q -n auto --dist loadgroup\n"


def test_it_is_read_in_one_go():
    assert len(README.splitlines()) <= 300


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    deleted = {f"notebooks/{name}.ipynb" for name in SHIPPED if name not in NOTEBOOKS}  # by a fork, which may
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text(page)) if "://" not in link and link not in deleted]
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    }
    for link in links:
        place, _, anchor = link.partition("#")
        assert (PROJECT / page).parent.joinpath(place).exists() if place else anchor in anchors, link


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_exists(page):
    named = re.findall(r"`((?:helpers|tests|data|notebooks|\.github|\.ci)/[\w./-]+)`", text(page))
    made = {
        f"{folder}60_do_reference_customers_expand_more{end}"
        for folder, end in (("notebooks/", ".ipynb"), ("tests/notebooks/test_", ".py"))
    }
    ours = [name for name in named if name not in made | {"helpers/sources/queries/name.sql"}]
    assert [name for name in ours if not (PROJECT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_function_that_is_named_exists(page):
    named = [found for found in re.findall(r"`(\w+)\.(\w+)[`(]", text(page)) if found[0] in modules()]
    files = {"py", "sql", "csv", "md", "toml"}
    assert [f"{module}.{name}" for module, name in named if name not in defined(module) | files] == []
    if page == "README.md":
        assert len(named) > 15


def test_every_query_of_the_walk_exists():
    for name in re.findall(r"`(\w+\.sql)`", section("How a number travels")):
        assert (HELPERS / "sources" / "queries" / name).is_file(), name


def test_each_question_has_its_notebook():
    table = section("Which question, which notebook")
    assert [name for name in (*SHIPPED, "00_template") if f"[{name}](notebooks/{name}.ipynb)" not in table] == []


def shown(line: str) -> list[str]:
    """The modules in a line of the tree; what they are for begins in column 50, or after three spaces."""
    return re.split(r"\s{3,}", line[:50].strip())[0].split()


def test_the_tree_shows_every_module_and_no_other():
    (tree,) = re.findall(r"^```\n(.*?)^```", section("The tree"), re.DOTALL | re.MULTILINE)
    lines = tree[tree.index("helpers/") : tree.index("data/  ")].splitlines()[1:]
    names = [name.rstrip("/") for line in lines for name in shown(line)]
    assert set(names) ^ {*modules(), "templates", "queries/*.sql"} == set()
    for name in re.findall(r"^([\w.]+/|[A-Z]\w+\.md|LICENSE|[a-z]+\.(?:txt|toml))", tree, re.MULTILINE):
        assert (PROJECT / name).exists(), name
    assert all(name in tree for name in SHIPPED)


def test_the_tree_shows_a_module_below_those_that_may_import_it():
    from test_layers import floor

    (tree,) = re.findall(r"^```\n(.*?)^```", section("The tree"), re.DOTALL | re.MULTILINE)
    floors = [
        floor(name.rstrip("/"))
        for line in tree.splitlines()
        if line.startswith("  ")
        for name in shown(line)
        if name.rstrip("/") in modules()
    ]
    assert floors == sorted(floors)


def test_every_option_of_report_is_one_that_it_takes():
    taken = set(_parser()._subparsers._group_actions[0].choices["report"]._option_string_actions)
    named = set(re.findall(r"report[^`|]*? (--[a-z]+)", README))
    assert len(named) > 8 and named <= taken, named - taken


def test_every_command_is_one_that_there_is():
    commands = set(_parser()._subparsers._group_actions[0].choices)
    named = {name for page in PAGES for name in re.findall(r"-m helpers (\w+)", text(page))}
    assert named == commands
