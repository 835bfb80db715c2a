"""Invoice lines and exchange rates on a real PostgreSQL: the same cents as from CSV."""

import pandas as pd
import pytest
from commands.check.test_doubts_invoices import ODD, seen
from invoice_cases import CASES, RATES
from postgres import PASSWORD, TYPES, cluster  # noqa: F401 - a fixture
from writing import billed, write_source

from helpers import sources
from helpers.ledger import invoices, movements


@pytest.fixture(params=["push", "pull"])
def both(request, cluster, tmp_path, monkeypatch):  # noqa: F811
    """The cases of test_invoices, every other line in euros, from CSV files and from the database."""
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)
    lines = [f"{name.replace(',', ';')}, {line}" for name, (own, _) in CASES.items() for line in own]
    head, *rows = billed(*lines).splitlines()
    rows = [row.replace(",USD,", ",EUR,") if number % 2 else row for number, row in enumerate(rows)]
    files = write_source(tmp_path, invoices="\n".join([head, *rows]), rates=RATES, source='currency = "USD"')
    database = f"billed_{request.param}"
    cluster.load(database, tmp_path, TYPES | {"money": "numeric(20, 10)"})
    tables = "".join(f'[tables.{name}]\nfrom = "{name}"\n' for name in ("accounts", "invoices", "rates"))
    folder = tmp_path / "database"
    folder.mkdir()
    (folder / "source.toml").write_text(
        f'[source]\nkind = "sql"\nurl = "{cluster.url(database)}"\nread = "{request.param}"\ncurrency = "USD"\n'
        f"data_until = 2024-12-31\n{tables}",
        encoding="utf-8",
    )
    return sources.open(files, "2024-12"), sources.open(folder / "source.toml", "2024-12")


def test_the_same_cents_from_the_database_as_from_csv(both):
    files, database = both
    assert str(files.rates) == str(database.rates)
    for of in (movements.cube, movements.year_on_year, invoices.reconciliation):
        pd.testing.assert_frame_equal(of(database), of(files), check_exact=True, check_dtype=False)
    for name in ("accounts", "subscriptions", "invoices", "rates"):
        pd.testing.assert_frame_equal(database.frame(name), files.frame(name), check_exact=True)
    assert invoices.lines(database) == invoices.lines(files)


def test_the_doubts_about_lines_are_the_same(cluster, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)
    files = write_source(tmp_path, invoices=billed(*ODD))
    cluster.load("odd_lines", tmp_path, TYPES)
    (tmp_path / "database").mkdir()
    tables = "".join(f'[tables.{name}]\nfrom = "{name}"\n' for name in ("accounts", "invoices"))
    database = tmp_path / "database" / "source.toml"
    database.write_text(
        f'[source]\nkind = "sql"\nurl = "{cluster.url("odd_lines")}"\ndata_until = 2024-12-31\n{tables}',
        encoding="utf-8",
    )
    told, billing = seen(files)
    assert seen(database) == (told, billing) and len(told) == 2 and billing
