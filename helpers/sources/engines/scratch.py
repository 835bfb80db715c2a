"""A private folder for what is written aside: what does not fit in memory, copies of files, a run's snapshot.

It is of mode 0700 from its first moment, is there as long as its owner, and is locked by flock meanwhile. What a killed
process left is unlocked, and is removed by whoever asks for a folder next.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path

PREFIX, _LOCK = "after-the-deal-", "lock"


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
    while True:
        place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        # Whoever clears meanwhile may have taken it for one that was left.
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock).st_nlink:
                weakref.finalize(owner, _end, place, lock)
                return place
            os.close(lock)


def clear(parent: Path) -> None:
    """Remove our folders below `parent` that nobody holds any more; those of other users are left alone."""
    for entry in os.scandir(parent):
        if not entry.name.startswith(PREFIX) or not entry.is_dir(follow_symlinks=False):
            continue
        with contextlib.suppress(OSError):  # it is held, it is gone, or it is somebody else's
            if entry.stat(follow_symlinks=False).st_uid != os.getuid():
                continue
            try:
                lock = os.open(Path(entry.path, _LOCK), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError:
                Path(entry).rmdir()
                continue
            with os.fdopen(lock):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(entry.path, ignore_errors=True)


def _end(place: Path, lock: int) -> None:
    shutil.rmtree(place, ignore_errors=True)
    os.close(lock)
    # Kernels that a report has ended by a signal left theirs.
    clear(place.parent)
