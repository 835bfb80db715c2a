"""Kernels forked from one process that has imported what notebooks need: each is what a process of its own would be."""

import os
import signal
import sys
import time

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from helpers.commands.report import build
from helpers.commands.report import kernels as forks
from helpers.commands.report.kernels import Forks, Kernels

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each kernel is started the usual way"),
]
ABOUT = "import os, sys, numpy as np; print(os.getpid(), os.getppid(), os.getsid(0), os.getcwd(), "
ABOUT += "os.environ.get('ONLY_HERE'), 'helpers.metrics' in sys.modules, np.random.random(), sep='|')"


@pytest.fixture(autouse=True)
def single_threads(monkeypatch):
    """As `helpers` sets them at its import."""
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(threads, "1")


def says(server: Forks | None, folder, code: str = ABOUT) -> list[str]:
    """What a kernel prints for a cell, split at its bars."""
    notebook = new_notebook(cells=[new_code_cell(code)])
    kernels = Kernels(server)
    about = {"kernel_name": "python3", "resources": {"metadata": {"path": str(folder)}}}
    NotebookClient(notebook, kernel_manager_class=kernels.manager_class, **about).execute()
    return notebook.cells[0].outputs[0].text.strip().split("|")


def test_each_kernel_has_its_own_session_folder_environment_and_luck(tmp_path, monkeypatch):
    with Forks() as server:
        server.begin()
        monkeypatch.setenv("ONLY_HERE", "set after the server began")
        (one, parent, *first), (other, again, *second) = says(server, tmp_path), says(server, tmp_path)
        assert parent == again == str(server._server.pid) and one != other
        for process, (session, *rest) in ((one, first), (other, second)):
            assert session == process
            assert rest[:3] == [str(tmp_path), "set after the server began", "True"]
        assert first[-1] != second[-1], "both draw the same random numbers"


def test_without_a_server_a_kernel_is_our_own_child(tmp_path):
    never, killed = Forks(), Forks()
    with killed:
        killed.begin()
        killed.kill()
        for server in (None, never, killed):
            assert says(server, tmp_path)[1] == str(os.getpid())


def test_a_server_of_several_threads_forks_nothing(tmp_path, monkeypatch):
    if build.cores() > 1:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
        with Forks() as server:
            server.begin()
            assert server.start(forks.LAUNCHER, str(tmp_path), dict(os.environ)) is None


def test_a_run_that_is_refused_waits_for_no_server_and_leaves_the_environment_as_it_was():
    before = dict(os.environ)
    with Forks() as server:
        server.begin()
    assert server._server.returncode == -signal.SIGKILL
    assert dict(os.environ) == before


def test_only_this_environments_own_kernel_is_forked(tmp_path):
    with Forks() as server:
        server.begin()
        assert server.start(["/usr/bin/R", "--slave"], tmp_path, {}) is None


def test_a_forked_process_is_seen_to_end_and_ends_with_the_server(tmp_path):
    with Forks() as server:
        server.begin()
        command = [*forks.LAUNCHER, "-f", str(tmp_path / "kernel.json")]
        killed, left = (server.start(command, tmp_path, dict(os.environ)) for _ in range(2))
        assert killed.poll() is None
        killed.kill()
        assert killed.wait() == killed.poll() == 1
        time.sleep(1)  # until the other one looks for its parent
        server.kill()
        assert left.wait() == 1


@pytest.mark.slow
def test_kernels_are_forked_where_pyarrow_is_installed(tmp_path):
    """CI has it for the slow tests, with PySpark: pandas then imports it, and it brings an allocator with a thread."""
    pytest.importorskip("pyarrow")
    with Forks() as server:
        server.begin()
        kernel = server.start([*forks.LAUNCHER, "-f", str(tmp_path / "kernel.json")], tmp_path, dict(os.environ))
        assert kernel is not None
        kernel.kill()
        assert kernel.wait() == 1
