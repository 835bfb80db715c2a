"""MRR by account and month on a real PostgreSQL and on Spark: the same cents as from CSV, in each of its shapes."""

import pandas as pd
import pytest
from postgres import PASSWORD, cluster  # noqa: F401 - a fixture
from spark_server import refuse_absence

from helpers import sources
from helpers.commands.check.doubts import revenue
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
        "A,Acme,L,Jan-24,\u00a0100.10\t,USD\nA,Acme,L,Feb-24,120,USD\n"
        "B,Bolt,S, Mär 2024 ,50,USD\nB,Bolt,S,Apr-24,\u202f–,USD\n",
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
    "words": (
        "account_id,name,segment,month,movement,mrr,currency\nA,Acme,L,2024-01-10, New_Business ,1000,USD\n"
        "A,Acme,L,2024-02-11,\u00a0Down-Sell,200.07,USD\nA,Acme,L,2024-04-12,CHURN,799.93,USD\nB,Bolt,S,2024-03-01,new,5000,USD\n",
        'movements = true\namounts = "arr"\n',
    ),
    "in advance": (
        "account_id,name,segment,Jan-24,Feb-24,Mar-24,Apr-24\n"
        "A,Acme,L,300,,,300\nB,Bolt,S,60,,,60\nC,Cole,S,90,0,,90.50\nD,Dune,S,10,20,30,40\n",
        "months_across = true\n",
    ),
    "quarters": (
        "account_id,name,segment,Q1 2024,Q2-24\nA,Acme,L,300.05,360\nB,Bolt,S,,500\n",
        "months_across = true\n",
    ),
}
# What is refused, by every engine alike: the columns of the faults, and how many rows each has.
REFUSED = {
    "across": (
        "account_id,name,segment,Jan-24,Feb-24\nA,Acme,L,x,1_0\nA,Acme,L,1,1\nTotal:,,,1,2\nC,C,S,-1,-2\n",
        "months_across = true\n",
        [("mrr", 1), ("account_id, product, month", 2), ("account_id", 1), ("mrr", 1)],
    ),
    "labels": (
        "account_id,name,segment,month,mrr,currency\nA,Acme,L,Jan-24,1e400,USD\nA,Acme,L,soon,10,USD\nA,Acme,L,,10,USD\n",
        "",
        [("month", 1), ("month", 2), ("mrr", 1)],
    ),
    "movements": (
        "account_id,name,segment,month,movement,mrr,currency\nA,Acme,L,2024-01-10,new,100,USD\n"
        "A,Acme,L,2024-02-11,shrank,20,EUR\nB,Bolt,S,2024/02/11,new,20,USD\n",
        "movements = true\n",
        [("month", 1), ("currency", 1), ("movement", 1)],
    ),
}
FILE = 'from = "mrr.csv"'
HEAD = 'currency = "USD"\ndata_until = 2024-04-30\n[tables.mrr]\n'


def given(name: str) -> tuple[str, str]:
    return SHAPES[name] if name in SHAPES else REFUSED[name.removeprefix("no ")][:2]


def written(folder, source: str, origin: str, more: str):
    folder.mkdir(exist_ok=True)
    file = folder / "source.toml"
    file.write_text(f"[source]\n{source}\n{HEAD}{origin}\n{more}", encoding="utf-8")
    return file


def assert_same(file, csv) -> None:
    """The same cents, or the same faults."""
    faults = [[(each.column, each.says, each.n_rows) for each in sources.connect(of).faults()] for of in (file, csv)]
    assert faults[0] == faults[1]
    if faults[0]:
        return
    here, files = sources.open(file, "2024-04"), sources.open(csv, "2024-04")
    for of in (movements.cube, movements.year_on_year):
        pd.testing.assert_frame_equal(of(here), of(files), check_exact=True, check_dtype=False)
    ledger = movements.cube(files)
    assert set(ledger["movement"]) >= {"new"} and ledger["change_cents"].abs().sum() > 20_000
    for sql in ("select * from subscriptions order by subscription_id, starts_on", "select * from accounts order by 1"):
        pd.testing.assert_frame_equal(here.query(sql), files.query(sql), check_exact=True, check_dtype=False)
    for path in sorted(revenue.SHEET.glob("*.sql")):
        sql = path.read_text(encoding="utf-8").format(last=here.period.last)
        pd.testing.assert_frame_equal(here.query(sql), files.query(sql), check_dtype=False)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_counted_by_the_rows_of_the_source(tmp_path, name):
    text, more, faults = REFUSED[name]
    (tmp_path / "mrr.csv").write_text(text, encoding="utf-8")
    csv = written(tmp_path, "", FILE, more)
    assert [(each.column, each.n_rows) for each in sources.connect(csv).faults()] == faults


@pytest.mark.parametrize(
    "read, origin",
    [("push", 'from = "mrr"'), ("push", 'sql = "select * from mrr"'), ("pull", 'sql = "select * from mrr"')],
)
@pytest.mark.parametrize("name", [*SHAPES, *map("no {}".format, REFUSED)])
def test_the_same_cents_from_postgresql_as_from_csv(cluster, tmp_path, monkeypatch, name, read, origin):  # noqa: F811
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)
    text, more = given(name)
    (tmp_path / "mrr.csv").write_text(text, encoding="utf-8")
    csv = written(tmp_path, "", 'from = "mrr.csv"', more)
    database = f"mrr_{name}_{read}_{origin[:3]}".replace(" ", "_")
    texts = dict.fromkeys(("id", "text", "choice", "date", "month", "money", "number", "count", "flag"), "text")
    cluster.load(database, tmp_path, texts)
    source = f'kind = "sql"\nurl = "{cluster.url(database)}"\nread = "{read}"'
    assert_same(written(tmp_path / "database", source, origin, more), csv)


@pytest.mark.parametrize("name", [*SHAPES, *map("no {}".format, REFUSED)])
def test_the_same_cents_from_spark_as_from_csv(tmp_path, name):
    refuse_absence()
    text, more = given(name)
    (tmp_path / "mrr.csv").write_text(text, encoding="utf-8")
    csv = written(tmp_path, "", 'from = "mrr.csv"', more)
    assert_same(
        written(tmp_path / "spark", 'kind = "spark"\nurl = "local[1]"\npath = ".."', 'from = "mrr.csv"', more), csv
    )
