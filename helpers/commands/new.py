"""A new analysis from the template: a numbered notebook that runs, and its test. It overwrites nothing."""

import ast
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from helpers.commands import notebook_file
from helpers.errors import Refused
from helpers.sources import ROOT

TEMPLATE, TEMPLATE_TABLE = "00_template", "retention_by_group"
LONGEST_QUESTION, LONGEST_NAME = 200, 48
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#$~|!&^])")
_ASKED = "For … (edit 1: who?). Use this page to decide … (edit 1: what?)."
_DRAFT = '"Draft: these numbers still answer the template\'s question. Take this line out when they answer yours."'


@dataclass(frozen=True)
class Created:
    """What was written: the notebook, its test, and the table that both are about."""

    notebook: Path
    test: Path
    table: str


def create(question: str, number: int | None = None, root: Path = ROOT) -> Created:
    """Write `notebooks/NN_name.ipynb` and `tests/notebooks/test_NN_name.py` of the project in `root` for a question.

    Both are copies of the template's, which already run. `number` is 10–99; without it the next ten above all
    notebooks is taken, or the lowest free number where there is none. `Refused`, and nothing written, for a question
    that names nothing, that another notebook asks, or whose number or files are taken.
    """
    asked = heading(question)
    notebooks = notebook_file.numbered(root / "notebooks")
    for path in notebooks.values():
        if notebook_file.title(notebook_file.cells(path), "") == asked:
            raise Refused(f"notebooks/{path.name} asks that already; open it, or ask in other words")
    name = f"{_number(number, notebooks):02}_{slug(asked)}"
    table = _free(slug(asked), {table for path in notebooks.values() for table in _saved(path)})
    source, source_test = (_text(root / place) for place in _places(TEMPLATE))
    made = Created(*(root / place for place in _places(name)), table)
    test = _replaced(_replaced(source_test, TEMPLATE, name), TEMPLATE_TABLE, table)
    _write({made.notebook: _notebook(source, asked, name, table), made.test: test})
    return made


def told(made: Created) -> str:
    """What was made and what comes next, for a terminal."""
    name = made.notebook.stem
    return f"""\
{made.notebook}
    runs already, on the sample company; its notes in italics say what to change
    tests ask it for parameters, one bottom line, an assert, and no outputs when you commit (python -m helpers clean)
    notebooks/README.md lists what it may call
{made.test}
    its test: what must be true of tables/{made.table}.csv
next, from {made.notebook.parents[1]}:
    .venv/bin/jupyter lab notebooks/{name}.ipynb
    .venv/bin/python -m helpers report --only {name}
    .venv/bin/python -m pytest -q tests/notebooks/test_{name}.py
to remove it: delete the two files"""


def heading(question: str) -> str:
    """A question as a notebook's title: on one line, beginning with a capital, ending with a question mark.

    >>> heading("  do reference customers\\n expand more ")
    'Do reference customers expand more?'
    """
    text = " ".join(question.split())
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise Refused("the question holds a character that is no text; write it again by hand")
    if not any(letter.isalnum() for letter in text):
        raise Refused('a new notebook needs a question, such as: new "Do reference customers expand more?"')
    if len(text) > LONGEST_QUESTION:
        raise Refused(
            f"the question has {len(text)} characters, more than the {LONGEST_QUESTION} that a title may have"
        )
    asks = text if text.endswith(("?", "？", "؟")) else f"{text.rstrip('.!:;, ')}?"
    return asks[0].upper() + asks[1:]


def slug(question: str) -> str:
    """The name of a file for a question, at most 48 characters; `analysis` where no letter of it is one of ours.

    >>> slug("Müller & Söhne: where's the churn?"), slug("客户为什么流失？")
    ('muller_sohne_wheres_the_churn', 'analysis')
    """
    plain = unicodedata.normalize("NFKD", re.sub("['’]", "", question).casefold()).encode("ascii", "ignore").decode()
    name = re.sub("[^a-z0-9]+", "_", plain).strip("_")
    if len(name) > LONGEST_NAME:
        cut = name[: LONGEST_NAME + 1]
        name = cut[: cut.rfind("_")] if "_" in cut else name[:LONGEST_NAME]
    return name or "analysis"


def _number(wanted: int | None, notebooks: dict[str, Path]) -> int:
    taken = {int(name[:2]): name for name in notebooks}
    if wanted is None:
        tens = range(max(taken, default=0) // 10 * 10 + 10, 100, 10)
        free = [number for number in (*tens, *range(10, 100)) if number not in taken]
        if not free:
            raise Refused("all numbers from 10 to 99 are taken; delete a notebook that nobody reads")
        return free[0]
    if not 10 <= wanted <= 99:
        raise Refused(f"--number {wanted}: a notebook's number lies between 10 and 99")
    if wanted in taken:
        raise Refused(f"--number {wanted}: taken by notebooks/{taken[wanted]}.ipynb")
    return wanted


def _free(name: str, taken: set[str]) -> str:
    candidates = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _saved(notebook: Path) -> set[str]:
    """Every text in the code of a notebook: the names of the tables it saves are among them."""
    found = set()
    for cell in notebook_file.cells(notebook):
        if cell["cell_type"] == "code":
            try:
                nodes = list(ast.walk(ast.parse(cell["source"])))
            except SyntaxError:
                continue
            found |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return found


def _places(name: str) -> tuple[str, str]:
    return f"notebooks/{name}.ipynb", f"tests/notebooks/test_{name}.py"


def _text(file: Path) -> str:
    if not file.is_file():
        raise Refused(f"{file}: no such file; a new notebook is made from it, so take it back from git")
    return file.read_text(encoding="utf-8")


def _replaced(text: str, old: str, new: str) -> str:
    if old not in text:
        raise Refused(f"the template no longer holds {old!r}, which a new notebook replaces; take it back from git")
    return text.replace(old, new)


def title(question: str) -> str:
    """A question as the Markdown of a first heading, which shows it as it is, whatever signs it holds.

    >>> print(title("Is a*b*c good?"))
    # Is a\\*b\\*c good?
    """
    return "# " + _MARKDOWN.sub(r"\\\1", question)


def _notebook(source: str, asked: str, name: str, table: str) -> str:
    """The text of the template with another question; everything else stays, so it runs as the template does."""
    made = json.loads(_replaced(_replaced(source, TEMPLATE_TABLE, table), f"test_{TEMPLATE}", f"test_{name}"))
    first = made["cells"][0]
    needs = [line for line in first["source"] if line.startswith("Needs:")]
    first["source"] = [f"{title(asked)}\n", "\n", f"{_ASKED}\n", "\n", *needs]
    (headline,) = (cell for cell in made["cells"] if "headline" in cell["metadata"].get("tags", []))
    headline["source"] = _drafted("".join(headline["source"])).splitlines(keepends=True)
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _drafted(headline: str) -> str:
    """The bottom line of the template, a line per sentence, behind one that says that it is a draft."""
    call = ast.parse(headline).body[0].value
    said = [_DRAFT, *(ast.get_source_segment(headline, sentence) for sentence in call.args)]
    return f"{ast.unparse(call.func)}(\n" + "".join(f"    {sentence},\n" for sentence in said) + ")"


def _write(texts: dict[Path, str]) -> None:
    """Write all of the files or none, and never over another."""
    written = []
    try:
        for file, text in texts.items():
            with file.open("x", encoding="utf-8") as new:
                written.append(file)
                new.write(text)
    except BaseException as error:
        for half in written:
            half.unlink()
        if isinstance(error, FileExistsError):
            raise Refused(f"{file} is there already; delete it, or ask in other words") from None
        raise
