"""A database as the source: what `[source] kind = "sql"` reads with, over SQLAlchemy, for reading only.

There are two ways to read (`[source] read`). "push", which is PostgreSQL's, sends our queries to where the tables are.
"pull", which every other database has, reads the columns that we need once, into the memory of the session, and asks
DuckDB from there on.
"""
