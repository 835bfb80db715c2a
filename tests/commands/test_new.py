"""A new notebook is made whole or not at all, over nothing, from any question that a person may type."""

import json
import re
import shutil

import nbformat
import pytest
from packs import PROJECT, helpers
from tiny_project import Project

from helpers.commands import new, notebook_file
from helpers.commands.report import parameters
from helpers.errors import Refused

QUESTION = "Do reference customers expand more?"
NAME = "60_do_reference_customers_expand_more"
PARTS = ("notebooks", "tests/notebooks")


@pytest.fixture
def root(tmp_path):
    """A project that holds what `new` reads: the notebooks and the template's test."""
    shutil.copytree(PROJECT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*", "6*", "7*"))
    (tmp_path / "tests" / "notebooks").mkdir(parents=True)
    shutil.copy(PROJECT / "tests" / "notebooks" / "test_00_template.py", tmp_path / "tests" / "notebooks")
    return tmp_path


def files(root) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_it_is_the_next_ten_and_has_a_test(root):
    made = new.create(QUESTION, root=root)
    assert made.notebook == root / "notebooks" / f"{NAME}.ipynb" and made.notebook.is_file()
    assert made.test == root / "tests" / "notebooks" / f"test_{NAME}.py" and made.test.is_file()
    assert new.create("Another?", root=root).notebook.name == "70_another.ipynb"


def test_the_new_notebook_is_the_template_with_another_question(root):
    made = new.create(QUESTION, root=root)
    template, copy = (
        nbformat.read(file, as_version=4) for file in (root / "notebooks" / "00_template.ipynb", made.notebook)
    )
    nbformat.validate(copy)
    assert copy.cells[0].source.splitlines()[0] == f"# {QUESTION}"
    assert "Use this page to decide" in copy.cells[0].source
    changed = {old.id for old, its in zip(template.cells, copy.cells, strict=True) if old.source != its.source}
    # The title, the bottom line that says it is a draft, the name of the table (saved, and of two charts), and that of
    # the test in a note.
    assert len(changed) == 6
    assert parameters.read(made.notebook) == parameters.read(root / "notebooks" / "00_template.ipynb")
    for cell in copy.cells:
        if cell.cell_type == "code":
            compile(cell.source, cell.id, "exec")


def test_until_it_is_written_it_says_that_it_is_a_draft(root):
    copy = nbformat.read(new.create(QUESTION, root=root).notebook, as_version=4)
    (line,) = (cell.source for cell in copy.cells if "headline" in cell.metadata.get("tags", []))
    assert "Draft: " in line and line.count("\n    ") <= 4


def test_its_test_is_that_of_the_template_on_its_own_table(root):
    made = new.create(QUESTION, root=root)
    text = made.test.read_text(encoding="utf-8")
    compile(text, made.test.name, "exec")
    assert f'NAME = "{NAME}"' in text and f'TABLE = "{made.table}"' in text
    assert "00_template" not in text and "retention_by_group" not in text
    assert f'"{made.table}"' in "".join(cell.source for cell in nbformat.read(made.notebook, as_version=4).cells)


def test_no_two_notebooks_save_one_table(root):
    made = [new.create(question, root=root).table for question in ("Survival?", "Is this new?", "Backtest?")]
    assert made == ["survival_2", "is_this_new", "backtest_2"]  # 20 saves survival and backtest


@pytest.mark.parametrize("number", [10, 42, 99])
def test_a_number_may_be_chosen(root, number):
    if number == 10:
        (root / "notebooks" / "10_metrics.ipynb").unlink()
    assert new.create(QUESTION, number, root).notebook.name.startswith(f"{number}_do")


def test_after_the_last_ten_come_the_lowest_free_numbers(root):
    assert new.create("Late?", 90, root).notebook.name == "90_late.ipynb"
    assert new.create("Later?", root=root).notebook.name == "11_later.ipynb"


@pytest.mark.parametrize(
    ("question", "title", "name"),
    [
        ("do references expand more", "Do references expand more?", "do_references_expand_more"),
        ("Who leaves first...", "Who leaves first?", "who_leaves_first"),
        ("  Two\n lines\t here? ", "Two lines here?", "two_lines_here"),
        ("../../etc/passwd", "../../etc/passwd?", "etc_passwd"),
        ("a/b\\c", "A/b\\c?", "a_b_c"),
        ('"""; import os #', '"""; import os #?', "import_os"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>?", "script_alert_1_script"),
        ("{{ 7*7 }} **bold** _x_ $5 to $9 &lt;", "{{ 7*7 }} **bold** _x_ $5 to $9 &lt?", "7_7_bold_x_5_to_9_lt"),
        ("Ümläute & Ærøskøbing’s “churn”", "Ümläute & Ærøskøbing’s “churn”?", "umlaute_rskbings_churn"),
        ("客户为什么流失？", "客户为什么流失？", "analysis"),
        ("🎉 party", "🎉 party?", "party"),
        ("2026: better?", "2026: better?", "2026_better"),
        ("CON", "CON?", "con"),
        ("x" * 199, "X" + "x" * 198 + "?", "x" * 48),
        ("word " * 39, "Word" + " word" * 38 + "?", "_".join(["word"] * 9)),
    ],
)
def test_any_question_makes_a_notebook_that_can_be_read(root, question, title, name):
    made = new.create(question, root=root)
    assert made.notebook.parent == root / "notebooks" and made.notebook.stem == f"60_{name}"
    assert re.fullmatch(r"\d\d_[a-z0-9_]+", made.notebook.stem)
    notebook = nbformat.read(made.notebook, as_version=4)
    nbformat.validate(notebook)
    assert notebook_file.title(notebook.cells, "") == title
    compile(made.test.read_text(encoding="utf-8"), made.test.name, "exec")


@pytest.mark.parametrize(
    "question", ["", "   ", "\n", "???", "…", "🎉", "a\0b", "a\x1b[31mb", "\udcff bytes", "long " * 60]
)
def test_what_is_no_question_is_refused_and_nothing_is_written(root, question):
    before = files(root)
    with pytest.raises(Refused) as refused:
        new.create(question, root=root)
    assert "\0" not in str(refused.value) and "\x1b" not in str(refused.value)
    assert files(root) == before


@pytest.mark.parametrize("number", [-1, 0, 9, 100])
def test_a_number_that_no_notebook_can_have_is_refused(root, number):
    with pytest.raises(Refused, match="between 10 and 99"):
        new.create(QUESTION, number, root)


def test_a_number_that_is_taken_is_refused_by_the_name_of_who_has_it(root):
    before = files(root)
    with pytest.raises(Refused, match="10_metrics"):
        new.create(QUESTION, 10, root)
    assert files(root) == before


def test_when_all_numbers_are_taken_it_says_so(root):
    template = (root / "notebooks" / "00_template.ipynb").read_text(encoding="utf-8")
    for number in range(10, 100):
        (root / "notebooks" / f"{number}_n.ipynb").write_text(template, encoding="utf-8")
    with pytest.raises(Refused, match="all numbers"):
        new.create(QUESTION, root=root)


def test_the_same_question_again_is_refused_and_the_work_in_it_stays(root):
    made = new.create(QUESTION, root=root)
    made.notebook.write_text(made.notebook.read_text(encoding="utf-8").replace("Draft", "Done"), encoding="utf-8")
    before = files(root)
    with pytest.raises(Refused, match=NAME):
        new.create(QUESTION, root=root)
    assert files(root) == before


def test_questions_that_differ_only_in_what_no_file_is_called_by_are_two(root):
    made = [
        new.create(question, root=root).notebook.name for question in ("客户为什么流失？", "为什么？", "Why?", "Why!?")
    ]
    assert made == ["60_analysis.ipynb", "70_analysis.ipynb", "80_why.ipynb", "90_why.ipynb"]


def test_a_test_that_is_left_over_is_not_overwritten_and_no_notebook_is_left_half_made(root):
    test = root / "tests" / "notebooks" / f"test_{NAME}.py"
    test.write_text("# mine", encoding="utf-8")
    before = files(root)
    with pytest.raises(Refused, match=test.name):
        new.create(QUESTION, root=root)
    assert files(root) == before


def test_where_nothing_can_be_written_nothing_is_left(root, monkeypatch):
    before = files(root)
    monkeypatch.setattr(new.json, "dumps", lambda *_, **__: "not\ud800text")  # no file can hold it
    with pytest.raises(UnicodeEncodeError):
        new.create(QUESTION, root=root)
    assert files(root) == before


@pytest.mark.parametrize("part", ["notebooks/00_template.ipynb", "tests/notebooks/test_00_template.py"])
def test_without_its_template_it_says_where_that_is(root, part):
    (root / part).unlink()
    with pytest.raises(Refused, match="take it back from git"):
        new.create(QUESTION, root=root)


def test_a_template_that_was_changed_beyond_recognition_is_refused(root):
    file = root / "notebooks" / "00_template.ipynb"
    file.write_text(file.read_text(encoding="utf-8").replace("retention_by_group", "mine"), encoding="utf-8")
    with pytest.raises(Refused, match="retention_by_group"):
        new.create(QUESTION, root=root)


def test_a_broken_notebook_beside_it_is_named(root):
    (root / "notebooks" / "77_broken.ipynb").write_text("<<<<<<< HEAD", encoding="utf-8")
    with pytest.raises(Refused, match="77_broken"):
        new.create(QUESTION, root=root)


# As a command, in a small copy of the project


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    made = Project(tmp_path_factory.mktemp("new"))
    shutil.copy(PROJECT / "notebooks" / "00_template.ipynb", made.root / "notebooks")
    (made.root / "tests" / "notebooks").mkdir(parents=True)
    shutil.copy(PROJECT / "tests" / "notebooks" / "test_00_template.py", made.root / "tests" / "notebooks")
    return made


@pytest.mark.slow
def test_the_command_from_another_folder_with_an_empty_home(project, tmp_path):
    there = {"PYTHONPATH": str(project.root), "HOME": str(tmp_path)}
    done = helpers("new", QUESTION, cwd=tmp_path, **there)
    name = NAME.replace("60", "10")
    made = [project.root / "notebooks" / f"{name}.ipynb", project.root / "tests" / "notebooks" / f"test_{name}.py"]
    for file in made:
        assert file.is_file() and str(file) in done.stdout
    assert json.loads(made[0].read_text(encoding="utf-8"))["nbformat"] == 4
    again = helpers("new", QUESTION, cwd=tmp_path, code=2, **there)
    assert again.stderr.startswith("refused: ") and name in again.stderr and "Traceback" not in again.stderr
    assert list(tmp_path.iterdir()) == []
