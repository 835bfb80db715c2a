"""How a command ends: its exit codes; and, when a signal stops it, without kernels left and with the last good pack."""

import contextlib
import signal
import threading
from collections.abc import Iterator, Mapping
from types import MappingProxyType

EXIT: Mapping[str, int] = MappingProxyType({"ok": 0, "failed": 1, "refused": 2, "locked": 3})
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked the run to end. Like KeyboardInterrupt it is no Exception, so that nothing takes it for a failure.

    >>> Stopped(signal.SIGTERM).exit_code, str(Stopped(signal.SIGINT))
    (143, 'stopped by SIGINT')
    """

    def __init__(self, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_code = 128 + number


@contextlib.contextmanager
def on_signals() -> Iterator[None]:
    """Within it, each of `SIGNALS` raises `Stopped`, but for one that is ignored (as nohup and `&` in a script do)."""

    def stop(number, frame):
        raise Stopped(number)

    with _handled({number: stop for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)}):
        yield


def undisturbed() -> contextlib.AbstractContextManager[None]:
    """Within it the signals do nothing: what a run leaves is cleared away even when Ctrl-C is pressed twice."""
    return _handled(dict.fromkeys(SIGNALS, signal.SIG_IGN))


@contextlib.contextmanager
def _handled(handlers: dict) -> Iterator[None]:
    # Python lets only the main thread say what a signal does; elsewhere they stay as they are.
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()} if is_main else {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
