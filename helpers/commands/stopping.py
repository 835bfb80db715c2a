"""How a command ends: its exit code, what it tells a scheduler, and that a signal leaves no kernel and no half a pack.

It imports nothing that takes time, so it is there from the start.
"""

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

EXIT: Mapping[str, int] = MappingProxyType({"ok": 0, "failed": 1, "refused": 2, "locked": 3})
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN = 0.02  # seconds until a stop that could not be raised, or was not heard, is raised again
_came: list[int] = []  # the signals of this run, whoever heard them


class Stopped(BaseException):
    """A signal asked the run to end. Like KeyboardInterrupt it is no Exception, so that nothing takes it for a failure.

    >>> Stopped(signal.SIGTERM).exit_code, str(Stopped(signal.SIGINT))
    (143, 'stopped by SIGINT')
    """

    def __init__(self, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_code = 128 + number


@contextlib.contextmanager
def on_signals() -> Iterator[list[int]]:
    """Within it, each of `SIGNALS` raises `Stopped`, but for one that is ignored (as nohup and `&` in a script do).

    Yields those that came. Raised among the locks of an import, a stop would leave one held forever, and in a callback
    nobody hears it: there it waits. Raised once more while a stop is on its way, it would end what clears away: there
    it is no news.
    """

    def stop(number, frame):
        _came.append(number)
        if frame and frame.f_code.co_filename.startswith("<frozen importlib"):
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
        elif not isinstance(sys.exception(), Stopped):
            raise Stopped(_came[0])

    def unheard(about):
        if isinstance(about.exc_value, Stopped):
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
        else:
            hook(about)

    hook, ignored = sys.unraisablehook, (signal.SIG_IGN, None)
    sys.unraisablehook = unheard
    try:
        heard = [number for number in SIGNALS if signal.getsignal(number) not in ignored]
        with _handled(dict.fromkeys([*heard, signal.SIGALRM], stop)):
            yield _came
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        _came.clear()


def heed() -> None:
    """Raise `Stopped` where a signal came: an error may be what a library made of it, as DuckDB does in a query."""
    if _came:
        raise Stopped(_came[0])


def as_process(command: Callable[[], int]) -> int:
    """The exit code of a command that is all that this process is for.

    Once it has ended no signal is heard: Python takes a while to leave, and would end as if it had been killed.
    """
    _hear_no(lambda *_: None)  # what `on_signals` puts back, also if a signal comes in that moment
    try:
        return command()
    except Stopped as stop:
        return stop.exit_code
    finally:
        _hear_no(signal.SIG_IGN)


def _hear_no(handler) -> None:
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def undisturbed() -> contextlib.AbstractContextManager[None]:
    """Within it the signals do nothing: what a run leaves is cleared away even when Ctrl-C is pressed twice."""
    return _handled(dict.fromkeys([*SIGNALS, signal.SIGALRM], signal.SIG_IGN))


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


@dataclass
class Answer:
    """What `--json` prints for a scheduler: one object, in it one for each period that was begun, or pack to verify."""

    status: str = "failed"
    exit_code: int = 1
    error: str = ""
    log: str = ""
    periods: list[dict] = field(default_factory=list)
    packs: list[dict] | None = None
    is_said: bool = field(default=False, repr=False)

    def end(self, status: str, error: str = "", exit_code: int | None = None) -> None:
        """How the run ended. Until then it counts as failed, so that nothing unforeseen passes for success."""
        self.status, self.error = status, error
        self.exit_code = EXIT[status] if exit_code is None else exit_code

    def text(self) -> str:
        """The object, on one line.

        >>> Answer().text()
        '{"status": "failed", "exit_code": 1, "error": "", "log": "", "periods": []}'
        """
        said = {name: value for name, value in self.__dict__.items() if name != "is_said" and value is not None}
        return json.dumps(said)

    def say(self) -> None:
        """Print it, once, whatever signal comes meanwhile."""
        with undisturbed():
            if not self.is_said:
                print(self.text(), flush=True)
                self.is_said = True
