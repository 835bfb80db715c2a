"""From notebooks to the pack of a period: `reports/<period>/`, built beside its place and put there at one instant.

Each notebook is a function of (data, parameters); none reads another's output. A failing one does not stop the others.
"""

import contextlib
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import nbformat

from helpers import execution, first_page, pack, pages, parameters, pdf, reference
from helpers.errors import Refused, did_you_mean
from helpers.execution import Outcome
from helpers.periods import Period
from helpers.sources import ROOT, Tables

NOTEBOOKS = ROOT / "notebooks"
_PACKAGES = ("pandas", "numpy", "scipy", "duckdb", "matplotlib", "seaborn", "papermill", "nbconvert", "ipykernel")
_NAME = re.compile(r"\d\d_\w+")


@dataclass(frozen=True)
class Request:
    """One pack to build; `values` are checked, `out` is the folder that holds the periods' folders.

    `others` are notebooks that are not rendered but taken over from the last pack where nothing has changed. `pdf` asks
    for `report.pdf`, too; `company` is the name at the head of each page.
    """

    period: Period
    source: Path
    out: Path
    notebooks: tuple[Path, ...]
    values: dict[str, object]
    jobs: int
    fresh: bool = False
    others: tuple[Path, ...] = ()
    pdf: bool = False
    company: str = ""


def notebooks(only: list[str] | None = None, folder: Path = NOTEBOOKS) -> tuple[Path, ...]:
    """The notebooks of the pack, in order: `NN_name.ipynb` from 10 up; `only` names some by number or name.

    `Refused` for one that does not exist. The template (00) is rendered only when it is asked for.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.ipynb")) if _NAME.fullmatch(path.stem)}
    if not only:
        return tuple(path for name, path in found.items() if int(name[:2]) >= 10)
    chosen = []
    for wanted in [name.strip() for text in only for name in text.split(",")]:
        names = [name for name in found if wanted in (name, name[:2], name[3:], f"{name}.ipynb")]
        if not names:
            raise Refused(f"--only {wanted}: no such notebook; {did_you_mean(wanted, found)}")
        chosen += names
    return tuple(found[name] for name in sorted(set(chosen)))


def say_line(text: str) -> None:
    """Print one line whole, also when several threads speak."""
    with contextlib.suppress(BrokenPipeError):  # a reader who has seen enough (head) does not stop the work
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def build(request: Request, tables: Tables, say: Callable[[str], None] = say_line) -> tuple[Path, bool]:
    """Build one pack and put it in place. Returns its folder and whether every notebook succeeded.

    With a failure the pack is put at `<period>.failed/`, so that the last good one stays what readers see.
    Raises `pack.Locked` when another run is building the same period.
    """
    execution.prepare_environment()
    period = str(request.period)
    with pack.building(request.out, period) as folder:
        for name in ("notebooks", "tables", ".tables"):
            (folder / name).mkdir()
        facts = _facts(request, tables)
        keys = {path: _key(path, request, facts) for path in (*request.notebooks, *request.others)}
        with ThreadPoolExecutor(max_workers=request.jobs) as threads:
            jobs = [
                threads.submit(_one, path, place, keys[path], request, folder, say)
                for place, path in enumerate(request.notebooks)
            ]
            outcomes = [job.result() for job in jobs]
        kept = [_taken_over(path.stem, keys[path], request, folder) for path in request.others]
        outcomes = sorted([*outcomes, *filter(None, kept)], key=lambda outcome: outcome.name)
        _gather_tables(outcomes, request, folder, say)
        is_good = all(outcome.status != "failed" for outcome in outcomes)
        _write_front(folder, request, facts | {"status": "ok" if is_good else "failed"}, outcomes)
        target = request.out / (period if is_good else f"{period}.failed")
        pack.put_in_place(folder, target)
        if is_good:
            shutil.rmtree(request.out / f"{period}.failed", ignore_errors=True)
    return target, is_good


def _one(path: Path, place: int, key: str, request: Request, folder: Path, say: Callable) -> Outcome:
    outcome = None if request.fresh else _taken_over(path.stem, key, request, folder)
    if outcome is None:
        outcome = Outcome(path.stem, key)
        values = {"period": str(request.period), "source": str(request.source), **_own_values(path, request)}
        is_terminal = sys.stderr.isatty()
        bar = {"desc": path.stem.ljust(24), "position": place, "leave": True} if is_terminal else False
        done = execution.execute(path, folder / "notebooks" / path.name, values, outcome, bar)
        outcome.title = pages.title(done or nbformat.read(path, as_version=4), path.stem)
        try:
            _write_notebook(done, outcome, request, folder)
        except Exception as error:  # noqa: BLE001 - a page that cannot be made is a failure of its notebook alone
            outcome.status, outcome.headline, outcome.tables = "failed", [], []
            outcome.reason = f"its page could not be made: {type(error).__name__}: {error}"
            _write_notebook(None, outcome, request, folder)
    if outcome.status != "built" or not sys.stderr.isatty():
        why = f": {outcome.reason}" if outcome.reason else ""
        say(f"{outcome.name}: {outcome.status} in {outcome.seconds:.1f} s{why}")
    return outcome


def _own_values(path: Path, request: Request) -> dict[str, object]:
    known = parameters.read(path)
    return {name: value for name, value in request.values.items() if name in known}


def _write_notebook(done: nbformat.NotebookNode | None, outcome: Outcome, request: Request, folder: Path) -> None:
    """The page, the tables and the executed notebook of one outcome."""
    period, as_of = str(request.period), request.period.as_of.isoformat()
    page = folder / f"{outcome.name}.html"
    if done is not None:
        outcome.headline, tables = pages.headline(done), execution.take_tables(done)
        nbformat.write(done, folder / "notebooks" / f"{outcome.name}.ipynb")
        page.write_text(
            pages.notebook_page(done, outcome.name, period, as_of, request.company, tables), encoding="utf-8"
        )
        own = folder / ".tables" / outcome.name
        own.mkdir(exist_ok=True)
        for name, text in tables.items():
            outcome.tables.append(name)
            (own / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    else:
        page.write_text(
            pages.failure_page(outcome.name, outcome.title, period, as_of, asdict(outcome), request.company),
            encoding="utf-8",
        )


def _gather_tables(outcomes: list[Outcome], request: Request, folder: Path, say: Callable) -> None:
    """Put every notebook's tables into `tables/`; one that saves another's table has failed."""
    owners: dict[str, str] = {}
    for outcome in outcomes:
        taken = [name for name in outcome.tables if name in owners]
        if taken:
            outcome.status, outcome.headline, outcome.tables = "failed", [], []
            outcome.reason = f"{owners[taken[0]]} already saves tables/{taken[0]}.csv; rename one of the two"
            _write_notebook(None, outcome, request, folder)
            say(f"{outcome.name}: failed: {outcome.reason}")
        for name in outcome.tables:
            owners[name] = outcome.name
            (folder / ".tables" / outcome.name / f"{name}.csv").rename(folder / "tables" / f"{name}.csv")
    shutil.rmtree(folder / ".tables")


def _facts(request: Request, tables: Tables) -> dict:
    """What the pack is made from; with the notebook's own source this is all that a page depends on."""
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    latest = {name: day.isoformat() if day else "" for name, day in tables.latest().items()}
    return {
        "period": str(request.period),
        "as_of": request.period.as_of.isoformat(),
        "parameters": request.values,
        "source": {
            "file": str(request.source),
            "name": tables.settings.name,
            "pseudonyms": tables.pseudonyms,
            "covers": str(tables.coverage),
            "currency": tables.currency,
            "is_complete": tables.is_complete,
            "tables": {
                name: {"fingerprint": mark, "rows": rows, "latest": latest.get(name, "")}
                for (name, mark), rows in zip(tables.fingerprints().items(), tables.n_rows().values(), strict=True)
            },
        },
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES},
        "git_commit": commit,
    }


def _key(path: Path, request: Request, facts: dict) -> str:
    """Changes when anything does that the notebook's page could depend on."""
    digest = hashlib.sha256(path.read_bytes())
    own = {name: facts[name] for name in ("period", "source", "versions")}
    digest.update(json.dumps([own, _own_values(path, request)], sort_keys=True).encode())
    frozen = reference.path(request.source)
    for file in (request.source, *([frozen] if frozen.exists() else [])):
        digest.update(file.read_bytes())
    package = Path(__file__).parent
    for helper in sorted(path for path in package.rglob("*") if path.suffix in (".py", ".sql", ".j2", ".css", ".json")):
        digest.update(helper.relative_to(package).as_posix().encode() + helper.read_bytes())
    for file in sorted((ROOT / "data").glob("*.csv")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:24]


def _taken_over(name: str, key: str, request: Request, folder: Path) -> Outcome | None:
    """The same notebook of the last pack (good or failed), if nothing that it depends on has changed since."""
    for last in (request.out / f"{request.period}.failed", request.out / str(request.period)):
        # A pack that is not whole, or of another version, is nothing to take over, and no reason to stop.
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            known = json.loads((last / "manifest.json").read_text(encoding="utf-8"))["notebooks"]
            same = [each for each in known if (each["name"], each["key"]) == (name, key) and each["status"] != "failed"]
            outcome = Outcome(**{**same[0], "status": "reused", "seconds": 0.0})
            for file in (f"{name}.html", f"notebooks/{name}.ipynb"):
                shutil.copy2(last / file, folder / file)
            own = folder / ".tables" / name
            own.mkdir()
            for table in outcome.tables:
                shutil.copy2(last / "tables" / f"{table}.csv", own)
            return outcome
    return None


def _write_front(folder: Path, request: Request, facts: dict, outcomes: list[Outcome]) -> None:
    """index.html, summary.md and manifest.json, from the tagged cells and `tables/` alone; and the PDF of it all."""
    manifest = facts | {"notebooks": [asdict(outcome) for outcome in outcomes]}
    texts = first_page.texts(folder, manifest, request.period, request.out, request.pdf)
    texts["manifest.json"] = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    if request.pdf:
        pdf.write(folder, manifest)


def listing(found: tuple[Path, ...]) -> str:
    """Each notebook with its parameters, their defaults and what they mean."""
    text = io.StringIO()
    for path in found:
        title = pages.title(nbformat.read(path, as_version=4), path.stem)
        print(f"{path.stem}: {title}", file=text)
        for parameter in parameters.read(path).values():
            print(f"    {parameter.name} = {parameter.default!r}  {parameter.about}".rstrip(), file=text)
    return text.getvalue()


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
