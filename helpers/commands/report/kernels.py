"""The kernels that are running, so that a run that is stopped ends them together with all that they started.

The files with the keys by which a kernel is spoken to lie in a folder of the run, which only its owner may enter. The
next run removes what a killed one left.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, wait
from functools import cached_property
from pathlib import Path

_PREFIX = "kernels-after-the-deal-"  # not of the kind that `sources` clears away


@contextlib.contextmanager
def keys() -> Iterator[Path]:
    """A folder for the keys of a run's kernels, locked as long as the run lives; those of dead runs are removed."""
    parent = Path(tempfile.gettempdir())
    for left in parent.glob(f"{_PREFIX}*"):
        if left.is_symlink() or left.lstat().st_uid != os.getuid():
            continue
        with contextlib.suppress(OSError), _locked(left):  # of a run that lives, or that cleared its own just now
            shutil.rmtree(left, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}"))  # not seen by others before it is locked
    try:
        with _locked(new):
            new = new.rename(parent / new.name.removeprefix("."))
            yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    opened = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)


class Kernels:
    """The kernels of one pack: each leads a process group of its own, from its start to its end."""

    def __init__(self, keys: Path):
        self._groups: set[int] = set()
        self._keys = keys

    @cached_property
    def manager_class(self) -> type:
        """The kernel manager that papermill is given; it enters each kernel here."""
        from jupyter_client.manager import AsyncKernelManager  # a third of a second, which an unchanged pack saves

        groups, folder = self._groups, self._keys

        class Manager(AsyncKernelManager):
            async def start_kernel(self, **options):
                self.connection_file = str(folder / f"{uuid.uuid4()}.json")
                await super().start_kernel(**options)
                self.group = self.provisioner.pid
                groups.add(self.group)

            async def cleanup_resources(self, restart: bool = False):
                # Its number may belong to somebody else from now on.
                groups.discard(getattr(self, "group", None))
                await super().cleanup_resources(restart=restart)

        return Manager

    def end(self, jobs: Iterable[Future]) -> None:
        """Kill until none of `jobs` is at work: a kernel that was only starting is killed once it is there."""
        pending = [job for job in jobs if not job.cancel()]
        while pending:
            for group in list(self._groups):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
            pending = list(wait(pending, timeout=0.1).not_done)
