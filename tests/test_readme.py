"""What the README and its neighbors say is there, is there: files, modules, functions, options, and the tree."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import test_layers
from packs import NOTEBOOKS, PROJECT, SHIPPED

from helpers.__main__ import _parser
from helpers.commands.report import parameters

PAGES = ("README.md", ".github/CONTRIBUTING.md", "data/README.md", "notebooks/README.md")
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
    """Each module and folder of helpers by its own name, with its files; modules of one name are taken together."""
    found = {}
    for path in HELPERS.rglob("*.py"):
        for name in {path.stem, *path.relative_to(HELPERS).parts[:-1]}:
            found.setdefault(name, []).append(path)
    return {name: files for name, files in found.items() if name != "__init__"}


@cache
def defined(module: str) -> set[str]:
    """Every function, class, method and name that a module defines."""
    nodes = [node for path in modules()[module] for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    named = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    named |= {alias.asname for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
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
    files = {"py", "sql", "csv", "md", "toml", "eml", "xlsx"}
    assert [f"{module}.{name}" for module, name in named if name not in defined(module) | files] == []
    if page == "README.md":
        assert len(named) > 15


def test_every_query_of_the_walk_exists():
    for name in re.findall(r"`(\w+\.sql)`", section("How a number travels")):
        assert (HELPERS / "sources" / "queries" / name).is_file(), name


def test_each_question_has_its_notebook():
    table = section("Which question, which notebook")
    assert [name for name in (*SHIPPED, "00_template") if f"[{name}](notebooks/{name}.ipynb)" not in table] == []


@cache
def tree() -> dict[str, str]:
    """The lines of the tree: each place, from the project's folder on, with what is said of it."""
    (block,) = re.findall(r"^```\n(.*?)^```", section("The tree"), re.DOTALL | re.MULTILINE)
    found, above, places = {}, [], []
    for line in block.splitlines():
        depth, (names, _, about) = (len(line) - len(line.lstrip())) // 2, line.strip().partition("  ")
        if depth > 4:  # the rest of what the line above says
            found[places[-1]] += " " + line.strip()
            continue
        above = above[:depth]
        places = ["".join([*above, name]) for name in names.split()]
        above.append(names)
        found |= dict.fromkeys(places, about.strip())
    return found


def folders(root: Path, depth: int, holding: str = "*.*") -> set[str]:
    """The folders at a depth below one that hold such a file; what only ran there has left nothing but its cache."""
    found = {path.parent for path in root.glob("/".join(["*"] * depth) + f"/**/{holding}")}
    above = {Path(*path.relative_to(PROJECT).parts[: len(root.relative_to(PROJECT).parts) + depth]) for path in found}
    return {f"{path.as_posix()}/" for path in above if path.name != "__pycache__"}


def test_all_that_the_tree_shows_is_there_and_said_what_for():
    assert [place for place in tree() if not (PROJECT / place).exists()] == []
    silent = {place for place, about in tree().items() if len(about) < 10}
    assert silent == {"README.md", "LICENSE"}
    assert all(name in tree()["notebooks/"] for name in SHIPPED)


def test_the_tree_shows_every_room_in_the_order_in_which_they_may_import():
    rooms = [place.removeprefix("helpers/") for place in tree() if place.startswith("helpers/") and place != "helpers/"]
    shown = [room.rstrip("/").removesuffix(".py") for room in rooms if "/" not in room.rstrip("/")]
    assert shown == list(test_layers.ROOMS)


def test_the_tree_shows_every_folder_and_no_other():
    shown = {place for place in tree() if place.startswith("helpers/") and place.endswith("/")} - {"helpers/"}
    assert folders(HELPERS, 1) | folders(HELPERS, 2) <= shown
    named = "".join(f"{place} {about} " for place, about in tree().items())
    assert {folder for folder in folders(HELPERS, 3, "*.py") if f"{folder.split('/')[-2]}/" not in named} == set()
    for place, about in tree().items():
        for name in re.findall(r"\b\w+\.py\b", about):
            assert (PROJECT / place / name).is_file(), (place, name)


def test_tests_lie_in_the_same_folders_as_what_they_try():
    shown = {place.split("/")[1] for place in tree() if place.startswith("tests/") and place != "tests/"}
    there = {path.split("/")[1] for path in folders(PROJECT / "tests", 1)}
    assert there <= shown | set(test_layers.ROOMS)
    assert shown <= there


def test_every_option_of_report_is_one_that_it_takes():
    taken = set(_parser()._subparsers._group_actions[0].choices["report"]._option_string_actions)
    named = set(re.findall(r"report[^`|]*? (--[a-z]+)", README))
    assert len(named) > 8 and named <= taken, named - taken


def test_every_parameter_that_is_named_is_one_and_is_set_to_something_else_than_its_default():
    pairs = re.findall(r"-p (\w+)=(\w+)", README)
    read = [parameters.read(PROJECT / "notebooks" / f"{name}.ipynb") for name in ("00_template", *SHIPPED)]
    for name, value in pairs:
        assert {str(each[name].default) for each in read if name in each} - {value}, f"{name}={value}"
    assert len(pairs) > 3


def test_every_command_is_one_that_there_is():
    commands = set(_parser()._subparsers._group_actions[0].choices)
    named = {name for page in PAGES for name in re.findall(r"-m helpers (\w+)", text(page))}
    assert named == commands
