"""A database as the source: what `[source] kind = "sql"` reads with, over SQLAlchemy, for reading only.

There are two ways to read (`[source] read`). "push", which is PostgreSQL's, sends our queries to where the tables are.
"pull", which every other database has, reads the columns that we need once, into the memory of the session, and asks
DuckDB from there on. Both are sessions of one kind, opened with the address and the secrets of `address`.
"""

from helpers.errors import Refused, did_you_mean
from helpers.sources.engines.database.pull import Pulled
from helpers.sources.engines.database.push import Pushed
from helpers.sources.engines.database.session import Session
from helpers.sources.settings import Settings

READS = {"push": Pushed, "pull": Pulled}
# Where our queries have been run and give the same cents as on DuckDB.
PUSHES = ("postgresql",)


def connect(settings: Settings) -> Pushed | Pulled:
    """The engine for a database: it reads as the source file says, or else in the way that suits the database."""
    session = Session(settings)
    able = session.dialect_name in PUSHES
    read = settings.options.get("read", "push" if able else "pull")
    if read not in READS:
        raise Refused(f"{settings.file}: [source] read = {read!r} is not known; {did_you_mean(str(read), READS)}")
    if read == "push" and not able:
        raise Refused(
            f'{settings.file}: [source] read = "push" is for {", ".join(PUSHES)}, where our queries have been run; '
            f'from {session.dialect_name}, read = "pull" brings the columns here instead'
        )
    return READS[read](settings, session)
