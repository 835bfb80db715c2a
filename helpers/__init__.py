"""What the notebooks and the command line are built on; the names that version 0.1 had are found where they are now."""

import importlib
import importlib.util
import os
import sys

# Of matrices as small as ours, threads only wait for one another; and sums are added up in one order on every machine.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

# What a fork made with version 0.1 imports: the modules in which its functions are now, first the one to import.
_MOVED = {
    "account_months": "ledger.account_months",
    "benchmarks": "metrics.benchmarks",
    "comparison": "metrics metrics.process metrics.changes",
    "conventions": "metrics.conventions",
    "display": "page",
    "invoices": "ledger.invoices",
    "measures": "metrics.measures",
    "movements": "ledger.movements",
    "reference": "remorse.reference",
    "regression": "stats.logit stats.simex",
    "scorecard": "metrics metrics.changes metrics.core metrics.card",
    "survival": "cohorts.survival stats.curves stats.sbg",
}


class _Moved:
    """An old module: its names are looked up in the new ones; `display(frame)` shows a frame, as Jupyter's does."""

    def __init__(self, old: str):
        self._old = old

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        for place in _MOVED[self._old].split():
            if importlib.util.find_spec(f"helpers.{place}"):
                module = importlib.import_module(f"helpers.{place}")
                if hasattr(module, name):
                    return getattr(module, name)
        raise _gone(self._old, name)

    def figure(self, axes, alt: str = "", caption: str = "") -> None:
        """`display.figure`; its text alternative is made from title and caption now."""
        self.__getattr__("figure")(axes, caption=caption)

    def __call__(self, *shown) -> None:
        from IPython.display import display

        display(*shown)


def _gone(old: str, name: str = "") -> Exception:
    from helpers.errors import Refused

    folder, _, module = _MOVED[old].split()[0].rpartition(".")
    line = f"from helpers{'.' * bool(folder)}{folder} import {module}"
    what = f"{old}.{name} is gone" if name else f"helpers.{old} has moved"
    return Refused(
        f"{what}: change the notebook's import of {old} to `{line}` (.github/CHANGELOG.md lists old and new)"
    )


def __getattr__(name: str):
    if name in _MOVED:
        return _Moved(name)
    raise AttributeError(f"module 'helpers' has no attribute {name!r}")


class _Finder:
    """`from helpers.survival import …` is told where that is now, after all others have looked in vain."""

    @staticmethod
    def find_spec(name: str, path=None, target=None):
        package, _, old = name.partition(".")
        if package == "helpers" and old.partition(".")[0] in _MOVED:
            raise _gone(old.partition(".")[0])


sys.meta_path.append(_Finder)
