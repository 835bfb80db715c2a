"""The command line: `python -m helpers report | verify | check | new | clean | sample`.

Exit codes: 0 done, 1 failed, 2 refused, 3 locked, 129, 130 or 143 stopped by SIGHUP, SIGINT or SIGTERM.
"""

import argparse
import os
import sys
from pathlib import Path

from helpers.commands import stopping
from helpers.commands.stopping import EXIT, Answer
from helpers.errors import Refused, did_you_mean, printable

# With JupyterLab installed, these optional formats cost nbformat 2.5 s and 0.1 s at import; nothing here needs them.
sys.modules.setdefault("rfc3987_syntax", None)
sys.modules.setdefault("isoduration", None)


class _Parser(argparse.ArgumentParser):
    """argparse with the near spelling of an unknown option."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def parse_known_args(self, args=None, namespace=None):
        found, rest = super().parse_known_args(args, namespace)
        unknown = [word for word in rest if word.startswith("-")]
        if unknown:
            options = [name for name in self._option_string_actions if name.startswith("--")]
            self.error(f"unknown option {unknown[0]}; {did_you_mean(unknown[0].split('=')[0], options)}")
        return found, rest

    def error(self, message):
        self.print_usage(sys.stderr)
        raise Refused(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m helpers", description="After the Deal: the report of a period, and what it needs.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    _add_report(commands)
    verify = commands.add_parser("verify", help="whether a pack is as it was written: every file against its manifest")
    verify.add_argument("packs", metavar="PACK", nargs="+", help="a folder such as reports/2026-10")
    verify.add_argument("--json", action="store_true", help="one JSON object on stdout")
    _add_check(commands)
    _add_new(commands)
    commands.add_parser("clean", help="take the outputs out of the notebooks, as they are committed")
    _add_sample(commands)
    return parser


def _add_report(commands) -> None:
    report = commands.add_parser("report", help="render the pack of a period to reports/<period>/")
    period = "2026-10, 2026-Q3 or 2026-01..2026-10; default: the last complete month of the data"
    report.add_argument("period", nargs="?", default="", help=period)
    draft = {"nargs": "?", "const": ""}
    for option, metavar, text, more in (
        ("--source", "TOML", "where the data is (default: $AFTER_THE_DEAL_SOURCE, else the sample company)", {}),
        ("--only", "10", "only this notebook, by number or name; repeatable", {"action": "append"}),
        ("--out", "DIR", "write DIR/<period>/ (default: the project's reports/)", {}),
        ("--jobs", "N", "notebooks side by side (default: the cores)", {"type": int}),
        ("--segment", "NAME", "only this segment, in the notebooks that can; the others say that they show all", {}),
        ("--timeout", "SECONDS", "a cell that runs longer has failed (default: no limit)", {"type": int}),
        ("--email", "ADDRESS", "report.eml as well: the first page as a mail, to whoever is named", draft),
        ("--keep", "N", "earlier versions of a period whose tables stay (default: 5)", {"type": int, "default": 5}),
    ):
        report.add_argument(option, metavar=metavar, help=text, **more)
    parameter = "a notebook's parameter; repeatable"
    report.add_argument("-p", "--parameter", metavar="NAME=VALUE", action="append", default=[], help=parameter)
    for option, text in (
        ("--fresh", "do unchanged notebooks again, too"),
        ("--pdf", "report.pdf as well: the whole pack on paper (needs WeasyPrint)"),
        ("--xlsx", "report.xlsx as well: the headline numbers, and every table as a sheet"),
        ("--anonymize", "stable pseudonyms for account names and all ids"),
        ("--list", "list the notebooks and their parameters"),
        ("--json", "one JSON object on stdout, for a scheduler; lines for people go to stderr"),
    ):
        report.add_argument(option, action="store_true", help=text)


def _add_sample(commands) -> None:
    sample = commands.add_parser("sample", help="write a made-up company with known truth")
    sample.add_argument("folder", metavar="DIR", help="where to write the eleven CSVs and source.toml")
    sample.add_argument("--accounts", metavar="N", type=int, default=1200)
    sample.add_argument("--seed", metavar="N", type=int, default=1)
    sample.add_argument("--truth", metavar="FILE", help="write the truth behind the data to this JSON file")


def _add_check(commands) -> None:
    about = "what a source holds, what is wrong and what is suspicious, in plain words"
    check = commands.add_parser("check", help=about)
    check.add_argument("place", metavar="SOURCE", nargs="?", help="the same as --source SOURCE")
    for option, metavar, text, more in (
        ("--source", "TOML", "a TOML file or a folder with a source.toml (default: as report)", {}),
        ("--html", "FILE", "write a page of it, too (default: reports/check.html)", {"nargs": "?", "const": True}),
        ("--start", "FOLDER", "write a first source.toml from the files in a folder or .duckdb file, and check it", {}),
    ):
        check.add_argument(option, metavar=metavar, help=text, **more)
    freeze = "write reference.csv beside the source: against it the driver scores are measured from now on"
    check.add_argument("--freeze-reference", action="store_true", help=freeze)


def _add_new(commands) -> None:
    new = commands.add_parser("new", help="a new notebook that runs and is in the pack, with its test")
    new.add_argument("question", nargs="+", help='what it answers: "Do reference customers expand more?"')
    new.add_argument("--number", metavar="N", type=int, help="its number, 10 to 99 (default: the next free ten)")


def _source(given: str | None) -> Path:
    from helpers.sources import ROOT, default

    if given is not None:
        _refuse_empty("the source", given)
        return (Path.cwd() / Path(given).expanduser()).resolve()
    return (ROOT / Path(default()).expanduser()).resolve()


def _refuse_empty(what: str, given: str) -> None:
    if not given.strip():
        raise Refused(f"{what} is empty, as an unset variable makes it: name one, or leave it out")


def _report(options: argparse.Namespace, answer: Answer) -> int:
    from helpers.commands.report import run  # takes a second, in which a signal may come, too

    run.render(options, _source(options.source), answer)
    return answer.exit_code


def _verify(options: argparse.Namespace, answer: Answer) -> int:
    from helpers.commands import verify

    found = [verify.verified(Path(place)) for place in options.packs]
    for each in found:
        print("\n".join(map(printable, each.lines())), file=sys.stderr if options.json else sys.stdout)
    is_whole = all(each.is_whole for each in found)
    answer.packs = [each.as_json() for each in found]
    answer.end("ok" if is_whole else "failed", "; ".join(each.lines()[0] for each in found if not each.is_whole))
    return answer.exit_code


def _check(options: argparse.Namespace, answer: Answer) -> int:
    from helpers.commands.check.check import PAGE, check, freeze_reference, located, refuse_foreign

    given, page = _given(options)
    page = PAGE if page is True else page and Path(page).expanduser().resolve()
    if page:
        refuse_foreign(page)
    if options.start is not None:
        from helpers.commands.check import start

        source = start.write((Path.cwd() / Path(options.start).expanduser()).resolve())
    else:
        source = located(_source(given))
    if source.is_dir() or (source.is_file() and source.suffix != ".toml"):
        from helpers.commands.check import look

        return EXIT["ok"] if look.say(source, page=page) else EXIT["failed"]
    if not check(source, page=page):
        return EXIT["failed"]
    if options.freeze_reference:
        freeze_reference(source)
    return EXIT["ok"]


def _given(options: argparse.Namespace) -> tuple[str | None, str | bool | None]:
    """The source to check and the page to write; a name after --html that is no page's is the source."""
    given, page = options.source if options.place is None else options.place, options.html
    if options.source is not None and options.place is not None:
        raise Refused(f"one source is checked: leave out {options.place} or --source {options.source}")
    if isinstance(page, str) and not page.lower().endswith((".html", ".htm")):
        if given is not None or options.start is not None:
            raise Refused(f"--html {page}: the name of a page ends in .html")
        given, page = page, True
    if options.start is not None:
        _refuse_empty("--start", options.start)
        if given is not None:
            raise Refused(f"--start writes a source file and {given} names one: leave out one of the two")
    return given, page


def _new(options: argparse.Namespace, answer: Answer) -> int:
    from helpers.commands import new

    made = new.create(" ".join(options.question), options.number)
    print(new.told(made))
    return EXIT["ok"]


def _clean(options: argparse.Namespace, answer: Answer) -> int:
    from helpers.commands import clean

    changed = clean.clean()
    print("\n".join(f"{path}: cleaned" for path in changed) or "nothing to clean")
    return EXIT["ok"]


def _sample(options: argparse.Namespace, answer: Answer) -> int:
    from helpers import sample
    from helpers.commands.check.check import freeze_reference

    try:
        sample.write(options.folder, accounts=options.accounts, seed=options.seed, truth=options.truth)
    except ValueError as error:
        raise Refused(str(error)) from None
    source = Path(options.folder) / "source.toml"
    print(f"{source}: {options.accounts} accounts, seed {options.seed}")
    freeze_reference(source.resolve(), replace=True)
    return EXIT["ok"]


COMMANDS = {"report": _report, "verify": _verify, "check": _check, "new": _new, "clean": _clean, "sample": _sample}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments, answer = sys.argv[1:] if arguments is None else arguments, Answer()
    with stopping.on_signals():
        try:
            code = _ended(arguments, answer)
        except stopping.Stopped as stop:
            answer.end("stopped", str(stop), stop.exit_code)
            print(stop, file=sys.stderr)
            code = stop.exit_code
        finally:
            if "--json" in arguments and not isinstance(sys.exc_info()[1], SystemExit):  # which --help ends with
                with stopping.undisturbed():
                    print(answer.text(), flush=True)
    return code


def _ended(arguments: list[str], answer: Answer) -> int:
    """How a command ended, as its exit code; what went wrong is said, and `answer` says it to a scheduler."""
    try:
        options = _parser().parse_args(arguments)
        code = COMMANDS[options.command](options, answer)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT["ok"]
    except (Refused, OSError) as error:
        said = str(error)
    except Exception as error:
        name = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        if (name or "helpers").partition(".")[0] == "helpers":
            answer.end("failed", f"{type(error).__name__}: {error}")
            raise
        fix = "run .venv/bin/python -m helpers, which the README's first command sets up"
        said = f"{name} is not installed for {sys.executable}: {fix}"
    print(printable(f"refused: {said}"), file=sys.stderr)
    answer.end("refused", said)
    return EXIT["refused"]


if __name__ == "__main__":
    sys.exit(main())
