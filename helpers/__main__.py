"""The command line: `python -m helpers report | check | new | clean | sample`.

Exit codes: 0 done, 1 failed, 2 refused, 3 locked, 129, 130 or 143 stopped by SIGHUP, SIGINT or SIGTERM.
"""

import argparse
import os
import sys
from pathlib import Path

from helpers.commands import stopping
from helpers.commands.stopping import EXIT
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
    _add_check(commands)
    _add_new(commands)
    commands.add_parser("clean", help="take the outputs out of the notebooks, as they are committed")
    _add_sample(commands)
    return parser


def _add_report(commands) -> None:
    report = commands.add_parser("report", help="render the pack of a period to reports/<period>/")
    period = "2026-10, 2026-Q3 or 2026-01..2026-10; default: the last complete month of the data"
    report.add_argument("period", nargs="?", default="", help=period)
    for option, metavar, text, more in (
        ("--source", "TOML", "where the data is (default: $AFTER_THE_DEAL_SOURCE, else the sample company)", {}),
        ("--only", "10", "only this notebook, by number or name; repeatable", {"action": "append"}),
        ("--out", "DIR", "write DIR/<period>/ (default: the project's reports/)", {}),
        ("--jobs", "N", "notebooks side by side (default: the cores)", {"type": int}),
        ("--segment", "NAME", "only this segment, in the notebooks that can; the others say that they show all", {}),
        ("--timeout", "SECONDS", "a cell that runs longer has failed (default: no limit)", {"type": int}),
    ):
        report.add_argument(option, metavar=metavar, help=text, **more)
    parameter = "a notebook's parameter; repeatable"
    report.add_argument("-p", "--parameter", metavar="NAME=VALUE", action="append", default=[], help=parameter)
    for option, text in (
        ("--fresh", "do unchanged notebooks again, too"),
        ("--pdf", "report.pdf as well: the whole pack on paper (needs WeasyPrint)"),
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
        ("--html", "FILE", "write a page of it, too (default: reports/check.html)", {"nargs": "?", "const": ""}),
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

    return (Path.cwd() / Path(given).expanduser() if given else ROOT / Path(default()).expanduser()).resolve()


def _report(options: argparse.Namespace) -> int:
    from helpers.commands.report import run

    answer = run.Answer()
    try:
        run.render(options, _source(options.source), answer)
    except (Refused, OSError) as error:
        answer.end("refused", str(error))
        raise
    except stopping.Stopped as stop:
        answer.end("stopped", str(stop), stop.exit_code)
        raise
    finally:
        if options.json:
            print(answer.text())
    return answer.exit_code


def _check(options: argparse.Namespace) -> int:
    from helpers.commands.check.check import PAGE, check, freeze_reference, located

    given = options.source or options.place
    if options.source and options.place:
        raise Refused(f"one source is checked: leave out {options.place} or --source {options.source}")
    if options.start is not None:
        if given:
            raise Refused(f"--start writes a source file and {given} names one: leave out one of the two")
        from helpers.commands.check import start

        source = start.write((Path.cwd() / Path(options.start).expanduser()).resolve())
    else:
        source = located(_source(given))
    page = PAGE if options.html == "" else options.html and Path(options.html).expanduser().resolve()
    if source.is_dir() or (source.is_file() and source.suffix != ".toml"):
        from helpers.commands.check import look

        return EXIT["ok"] if look.say(source, page=page) else EXIT["failed"]
    if not check(source, page=page):
        return EXIT["failed"]
    if options.freeze_reference:
        freeze_reference(source)
    return EXIT["ok"]


def _new(options: argparse.Namespace) -> int:
    from helpers.commands import new

    made = new.create(" ".join(options.question), options.number)
    print(new.told(made))
    return EXIT["ok"]


def _clean(options: argparse.Namespace) -> int:
    from helpers.commands import clean

    changed = clean.clean()
    print("\n".join(f"{path}: cleaned" for path in changed) or "nothing to clean")
    return EXIT["ok"]


def _sample(options: argparse.Namespace) -> int:
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


def _parsed(arguments: list[str]) -> argparse.Namespace:
    try:
        return _parser().parse_args(arguments)
    except Refused as error:
        if "--json" in arguments:
            from helpers.commands.report import run

            answer = run.Answer()
            answer.end("refused", str(error))
            print(answer.text())
        raise


COMMANDS = {"report": _report, "check": _check, "new": _new, "clean": _clean, "sample": _sample}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    try:
        with stopping.on_signals():
            options = _parsed(sys.argv[1:] if arguments is None else arguments)
            ended = COMMANDS[options.command](options)
            sys.stdout.flush()
            return ended
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT["ok"]
    except ModuleNotFoundError as error:
        if (error.name or "helpers").partition(".")[0] == "helpers":
            raise
        fix = "run .venv/bin/python -m helpers, which the README's first command sets up"
        print(f"refused: {error.name} is not installed for {sys.executable}: {fix}", file=sys.stderr)
        return EXIT["refused"]
    except (Refused, OSError) as error:
        print(printable(f"refused: {error}"), file=sys.stderr)
        return EXIT["refused"]
    except stopping.Stopped as stop:
        print(stop, file=sys.stderr)
        return stop.exit_code


if __name__ == "__main__":
    sys.exit(main())
