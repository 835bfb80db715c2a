"""Run one notebook with papermill and tell apart how it ended: from exceptions, never from cell metadata."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from traceback import walk_tb

import nbformat

from helpers.display import TABLE_TYPE
from helpers.sources import ROOT


@dataclass
class Outcome:
    """How a notebook ended: status is built, reused or failed; the rest explains it."""

    name: str
    key: str
    status: str = "built"
    seconds: float = 0.0
    title: str = ""
    headline: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    reason: str = ""
    heading: str = ""
    source: str = ""
    traceback: str = ""


def prepare_environment() -> None:
    """What every kernel inherits: this checkout's helpers first, and this environment's kernel before the user's."""
    path = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path))
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    # Notebooks run side by side, a core each. A thread a core for the small matrices of each would spin for the others'
    # cores, and add up in another order on another machine.
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(threads, "1")


def execute(notebook: Path, to: Path, values: dict, outcome: Outcome, bar: dict | bool) -> nbformat.NotebookNode | None:
    """Run `notebook` with `values`, write what it became to `to`, and record in `outcome` how it went.

    Returns the executed notebook, or None when it failed.
    """
    # papermill costs a second at import, which a pack of unchanged notebooks need not pay.
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    started = time.monotonic()
    try:
        done = papermill.execute_notebook(
            notebook,
            to,
            parameters=values,
            progress_bar=bar,
            request_save_on_cell_execute=False,
            resources={"metadata": {"path": str(notebook.parent)}},
            shutdown_kernel="immediate",
            extra_arguments=["--log-level=40"],
        )
        _refuse_unfinished(done)
        return done
    except PapermillExecutionError as error:
        _fail(outcome, f"{error.ename}: {error.evalue}", error.source, "\n".join(error.traceback))
    except DeadKernelError as error:
        _fail(outcome, "the kernel died (out of memory, or killed)", _running_cell(error))
    except CellTimeoutError as error:
        _fail(outcome, f"a cell ran past its time limit: {str(error).splitlines()[0]}", _running_cell(error))
    except _UnfinishedError as error:
        _fail(outcome, str(error), error.source)
    except Exception as error:  # noqa: BLE001 - one notebook's failure, whatever it is, must not stop the others
        _fail(outcome, f"{type(error).__name__}: {error}")
    finally:
        outcome.seconds = round(time.monotonic() - started, 2)
        if outcome.status == "failed":
            _describe_failure(notebook, to, outcome)
    return None


class _UnfinishedError(RuntimeError):
    def __init__(self, message: str, source: str):
        super().__init__(message)
        self.source = source


def _refuse_unfinished(done: nbformat.NotebookNode) -> None:
    """papermill takes `sys.exit(0)` for success and leaves a truncated report; it is a failure."""
    for cell in done.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        stopped = any(output.output_type == "error" for output in cell.outputs)
        if stopped or cell.execution_count is None:
            why = "the notebook was ended by sys.exit()" if stopped else "the notebook stopped before this cell"
            raise _UnfinishedError(why, cell.source)


def _running_cell(error: Exception) -> str:
    """The source of the cell that ran when the kernel was lost: only papermill's loop over the cells knows it."""
    for frame, _ in walk_tb(error.__traceback__):
        if frame.f_code.co_name == "papermill_execute_cells":
            return frame.f_locals["cell"].source
    return ""


def _fail(outcome: Outcome, reason: str, source: str = "", traceback: str = "") -> None:
    outcome.status, outcome.source, outcome.traceback = "failed", source, traceback
    outcome.reason = " ".join(reason.split())[:2000]


def _describe_failure(notebook: Path, to: Path, outcome: Outcome) -> None:
    """Name the heading above the failed cell, and leave the notebook as far as it got."""
    if not to.exists():
        to.write_bytes(notebook.read_bytes())
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            outcome.heading = cell.source.splitlines()[0].lstrip("# ")
        if outcome.source and cell.source == outcome.source:
            return
    outcome.heading = ""


def take_tables(done: nbformat.NotebookNode) -> dict[str, str]:
    """The tables that an executed notebook carries, as CSV text by name; they are removed from it."""
    found = {}
    for cell in done.cells:
        for output in cell.get("outputs", []):
            carried = output.get("data", {}).pop(TABLE_TYPE, None)
            if carried:
                found[carried["name"]] = carried["csv"]
    return found
