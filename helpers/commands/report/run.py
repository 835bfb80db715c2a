"""One run of `report`: from its options to packs, to what is said, and to an exit code."""

import argparse
import contextlib
import sys
import time
from datetime import date
from functools import cache
from pathlib import Path

from helpers import periods, sources
from helpers.commands import needs, notebook_file, stopping
from helpers.commands.report import build, manifest, pack, parameters, reuse
from helpers.commands.report.kernels import Forks
from helpers.commands.report.log import Voice, short
from helpers.commands.stopping import Answer
from helpers.errors import Refused, printable
from helpers.sources import pseudonyms


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
        answer.log = str(voice.log_to(requests[0].out, source))
        for request in requests:
            answer.periods.append(_one(request, voice))
    statuses = {done["status"] for done in answer.periods}
    errors = [f"{done['period']}: {done['error']}" for done in answer.periods if done["error"]]
    # A failure needs a person, a lock only another try: of both, the failure counts.
    answer.end(next((status for status in ("failed", "locked") if status in statuses), "ok"), "; ".join(errors))


def _requests(options: argparse.Namespace, source: Path, until_done: contextlib.ExitStack) -> tuple[build.Request, ...]:
    """Everything is checked for every period before the first kernel starts; the data is held until all are done.

    Where packs stand (`reuse.State`) it is read only if anything asks for it.
    """
    found = build.notebooks(options.only)
    _refuse_options(options, found)
    for path in found:
        needs.read(path)  # refuses a table that is misspelt
    declared = {path.stem: parameters.read(path) for path in found}
    values = parameters.chosen(parameters.assigned(options.segment, options.parameter, declared), declared)
    wanted = periods.parse_range(options.period) if options.period else []
    if options.anonymize:
        anonymize(source, values)
    out = Path(options.out).expanduser().resolve() if options.out else sources.ROOT / "reports"
    state, today = reuse.State(source, values), date.today()
    held, forks = cache(lambda: until_done.enter_context(sources.held(source))), until_done.enter_context(Forks())
    last = [out / str(period) for period in wanted] or out.glob("[0-9]*")
    if options.fresh or not any(map(manifest.read, last)):
        forks.begin()  # kernels will be needed: what they import is imported while the data is read
    if not wanted:
        default = None if options.fresh else state.default_period(out, today)
        wanted = [default or held().default_period(today)]
    facts = {period: None if options.fresh else state.standing(out / str(period)) for period in wanted}
    cut = {period: held().at(period) for period in wanted if not facts[period]}
    for period in wanted:
        pack.refuse_unfit(out, str(period))
    for at in cut.values():
        if options.segment is not None or values.get("segment"):
            there = at.query("select distinct segment from accounts where segment is not null")["segment"]
            parameters.refuse_segment(values["segment"], there, at.as_of)
    facts |= {period: state.facts(at) for period, at in cut.items()}
    shared = {"source": source, "out": out, "notebooks": found, "options": options, "forks": forks}
    shared["asks"] = state.asks
    shared["others"] = tuple(path for path in build.notebooks() if path not in found)
    shared["doubts"] = cache(lambda: _doubts(held().at(wanted[-1])))
    tables = {period: cache(lambda period=period: cut.get(period) or held().at(period)) for period in wanted}
    return tuple(build.Request(period, facts=facts[period], tables=tables[period], **shared) for period in wanted)


def _refuse_options(options: argparse.Namespace, found: tuple[Path, ...]) -> None:
    """Refuse what cannot be done; the addresses of a mail are as its header holds them from here on."""
    if not found:
        raise Refused(f"{notebook_file.NOTEBOOKS} holds no notebook named like 10_metrics.ipynb")
    for name, least in (("jobs", 1), ("timeout", 1), ("keep", 0)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise Refused(f"--{name} {value}: at least {least}")
    if options.out is not None and not options.out.strip():
        raise Refused("--out is empty, as an unset variable makes it: name a folder, or leave it out")
    if options.pdf:
        from helpers.commands.report import pdf

        pdf.refuse_if_absent()
    if options.email is not None:
        from helpers.commands.report import mail

        options.email = mail.addressed(options.email)


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


def _doubts(tables: "sources.Tables") -> tuple[str, ...]:
    """What `check` asks about the source, the gravest first; where names are hidden, by table and column alone."""
    from helpers.commands.check.check import suspicions  # an unchanged pack need not load what asks

    found = suspicions(tables, date.today())
    places = [f"{doubt.table}.{doubt.column}" for doubt in found]
    if tables.pseudonyms:
        return tuple(dict.fromkeys(places))
    return tuple(f"{place}: {doubt.says}" for place, doubt in zip(places, found, strict=True))


def _one(request: build.Request, voice: Voice) -> dict:
    """One period: what was said of it, as an object."""
    started = time.monotonic()
    done = {"period": str(request.period), "status": "ok"} | dict.fromkeys(("path", "index", "error"), "")
    done |= {"seconds": 0.0, "notebooks": [], "headline": [], "doubts": [], "failures": []}
    voice.note(f"report {request.period} of {short(request.source)}: begun, {len(request.notebooks)} notebooks")
    try:
        folder, made = build.build(request, voice)
    except (pack.Locked, pack.Unwritten) as error:
        status = "locked" if isinstance(error, pack.Locked) else "failed"
        voice.note(f"{status}: {error}")
        stays = "; what was there before is unchanged" if status == "failed" else ""
        print(printable(f"{status}: {error}{stays}"), file=sys.stderr)
        return done | {"status": status, "error": str(error)}
    except stopping.Stopped as stop:
        voice.note(f"{stop}; what was at {request.out / str(request.period)} before is unchanged")
        raise
    index = str(folder / "index.html")
    voice.say(index if made["status"] == "ok" else f"FAILED, see {index}")
    told = [{name: each[name] for name in ("name", "status", "seconds", "reason")} for each in made["notebooks"]]
    failed = [each for each in told if each["status"] == "failed"]
    done |= {"path": str(folder), "index": index, "seconds": round(time.monotonic() - started, 2), "notebooks": told}
    done |= {name: made[name] for name in ("status", "headline", "doubts")}
    done["failures"] = [each["name"] for each in failed]
    return done | {"error": "; ".join(f"{each['name']}: {each['reason']}" for each in failed)}
