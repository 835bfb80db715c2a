"""A pack on disk: built in a folder beside its place, put there at one instant, guarded by a lock.

Readers see the last good pack or the new one, whole. What a killed run left behind is cleared by the next. A file that
the report did not write is neither overwritten nor deleted: it moves along into the new pack.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

from helpers.commands import stopping
from helpers.commands.files import is_page, linked, to_disk
from helpers.commands.report import manifest
from helpers.errors import Refused

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
Say = Callable[[str], None]


class Locked(RuntimeError):
    """Another run is building this period."""


class Unwritten(RuntimeError):
    """The pack could not be written; what was in its place stays."""


def refuse_unfit(out: Path, period: str) -> None:
    """`Refused`, before anything runs, where the place of a pack is a link, a file, or the folder of somebody else."""
    if manifest.read(out):
        raise Refused(f"--out {out} is a report itself: name the folder that holds it, --out {out.parent}")
    for place in places(out, period):
        if place.is_symlink():
            raise Refused(
                f"{place} is a link to {place.readlink()}. A report replaces its folder and never follows a link: "
                "remove the link, or name another folder with --out"
            )
        if place.exists() and not place.is_dir():
            raise Refused(f"{place} is a file, and the report needs a folder there: move it, or choose another --out")
        # Where the manifest is spoilt, its first page says whose a folder is.
        is_ours = manifest.read(place) or ((place / manifest.FILE).is_file() and is_page(place / "index.html"))
        if place.is_dir() and any(place.iterdir()) and not is_ours:
            raise Refused(
                f"{place} holds files, but no {manifest.FILE} of a report that can be read, so the report cannot tell "
                "whose they are: move them, or choose another --out"
            )


def places(out: Path, period: str) -> tuple[Path, Path]:
    """Where the good pack of a period stands, and where one with a failure does."""
    return out / period, out / f"{period}.failed"


@contextlib.contextmanager
def building(out: Path, period: str, say: Say = print) -> Iterator[Path]:
    """A fresh folder for one period's pack, removed at the end unless it was put in place.

    The lock is flock's, so the end of the process frees it, however it ends. Raises `Locked` with its holder.
    `say` is told of what could not be cleared, which stops nothing.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / f".{period}.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Locked(f"{out / period} is being built by {lock.read().strip() or 'another run'}") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        lock.flush()
        _clear_last(out, period, say)
        folder = _free(out / f".{period}.building")
        folder.mkdir()
        try:
            yield folder
        finally:
            with stopping.undisturbed():
                clear(folder, say)


def _clear_last(out: Path, period: str, say: Say) -> None:
    left = _left(out / f".{period}.building")
    for place in places(out, period):
        asides = _left(out / f".{place.name}.old")
        # A crash between the two renames left the last good pack under its other name.
        if asides and not place.exists():
            asides.pop().rename(place)
        left += asides
    for each in left:
        clear(each, say)


def _left(place: Path) -> list[Path]:
    """What killed runs left under a name, or a number after it (see `_free`); a longer name is somebody else's."""
    named = re.compile(rf"{re.escape(place.name)}(-\d+)?")
    return sorted(path for path in place.parent.iterdir() if named.fullmatch(path.name))


def clear(folder: Path, say: Say) -> None:
    """Remove a folder with all that is in it. A failure is only said: nothing waits, and the next run tries again."""
    try:
        if folder.is_symlink() or folder.is_file():
            folder.unlink()
        elif folder.exists():
            for place, _, _ in os.walk(folder):
                os.chmod(place, 0o700)  # noqa: PTH101 - of a folder that somebody made read-only nothing can be removed
            shutil.rmtree(folder)
    except OSError as error:
        say(f"{folder} could not be removed ({error.strerror}); the next run tries again")


def _free(place: Path) -> Path:
    """A name that nobody has taken: that of `place`, or where it could not be cleared, the next one."""
    names = (place.with_name(f"{place.name}{f'-{number}' if number else ''}") for number in count())
    return next(each for each in names if not os.path.lexists(each))


def put_in_place(built: Path, target: Path, ended: Iterable[Path] = (), say: Say = print) -> None:
    """Make `built` the pack at `target` in one step; what was there before, and in `ended`, is gone afterwards.

    Up to that step an OSError says that nothing has changed; after it nothing fails. Files of others in the packs that
    go are in the new one. FileExistsError: the new pack has a file of that name.
    """
    to_disk(path for path in built.rglob("*") if path.is_file())
    gone = [place for place in (target, *ended) if place.is_dir()]
    for place in gone:
        _take_along(place, built)
    to_disk([built, *(path for path in built.rglob("*") if path.is_dir() and not path.is_symlink())])
    with stopping.undisturbed():
        if target.is_dir():
            gone[0] = _swapped(built, target)
        else:
            built.rename(target)
    try:
        to_disk([target.parent])
    except OSError as error:
        say(f"{target} is in its place, but the disk does not confirm it: {error}")
    for place in gone:
        clear(place, say)


def _take_along(old: Path, built: Path) -> None:
    """Link what others put into a pack into the one that replaces it, or copy it where there are no links."""
    # Where the manifest is spoilt, what the new pack has, too, is taken for the report's, and what only some have.
    made = manifest.read(old) or {"files": {*manifest.inside(built), manifest.REVISIONS}}
    for name in manifest.foreign(old, made):
        to = built / name
        if not os.path.lexists(to):
            to.parent.mkdir(parents=True, exist_ok=True)
            linked(old / name, to)
        elif not (to.is_file() and manifest.content(to) == manifest.content(old / name)):
            raise FileExistsError(f"{old / name} is not the report's, and the new report has a file {name}: move yours")


def _swapped(built: Path, target: Path) -> Path:
    """Put `built` in the place of `target`; returns where the old one is now."""
    if _exchanged(built, target):
        return built
    aside = _free(target.with_name(f".{target.name}.old"))
    target.rename(aside)
    try:
        built.rename(target)
    except OSError:
        aside.rename(target)
        raise
    return aside


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders atomically; False where the system or the file system cannot."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename and rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno() if rename else errno.ENOSYS
    if code not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        raise OSError(code, os.strerror(code), str(other))
    return False
