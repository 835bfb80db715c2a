"""The command line: `python -m helpers report | verify | check | new | clean | sample`.

Exit codes: 0 done, 1 failed, 2 refused, 3 locked, 129, 130 or 143 stopped by SIGHUP, SIGINT or SIGTERM.
"""

import argparse
import contextlib
import os
import sys
import tomllib
from pathlib import Path

from helpers.commands import stopping
from helpers.commands.stopping import Answer
from helpers.errors import FULL, NoRoom, Refused, did_you_mean, lack_of_memory, printable

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
    declared = tomllib.loads((Path(__file__).parent / "commands" / "options.toml").read_text(encoding="utf-8"))
    for command, about in declared.items():
        made = commands.add_parser(command, help=about["help"])
        for names, how in about.get("arguments", {}).items():
            made.add_argument(*names.split(), **how | ({"type": int} if "type" in how else {}))
    return parser


def _place(what: str, name: str) -> Path:
    if not name.strip():
        raise Refused(f"{what} is empty, as an unset variable makes it: name one, or leave it out")
    return Path(name).expanduser().resolve()


def _source(name: str | None) -> Path:
    from helpers.sources import ROOT, default

    return (ROOT / Path(default()).expanduser()).resolve() if name is None else _place("the source", name)


def _report(options: argparse.Namespace, answer: Answer) -> None:
    from helpers.commands.report import run  # takes a second, in which a signal may come, too

    run.render(options, _source(options.source), answer)


def _verify(options: argparse.Namespace, answer: Answer) -> None:
    from helpers.commands.report import manifest

    answer.packs, damaged = [], []
    for place in options.packs or [manifest.latest()]:
        found = manifest.verified(Path(place))
        lines = found.pop("lines")
        answer.packs.append(found)
        damaged += lines[:1] if found["status"] != "ok" else []
        print(printable("\n".join(lines)), file=sys.stderr if options.json else sys.stdout)
    answer.end("failed" if damaged else "ok", "; ".join(damaged))


def _check(options: argparse.Namespace, answer: Answer) -> None:
    from helpers.commands.check import look, start
    from helpers.commands.check.check import PAGE, check, freeze_reference, located, refuse_foreign

    given, page = _given(options)
    if page:
        page = PAGE if page is True else Path(page).expanduser().resolve()
        refuse_foreign(page)
    source = located(_source(given)) if options.start is None else start.write(_place("--start", options.start))
    if source.is_dir() or (source.is_file() and source.suffix != ".toml"):
        is_good = look.say(source, page=page)
    elif (is_good := check(source, page=page)) and options.freeze_reference:
        freeze_reference(source)
    answer.end("ok" if is_good else "failed")


def _given(options: argparse.Namespace) -> tuple[str | None, str | bool | None]:
    """The source to check and the page to write; a name after --html that is no page's is the source."""
    given, page = options.source if options.place is None else options.place, options.html
    if options.source is not None and options.place is not None:
        raise Refused(f"one source is checked: leave out {options.place} or --source {options.source}")
    if isinstance(page, str) and not page.lower().endswith((".html", ".htm")):
        if given is not None or options.start is not None:
            raise Refused(f"--html {page}: the name of a page ends in .html")
        given, page = page, True
    if options.start and given is not None:
        raise Refused(f"--start writes a source file and {given} names one: leave out one of the two")
    return given, page


def _new(options: argparse.Namespace, answer: Answer) -> None:
    from helpers.commands import new

    print(new.told(new.create(" ".join(options.question), options.number)))
    answer.end("ok")


def _clean(options: argparse.Namespace, answer: Answer) -> None:
    from helpers.commands import notebook_file

    print("\n".join(f"{path}: cleaned" for path in notebook_file.clean()) or "nothing to clean")
    answer.end("ok")


def _sample(options: argparse.Namespace, answer: Answer) -> None:
    from helpers import sample
    from helpers.commands.check.check import freeze_reference

    try:
        sample.write(options.folder, accounts=options.accounts, seed=options.seed, truth=options.truth)
    except ValueError as error:
        raise Refused(str(error)) from None
    source = Path(options.folder) / "source.toml"
    print(f"{source}: {options.accounts} accounts, seed {options.seed}")
    freeze_reference(source.resolve(), replace=True)
    answer.end("ok")


COMMANDS = {"report": _report, "verify": _verify, "check": _check, "new": _new, "clean": _clean, "sample": _sample}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments, answer = sys.argv[1:] if arguments is None else arguments, Answer()
    say = answer.say if "--json" in arguments else lambda: None
    with stopping.on_signals():
        try:
            _run(arguments, answer)
            say()
        except stopping.Stopped as stop:
            answer.end("stopped", str(stop), stop.exit_code)
            say()
            with contextlib.suppress(OSError):  # its terminal was closed
                print(stop, file=sys.stderr)
        except Exception:
            say()
            raise
    return answer.exit_code


def _run(arguments: list[str], answer: Answer) -> None:
    """Run a command until `answer` says how it ended; what went wrong is said to a person, too."""
    try:
        options = _parser().parse_args(arguments)
        COMMANDS[options.command](options, answer)
        stopping.heed()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        answer.end("ok")
    except Exception as error:
        stopping.heed()
        status, said = _explained(error)
        answer.end(status or "failed", said)
        if not status:
            raise
        print(printable(f"{status}: {said}"), file=sys.stderr)


def _explained(error: Exception) -> tuple[str, str]:
    """How a command ends that an error ended, and what to say of it; nothing and the error where nobody foresaw it."""
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    if isinstance(error, Refused):
        return "failed" if isinstance(error, NoRoom) else "refused", str(error)
    if lack := lack_of_memory(error):
        return "failed", f"not enough memory ({lack}). Free some, or raise the limit; every pack in its place is whole"
    if isinstance(error, OSError):
        return "failed" if error.errno in FULL else "refused", str(error)
    name = (error.name if isinstance(error, ModuleNotFoundError) else "") or "helpers"
    if name.partition(".")[0] == "helpers":
        return "", text
    fix = "run .venv/bin/python -m helpers, which the README's first command sets up"
    return "refused", f"{name} is not installed for {sys.executable}: {fix}"


if __name__ == "__main__":
    sys.exit(stopping.as_process(main))
