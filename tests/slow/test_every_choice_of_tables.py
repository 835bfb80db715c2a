"""Every notebook runs with every choice of optional tables: each pair of them present, absent, empty, or of one row.

All pairs of states of all pairs of tables stand in a few dozen companies. The notebooks run in this process as plain
scripts, and charts are laid out but not painted, so that it takes minutes.
"""

import contextlib
import io
import itertools
import random
import re
from pathlib import Path

import pandas as pd
import pytest
from packs import NOTEBOOKS, PROJECT

from helpers import sample, sources
from helpers.commands import needs, notebook_file
from helpers.commands.report import execute
from helpers.plots import svg
from helpers.sources import schema

STATES = ("present", "absent", "empty", "one row")
TABLES = tuple(name for name in schema.CORE if name not in schema.REQUIRED_TABLES)


def covering(tables: tuple[str, ...], states: tuple[str, ...]) -> list[dict[str, str]]:
    """Choices of a state for each table, in which each two tables are together in each two states at least once."""
    dice = random.Random(1)
    pairs = {
        frozenset([(one, a), (other, b)])
        for one, other in itertools.combinations(tables, 2)
        for a, b in itertools.product(states, repeat=2)
    }
    rows = []
    while pairs:
        # Of some random choices that begin with a pair that is still open, the one that closes most.
        first = dict(min(pairs, key=sorted))
        tries = [{name: dice.choice(states) for name in tables} | first for _ in range(300)]
        rows.append(max(tries, key=lambda row: len(closed(row) & pairs)))
        pairs -= closed(rows[-1])
    return rows


def closed(row: dict[str, str]) -> set[frozenset]:
    return {frozenset(pair) for pair in itertools.combinations(row.items(), 2)}


ROWS = covering(TABLES, STATES)


def test_the_choices_hold_each_pair_in_each_two_states():
    assert len(TABLES) == 9 and len(ROWS) < 60
    found = set().union(*map(closed, ROWS))
    assert len(found) == 36 * 16


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("choices")
    sample.write(folder, accounts=90, seed=5)
    return folder


def written(company: Path, to: Path, row: dict[str, str]) -> Path:
    """The company with its tables in the states of a row."""
    sections = re.split(r"(?m)^(?=\[tables\.)", (company / "source.toml").read_text(encoding="utf-8"))
    kept = [text for text in sections if row.get(re.sub(r"\[tables\.(\w+)(.|\n)*", r"\1", text)) != "absent"]
    (to / "source.toml").write_text("".join(kept), encoding="utf-8")
    programs = pd.read_csv(company / "programs.csv").head({"empty": 0, "one row": 1}.get(row["programs"], 99))
    for file in company.glob("*.csv"):
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
        if "program" in table:  # of a program that is not there, the contract would speak
            table = table[table["program"].isin([*programs["program"], ""])]
        n = {"empty": 0, "one row": 1}.get(row.get(file.stem), len(table))
        table.head(n).to_csv(to / file.name, index=False)
    return to / "source.toml"


def ran(notebook: Path, source: Path) -> None:
    """Run a notebook's cells one after the other, as its kernel would."""
    names: dict = {"__name__": "__main__"}
    for cell in notebook_file.cells(notebook):
        if cell["cell_type"] == "code":
            exec(compile(cell["source"], notebook.name, "exec"), names)
            if "parameters" in cell["tags"]:
                names |= {"source": str(source), "period": "2026-10"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(state[0] for state in row.values()))
def test_every_notebook_runs(row, company, tmp_path, monkeypatch):
    monkeypatch.setattr(svg, "text_of", lambda canvas, title: "<svg></svg>")
    monkeypatch.chdir(PROJECT / "notebooks")
    source = written(company, tmp_path, row)
    tables, failures = sources.open(source, "2026-10"), {}
    for path in (PROJECT / "notebooks" / f"{name}.ipynb" for name in NOTEBOOKS):
        needs.read(path)
        if execute._of_absent_tables(path, tables) is None:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    ran(path, source)
            except Exception as error:  # noqa: BLE001 - all notebooks that fail are named
                failures[path.stem] = f"{type(error).__name__}: {error}"
    assert failures == {}
