"""Run one notebook with papermill and say how it ended: from exceptions, never from cell metadata; and its page."""

import time
from dataclasses import asdict
from pathlib import Path
from traceback import walk_tb

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from papermill.exceptions import PapermillExecutionError

from helpers import formats, sources
from helpers.commands import html, needs, notebook_file
from helpers.commands.report.log import short, shortened
from helpers.commands.report.manifest import Outcome
from helpers.errors import NO_MEMORY
from helpers.tabular import TABLE_TYPE

# As much of what a cell prints is kept: a loop that prints 50 MB would make its page and its notebook unusable.
LONGEST_TEXT = 20_000
# Seconds until all that a cell put out must have come: papermill's 4 are too few for 50 MB on a busy machine.
LATEST_OUTPUT = 120


def made(notebook: Path, key: str, work) -> Outcome:
    """Run a notebook of `work` (`build.Work`) and write its page, its tables and what it became into the new pack."""
    outcome = Outcome(notebook.stem, key)
    if done := _of_absent_tables(notebook, work.tables):
        outcome.reason = html.headline(done)[0]
    else:
        done = execute(notebook, outcome, work)
    outcome.title = notebook_file.title(done.cells if done else notebook_file.cells(notebook), notebook.stem)
    if done is None:
        write_failed(outcome, outcome.reason, work)
        return outcome
    try:
        _write(done, outcome, work)
    except Exception as error:  # noqa: BLE001 - a page that cannot be made is a failure of its notebook alone
        write_failed(outcome, f"its page could not be made: {type(error).__name__}: {error}", work)
    return outcome


def _of_absent_tables(notebook: Path, tables: "sources.Tables") -> nbformat.NotebookNode | None:
    """What the pack has of a notebook whose tables the source does not have: its question, and what is missing.

    None where the source has every table that the title cell needs.
    """
    stated = needs.read(notebook)
    absent = [name for name in stated.needs if not tables.has(name)] if stated else []
    if not absent:
        return None
    said = needs.sentence(absent)
    shown = {"text/plain": said, "text/html": f'<p class="headline mathjax_ignore">{said}</p>'}
    title = new_markdown_cell(notebook_file.cells(notebook)[0]["source"])
    line = new_code_cell(f"# Not run: {said}", metadata={"tags": ["headline"]}, execution_count=1)
    line.outputs = [new_output("display_data", data=shown)]
    return new_notebook(cells=[title, line], metadata={"kernelspec": notebook_file.KERNEL})


def _write(done: nbformat.NotebookNode, outcome: Outcome, work) -> None:
    """The page, the tables and the executed notebook of one outcome."""
    outcome.headline, tables = html.headline(done), take_tables(done)
    nbformat.write(done, work.folder / "notebooks" / f"{outcome.name}.ipynb")
    text = html.notebook_page(done, outcome.name, html.head_of(work.request.facts), tables)
    own = work.folder / ".tables" / outcome.name
    own.mkdir(exist_ok=True)
    for name, rows in tables.items():
        outcome.tables.append(name)
        (own / f"{name}.csv").write_text(rows, encoding="utf-8", newline="")
    (work.folder / f"{outcome.name}.html").write_text(text, encoding="utf-8")


def write_failed(outcome: Outcome, why: str, work) -> None:
    """Have an outcome be a failure, with the page that says so."""
    from nbconvert.filters import strip_ansi  # half a second that the kernels must not wait for

    outcome.status, outcome.reason, outcome.headline, outcome.tables = "failed", why, [], []
    shown = {part: formats.visible(strip_ansi(text)) for part, text in asdict(outcome).items() if isinstance(text, str)}
    page = html.page("failure.html.j2", **shown, **html.head_of(work.request.facts))
    (work.folder / f"{outcome.name}.html").write_text(page, encoding="utf-8")


def execute(notebook: Path, outcome: Outcome, work) -> nbformat.NotebookNode | None:
    """Run a notebook of `work` (`build.Work`), write what it became to the pack, and record in `outcome` how it went.

    Returns the executed notebook, or None when it failed.
    """
    request, to = work.request, work.folder / "notebooks" / notebook.name
    values = {"period": str(request.period), "source": str(request.source), **request.values_of(notebook)}
    if request.forks is not None:
        request.forks.begin()
    started = time.monotonic()
    try:
        done = papermill.execute_notebook(
            notebook,
            to,
            parameters=values,
            request_save_on_cell_execute=False,
            resources={"metadata": {"path": str(notebook.parent)}},
            shutdown_kernel="immediate",
            kernel_manager_class=work.kernels.manager_class,
            extra_arguments=["--log-level=40"],
            progress_bar={"desc": notebook.stem.ljust(24), "leave": False} if work.voice.has_bars else False,
            execution_timeout=request.options.timeout,
            iopub_timeout=LATEST_OUTPUT,
        )
        outcome.cell_seconds = round(sum(cell.metadata.papermill["duration"] or 0 for cell in done.cells), 2)
        if not (unfinished := _unfinished(done)):
            return _without_folders(_shortened(done), request.source)
        reason, source = unfinished
    except Exception as error:  # noqa: BLE001 - one notebook's failure, whatever it is, must not stop the others
        reason, source, outcome.traceback = _ended(error, request.options.timeout)
    finally:
        outcome.seconds = round(time.monotonic() - started, 2)
    outcome.status, outcome.reason, outcome.source = "failed", " ".join(reason.split())[:2000], source
    _describe_failure(notebook, to, outcome, request.source)
    return None


def _shortened(done: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """What was printed beyond `LONGEST_TEXT` in one cell is cut off, and the cut is said where it was made."""
    for cell in done.cells:
        left, cut = LONGEST_TEXT, 0
        printed = [output for output in cell.get("outputs", []) if output.output_type == "stream"]
        for output in printed:
            output.text, rest = output.text[:left], output.text[left:]
            left, cut = left - len(output.text), cut + len(rest)
        if cut:
            cell.outputs = [output for output in cell.outputs if output.output_type != "stream" or output.text]
            said = f"[{cut:,} more characters were printed; they are left out]\n"
            cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text=f"\n{said}"))
    return done


def _without_folders(done: nbformat.NotebookNode, source: Path) -> nbformat.NotebookNode:
    """The notebook without the folders that papermill, a warning or an error names (see `log.short`)."""
    about = done.metadata.get("papermill", {})
    about |= {name: Path(about[name]).name for name in ("input_path", "output_path") if about.get(name)}
    if "source" in about.get("parameters", {}):
        about["parameters"]["source"] = short(source)
    for cell in done.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace(str(source), short(source))
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = shortened(output.text, source)
            elif output.output_type == "error":
                output.evalue = shortened(output.evalue, source)
                output.traceback = [shortened(line, source) for line in output.traceback]
    return done


def _unfinished(done: nbformat.NotebookNode) -> tuple[str, str] | None:
    """Why a notebook is not whole, and the cell: papermill takes `sys.exit(0)` for success and leaves it cut off."""
    for cell in done.cells:
        if cell.cell_type == "code" and cell.source.strip():
            if any(output.output_type == "error" for output in cell.outputs):
                return "the notebook was ended by sys.exit()", cell.source
            if cell.execution_count is None:
                return "the notebook stopped before this cell", cell.source
    return None


def _ended(error: Exception, timeout: int | None) -> tuple[str, str, str]:
    """What ended a notebook: the reason, the source of the cell that ran, and its traceback."""
    if isinstance(error, PapermillExecutionError):
        return _reason(error), error.source, "\n".join(error.traceback)
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, DeadKernelError):
        reason = "the kernel died (out of memory, or killed)"
    elif isinstance(error, CellTimeoutError) and "IOPub" in str(error):
        reason = f"a cell ended, and what it put out did not come within {LATEST_OUTPUT} s: have it print less"
    elif isinstance(error, CellTimeoutError):
        reason = f"a cell ran past its time limit of {timeout} s (--timeout)"
    return reason, _running_cell(error), ""


def _reason(error: PapermillExecutionError) -> str:
    """What a cell ended with; first that it was memory, which an import that fails for it does not say itself."""
    from nbconvert.filters import strip_ansi  # as in write_failed

    said, lines = f"{error.ename}: {error.evalue}", strip_ansi("\n".join(error.traceback)).splitlines()
    # Lines of source begin with their number: code that names an error has not run into it.
    before = "\n".join(line for line in lines if not line.startswith((" ", "-")))
    lack = error.ename == "MemoryError" or any(words in before for words in NO_MEMORY)
    return f"not enough memory ({said})" if lack else said


def _running_cell(error: Exception) -> str:
    """The source of the cell that ran when the kernel was lost: only papermill's loop over the cells knows it."""
    for frame, _ in walk_tb(error.__traceback__):
        if frame.f_code.co_name == "papermill_execute_cells":
            return frame.f_locals["cell"].source
    return ""


def _describe_failure(notebook: Path, to: Path, outcome: Outcome, source: Path) -> None:
    """Name the heading above the failed cell, and leave the notebook as far as it got."""
    outcome.heading = notebook_file.heading_above(notebook, outcome.source)
    outcome.reason, outcome.traceback = (shortened(text, source) for text in (outcome.reason, outcome.traceback))
    try:
        left = nbformat.read(to, as_version=4)
    except (OSError, ValueError):  # it never began, or the disk was full
        left = nbformat.read(notebook, as_version=4)
    nbformat.write(_without_folders(left, source), to)


def take_tables(done: nbformat.NotebookNode) -> dict[str, str]:
    """The tables that an executed notebook carries, as CSV text by name; they are removed from it."""
    shown = [output.get("data", {}) for output in notebook_file.outputs(done.cells)]
    carried = [data.pop(TABLE_TYPE) for data in shown if TABLE_TYPE in data]
    return {table["name"]: table["csv"] for table in carried}
