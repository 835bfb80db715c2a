"""Where the data is, and how it becomes our tables: `sources.open(source, period)`."""

from helpers.sources.project import DEFAULT, ROOT, default
from helpers.sources.tables import QUERIES, Tables, connect, connect_each, open
