"""Where the data is, and how it becomes our tables: `sources.open(source, period)`."""

from importlib import import_module

from helpers.sources.project import DEFAULT, ROOT, default

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "open".split()
__dir__ = __all__.copy
# Reading brings pandas and DuckDB, half a second that a command which reads nothing need not wait for.
_READING = ("open", "connect", "connect_each", "held", "Tables")


def __getattr__(name: str):
    if name not in _READING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.reading"), name)
