"""What is said when something cannot be used, and the nearest spelling of what was probably meant."""

import errno
import mmap
from collections.abc import Iterable
from difflib import get_close_matches
from traceback import extract_tb


class Refused(ValueError):
    """Input that cannot be used. The message names the place, the first bad rows, and how to fix it."""

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows of it: the line of the cell and the message; nobody fixes data by reading our code."""
        lines = [frame.lineno for frame in extract_tb(self.__traceback__) if frame.name == "<module>"]
        return [f"Stopped at line {line} of this cell." for line in lines[:1]] + [f"Refused: {self}"]


class Unmatched(Refused):
    """A table without a column for one that is needed (`missing`); `relation` is what the table is read from."""

    def __init__(self, message: str, relation: str, missing: tuple[str, ...]):
        super().__init__(message)
        self.relation = relation
        self.missing = missing


class NoRoom(Refused):
    """Too little memory, or disk for temporary files: the machine has failed, and the input may well be good."""


# How DuckDB, Python, and the loader of its libraries say that there is no memory left.
NO_MEMORY = ("MemoryError", "OutOfMemory", "can't start new thread", "failed to map segment", "annot allocate memory")
_ROOM = 64 * 2**20  # bytes
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # a disk, or a share of it, that has no room left


def lack_of_memory(error: BaseException) -> str:
    """What says that there was no memory left: an error, or one that it was raised over; empty where none does.

    A library whose import fails for that calls itself broken, and only the error before names the cause, if any does:
    where nothing more can be had, that is taken for it.

    >>> lack_of_memory(OSError(12, "Cannot allocate memory"))
    'OSError: [Errno 12] Cannot allocate memory'
    >>> lack_of_memory(OSError(2, "No such file or directory"))
    ''
    """
    each = error
    while each is not None:
        text = _named(each)
        if isinstance(each, MemoryError) or any(words in text for words in NO_MEMORY):
            return text
        each = each.__cause__ or each.__context__
    return "" if _has_room() else _named(error)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _has_room() -> bool:
    """Whether this process may have as much more memory as a library takes for itself; it is not used."""
    try:
        mmap.mmap(-1, _ROOM).close()
    except OSError:
        return False
    return True


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """A hint for a misspelt name: the nearest allowed one, or all of them where none is near.

    >>> did_you_mean("perod", ["period", "source"])
    "did you mean 'period'? (allowed: period, source)"
    >>> did_you_mean("x", ["period", "source"])
    'allowed: period, source'
    """
    allowed = list(allowed)
    folded = {candidate.lower(): candidate for candidate in allowed}
    near = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    listed = f"allowed: {', '.join(allowed)}"
    return f"did you mean '{folded[near[0]]}'? ({listed})" if near else listed


def printable(text: str) -> str:
    r"""A text that moves no cursor and turns no writing around: a character that nobody sees is shown as its code.

    >>> print(printable("KeyError: \x1b[31mred\tand\r\nrow 2"))
    KeyError: \x1b[31mred and\r
    row 2
    """
    return "".join(each if each.isprintable() or each == "\n" else _code(each) for each in text)


def _code(letter: str) -> str:
    return " " if letter.isspace() and letter not in "\r\v\f" else letter.encode("unicode_escape").decode()
