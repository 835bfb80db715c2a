"""What runs the SQL over a source's tables: DuckDB over files, a database, Spark."""

from helpers.sources.engines.engine import SNAPSHOT, Engine, connect, digests, is_fresh, stamps
