"""Which copy of the project this is, which source it reads by default, and that no other copy's notebook is run."""

import os
from pathlib import Path

from helpers.errors import Refused

ROOT = Path(__file__).resolve().parents[2]
DEFAULT, SOURCE_VARIABLE = "data/sample/source.toml", "AFTER_THE_DEAL_SOURCE"


def default() -> str:
    """The source of who names none: that of the variable AFTER_THE_DEAL_SOURCE, else the sample company's.

    `Refused` where that variable is set and empty: a setting that failed must not show made-up numbers.
    """
    place = os.environ.get(SOURCE_VARIABLE, DEFAULT).strip()
    if not place:
        raise Refused(f"{SOURCE_VARIABLE} is empty: name a source file in it, or unset it")
    return place


def refuse_other() -> None:
    """`Refused` where the notebook lies in another copy of the project: it would show this copy's numbers."""
    here = Path.cwd().resolve()
    for folder in (here, *here.parents[:2]):
        if (folder / "helpers").is_dir() and (folder / "notebooks").is_dir() and folder != ROOT:
            raise Refused(
                f"this notebook lies in {folder}, but its helpers come from {ROOT}. Install this copy with "
                f"`pip install -e {folder}` in the environment of the kernel, restart the kernel, and run again"
            )
