"""The same data gives the same report, to the byte, whatever file it comes in."""

import filecmp
from pathlib import Path

import duckdb
import pytest
from packs import helpers

from helpers.sources import schema

# The types in which a warehouse would keep our kinds of column.
TYPES = {
    "date": "date",
    "month": "date",
    "money": "decimal(12, 2)",
    "number": "double",
    "count": "integer",
    "flag": "boolean",
}


def typed(csv: Path, table: str) -> str:
    """SQL that reads a table of the sample in types of its own."""
    header = csv.read_text(encoding="utf-8").partition("\n")[0].split(",")
    columns = ", ".join(
        f"cast({name} as {TYPES.get(schema.kind(table, name), 'varchar')}) as {name}" for name in header
    )
    return f"select {columns} from read_csv('{csv}', all_varchar = true)"


def toml(folder: Path, path: str, origin: str, tables: list[str]) -> Path:
    text = f'[source]\nkind = "files"\npath = "{path}"\ncurrency = "USD"\ndata_until = 2026-10-31\n'
    text += "".join(f'[tables.{name}]\nfrom = "{origin.format(name)}"\n' for name in tables)
    file = folder / "source.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def as_parquet(fresh_pack, tmp_path):
    tables = [path.stem for path in fresh_pack.source.parent.glob("*.csv") if path.stem in schema.TABLES]
    for name in tables:
        read = typed(fresh_pack.source.parent / f"{name}.csv", name)
        # In another order than the CSV's: what a report says must not hang on it.
        duckdb.sql(f"copy (select * from ({read}) order by hash(columns(*))) to '{tmp_path}/{name}.parquet'")
    return toml(tmp_path, ".", "{}.parquet", tables)


@pytest.fixture
def as_database(fresh_pack, tmp_path):
    tables = [path.stem for path in fresh_pack.source.parent.glob("*.csv") if path.stem in schema.TABLES]
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
        for name in tables:
            connection.execute(f"create table {name} as {typed(fresh_pack.source.parent / f'{name}.csv', name)}")
    return toml(tmp_path, "crm.duckdb", "{}", tables)


@pytest.mark.parametrize("kind", ["as_parquet", "as_database"])
def test_parquet_and_duckdb_give_the_tables_of_the_csv(kind, fresh_pack, request, tmp_path):
    source = request.getfixturevalue(kind)
    reference = fresh_pack.source.parent / "reference.csv"
    (source.parent / "reference.csv").write_bytes(reference.read_bytes())
    helpers("report", "--source", source, "--out", "packs", cwd=tmp_path)
    ours, theirs = tmp_path / "packs" / "2026-10" / "tables", fresh_pack.folder / "tables"
    names = sorted(path.name for path in theirs.iterdir())
    assert names == sorted(path.name for path in ours.iterdir())
    assert filecmp.cmpfiles(theirs, ours, names, shallow=False) == (names, [], [])
