"""Which copy of the project this is, and that a notebook is not run with the helpers of another."""

from pathlib import Path

from helpers.errors import Refused

ROOT = Path(__file__).resolve().parents[2]


def refuse_other() -> None:
    """`Refused` where the notebook lies in another copy of the project: it would show this copy's numbers."""
    here = Path.cwd().resolve()
    for folder in (here, *here.parents[:2]):
        if (folder / "helpers").is_dir() and (folder / "notebooks").is_dir() and folder != ROOT:
            raise Refused(
                f"this notebook lies in {folder}, but its helpers come from {ROOT}. Install this copy with "
                f"`pip install -e {folder}` in the environment of the kernel, restart the kernel, and run again"
            )
