"""What is public says what it does, and is shown at work: in an example, in a test, or in a notebook of the pack."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from english import NOT_USED
from packs import PROJECT
from test_layers import MODULES, module_of

HELPERS = PROJECT / "helpers"


# Steps of one computation in files of their own; the tests of the whole show them.
PART_OF = {
    "covariates_before": "randomized.effect",
    "conditions": "risk.fitted",
    "regret_answers": "remorse_rate",
    "information_of": "fit.logit",
    "refuse_other": "sources.open",
    "growth_rows": "metrics.card",
    "lifetime_rows": "metrics.card",
    "retention_rows": "metrics.card",
    "prepared": "metrics.card",
    "expansion_pipelines": "metrics.expansion_pipeline",
    "with_states": "account_months.read",
    "of_known_age": "survival.fit",
    "side_by_side": "triangles.table",
    "keyed": "renewals.terms",
    "ahead": "risk.project",
    "chances": "risk.project",
}


def publics(tree: ast.Module) -> list[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Every public function and class of a module, and the public methods of its public classes."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            found.append((node.name, node))
            if isinstance(node, ast.ClassDef):
                methods = (inner for inner in node.body if isinstance(inner, ast.FunctionDef))
                found += [(f"{node.name}.{inner.name}", inner) for inner in methods if not inner.name.startswith("_")]
    return found


@cache
def documented_methods() -> frozenset[str]:
    """What a protocol says of a method holds for every class that keeps it, so it is said once."""
    return frozenset(
        name.partition(".")[2]
        for text in MODULES.values()
        for name, node in publics(ast.parse(text))
        if "." in name and ast.get_docstring(node)
    )


def undocumented(text: str, said: frozenset[str] = frozenset()) -> list[str]:
    tree = ast.parse(text)
    module = [] if ast.get_docstring(tree) or not tree.body else ["the module"]
    silent = [name for name, node in publics(tree) if not ast.get_docstring(node)]
    return module + [name for name in silent if name.partition(".")[2] not in said]


def unshown(text: str, elsewhere: set[str]) -> list[str]:
    """Public functions without an example in their docstring, that are not among the words of `elsewhere`."""
    functions = [
        node for name, node in publics(ast.parse(text)) if isinstance(node, ast.FunctionDef) and "." not in name
    ]
    silent = [node.name for node in functions if ">>>" not in (ast.get_docstring(node) or "")]
    return [name for name in silent if name not in PART_OF and name not in elsewhere]


def elsewhere() -> set[str]:
    files: list[Path] = [*(PROJECT / "tests").rglob("*.py"), *(PROJECT / "notebooks").glob("*.ipynb")]
    return set().union(*(re.findall(r"\w+", file.read_text(encoding="utf-8")) for file in files))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HELPERS)))
def test_everything_public_says_what_it_does(path):
    assert undocumented(MODULES[path], documented_methods()) == []


def test_every_function_that_makes_a_number_is_shown_somewhere():
    known = elsewhere()
    found = {
        str(path.relative_to(HELPERS)): unshown(text, known)
        for path, text in MODULES.items()
        if module_of(path).split(".")[0] not in ("sources", "plots", "page", "sample", "commands", "__main__")
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_what_is_silent_is_found():
    text = (
        'def f():\n    return 1\n\nclass A:\n    """Says."""\n    def g(self):\n        return 2\n    def _h(self): ...'
    )
    assert undocumented(text) == ["the module", "f", "A.g"]
    assert unshown(text, {"g"}) == ["f"] and unshown(text, {"f"}) == []


def prose(text: str) -> Iterator[str]:
    """The texts of a module that have several words, and its comments; names in backticks and doctests are none."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield re.sub(r"`[^`]*`|^ *>>>.*\n.*", "", node.value, flags=re.MULTILINE)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def written() -> Iterator[tuple[str, str]]:
    """What a reader of the code, or of the documents beside it, reads: the place and the text."""
    for path, text in MODULES.items():
        yield from ((str(path.relative_to(PROJECT)), part) for part in prose(text))
    files = [file for kind in ("toml", "sql", "j2") for file in HELPERS.rglob(f"*.{kind}")]
    files += [*(PROJECT / "data").rglob("*.toml")]
    files += [*PROJECT.glob("*.md"), *(PROJECT / "data").glob("*.md"), *(PROJECT / "findings").glob("*.sh")]
    files += [
        file for file in (PROJECT / ".github").rglob("*.md") if file.name != "CHANGELOG.md"
    ]  # it quotes old names
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            yield str(file.relative_to(PROJECT)), re.sub(r"`[^`]*`", "", line)


def test_the_words_that_pages_do_not_use_are_used_nowhere_else():
    a_verdict = ("undefined",)  # of a zero denominator, in tables; pages say why there is no figure
    used = [(place, word[0], text) for place, text in written() for word in NOT_USED.finditer(text)]
    assert [each for each in used if each[1].lower() not in a_verdict] == []


def test_a_word_that_is_not_used_is_seen_in_a_text_and_in_a_comment():
    assert (
        len([text for text in prose('"""Fix `mend`."""\nx = "by lot"  # told apart\n') if NOT_USED.search(text)]) == 2
    )
