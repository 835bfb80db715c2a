"""From notebooks to the pack of a period; none reads another's output, and a failing one does not stop the others."""

import io
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import nbformat

from helpers.commands import html, notebook_file, stopping
from helpers.commands.report import execute, lacking, mail, manifest, pack, parameters, pdf, reuse, revisions
from helpers.commands.report.execute import Outcome
from helpers.commands.report.forks import Forks
from helpers.commands.report.front import page as first_page
from helpers.commands.report.kernels import Kernels
from helpers.commands.report.log import Voice
from helpers.commands.report.pack import Unwritten
from helpers.errors import Refused, did_you_mean
from helpers.periods import Period
from helpers.sources import Tables


@dataclass(frozen=True)
class Request:
    """One pack to build; `values` are checked, `out` is the folder that holds the periods' folders.

    `others` are notebooks that are not rendered but taken over from the last pack where nothing has changed. `timeout`
    is the seconds that a cell may take, None for as long as it likes. `pdf`, `xlsx` and `email`
    ask for `report.pdf`, `report.xlsx` and `report.eml` (to these addresses), too; `company` is the name at the head of
    each page. `doubts` asks what `check` doubts about the source, if any page is made anew.
    `keep` is how many earlier versions of the period stay (see `revisions`), `forks` starts kernels faster.
    """

    period: Period
    source: Path
    out: Path
    notebooks: tuple[Path, ...]
    values: dict[str, object]
    jobs: int
    fresh: bool = False
    others: tuple[Path, ...] = ()
    timeout: int | None = None
    pdf: bool = False
    xlsx: bool = False
    email: str | None = None
    company: str = ""
    doubts: Callable[[], tuple[str, ...]] = tuple
    keep: int = 5
    forks: Forks | None = None


@dataclass(frozen=True)
class Built:
    """A pack that is in its place: `folder` is `<period>`, or `<period>.failed` where a notebook failed."""

    folder: Path
    outcomes: list[Outcome]
    doubts: tuple[str, ...] = ()
    headline: list[dict] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether no notebook failed."""
        return all(outcome.status != "failed" for outcome in self.outcomes)


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


def build(request: Request, tables: Tables, voice: Voice) -> Built:
    """Build one pack and put it in place.

    With a failure the pack is put at `<period>.failed/`, so that the last good one stays what readers see.
    Raises `pack.Locked` when another run is building the same period, `Unwritten` when the disk is full.
    """
    execute.prepare_environment()
    good, failed = pack.places(request.out, str(request.period))
    try:
        with pack.building(request.out, good.name, voice.say) as folder:
            built = _filled(folder, request, tables, voice)
            if built.is_good:
                revisions.keep(good, manifest.read(folder).get("replaces", ""))
            pack.put_in_place(folder, built.folder, (failed,) if built.is_good else (), voice.say)
            revisions.drop(good, request.keep, voice.say)
    except Refused as error:
        raise Unwritten(str(error)) from error
    except OSError as error:
        raise Unwritten(f"{good} could not be written: {error}") from error
    return built


def _filled(folder: Path, request: Request, tables: Tables, voice: Voice) -> Built:
    for name in ("notebooks", "tables", ".tables"):
        (folder / name).mkdir()
    facts = reuse.facts(request.period, request.source, request.values, tables)
    work = _Work(request, folder, facts, voice, tables)
    outcomes = sorted([*work.done(), *work.kept()], key=lambda outcome: outcome.name)
    _refuse_other_data(outcomes, facts, tables)
    _gather_tables(outcomes, request, folder, voice)
    good, failed = pack.places(request.out, str(request.period))
    built = Built(good, outcomes, _doubts(request, outcomes))
    built = built if built.is_good else replace(built, folder=failed)
    _link_pages(outcomes, folder)
    for outcome in outcomes:
        reuse.seal(outcome, folder)
    facts["notebook_files"] = {path.stem: manifest.content(path)[:16] for path in (*request.notebooks, *request.others)}
    if built.is_good:
        facts |= revisions.facts(folder, good, facts, outcomes, datetime.now(UTC))
    status = {"status": "ok" if built.is_good else "failed", "notes": notes(request, outcomes)}
    status["doubts"], status["left_out"] = list(built.doubts), left_out(request, outcomes)
    return replace(built, headline=_write_front(folder, request, facts | status, outcomes, voice))


def _doubts(request: Request, outcomes: list[Outcome]) -> tuple[str, ...]:
    """What is doubtful about the source: as the last pack says where nothing has changed since, else asked again."""
    is_unchanged = all(outcome.status == "reused" for outcome in outcomes)
    last = reuse.last_doubts(request.out / str(request.period)) if is_unchanged else None
    if last is not None:
        return last
    try:
        return request.doubts()
    except Refused as error:  # the pages are made, and a source that went away since is said on them
        return (f"the source could not be asked: {error}",)


def _refuse_other_data(outcomes: list[Outcome], facts: dict, tables: Tables) -> None:
    """Pages of one pack that show different states of the data contradict one another."""
    marks = {name: table["fingerprint"] for name, table in facts["source"]["tables"].items()}
    if any(outcome.status != "reused" for outcome in outcomes):
        tables.refuse_changed(tables.changed(marks))


class _Work:
    """The notebooks of one pack, side by side."""

    def __init__(self, request: Request, folder: Path, facts: dict, voice: Voice, tables: Tables):
        self.request, self.folder, self.facts, self.voice, self.tables = request, folder, facts, voice, tables
        self.last = reuse.last_outcomes(reversed(pack.places(request.out, str(request.period))))
        self.kernels = Kernels(request.forks)

    def done(self) -> list[Outcome]:
        """How each notebook ended. A signal, or a disk that is full, ends the kernels at once."""
        # The longest first, as far as it is known: begun last, it would run alone while the other cores idle.
        took = {last.name: last.cell_seconds for last, _ in reversed(self.last) if last.cell_seconds}
        order = sorted(self.request.notebooks, key=lambda path: -took.get(path.stem, float("inf")))
        with ThreadPoolExecutor(max_workers=self.request.jobs) as threads:
            jobs = [threads.submit(self._one, path) for path in order]
            try:
                return [job.result() for job in jobs]
            except BaseException:
                with stopping.undisturbed():
                    self.kernels.end(jobs)
                raise

    def kept(self) -> list[Outcome]:
        """The notebooks that were not asked for, as the last pack has them, where nothing has changed."""
        kept = [outcome for path in self.request.others if (outcome := self._taken_over(path, self._key(path)))]
        there = {last.name for last, _ in self.last}
        if left := [name for name in left_out(self.request, kept) if name in there]:
            self.voice.say(f"left out, since their pages would differ by now: {', '.join(left)}; run without --only")
        return kept

    def _key(self, path: Path) -> str:
        return reuse.key(path, _own_values(path, self.request), self.facts)

    def _one(self, path: Path) -> Outcome:
        key = self._key(path)
        outcome = None if self.request.fresh else self._taken_over(path, key)
        if outcome is None:
            outcome = self._built(path, key)
        why = f": {outcome.reason}" if outcome.reason else ""
        self.voice.say(f"{outcome.name}: {outcome.status} in {outcome.seconds:.1f} s{why}")
        return outcome

    def _taken_over(self, path: Path, key: str) -> Outcome | None:
        """The same notebook of the last pack, good or failed, if nothing that it depends on has changed since."""
        for last, place in self.last:
            if (last.name, last.key) == (path.stem, key):
                if reuse.taken_over(last, place, self.folder):
                    return Outcome(**{**asdict(last), "status": "reused", "seconds": 0.0})
                self.voice.say(f"{path.stem}: not as it was written to {place}, so it is done again")
        return None

    def _built(self, path: Path, key: str) -> Outcome:
        request, outcome = self.request, Outcome(path.stem, key)
        values = {"period": str(request.period), "source": str(request.source), **_own_values(path, request)}
        bar = {"desc": path.stem.ljust(24), "leave": False}
        options = {"progress_bar": bar if self.voice.has_bars else False, "execution_timeout": request.timeout}
        done = lacking.page(path, self.tables)
        if done is None:
            if request.forks is not None:
                request.forks.begin()
            self.tables.hand_over()
            done = execute.execute(path, self.folder / "notebooks" / path.name, values, outcome, options, self.kernels)
        else:
            outcome.reason = html.headline(done)[0]
        outcome.title = notebook_file.title(done.cells if done else notebook_file.cells(path), path.stem)
        try:
            _write_notebook(done, outcome, request, self.folder)
        except Exception as error:  # noqa: BLE001 - a page that cannot be made is a failure of its notebook alone
            outcome.status, outcome.headline, outcome.tables = "failed", [], []
            outcome.reason = f"its page could not be made: {type(error).__name__}: {error}"
            _write_notebook(None, outcome, request, self.folder)
        return outcome


def left_out(request: Request, outcomes: list[Outcome]) -> list[str]:
    """The notebooks that `--only` leaves out of the pack: their pages would differ by now, or were never made."""
    return sorted({path.stem for path in request.others} - {outcome.name for outcome in outcomes})


def notes(request: Request, outcomes: list[Outcome]) -> list[str]:
    """What a reader must know of the pages together: which of them show one segment alone, and which show everyone."""
    segment, shown = request.values.get("segment", ""), {outcome.name for outcome in outcomes}
    paths = [path for path in (*request.notebooks, *request.others) if path.stem in shown]
    alone = {path.stem for path in paths if segment and "segment" in _own_values(path, request)}
    rest = ", ".join(sorted(shown - alone))
    alone_text = f"Only segment {segment} is shown in: {', '.join(sorted(alone))}."
    return [alone_text + (f" All accounts are shown in: {rest}." if rest else "")] if alone else []


def _own_values(path: Path, request: Request) -> dict[str, object]:
    known = parameters.read(path)
    return {name: value for name, value in request.values.items() if name in known}


def _write_notebook(done: nbformat.NotebookNode | None, outcome: Outcome, request: Request, folder: Path) -> None:
    """The page, the tables and the executed notebook of one outcome."""
    period = request.period
    head = {"period": str(period), "as_of": period.as_of.isoformat(), "company": request.company}
    if done is None:
        text = html.failure_page(asdict(outcome), head)
    else:
        outcome.headline, tables = html.headline(done), execute.take_tables(done)
        nbformat.write(done, folder / "notebooks" / f"{outcome.name}.ipynb")
        text = html.notebook_page(done, outcome.name, head, tables)
        own = folder / ".tables" / outcome.name
        own.mkdir(exist_ok=True)
        for name, rows in tables.items():
            outcome.tables.append(name)
            (own / f"{name}.csv").write_text(rows, encoding="utf-8", newline="")
    (folder / f"{outcome.name}.html").write_text(text, encoding="utf-8")


def _gather_tables(outcomes: list[Outcome], request: Request, folder: Path, voice: Voice) -> None:
    """Put every notebook's tables into `tables/`; one that saves another's table has failed."""
    owners = {revisions.NAME: "the report"}
    for outcome in outcomes:
        taken = [name for name in outcome.tables if name in owners]
        if taken:
            outcome.status, outcome.headline, outcome.tables = "failed", [], []
            outcome.reason = f"{owners[taken[0]]} already saves tables/{taken[0]}.csv; rename one of the two"
            _write_notebook(None, outcome, request, folder)
            voice.say(f"{outcome.name}: failed: {outcome.reason}")
        for name in outcome.tables:
            owners[name] = outcome.name
            (folder / ".tables" / outcome.name / f"{name}.csv").rename(folder / "tables" / f"{name}.csv")
    shutil.rmtree(folder / ".tables")


def _link_pages(outcomes: list[Outcome], folder: Path) -> None:
    """Lead each page to the one before it and the one after it in this pack, whichever those are."""
    names = [("index", "The report"), *((outcome.name, outcome.title) for outcome in outcomes), None]
    for outcome, before, after in zip(outcomes, names, names[2:], strict=False):
        page = folder / f"{outcome.name}.html"
        page.write_text(html.turned(page.read_text(encoding="utf-8"), before, after), encoding="utf-8")


def _write_front(folder: Path, request: Request, facts: dict, outcomes: list[Outcome], voice: Voice) -> list[dict]:
    """The first page in each of its forms, from the tagged cells and `tables/` alone; returns its headline numbers."""
    made = facts | {"notebooks": [asdict(outcome) for outcome in outcomes]}
    asked = {"report.pdf": request.pdf, "report.xlsx": request.xlsx, "report.eml": request.email is not None}
    extras = tuple(name for name, is_asked in asked.items() if is_asked)
    said = first_page.parts(folder, made, request.period, request.out, extras)
    made["headline"] = [tile.as_json() for tile in said["tiles"]]
    for name, text in first_page.texts(folder, made, request.period, said).items():
        (folder / name).write_text(text, encoding="utf-8")
    if request.pdf:
        for sentence in pdf.write(folder, made):
            voice.say(sentence)
    if request.xlsx:
        from helpers.commands.report import workbook  # brings XlsxWriter

        workbook.write(folder, made, said)
    if request.email is not None:
        mail.write(folder, made, said, request.email)
    (folder / manifest.FILE).write_text(manifest.sealed(made, folder), encoding="utf-8")
    return made["headline"]


def listing(found: tuple[Path, ...]) -> str:
    """Each notebook with its parameters, their defaults and what they mean."""
    text = io.StringIO()
    for path in found:
        title = notebook_file.title(notebook_file.cells(path), path.stem)
        print(f"{path.stem}: {title}", file=text)
        for parameter in parameters.read(path).values():
            print(f"    {parameter.name} = {parameter.default!r}  {parameter.about}".rstrip(), file=text)
    return text.getvalue()


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
