"""MRR by account and month on a real PostgreSQL and on Spark: the same cents as from CSV, in each of its shapes."""

import pandas as pd
import pytest
from postgres import PASSWORD, cluster  # noqa: F401 - a fixture
from spark_server import refuse_absence

from helpers import sources
from helpers.ledger import movements

SHAPES = {
    "long": (
        "account_id,name,segment,month,mrr,currency\n"
        "A,Acme,L,2024-01-01,100.10,USD\nA,Acme,L,2024-02-01,120,USD\nA,Acme,L,2024-04-01,90,USD\n"
        "B,Bolt,S,2024-02-01,50,USD\nB,Bolt,S,2024-03-01,-,USD\nB,Bolt,S,2024-04-01,50.55,USD\n",
        "",
    ),
    "labels": (
        "account_id,name,segment,month,mrr,currency\n"
        "A,Acme,L,Jan-24,100.10,USD\nA,Acme,L,Feb-24,120,USD\nB,Bolt,S,Mar-24,50,USD\nB,Bolt,S,Apr-24,,USD\n",
        "",
    ),
    "across": (
        "account_id,name,segment,Jan-24,Feb-24,Mar-24,Apr-24\nA,Acme,L,1200,1440,,1080\nB,Bolt,S,,600,0,607\n",
        'months_across = true\namounts = "arr"\n',
    ),
    "movements": (
        "account_id,name,segment,month,movement,mrr,currency\nA,Acme,L,2024-01-10,new,100,USD\n"
        "A,Acme,L,2024-02-11,expansion,20,USD\nA,Acme,L,2024-04-12,churn,-120,USD\nB,Bolt,S,2024-03-01,new,50,USD\n",
        "movements = true\n",
    ),
}
FILE = 'from = "mrr.csv"'
HEAD = 'currency = "USD"\ndata_until = 2024-04-30\n[tables.mrr]\n'


def written(folder, source: str, origin: str, more: str):
    folder.mkdir(exist_ok=True)
    file = folder / "source.toml"
    file.write_text(f"[source]\n{source}\n{HEAD}{origin}\n{more}", encoding="utf-8")
    return file


def assert_same(file, csv) -> None:
    here, files = sources.open(file, "2024-04"), sources.open(csv, "2024-04")
    for of in (movements.cube, movements.year_on_year):
        pd.testing.assert_frame_equal(of(here), of(files), check_exact=True, check_dtype=False)
    ledger = movements.cube(files)
    assert set(ledger["movement"]) >= {"new"} and ledger["change_cents"].abs().sum() > 20_000
    for sql in ("select * from subscriptions order by subscription_id, starts_on", "select * from accounts order by 1"):
        pd.testing.assert_frame_equal(here.query(sql), files.query(sql), check_exact=True, check_dtype=False)


@pytest.mark.parametrize(
    "read, origin",
    [("push", 'from = "mrr"'), ("push", 'sql = "select * from mrr"'), ("pull", 'sql = "select * from mrr"')],
)
@pytest.mark.parametrize("name", SHAPES)
def test_the_same_cents_from_postgresql_as_from_csv(cluster, tmp_path, monkeypatch, name, read, origin):  # noqa: F811
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)
    text, more = SHAPES[name]
    (tmp_path / "mrr.csv").write_text(text, encoding="utf-8")
    csv = written(tmp_path, "", 'from = "mrr.csv"', more)
    database = f"mrr_{name}_{read}_{origin[:3]}"
    texts = dict.fromkeys(("id", "text", "choice", "date", "month", "money", "number", "count", "flag"), "text")
    cluster.load(database, tmp_path, texts)
    source = f'kind = "sql"\nurl = "{cluster.url(database)}"\nread = "{read}"'
    assert_same(written(tmp_path / "database", source, origin, more), csv)


@pytest.mark.parametrize("name", SHAPES)
def test_the_same_cents_from_spark_as_from_csv(tmp_path, name):
    refuse_absence()
    text, more = SHAPES[name]
    (tmp_path / "mrr.csv").write_text(text, encoding="utf-8")
    csv = written(tmp_path, "", 'from = "mrr.csv"', more)
    assert_same(
        written(tmp_path / "spark", 'kind = "spark"\nurl = "local[1]"\npath = ".."', 'from = "mrr.csv"', more), csv
    )
