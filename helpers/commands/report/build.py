"""From notebooks to the pack of a period; none reads another's output, and a failing one does not stop the others.

Where nothing has changed, nothing is imported that only makes pages (papermill, nbconvert, the first page).
"""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from helpers.commands import notebook_file, stopping
from helpers.commands.report import manifest, pack, parameters, reuse, revisions
from helpers.commands.report.forks import Forks
from helpers.commands.report.kernels import Kernels, prepare_environment
from helpers.commands.report.log import Voice
from helpers.commands.report.manifest import Outcome
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

    @property
    def head(self) -> dict[str, str]:
        """The head of each page, as `html` wants it."""
        return {"period": str(self.period), "as_of": self.period.as_of.isoformat(), "company": self.company}

    def values_of(self, notebook: Path) -> dict[str, object]:
        """The values of the parameters that a notebook has."""
        return {name: value for name, value in self.values.items() if name in parameters.read(notebook)}


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
    prepare_environment()
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
    work = Work(request, folder, facts, voice, tables)
    outcomes = sorted([*work.done(), *work.kept()], key=lambda outcome: outcome.name)
    if any(outcome.status != "reused" for outcome in outcomes):
        # Pages of one pack that show different states of the data would contradict one another.
        tables.refuse_changed(
            tables.changed({name: table["fingerprint"] for name, table in facts["source"]["tables"].items()})
        )
    _gather_tables(outcomes, request, folder, voice)
    good, failed = pack.places(request.out, str(request.period))
    last = manifest.read(good)
    if not (is_unchanged := reuse.is_unchanged(outcomes, last)):
        _finish_pages(outcomes, folder)
    facts["notebook_files"] = {path.stem: manifest.content(path)[:16] for path in (*request.notebooks, *request.others)}
    facts["left_out"] = sorted({path.stem for path in request.others} - {outcome.name for outcome in outcomes})
    is_good = all(outcome.status != "failed" for outcome in outcomes)
    if is_good:
        facts |= revisions.facts(folder, good, facts, outcomes, datetime.now(UTC))
    doubts = _doubts(request, outcomes)
    facts |= {"status": "ok" if is_good else "failed", "notes": notes(request, outcomes), "doubts": list(doubts)}
    made = facts | {"notebooks": [asdict(outcome) for outcome in outcomes]}
    extras = (request.pdf, request.xlsx, request.email is not None)
    made["front"] = reuse.front_key(made, request.out / str(request.period.previous), extras)
    if is_unchanged and not any(extras) and not request.fresh and reuse.has_front(made["front"], last, good, folder):
        made["headline"] = last["headline"]
    else:
        from helpers.commands.report import cover

        for sentence in cover.write(folder, request, made):
            voice.say(sentence)
    (folder / manifest.FILE).write_text(manifest.sealed(made, folder), encoding="utf-8")
    return Built(good if is_good else failed, outcomes, doubts, made["headline"])


def _finish_pages(outcomes: list[Outcome], folder: Path) -> None:
    from helpers.commands.report import cover

    cover.link_pages(outcomes, folder)
    for outcome in outcomes:
        reuse.seal(outcome, folder)


def _doubts(request: Request, outcomes: list[Outcome]) -> tuple[str, ...]:
    """What is doubtful about the source: as the last pack says where nothing has changed since, else asked again."""
    are_reused = all(outcome.status == "reused" for outcome in outcomes)
    last = reuse.last_doubts(request.out / str(request.period)) if are_reused else None
    if last is not None:
        return last
    try:
        return request.doubts()
    except Refused as error:  # the pages are made, and a source that went away since is said on them
        return (f"the source could not be asked: {error}",)


class Work:
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
        there = {path.stem for path in self.request.others} & {last.name for last, _ in self.last}
        if left := sorted(there - {outcome.name for outcome in kept}):
            self.voice.say(f"left out, since their pages would differ by now: {', '.join(left)}; run without --only")
        return kept

    def _key(self, path: Path) -> str:
        return reuse.key(path, self.request.values_of(path), self.facts)

    def _one(self, path: Path) -> Outcome:
        key = self._key(path)
        outcome = None if self.request.fresh else self._taken_over(path, key)
        if outcome is None:
            from helpers.commands.report import execute

            outcome = execute.made(path, key, self)
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


def notes(request: Request, outcomes: list[Outcome]) -> list[str]:
    """What a reader must know of the pages together: which of them show one segment alone, and which show everyone."""
    segment, shown = request.values.get("segment", ""), {outcome.name for outcome in outcomes}
    paths = [path for path in (*request.notebooks, *request.others) if path.stem in shown]
    alone = {path.stem for path in paths if segment and "segment" in request.values_of(path)}
    rest = ", ".join(sorted(shown - alone))
    alone_text = f"Only segment {segment} is shown in: {', '.join(sorted(alone))}."
    return [alone_text + (f" All accounts are shown in: {rest}." if rest else "")] if alone else []


def _gather_tables(outcomes: list[Outcome], request: Request, folder: Path, voice: Voice) -> None:
    """Put every notebook's tables into `tables/`; one that saves another's table has failed."""
    owners = {revisions.NAME: "the report"}
    for outcome in outcomes:
        taken = [name for name in outcome.tables if name in owners]
        if taken:
            from helpers.commands.report import execute

            why = f"{owners[taken[0]]} already saves tables/{taken[0]}.csv; rename one of the two"
            execute.write_failed(outcome, why, folder, request.head)
            voice.say(f"{outcome.name}: failed: {outcome.reason}")
        for name in outcome.tables:
            owners[name] = outcome.name
            (folder / ".tables" / outcome.name / f"{name}.csv").rename(folder / "tables" / f"{name}.csv")
    shutil.rmtree(folder / ".tables")


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
