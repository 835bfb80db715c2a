"""A new analysis from the template: a numbered notebook that runs, and its test. It overwrites nothing."""

import json
import re
import unicodedata
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, count
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
    asked, folder = heading(question), root / "notebooks"
    notebooks = notebook_file.numbered(folder)
    for path in notebooks.values():
        if notebook_file.title(notebook_file.cells(path), "") == asked:
            raise Refused(f"notebooks/{path.name} asks that already; open it, or ask in other words")
    name, tests = f"{_number(number, notebooks):02}_{slug(asked)}", root / "tests" / "notebooks"
    source, test = (_text(file) for file in (folder / f"{TEMPLATE}.ipynb", tests / f"test_{TEMPLATE}.py"))
    table = _free(slug(asked), "".join(path.read_text(encoding="utf-8") for path in notebooks.values()))
    made = Created(folder / f"{name}.ipynb", tests / f"test_{name}.py", table)
    test = _replaced(_replaced(test, TEMPLATE, name), TEMPLATE_TABLE, table)
    _write({made.notebook: _notebook(source, asked, name, table), made.test: test})
    return made


def told(made: Created) -> str:
    """What was made and what comes next, for a terminal."""
    text = (Path(__file__).parent / "templates" / "new.txt").read_text(encoding="utf-8")
    return text.format(**vars(made), name=made.notebook.stem, root=made.notebook.parents[1])


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
    if (n := len(text)) > LONGEST_QUESTION:
        raise Refused(f"the question has {n} characters, more than the {LONGEST_QUESTION} that a title may have")
    asks = text if text.endswith(("?", "？", "؟")) else f"{text.rstrip('.!:;, ')}?"
    return asks[0].upper() + asks[1:]


def slug(question: str) -> str:
    """The name of a file for a question, at most 48 characters; `analysis` where no letter of it is one of ours.

    >>> slug("Müller & Söhne: where's the churn?"), slug("客户为什么流失？")
    ('muller_sohne_wheres_the_churn', 'analysis')
    """
    plain = unicodedata.normalize("NFKD", re.sub("['’]", "", question).casefold()).encode("ascii", "ignore").decode()
    name = re.sub("[^a-z0-9]+", "_", plain).strip("_")
    whole = re.match(rf".{{1,{LONGEST_NAME}}}(?=_|$)", name)  # words that are not cut, if there is room for one
    return whole[0] if whole else name[:LONGEST_NAME] or "analysis"


def _number(wanted: int | None, notebooks: dict[str, Path]) -> int:
    taken = {int(name[:2]): name for name in notebooks}
    if wanted is None:
        tens = range(max(taken, default=0) // 10 * 10 + 10, 100, 10)
        wanted = next((number for number in (*tens, *range(10, 100)) if number not in taken), None)
        if wanted is None:
            raise Refused("all numbers from 10 to 99 are taken; delete a notebook that nobody reads")
    if not 10 <= wanted <= 99:
        raise Refused(f"--number {wanted}: a notebook's number lies between 10 and 99")
    if wanted in taken:
        raise Refused(f"--number {wanted}: taken by notebooks/{taken[wanted]}.ipynb")
    return wanted


def _free(name: str, notebooks: str) -> str:
    """The name, or with the lowest number behind it, that no code in the text of these notebooks has in quotes."""
    candidates = chain([name], (f"{name}_{number}" for number in count(2)))
    return next(free for free in candidates if f'"{free}\\"' not in notebooks and f"'{free}'" not in notebooks)


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
    call, bracket, sentences = "".join(headline["source"]).partition("(")
    headline["source"] = f"{call}{bracket}\n    {_DRAFT},\n    {sentences}".splitlines(keepends=True)
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _write(texts: dict[Path, str]) -> None:
    """Write all of the files or none, and never over another."""
    try:
        with ExitStack() as undoing:
            for file, text in texts.items():
                with file.open("x", encoding="utf-8") as new:
                    undoing.callback(file.unlink)
                    new.write(text)
            undoing.pop_all()
    except FileExistsError as error:
        raise Refused(f"{error.filename} is there already; delete it, or ask in other words") from None
