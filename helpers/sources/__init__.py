"""Where the data is, and how it becomes our tables: `sources.open(source, period)`."""

from helpers.sources.project import ROOT
from helpers.sources.tables import DEFAULT, QUERIES, Tables, connect, connect_each, default, open
