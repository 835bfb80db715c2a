"""Where the data is, and how it becomes our tables: `sources.open(source, period)`."""

from helpers.sources.project import DEFAULT, ROOT, default
from helpers.sources.reading import connect, connect_each, held, open
from helpers.sources.tables import Tables

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "open".split()
__dir__ = __all__.copy
