"""`python -m helpers check`: the data contract and the identities of a source, in plain words."""

from collections.abc import Callable
from pathlib import Path

from helpers import cohorts, formats, invoices, movements, reference, remorse, schema, sources
from helpers.sources import Tables


def check(source: Path, say: Callable[[str], None] = print) -> bool:
    """Say what is there, what is missing and what is wrong; True when nothing is wrong.

    Raises `Refused` where the source cannot even be read.
    """
    tables = sources.connect(source)
    say(f"Source {source}")
    faults = tables.faults()
    for fault in faults:
        say(f"✗ {fault}")
    if faults:
        say(f"{formats.plural(len(faults), 'rule')} of the data contract broken.")
        return False
    tables = tables.at(tables.default_period())
    rows, all_rows = tables.n_rows(), tables.n_rows(uncut=True)
    for name in schema.TABLES:
        say(_line(name, rows[name], all_rows[name], tables) if name in rows else f"· {name}: not in this source")
    say(f"The data covers {tables.coverage}, in {tables.currency}. A report without a period shows {tables.period}.")
    if tables.has("invoices"):
        for text in invoices.lines(tables):
            say(text)
    broken = broken_identities(tables)
    for text in broken:
        say(f"✗ {text}")
    if not broken:
        say("✓ Every identity holds: the movements add up to MRR, by month, by account and by cohort, to the cent.")
    return not broken


def freeze_reference(source: Path, replace: bool = False, say: Callable[[str], None] = print) -> Path:
    """Write `reference.csv` beside a source: every account past its cut-off, as of the last complete month.

    Raises `Refused` where there is one already, unless `replace` is set, and where no account shows a signal.
    """
    tables = sources.open(source)
    found = remorse.signals.read(tables)
    file = reference.write(source, remorse.scores.freeze(found, tables.as_of), replace)
    n = formats.plural(len(found.accounts), "account")
    say(f"{file}: the driver scores are measured against {n} as of {tables.as_of} from now on")
    return file


def _line(name: str, n_rows: int, n_all: int, tables: Tables) -> str:
    """How many rows a report sees; the others are later than its period, or of accounts without a subscription."""
    if n_rows == n_all:
        return f"✓ {name}: {formats.plural(n_rows, 'row')}"
    why = "no subscription by then" if name == "accounts" else "later, or of an account without a subscription by then"
    return f"✓ {name}: {formats.count(n_rows)} of {formats.plural(n_all, 'row')} as of {tables.as_of} (others: {why})"


def broken_identities(tables: Tables) -> list[str]:
    """The identities of the data model that do not hold, in plain words; empty when all do."""
    cube = movements.cube(tables)
    monthly = movements.by_month(cube, tables.coverage.first_month, tables.period.last)
    found = []
    sums = monthly["opening_cents"] + monthly["new_cents"] + monthly["reactivation_cents"] + monthly["expansion_cents"]
    off = monthly[sums - monthly["contraction_cents"] - monthly["churn_cents"] != monthly["closing_cents"]]
    found += [f"{month:%Y-%m}: opening and movements do not add up to closing MRR" for month in off["month"]]
    today = movements.moved(tables, tables.period.opening, tables.period.last)["closing_cents"].sum()
    closing = monthly["closing_cents"].iloc[-1]
    if today != closing:
        found.append(f"the accounts' MRR adds up to {today} cents, the movements to {closing}")
    cells = cohorts.triangle(cube, tables.period.last, "net_revenue")
    along = cohorts.diagonals(cells).merge(monthly, on="month", validate="one_to_one")
    for month in along.loc[along["cents"] != along["closing_cents"], "month"]:
        found.append(f"{month:%Y-%m}: the cohorts' revenue does not add up to MRR")
    if tables.has("invoices"):
        found += invoices.broken(invoices.reconciliation(tables))
    return found
