"""One run of `report`: from its options to packs, to what is said, and to an exit code."""

import argparse
import contextlib
import functools
import sys
import time
from datetime import date
from pathlib import Path

from helpers import periods, sources
from helpers.commands import needs, notebook_file, stopping
from helpers.commands.report import build, pack, parameters
from helpers.commands.report.forks import Forks
from helpers.commands.report.log import Voice
from helpers.commands.report.places import short
from helpers.commands.stopping import Answer
from helpers.errors import Refused, printable
from helpers.sources import Tables, pseudonyms


def render(options: argparse.Namespace, source: Path, answer: Answer) -> None:
    """Build the packs that `options` ask for, in order; `answer` says how it went, also where an exception ends it."""
    if options.list:
        if options.json:
            raise Refused("--list is for people: leave out --json")
        for path in build.notebooks(options.only):
            print(f"{path.stem}: {notebook_file.title(notebook_file.cells(path), path.stem)}")
            for each in parameters.read(path).values():
                print(f"    {each.name} = {each.default!r}  {each.about}".rstrip())
        answer.end("ok")
        return
    with contextlib.ExitStack() as until_done:
        requests = _requests(options, source, until_done)
        voice = Voice(sys.stderr if options.json else sys.stdout)
        answer.log = str(voice.log_to(requests[0][0].out, source))
        for request, tables in requests:
            answer.periods.append(_one(request, tables, voice))
    statuses = {done["status"] for done in answer.periods}
    errors = [f"{done['period']}: {done['error']}" for done in answer.periods if done["error"]]
    # A failure needs a person, a lock only another try: of both, the failure counts.
    answer.end(next((status for status in ("failed", "locked") if status in statuses), "ok"), "; ".join(errors))


def _requests(
    options: argparse.Namespace, source: Path, until_done: contextlib.ExitStack
) -> list[tuple[build.Request, Tables]]:
    """Everything is checked for every period before the first kernel starts; the data is held until all are done."""
    found = build.notebooks(options.only)
    _refuse_options(options, found)
    for path in found:
        needs.read(path)  # refuses a table that is misspelt
    known = {path.stem: parameters.read(path) for path in found}
    values = parameters.chosen(parameters.assigned(options.segment, options.parameter, known), known)
    wanted = periods.parse_range(options.period) if options.period else []
    if options.anonymize:
        anonymize(source, values)
    tables = until_done.enter_context(sources.held(source))
    cut = [tables.at(period) for period in wanted or [tables.default_period(date.today())]]
    out = Path(options.out).expanduser().resolve() if options.out else sources.ROOT / "reports"
    for at in cut:
        pack.refuse_unfit(out, str(at.period))
        if options.segment is not None or values.get("segment"):
            there = at.query("select distinct segment from accounts where segment is not null")["segment"]
            parameters.refuse_segment(values["segment"], there, at.as_of)
    shared = {
        "source": source,
        "out": out,
        "notebooks": found,
        "values": values,
        "jobs": options.jobs or build.cores(),
        "others": tuple(path for path in build.notebooks() if path not in found),
        "email": _addressed(options.email),
        "company": tables.settings.name,
        "forks": until_done.enter_context(Forks()),
        "doubts": functools.cache(functools.partial(_doubts, cut[-1])),
    } | {name: getattr(options, name) for name in ("fresh", "timeout", "pdf", "xlsx", "keep")}
    return [(build.Request(at.period, **shared), at) for at in cut]


def _refuse_options(options: argparse.Namespace, found: tuple[Path, ...]) -> None:
    if not found:
        raise Refused(f"{notebook_file.NOTEBOOKS} holds no notebook named like 10_metrics.ipynb")
    for name in ("jobs", "timeout"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise Refused(f"--{name} {getattr(options, name)}: at least 1")
    if options.keep < 0:
        raise Refused(f"--keep {options.keep}: at least 0")
    if options.out is not None and not options.out.strip():
        raise Refused("--out is empty, as an unset variable makes it: name a folder, or leave it out")
    if options.pdf:
        from helpers.commands.report import pdf

        pdf.refuse_if_absent()


def _addressed(email: str | None) -> str | None:
    if email is None:
        return None
    from helpers.commands.report import mail

    return mail.addressed(email)


def anonymize(source: Path, values: dict[str, object]) -> None:
    """Read `source` under pseudonyms from here on (`pseudonyms.turn_on`).

    A parameter is printed in the executed notebook, so one that is a real account's id or name is `Refused`.
    """
    asked = {value: name for name, value in values.items() if isinstance(value, str) and value}
    names = sources.connect(source).real_names() if asked else set()
    if found := [f"-p {name}=…" for value, name in asked.items() if value in names]:
        raise Refused(
            f"{', '.join(found)} names an account, and the report is anonymized: give its pseudonym, as an "
            "anonymized report shows it"
        )
    pseudonyms.turn_on(source)


def _doubts(tables: Tables) -> tuple[str, ...]:
    """What `check` asks about the source, the gravest first; where names are hidden, by table and column alone."""
    from helpers.commands.check.check import suspicions  # an unchanged pack need not load what asks

    found = suspicions(tables, date.today()).doubts
    places = [f"{doubt.table}.{doubt.column}" for doubt in found]
    if tables.pseudonyms:
        return tuple(dict.fromkeys(places))
    return tuple(f"{place}: {doubt.says}" for place, doubt in zip(places, found, strict=True))


def _one(request: build.Request, tables: Tables, voice: Voice) -> dict:
    """One period: what was said of it, as an object."""
    started = time.monotonic()
    done = {"period": str(request.period), "status": "ok"} | dict.fromkeys(("path", "index", "error"), "")
    done |= {"seconds": 0.0, "notebooks": [], "headline": [], "doubts": [], "failures": []}
    voice.note(f"report {request.period} of {short(request.source)}: begun, {len(request.notebooks)} notebooks")
    try:
        built = build.build(request, tables, voice)
    except (pack.Locked, pack.Unwritten) as error:
        status = "locked" if isinstance(error, pack.Locked) else "failed"
        voice.note(f"{status}: {error}")
        stays = "; what was there before is unchanged" if status == "failed" else ""
        print(printable(f"{status}: {error}{stays}"), file=sys.stderr)
        return done | {"status": status, "error": str(error)}
    except stopping.Stopped as stop:
        voice.note(f"{stop}; what was at {request.out / str(request.period)} before is unchanged")
        raise
    index = built.folder / "index.html"
    voice.say(str(index) if built.is_good else f"FAILED, see {index}")
    seconds = round(time.monotonic() - started, 2)
    told = [{name: getattr(each, name) for name in ("name", "status", "seconds", "reason")} for each in built.outcomes]
    failures = [each["name"] for each in told if each["status"] == "failed"]
    return done | {
        "status": "ok" if built.is_good else "failed",
        "path": str(built.folder),
        "index": str(index),
        "seconds": seconds,
        "notebooks": told,
        "headline": built.headline,
        "doubts": list(built.doubts),
        "failures": failures,
        "error": "; ".join(f"{each['name']}: {each['reason']}" for each in told if each["name"] in failures),
    }
