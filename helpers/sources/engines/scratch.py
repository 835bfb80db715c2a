"""A private folder for what is written aside: what does not fit in memory, copies of files, a run's snapshot.

It is of mode 0700 from its first moment, is there as long as its owner, and is locked by flock meanwhile. What a killed
process left is unlocked, and is removed by whoever asks for a folder next: only what the mark in its lock proves ours.
While it is made, and while it goes, its name begins with a dot: such a folder may lack its mark and is ours if empty.
"""

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
import weakref
from pathlib import Path

PREFIX, _LOCK = "after-the-deal-", "lock"
_PASSING = re.compile(rf"\.{PREFIX}[a-z0-9_]{{8}}")  # the name of a folder that is made, or goes


def folder(owner: object, parent: Path | None = None) -> Path:
    """A new folder below `parent` (the system's for temporary files), removed with its `owner`.

    >>> class Owner: pass
    >>> owner = Owner(); place = folder(owner)
    >>> oct(place.stat().st_mode)[-3:]; del owner; place.exists()
    '700'
    False
    """
    parent = Path(parent or tempfile.gettempdir()).resolve()
    clear(parent)
    while (held := _held(Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=parent)))) is None:
        pass
    weakref.finalize(owner, _end, *held)
    return held[0]


def _held(new: Path) -> tuple[Path, int] | None:
    """A folder under the name by which it is ours, and its lock; None where another run took it for one that was left.

    That can be only before it is locked, and it is seen by its own name only after that.
    """
    try:
        lock = os.open(new / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        os.write(lock, _mark(new))
        return new.rename(new.with_name(new.name.removeprefix("."))), lock
    except OSError as error:
        os.close(lock)
        if not isinstance(error, FileNotFoundError):
            raise
        return None


def _mark(place: Path) -> bytes:
    """What the lock of a folder of ours says; that of a copy names another folder."""
    number = place.stat().st_ino
    return f"A temporary folder of After the Deal, number {number}. It is removed without asking.\n".encode()


def clear(parent: Path) -> None:
    """Remove our folders below `parent` that nobody holds any more; a folder that only has such a name is left alone.

    Ours is what this user made, closed to others, and marked as `folder` marks it; or empty, under the name that such a
    folder has before it is marked.
    """
    for entry in os.scandir(parent):
        is_passing = bool(_PASSING.fullmatch(entry.name))
        if not (is_passing or entry.name.startswith(PREFIX)):
            continue
        with contextlib.suppress(OSError):  # it is held, it is gone, or it is somebody else's
            about = entry.stat(follow_symlinks=False)
            if about.st_uid != os.getuid() or not stat.S_ISDIR(about.st_mode) or about.st_mode & 0o077:
                continue
            place = Path(entry.path)
            if is_passing and not any(place.iterdir()):
                place.rmdir()
                continue
            lock = os.open(place / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(lock, "rb") as opened:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                says = opened.read()
                is_unmarked = is_passing and not says and [path.name for path in place.iterdir()] == [_LOCK]
                if is_unmarked or says == _mark(place):
                    _remove(place)


def _remove(place: Path) -> None:
    """Remove a folder, its mark last: what is left of one by a kill meanwhile is still known as ours."""
    for path in place.iterdir():
        if path.name != _LOCK:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
    going = place.with_name(f".{place.name.removeprefix('.')}")
    shutil.rmtree(place.rename(going), ignore_errors=True)


def _end(place: Path, lock: int) -> None:
    with contextlib.suppress(OSError):  # the next who asks for a folder tries again
        _remove(place)
    os.close(lock)
    # Kernels that a report has ended by a signal left theirs.
    clear(place.parent)
