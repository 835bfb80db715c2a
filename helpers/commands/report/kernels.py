"""The kernels of a run: forked from a process that has imported what notebooks need, so that imports are paid once,
and ended with all that they started when the run is stopped.

They are forked only where that is safe: on Linux, for this environment's own ipykernel, and while the process has a
single thread. Everywhere else, and when anything about it fails, a kernel is started as Jupyter starts it.
The files with the keys by which a kernel is spoken to lie in a private folder of the run (`sources.engines.scratch`).
"""

import atexit
import contextlib
import gc
import json
import os
import select
import signal
import subprocess
import sys
import uuid
import weakref
from collections.abc import Iterable
from concurrent.futures import Future, wait
from functools import cached_property, partialmethod
from importlib import import_module
from pathlib import Path
from threading import Lock

from helpers.formats import FOR_PAGES
from helpers.sources import ROOT
from helpers.sources.engines import scratch

LAUNCHER = [sys.executable, "-m", "ipykernel_launcher"]
IMPORTS = "ipykernel.kernelapp ipykernel.debugger IPython.core.completerlib IPython.extensions.storemagic"
IMPORTS += " matplotlib_inline.backend_inline matplotlib.backends.backend_svg scipy.special"
IMPORTS += " jinja2 pandas.core.reshape.reshape pandas.io.formats.string helpers.page helpers.plots.svg"
IMPORTS += " helpers.metrics helpers.cohorts helpers.remorse helpers.programs helpers.change"
BACKEND = "module://matplotlib_inline.backend_inline"  # which ipykernel names, and matplotlib reads at its import


class Forked:
    """A kernel that is not our child; to a kernel manager it is what `subprocess.Popen` is."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int):
        self.pid, self._end = pid, os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._end)

    def poll(self) -> int | None:
        """1 once it has ended, however that was: only its parent learns more. None while it runs."""
        return 1 if select.select([self._end], [], [], 0)[0] else None

    def wait(self) -> int:
        """Until it has ended."""
        select.select([self._end], [], [])
        return 1

    def send_signal(self, number: int) -> None:
        """To the process itself, which cannot be mistaken for another that has its number by now."""
        with contextlib.suppress(ProcessLookupError):  # it has ended
            signal.pidfd_send_signal(self._end, number)

    kill = partialmethod(send_signal, signal.SIGKILL)
    terminate = partialmethod(send_signal, signal.SIGTERM)


class Forks:
    """The process from which the kernels of one pack are forked; it ends when this one does, however that is."""

    def __init__(self):
        self._server, self._lock, self._is_used = None, Lock(), False

    def begin(self) -> None:
        """Let it import, while other work is done; it is begun once."""
        # Where there is no room for another process, kernels are started the usual way, or say so.
        with self._lock, contextlib.suppress(OSError):
            if self._server is None and sys.platform == "linux":
                command, env = [sys.executable, "-m", __name__], os.environ | environment()
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
                self._server = subprocess.Popen(command, **pipes, env=env, start_new_session=True, text=True)

    def start(self, command: list[str], cwd: str, env: dict[str, str]) -> Forked | None:
        """A kernel that leads a session of its own; None where it has to be started the usual way."""
        if self._server is None or command[: len(LAUNCHER)] != LAUNCHER:
            return None
        asked = {"arguments": command[len(LAUNCHER) :], "cwd": str(cwd), "env": env}
        with self._lock:
            self._is_used = True
            try:
                self._server.stdin.write(f"{json.dumps(asked)}\n")
                self._server.stdin.flush()
                return Forked(int(self._server.stdout.readline()))
            except (OSError, ValueError):  # it has ended: an import failed, a thread ran, no memory was left
                return None

    def kill(self) -> None:
        """No more kernels, from now on, whoever waits for one; those that run notice within a second."""
        if self._server is not None:
            self._server.kill()

    def __enter__(self):
        return self

    def __exit__(self, *error) -> None:
        if not self._is_used:  # the run is refused: nobody waits until all is imported
            self.kill()
        if self._server is not None:
            with self._lock, contextlib.suppress(BrokenPipeError):
                self._server.communicate()


def _served() -> dict:
    """In the server: fork for each line of stdin. Returns what was asked for in each child, and nothing at the end."""
    signal.signal(signal.SIGCHLD, _reap)
    for line in sys.stdin:
        if len([*Path("/proc/self/task").iterdir()]) > 1:
            break
        if not os.fork():
            return json.loads(line)
    return {}


def _reap(*_) -> None:
    """Take leave of the children that have ended, whose processor time is counted as ours from then on."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _become(asked: dict) -> None:
    """In the child: what a process of its own would have been started with."""
    import numpy as np

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    print(os.getpid(), flush=True)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"], JPY_PARENT_PID=str(os.getppid()))
    np.random.seed()


def main() -> None:
    """Import, fork, and in each child be a kernel."""
    if sys.path[0] in ("", str(Path.cwd())):
        del sys.path[0]
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # whose end a kernel looks for, read at ipykernel's import
    os.environ.setdefault("MPLBACKEND", BACKEND)
    # Where pyarrow is installed, pandas imports it, and its allocator starts a thread, after which nothing is forked.
    os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")
    sys.modules["debugpy"] = None  # nobody debugs in a pack, and its import costs each kernel a third of a second
    gc.disable()  # there is no garbage yet: what is imported stays
    try:
        for name in IMPORTS.split():
            with contextlib.suppress(ImportError):  # what is not there, a notebook misses itself
                import_module(name)
    except MemoryError:
        return  # kernels are started the usual way, and say what they lack
    del sys.modules["debugpy"]
    gc.freeze()  # so that no kernel goes through what is imported, and copies it by that
    gc.enable()
    atexit.register(gc.unfreeze)  # at their end libraries say what nobody has collected
    asked = _served()
    if asked:
        _become(asked)
        sys.argv = [LAUNCHER[-1], *asked["arguments"]]
        import_module("ipykernel.kernelapp").launch_new_instance()


def environment() -> dict[str, str]:
    """What every kernel inherits: this checkout's helpers first, and this environment's kernel before the user's."""
    path = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    prefer = os.environ.get("JUPYTER_PREFER_ENV_PATH", "1")
    return {"PYTHONPATH": os.pathsep.join(dict.fromkeys(path)), "JUPYTER_PREFER_ENV_PATH": prefer, FOR_PAGES: "1"}


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


if __name__ == "__main__":
    main()
