"""How hypothesis runs here: the same examples every time, few of them, and no deadline on a busy machine.

And the two packs that the tests of the report share.
"""

import atexit
import gc
import os
import signal
import sys

import pytest
from hypothesis import settings

sys.modules.setdefault("rfc3987_syntax", None)  # as in helpers/__main__.py: a second of each process's time

from packs import fresh_pack, sample_pack  # noqa: E402, F401 - fixtures

# The source of whoever runs the tests is not theirs: they are about the sample company and made-up ones.
os.environ.pop("AFTER_THE_DEAL_SOURCE", None)

settings.register_profile("here", max_examples=12, deadline=None, derandomize=True, database=None)
settings.load_profile("here")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is collected stays to the end, so nobody looks through it for garbage: that took a third of its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        atexit.register(gc.unfreeze)  # at their end libraries say what nobody has collected
        gc.enable()


def pytest_ignore_collect(collection_path, config):
    """Files of slow tests are not even read where none of them runs."""
    is_slow = collection_path.is_relative_to(config.rootpath / "tests" / "slow")
    return True if is_slow and config.option.markexpr == "not slow" else None


def pytest_itemcollected(item):
    """Side by side, the tests of one pack run in one process, so that it is rendered once; and so does each file.

    The second pack, of a company that nobody has seen, is rendered after the fast tests: they have five minutes.
    Said of each test as it is found: hooks that look at all of them have no order, and in one xdist reads the groups.
    """
    shared = [name for name in ("sample_pack", "fresh_pack") if name in getattr(item, "fixturenames", ())]
    item.add_marker(pytest.mark.xdist_group(shared[0] if shared else str(item.path)))
    # The template is not in the pack, and its notebook's rules are checked fast; the copies of a fork are in it.
    if "fresh_pack" in shared or item.path.stem == "test_00_template" or "slow" in item.path.parts:
        item.add_marker(pytest.mark.slow)


def pytest_sessionfinish(session):
    """Let go of the examples that another process has run: each holds the names of its module, and with them DuckDB,
    past the end of Python, which DuckDB then tells in forty lines. One that was run is cleared by doctest itself."""
    for item in session.items:
        if isinstance(item, pytest.DoctestItem):
            item.dtest.globs.clear()


@pytest.fixture
def terminal_signals():
    """Signals as a terminal has them: what a script runs in its background, or nohup, is started with some ignored."""
    handlers = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
