"""What a run says: lines to a person or a scheduler, and the same lines with the time to a log file.

And how a pack names places: without the folders above, which tell who made it and on what machine.
"""

import contextlib
import os
import re
import sys
import time
from pathlib import Path
from typing import TextIO

from helpers.errors import printable
from helpers.sources import ROOT

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
    return printable(text.replace("\n", " "))


def short(place: Path) -> str:
    """A file as manifest, notebooks and log name it: from the project's folder where both lie in one home.

    Under another folder of the home it begins with `~`; anywhere else only its own folder is named.

    >>> short(ROOT / "data" / "sample" / "source.toml"), short(ROOT.parent / "exports" / "source.toml")
    ('data/sample/source.toml', '../exports/source.toml')
    >>> short(Path("/srv/jane/exports/source.toml"))
    'exports/source.toml'
    """
    home = Path.home()
    is_near = place.is_relative_to(ROOT.parent) or (ROOT.is_relative_to(home) and place.is_relative_to(home))
    if is_near and len(ROOT.parent.parts) > 1:
        return Path(os.path.relpath(place, ROOT)).as_posix()
    if place.is_relative_to(home) and len(home.parts) > 1:
        return f"~/{place.relative_to(home).as_posix()}"
    return Path(*place.parts[-2:]).as_posix()


def shortened(text: str, source: Path, out: Path | None = None) -> str:
    """A text with every path below the packs, the source, the project or the home as `short` writes it.

    >>> shortened(f"{ROOT}/helpers/page.py:7: odd", Path("/srv/jane/source.toml"))
    'helpers/page.py:7: odd'
    >>> shortened("see https://example.com/srv/jane/", Path("/srv/jane/source.toml"))
    'see https://example.com/srv/jane/'
    """
    folders = {**({out: ""} if out else {}), source.parent: Path(short(source)).parent.as_posix() + "/"}
    for folder, name in (folders | {ROOT: "", Path.home(): "~/"}).items():
        if len(folder.parts) > 1:
            text = re.sub(rf"(?<![\w.~/-]){re.escape(str(folder))}/", name, text)
    return text
