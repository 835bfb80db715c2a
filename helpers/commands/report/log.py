"""What a run says: lines to a person or a scheduler, and the same lines with the time to a log file."""

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TextIO

LOG = ".report.log"


class Voice:
    """Says one line at a time, whole, also when several threads speak.

    `stream` is stdout, or stderr where stdout is for a machine. Where stderr is a terminal, bars are drawn there, one
    for each notebook that is running; the lines stand above them.
    """

    def __init__(self, stream: TextIO | None = None):
        self._stream = stream or sys.stdout
        self._log: Path | None = None
        self.has_bars = sys.stderr.isatty()

    def log_to(self, folder: Path) -> Path:
        """From now on every line goes to `folder`/.report.log, too; returns that file.

        Its name begins with a dot, because readers see the folder. A night's run is some ten lines of it, so nothing
        ever has to be cut off its beginning.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / LOG
        return self._log

    def say(self, text: str) -> None:
        """One line for whoever watches, and for the log."""
        self.note(text)
        text = printable(text).encode(self._stream.encoding or "utf-8", "backslashreplace").decode("utf-8", "replace")
        with contextlib.suppress(BrokenPipeError):  # a reader who has seen enough (head) does not stop the work
            if self.has_bars:
                from tqdm import tqdm  # its bars make room for the line

                tqdm.write(text, file=self._stream)
            else:
                self._stream.write(f"{text}\n")
            self._stream.flush()

    def note(self, text: str) -> None:
        """One line for the log alone. A log that cannot be written is said once, and stops nothing."""
        if self._log is None:
            return
        line = f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {os.getpid()} {printable(text)}\n"
        try:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            print(f"no log from here on: {error}", file=sys.stderr)
            self._log = None


def printable(text: str) -> str:
    """One line that moves no cursor and turns no writing around, whatever a notebook put into its error.

    >>> printable("KeyError: \\x1b[31mred\\nrow 2")
    'KeyError: [31mred row 2'
    """
    return "".join(each if each.isprintable() else " " if each.isspace() else "" for each in text)
