"""A database as the source: what `[source] kind = "sql"` reads with, over SQLAlchemy, for reading only.

There are two ways to read (`[source] read`). "push", which is PostgreSQL's, sends our queries to where the tables are.
"pull", which every other database has, reads the columns that we need once, into the memory of the session, and asks
DuckDB from there on.
"""

from helpers.errors import did_you_mean
from helpers.sources.engines.database.pull import Pulled
from helpers.sources.engines.database.session import Session
from helpers.sources.refusals import refused
from helpers.sources.settings import Settings

# Where our queries have been run and give the same cents as on DuckDB.
PUSHES = ("postgresql",)


def connect(settings: Settings) -> Session | Pulled:
    """The engine for a database: it reads as the source file says, or else in the way that suits the database."""
    session = Session(settings)
    able = session.dialect_name in PUSHES
    read, ways = settings.options.get("read", "push" if able else "pull"), ("push", "pull")
    if read not in ways:
        raise refused("read", file=settings.file, read=read, meant=did_you_mean(str(read), ways))
    if read == "pull":
        return Pulled(settings, session)
    if not able:
        raise refused("no_push", file=settings.file, able=", ".join(PUSHES), name=session.dialect_name)
    session.refuse_encoding()
    return session
