"""A pack on disk: built in a folder beside its place, put there at one instant, guarded by a lock.

Readers see the last good pack or the new one, whole. What a killed run left behind is cleared by the next.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


class Locked(RuntimeError):
    """Another run is building this period."""


@contextlib.contextmanager
def building(out: Path, period: str) -> Iterator[Path]:
    """A fresh folder for one period's pack, removed at the end unless it was put in place.

    The lock is flock's, so the end of the process frees it, however it ends. Raises `Locked` with its holder.
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
        _clear(out, period)
        folder = out / f".{period}.building"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _clear(out: Path, period: str) -> None:
    shutil.rmtree(out / f".{period}.building", ignore_errors=True)
    for name in (period, f"{period}.failed"):
        aside = out / f".{name}.old"
        # A crash between the two renames left the last good pack under its other name.
        if aside.exists() and not (out / name).exists():
            aside.rename(out / name)
        shutil.rmtree(aside, ignore_errors=True)


def put_in_place(built: Path, target: Path) -> None:
    """Make `built` the pack at `target` in one step; what was there before is gone afterwards."""
    if not target.exists():
        built.rename(target)
        return
    if _exchanged(built, target):
        shutil.rmtree(built)
        return
    aside = target.with_name(f".{target.name}.old")
    target.rename(aside)
    built.rename(target)
    shutil.rmtree(aside)


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders atomically; False where the system or the file system cannot."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))
