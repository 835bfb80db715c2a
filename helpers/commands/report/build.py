"""From notebooks to the pack of a period; none reads another's output, and a failing one does not stop the others.

Where nothing has changed, nothing is imported that reads data or makes pages (pandas, DuckDB, papermill, nbconvert).
"""

import os
import shutil
from argparse import Namespace
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from helpers import sources
from helpers.commands import notebook_file, stopping
from helpers.commands.report import manifest, pack, parameters, reuse, revisions
from helpers.commands.report.kernels import Forks, Kernels, environment
from helpers.commands.report.log import Voice
from helpers.commands.report.manifest import Outcome
from helpers.commands.report.pack import Unwritten
from helpers.errors import Refused, did_you_mean
from helpers.periods import Period


@dataclass(frozen=True)
class Request:
    """One pack to build: `facts` is what it is made from (`reuse.State`), `out` holds the periods' folders.

    `tables` are read where a notebook has to run. `options` are those of the command, checked: fresh, jobs, timeout,
    keep, pdf, xlsx, email. `others` are notebooks that are not rendered but taken over from the last pack where nothing
    has changed. `doubts` asks what `check` doubts about the source, if any page is made anew, or always where it `asks`
    of data that is no table of ours. `forks` starts kernels.
    """

    period: Period
    source: Path
    out: Path
    notebooks: tuple[Path, ...]
    facts: dict
    tables: Callable[[], "sources.Tables"]
    options: Namespace
    others: tuple[Path, ...] = ()
    doubts: Callable[[], tuple[str, ...]] = tuple
    forks: Forks | None = None
    asks: bool = False

    def values_of(self, notebook: Path) -> dict[str, object]:
        """The values of the parameters that a notebook has."""
        declared = parameters.read(notebook)
        return {name: value for name, value in self.facts["parameters"].items() if name in declared}


def notebooks(only: list[str] | None = None, folder: Path = notebook_file.NOTEBOOKS) -> tuple[Path, ...]:
    """The notebooks of the pack, in order: `NN_name.ipynb` from 10 up; `only` names some by number or name.

    `Refused` for one that does not exist. The template (00) is rendered only when it is asked for.
    """
    found = notebook_file.numbered(folder)
    if not only:
        return tuple(path for name, path in found.items() if int(name[:2]) >= 10)
    chosen = []
    for wanted in [name.strip() for text in only for name in text.split(",")]:
        names = [name for name in found if wanted in (name, name[:2], name[3:], f"{name}.ipynb")]
        if not names:
            raise Refused(f"--only {wanted}: no such notebook; {did_you_mean(wanted, found)}")
        chosen += names
    return tuple(found[name] for name in sorted(set(chosen)))


def build(request: Request, voice: Voice) -> tuple[Path, dict]:
    """Build one pack and put it in place; returns its folder and its manifest, whose status is ok or failed.

    With a failure the pack is put at `<period>.failed/`, so that the last good one stays what readers see.
    Raises `pack.Locked` when another run is building the same period, `Unwritten` when the disk is full.
    """
    good, failed = pack.places(request.out, str(request.period))
    try:
        with pack.building(request.out, good.name, voice.say) as folder:
            made = _filled(folder, request, voice)
            place, ended = (good, (failed,)) if made["status"] == "ok" else (failed, ())
            if ended:
                revisions.keep(good, made.get("replaces", ""))
            pack.put_in_place(folder, place, ended, voice.say)
            revisions.drop(good, request.options.keep, voice.say)
    except Refused as error:
        stopping.heed()
        raise Unwritten(str(error)) from error
    except OSError as error:
        raise Unwritten(f"{good} could not be written: {error}") from error
    return place, made


def _filled(folder: Path, request: Request, voice: Voice) -> dict:
    """The notebooks' pages and tables, then what rests on all of them; returns the manifest."""
    for name in ("notebooks", "tables", ".tables"):
        (folder / name).mkdir()
    work = Work(request, folder, voice)
    outcomes = sorted([*work.done(), *work.kept()], key=lambda outcome: outcome.name)
    _gather_tables(outcomes, work)
    good = request.out / str(request.period)
    last, options = manifest.untouched(good), request.options
    is_unchanged = reuse.is_unchanged(outcomes, last)
    if not is_unchanged:
        from helpers.commands import html

        html.link_pages([(outcome.name, outcome.title) for outcome in outcomes], folder)
        for outcome in outcomes:
            reuse.seal(outcome, folder)
    paths = (*request.notebooks, *request.others)
    made = request.facts | {"notebook_files": {path.stem: manifest.content(path)[:16] for path in paths}}
    made["left_out"] = sorted({path.stem for path in request.others} - {outcome.name for outcome in outcomes})
    is_good = all(outcome.status != "failed" for outcome in outcomes)
    if is_good:
        made |= revisions.facts(folder, good, made, outcomes, datetime.now(UTC))
    made |= {"status": "ok" if is_good else "failed", "notes": notes(request, outcomes)}
    # As the last pack says where nothing has changed since.
    is_known = not request.asks and all(outcome.status == "reused" for outcome in outcomes)
    said = last.get("doubts") if is_known else work.doubts
    made["doubts"] = said if isinstance(said, list) else _doubts(request)
    made["notebooks"] = [asdict(outcome) for outcome in outcomes]
    asked = {"report.pdf": options.pdf, "report.xlsx": options.xlsx, "report.eml": options.email is not None}
    extras = tuple(name for name in asked if asked[name])
    made["front"] = reuse.front_key(made, request.out / str(request.period.previous), extras)
    if is_unchanged and not extras and not options.fresh and reuse.has_front(made["front"], last, good, folder):
        made["headline"] = last["headline"]
    else:
        _write_front(folder, request, made, extras, voice)
    (folder / manifest.FILE).write_text(manifest.sealed(made, folder), encoding="utf-8")
    return made


def _write_front(folder: Path, request: Request, made: dict, extras: Sequence[str], voice: Voice) -> None:
    """Write what the pack opens with, in each of its forms, and add its headline numbers to the manifest `made`.

    It rests on the tagged cells and `tables/` alone.
    """
    from helpers.commands.report import mail, pdf
    from helpers.commands.report.front import page

    said = page.parts(folder, made, request.period, request.out, extras)
    made["headline"] = [tile.as_json() for tile in said["tiles"]]
    for name, text in page.texts(folder, made, request.period, said).items():
        (folder / name).write_text(text, encoding="utf-8")
    if "report.xlsx" in extras:
        from helpers.commands.report import workbook  # brings XlsxWriter

        workbook.write(folder, made, said)
    if mail.FILE in extras:
        mail.write(folder, made, said, request.options.email)
    for sentence in pdf.write(folder, made) if pdf.FILE in extras else ():
        voice.say(sentence)


def _doubts(request: Request) -> list[str]:
    try:
        return list(request.doubts())
    except Refused as error:  # the pages are made, and a source that went away since is said on them
        stopping.heed()
        return [f"the source could not be asked: {error}"]


class Work:
    """The notebooks of one pack, side by side."""

    def __init__(self, request: Request, folder: Path, voice: Voice):
        self.request, self.folder, self.voice = request, folder, voice
        self.doubts: list[str] | None = None
        self.last = reuse.last_outcomes(reversed(pack.places(request.out, str(request.period))))

    @cached_property
    def tables(self) -> "sources.Tables":
        """The data, as it was when the facts of this pack were settled."""
        tables, of = self.request.tables(), self.request.facts["source"]["tables"]
        marks = tables.fingerprints()
        tables.refuse_changed([name for name, mark in marks.items() if of.get(name, {}).get("fingerprint") != mark])
        return tables

    @cached_property
    def kernels(self) -> Kernels:
        """The kernels that run the notebooks."""
        os.environ.update(environment())
        return Kernels(self.request.forks)

    def done(self) -> list[Outcome]:
        """How each notebook ended. A signal, or a disk that is full, ends the kernels at once."""
        kept = [] if self.request.options.fresh else list(map(self._taken_over, self.request.notebooks))
        kept = [self._said(outcome) for outcome in kept if outcome]
        left = [path for path in self.request.notebooks if path.stem not in {outcome.name for outcome in kept}]
        if not left:
            return kept
        tables, kernels = self.tables, self.kernels
        tables.hand_over()
        # The longest first, as far as it is known: begun last, it would run alone while the other cores idle.
        took = {last.name: last.cell_seconds for last, _ in reversed(self.last) if last.cell_seconds}
        took = {name: seconds for name, seconds in took.items() if isinstance(seconds, float)}  # nobody edited it
        left.sort(key=lambda path: -took.get(path.stem, float("inf")))
        with ThreadPoolExecutor(max_workers=self.request.options.jobs or cores()) as threads:
            jobs = [threads.submit(self._made, path) for path in left]
            try:
                self.doubts = _doubts(self.request)  # asked meanwhile
                made = [job.result() for job in jobs]
            except BaseException:
                with stopping.undisturbed():
                    kernels.end(jobs)
                raise
        # Pages of one pack that show different states of the data would contradict one another.
        tables.refuse_changed(tables.changed(tables.fingerprints()))
        return [*kept, *made]

    def kept(self) -> list[Outcome]:
        """The notebooks that were not asked for, as the last pack has them, where nothing has changed."""
        kept = list(filter(None, map(self._taken_over, self.request.others)))
        there = {path.stem for path in self.request.others} & {last.name for last, _ in self.last}
        if left := sorted(there - {outcome.name for outcome in kept}):
            self.voice.say(f"left out, since their pages would differ by now: {', '.join(left)}; run without --only")
        return kept

    def _key(self, path: Path) -> str:
        return reuse.key(path, self.request.values_of(path), self.request.facts)

    def _made(self, path: Path) -> Outcome:
        from helpers.commands.report import execute

        return self._said(execute.made(path, self._key(path), self))

    def _said(self, outcome: Outcome) -> Outcome:
        why = f": {outcome.reason}" if outcome.reason else ""
        self.voice.say(f"{outcome.name}: {outcome.status} in {outcome.seconds:.1f} s{why}")
        return outcome

    def _taken_over(self, path: Path) -> Outcome | None:
        """The same notebook of the last pack, good or failed, if nothing that it depends on has changed since."""
        key = self._key(path)
        for last, place in self.last:
            if (last.name, last.key) == (path.stem, key):
                if reuse.taken_over(last, place, self.folder):
                    return replace(last, status="reused", seconds=0.0)
                self.voice.say(f"{path.stem}: not as it was written to {place}, so it is done again")
        return None


def notes(request: Request, outcomes: list[Outcome]) -> list[str]:
    """What a reader must know of the pages together: which of them show one segment alone, and which show everyone."""
    segment, shown = request.facts["parameters"].get("segment", ""), {outcome.name for outcome in outcomes}
    paths = [path for path in (*request.notebooks, *request.others) if path.stem in shown]
    alone = {path.stem for path in paths if segment and "segment" in request.values_of(path)}
    rest = f" All accounts are shown in: {', '.join(sorted(shown - alone))}." if shown - alone else ""
    return [f"Only segment {segment} is shown in: {', '.join(sorted(alone))}.{rest}"] if alone else []


def _gather_tables(outcomes: list[Outcome], work: Work) -> None:
    """Put every notebook's tables into `tables/`; one that saves another's table has failed."""
    owners, folder = {revisions.NAME: "the report"}, work.folder
    for outcome in outcomes:
        taken = [name for name in outcome.tables if name in owners]
        whys = [f"{owners[name]} already saves tables/{name}.csv; rename one of the two" for name in taken]
        if outcome.status == "built":
            from helpers.commands.report.front import signals

            whys += [signals.misnamed(folder / ".tables" / outcome.name, name) for name in outcome.tables]
        if any(whys):
            from helpers.commands.report import execute

            execute.write_failed(outcome, next(filter(None, whys)), work)
            work.voice.say(f"{outcome.name}: failed: {outcome.reason}")
        for name in outcome.tables:
            owners[name] = outcome.name
            (folder / ".tables" / outcome.name / f"{name}.csv").rename(folder / "tables" / f"{name}.csv")
    shutil.rmtree(folder / ".tables")


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
