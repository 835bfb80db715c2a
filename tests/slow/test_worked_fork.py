"""The README's worked fork, step by step, in a copy of the project: the commands, the three edits, what one sees.

And what a notebook's owner may do to the pack: add one, and delete one, without touching anything else.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from packs import PROJECT, helpers, parsed

from helpers.commands.report.front.page import first_sentence

NAME = "60_do_reference_customers_expand_more"
README = (PROJECT / "README.md").read_text(encoding="utf-8")
FORK = README[README.index("## A worked fork") :].partition("\n## ")[0]

ITS_OWN_WAY = (
    """\
import datetime
from pathlib import Path


def by_segment(frame):
    return frame.groupby("segment").agg(n=("account_id", "size")).apply(lambda column: column / column.sum())


display(by_segment(tables.frame("accounts")), datetime.date.today(), Path("."))
# A long line: """
    + "long " * 30
)


def block(language: str, place: int = 0) -> str:
    return re.findall(rf"^```{language}\n(.*?)\n^```", FORK, re.DOTALL | re.MULTILINE)[place]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A checkout without this one's further notebooks, so that the number is that of the README."""
    root = tmp_path_factory.mktemp("fork") / "project"
    left_out = shutil.ignore_patterns(
        ".git", ".venv", "__pycache__", ".*cache*", ".hypothesis", "20??-*", "[6-9]?_*.ipynb", "test_[6-9]?_*"
    )
    shutil.copytree(PROJECT, root, ignore=left_out)
    return root


@pytest.fixture(scope="module")
def forked(root) -> nbformat.NotebookNode:
    """The new notebook after the three edits, which are the README's own blocks."""
    command = re.search(r'helpers new "(.+)"', block("console"))
    made = helpers("new", command[1], cwd=root, PYTHONPATH=str(root))
    file = root / "notebooks" / f"{NAME}.ipynb"
    assert str(file) in made.stdout and file.name in FORK and f"test_{NAME}.py" in FORK
    notebook = nbformat.read(file, as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}

    title = notebook.cells[0].source.splitlines()[0]
    notebook.cells[0].source = f"{title}\n\n{block('markdown')}"
    (computing,) = (cell for cell in notebook.cells if "\ngroups = " in cell.source)
    computing.source = block("python")
    given = cells["code-01"].source.splitlines()
    kept = [line for line in given if not line.startswith(("group = ", "metric = "))]
    compared, bottom_line = block("python", 1).splitlines()
    cells["code-01"].source = "\n".join([*kept, compared])
    (line,) = (cell for cell in notebook.cells if "headline" in cell.metadata.get("tags", []))
    assert '"Draft: ' in line.source
    line.source = bottom_line
    nbformat.write(notebook, file)
    return notebook


@pytest.fixture(scope="module")
def pack(root, forked) -> Path:
    helpers("report", "--only", "60", cwd=root, PYTHONPATH=str(root))
    return root / "reports" / "2026-10"


def test_the_first_page_says_what_the_readme_quotes(pack):
    quoted = " ".join(re.findall(r"^> (.+)$", FORK, re.MULTILINE))
    page, index = (parsed((pack / f"{name}.html").read_text(encoding="utf-8")) for name in (NAME, "index"))
    told = [sentence.text.strip() for sentence in page("p", class_="headline")]
    assert " ".join(told) == quoted and "Draft" not in page.text
    assert first_sentence(quoted) in index.find(class_="card", href=f"{NAME}.html").text
    assert re.search(r"\b28\b", quoted) and "28 reference customers are too few" in FORK


def test_its_page_has_the_two_groups_and_none_of_the_notes(pack):
    page = parsed((pack / f"{NAME}.html").read_text(encoding="utf-8"))
    shown = {row("td")[0].text for row in page.find("table").tbody("tr")}
    assert shown == {"all", "reference", "no reference"}
    assert "Edit 2" not in page.text and "The tables at hand" not in page.text


def run_tests(root: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/notebooks", *options],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_the_anatomy_and_its_own_test_hold(root, pack):
    done = run_tests(root)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "passed" in done.stdout and "skipped" not in done.stdout


def test_a_fork_writes_as_it_likes_but_leaves_in_what_makes_a_pack_safe(root, forked):
    file, rules = root / "notebooks" / f"{NAME}.ipynb", ("-k", "test_notebooks or test_small_vocabulary")
    kept, own = file.read_text(encoding="utf-8"), nbformat.from_dict(forked)
    try:
        own.cells.append(nbformat.v4.new_code_cell(ITS_OWN_WAY))
        nbformat.write(own, file)
        assert run_tests(root, *rules).returncode == 0
        for cell in own.cells:
            cell.source = re.sub("^assert ", "", cell.source, flags=re.MULTILINE)
        nbformat.write(own, file)
        done = run_tests(root, *rules)
        assert done.returncode == 1 and "say in an assert what must be true" in done.stdout
    finally:
        file.write_text(kept, encoding="utf-8")


def test_a_notebook_that_is_deleted_is_out_of_the_pack_and_its_test_says_so(root, pack):
    (root / "notebooks" / f"{NAME}.ipynb").unlink()
    listed = helpers("report", "--list", cwd=root, PYTHONPATH=str(root)).stdout
    assert NAME not in listed and "10_metrics" in listed
    done = run_tests(root, "-rs")
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{NAME}.ipynb was removed" in done.stdout
