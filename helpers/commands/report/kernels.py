"""The kernels that are running, so that a run that is stopped ends them together with all that they started.

The files with the keys by which a kernel is spoken to lie in a private folder of the run (`sources.engines.scratch`).
"""

import contextlib
import os
import signal
import uuid
from collections.abc import Iterable
from concurrent.futures import Future, wait
from functools import cached_property

from helpers.commands.report.forks import Forks
from helpers.sources import ROOT
from helpers.sources.engines import scratch


def prepare_environment() -> None:
    """What every kernel inherits: this checkout's helpers first, and this environment's kernel before the user's."""
    from helpers.tabular import FOR_PAGES  # which brings pandas

    path = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path))
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    os.environ[FOR_PAGES] = "1"


class Kernels:
    """The kernels of one pack: each leads a process group of its own, from its start to its end."""

    def __init__(self, forks: Forks | None = None):
        self._groups: set[int] = set()
        self._keys = scratch.folder(self)
        self._forks = forks or Forks()

    @cached_property
    def manager_class(self) -> type:
        """The kernel manager that papermill is given; it enters each kernel here."""
        from jupyter_client.manager import AsyncKernelManager  # a third of a second, which an unchanged pack saves
        from jupyter_client.provisioning import LocalProvisioner

        groups, folder, forks = self._groups, self._keys, self._forks

        class Provisioner(LocalProvisioner):
            async def launch_kernel(self, cmd: list[str], **options):
                self.process = forks.start(cmd, options["cwd"], options["env"])
                if self.process is None:
                    return await super().launch_kernel(cmd, **options)
                self.pid = self.pgid = self.process.pid
                self.cwd = options["cwd"]
                return self.connection_info

        class Manager(AsyncKernelManager):
            async def start_kernel(self, **options):
                self.connection_file = str(folder / f"{uuid.uuid4()}.json")
                if "kernel_provisioner" not in self.kernel_spec.metadata:
                    self.kernel_id = str(uuid.uuid4())
                    about = {"kernel_id": self.kernel_id, "kernel_spec": self.kernel_spec}
                    self.provisioner = Provisioner(**about, parent=self)
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
        self._forks.kill()
        while pending:
            for group in list(self._groups):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
            pending = list(wait(pending, timeout=0.1).not_done)
