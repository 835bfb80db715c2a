"""How hypothesis runs here: the same examples every time, few of them, and no deadline on a busy machine.

And the two packs that the tests of the report share.
"""

import os
import signal

import pytest
from hypothesis import settings
from packs import fresh_pack, sample_pack  # noqa: F401 - fixtures

# The source of whoever runs the tests is not theirs: they are about the sample company and made-up ones.
os.environ.pop("AFTER_THE_DEAL_SOURCE", None)

settings.register_profile("here", max_examples=12, deadline=None, derandomize=True, database=None)
settings.load_profile("here")


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
