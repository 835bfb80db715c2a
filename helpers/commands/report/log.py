"""What a run says: lines to a person or a scheduler, and the same lines with the time to a log file."""

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TextIO

from helpers.commands.report.places import shortened
from helpers.errors import printable

LOG = ".report.log"


class Voice:
    """Says one line at a time, whole, also when several threads speak.

    `stream` is stdout, or stderr where stdout is for a machine. Where stderr is a terminal, bars are drawn there, one
    for each notebook that is running; the lines are above them.
    """

    def __init__(self, stream: TextIO | None = None):
        self._stream = stream or sys.stdout
        self._log: Path | None = None
        self._source = Path()
        self.has_bars = sys.stderr.isatty()

    def log_to(self, folder: Path, source: Path = Path()) -> Path:
        """From now on every line goes to `folder`/.report.log, too, its paths shortened; returns that file.

        Its name begins with a dot, because readers see the folder. A night's run is some ten lines of it, so nothing
        ever has to be cut off its beginning.
        """
        self._log, self._source = folder / LOG, source
        return self._log

    def say(self, text: str) -> None:
        """One line for whoever watches, and for the log."""
        self.note(text)
        text = _line(text).encode(self._stream.encoding or "utf-8", "backslashreplace").decode("utf-8", "replace")
        with contextlib.suppress(OSError):  # a reader who has seen enough (head), or a full disk, stops no work
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
        text = _line(shortened(text, self._source, self._log.parent))
        line = f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {os.getpid()} {text}\n"
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            print(f"no log from here on: {error}", file=sys.stderr)
            self._log = None


def _line(text: str) -> str:
    return printable(" ".join(text.split("\n")))
