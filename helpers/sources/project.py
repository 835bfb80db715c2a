"""Which copy of the project this is, which source it reads by default, and that no other copy's notebook is run."""

import os
from pathlib import Path

from helpers.sources.refusals import refuse

ROOT = Path(__file__).resolve().parents[2]
DEFAULT, SOURCE_VARIABLE = "data/sample/source.toml", "AFTER_THE_DEAL_SOURCE"


def default() -> str:
    """The source of who names none: that of the variable AFTER_THE_DEAL_SOURCE, else the sample company's.

    `Refused` where that variable is set and empty: a setting that failed must not show made-up numbers.
    """
    place = os.environ.get(SOURCE_VARIABLE, DEFAULT).strip()
    refuse("source_variable", not place, name=SOURCE_VARIABLE)
    return place


def refuse_other() -> None:
    """`Refused` where the notebook lies in another copy of the project: it would show this copy's numbers."""
    here = Path.cwd().resolve()
    for folder in (here, *here.parents[:2]):
        is_copy = (folder / "helpers").is_dir() and (folder / "notebooks").is_dir()
        refuse("other_copy", is_copy and folder != ROOT, folder=folder, root=ROOT)
