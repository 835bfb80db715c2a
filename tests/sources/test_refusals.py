"""The texts of refusals: each is used, each that is used is there, and is told what its fields ask for."""

import ast
import string
import tomllib
from pathlib import Path

import pytest

from helpers import sources

FOLDER = Path(sources.__file__).parent
TEXTS = tomllib.loads((FOLDER / "refusals.toml").read_text(encoding="utf-8"))


def uses() -> list[tuple[str, str, set[str | None]]]:
    """Every call of `refused` and `text`: where, which text, and what it is told (None: a dictionary of things)."""
    found = []
    for path in sorted(FOLDER.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names = {name.name for node in imported if node.module == "helpers.sources.refusals" for name in node.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                keys = [each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)]
                told = {keyword.arg for keyword in node.keywords}
                found += [(f"{path.name}:{node.lineno}", key, told) for key in keys if key in TEXTS or len(keys) == 1]
    return found


USES = uses()


def test_every_text_is_used():
    assert {name for _, name, _ in USES} == set(TEXTS)


@pytest.mark.parametrize("place, name, told", USES, ids=[f"{place} {name}" for place, name, _ in USES])
def test_a_text_is_told_what_it_says(place, name, told):
    fields = {field for _, field, _, _ in string.Formatter().parse(TEXTS[name]) if field}
    needed = {field.split(".")[0].split("[")[0] for field in fields}
    assert None in told or needed <= told, place
