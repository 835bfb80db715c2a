"""A CSV that cannot be divided into lines and fields is refused by line, and no row of it is lost on the way."""

import gzip
import os

import pytest
from packs import PROJECT
from writing import write_source

from helpers import sources
from helpers.commands.check import start
from helpers.errors import Refused
from helpers.sources.engines import files

ACCOUNTS = "account_id,name,segment\nA,Acme,SMB\nB,Beta,SMB\n"
HEAD = "subscription_id,account_id,starts_on,ends_on,mrr,currency\n"
SUBSCRIPTIONS = HEAD + "".join(f"s{n},{'AB'[n % 2]},2024-01-{n % 28 + 1:02d},,10,USD\n" for n in range(60))


def refused(folder, **tables: str) -> str:
    for name, text in {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, **tables}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    named = "".join(f'[tables.{name}]\nfrom = "{name}.csv"\n' for name in ("accounts", "subscriptions"))
    (folder / "source.toml").write_text(f'[source]\nkind = "files"\n{named}', encoding="utf-8")
    with pytest.raises(Refused) as why:
        sources.open(folder / "source.toml", "2024-01")
    return str(why.value)


@pytest.mark.parametrize(
    ("accounts", "said"),
    {
        "comma": (ACCOUNTS.replace("Acme", "Acme, Inc"), "line 2: 4 fields where the header has 3: A,Acme, Inc,SMB"),
        "short": (ACCOUNTS.replace("B,Beta,SMB", "B,Beta"), "line 3: 2 fields where the header has 3: B,Beta"),
        "quote": (ACCOUNTS.replace("Beta", '"Beta'), "line 3: a quote that is not closed"),
        "every line": (ACCOUNTS.replace("SMB", "SMB,x"), "2 lines do not have the fields of the header"),
        "semicolons": (ACCOUNTS.replace(",", ";").replace("Acme", "Ac;me"), "line 2: 4 fields where the header has 3"),
    }.values(),
)
def test_a_line_that_has_not_the_fields_of_the_header_is_named(tmp_path, accounts, said):
    told = refused(tmp_path, accounts=accounts)
    assert "accounts.csv (table accounts): " in told and said in told and "Fix: export it again" in told


@pytest.mark.parametrize(
    ("name", "said"),
    {
        "accounts.parquet": 'it is a folder; write "accounts.parquet/*.parquet" for the files in it',
        ".": "'.': it is a folder",
        "linked.csv": "'linked.csv': it is a link to nowhere.csv, and no file is there",
        "pipe.csv": "'pipe.csv': it is no file that holds data",
    }.items(),
)
def test_what_is_no_file_is_named_as_what_it_is(tmp_path, name, said):
    (tmp_path / "accounts.parquet").mkdir()
    (tmp_path / "linked.csv").symlink_to("nowhere.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    file = write_source(tmp_path, subscriptions=SUBSCRIPTIONS, mapping=f'[tables.accounts]\nfrom = "{name}"')
    with pytest.raises(Refused) as refused:
        sources.open(file, "2024-01")
    assert "source.toml: [tables.accounts] from = " in str(refused.value) and said in str(refused.value)


TITLE = "Acme Analytics LLC - Customers\nGenerated 2026-01-05\n\n"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("B,Be,ta,SMB", "line 41: 4 fields where the header has 3"),
        ('B,"Beta,SMB', "line 41: a quote"),
        ("B,Beta", "line 41: 2"),
    ],
)
def test_below_a_title_the_broken_line_is_named_and_without_one_all_is_read(tmp_path, broken, said):
    head, first, second = ACCOUNTS.splitlines()
    rows = [first, *(f"X{n},Axis,SMB" for n in range(35)), second, *(f"Y{n},Yes,SMB" for n in range(35))]
    text = TITLE + "\n".join([head, *rows]) + "\n"
    assert said in refused(tmp_path, accounts=text.replace(second, broken))
    (tmp_path / "accounts.csv").write_text(text, encoding="utf-8")
    tables = sources.open(tmp_path / "source.toml", "2024-01")
    assert tables.uncut("select count(*) as n from _all_accounts")["n"].iloc[0] == 72


def test_so_it_is_far_below_the_rows_that_the_reader_guesses_from(tmp_path):
    rows = "".join(f"s{n},A,2024-01-01,,10,USD\n" for n in range(60_000))
    told = refused(tmp_path, subscriptions=f"{HEAD}{rows}s,A,2024-01-01,,10,U,SD\n")
    assert "1 line does not have the fields of the header\n    line 60002: 7 fields where the header has 6" in told


def test_lines_that_end_in_two_ways_are_named_and_the_way_out_works(tmp_path):
    lines = [f"A{n},Acme {n},SMB" for n in range(3000)]
    text = "account_id,name,segment\r\n" + "\r\n".join(lines[:2000]) + "\r\n" + "\n".join(lines[2000:]) + "\n"
    told = refused(tmp_path, accounts=text, subscriptions=SUBSCRIPTIONS.replace(",A,", ",A0,").replace(",B,", ",A1,"))
    assert "up to line 2001 in one, from line 2002 on in another" in told and r"sed -i 's/\r$//' accounts.csv" in told
    (tmp_path / "accounts.csv").write_text(text.replace("\r", ""), encoding="utf-8", newline="")
    assert len(sources.open(tmp_path / "source.toml", "2024-01").frame("subscriptions")) == 60


def test_line_breaks_inside_quotes_are_text(tmp_path):
    lines = "".join(f'A{n},"Acme\n{n}",SMB\r\n' for n in range(30))
    (tmp_path / "accounts.csv").write_text("account_id,name,segment\r\n" + lines, encoding="utf-8", newline="")
    assert not files.why_unreadable([tmp_path / "accounts.csv"], "utf-8").startswith("1 line does")
    assert sorted(files.header(tmp_path / "accounts.csv", "utf-8")) == ["account_id", "name", "segment"]


def test_a_packed_file_is_looked_at_as_an_open_one(tmp_path):
    packed = tmp_path / "accounts.csv.gz"
    packed.write_bytes(gzip.compress(ACCOUNTS.replace("Acme", "Acme, Inc").encode()))
    assert "line 2: 4 fields where the header has 3" in files.why_unreadable([packed], "utf-8")


def test_a_packed_file_of_nothing_has_no_header(tmp_path):
    packed = tmp_path / "accounts.csv.gz"
    packed.write_bytes(gzip.compress(b""))
    assert files.header(packed, "utf-8") == [] and files.why_unreadable([packed], "utf-8") == ""


@pytest.mark.parametrize("name", ["accounts", "surveys", "touches"])
def test_in_a_good_file_nothing_is_seen(name):
    assert files.why_unreadable([PROJECT / "data" / "sample" / f"{name}.csv"], "utf-8") == ""


def test_start_names_the_line_too_and_its_file_stays_readable(tmp_path):
    for name, text in {
        "accounts": ACCOUNTS,
        "subscriptions": SUBSCRIPTIONS,
        "tickets": 'ticket_id,account_id,opened_on,category,priority\nT1,A,2024-02-01,"how,1\n',
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    told: list[str] = []
    written = start.write(tmp_path, told.append)
    assert any("tickets.csv: cannot be read: 1 line does not" in line and "line 2: a quote" in line for line in told)
    assert len(sources.open(written, "2024-01").frame("accounts")) == 2


@pytest.mark.parametrize("begins", ["select 1", "SELECT 1", "with t as (select 1) from t", "from t", "table t"])
@pytest.mark.parametrize(
    "before", ["", " ", "\n", "(", "/* left */", " -- left\n", "/* a */ /* (b) */", "'é' is null or ("]
)
def test_a_query_inside_an_expression_is_seen_whatever_stands_before_it(begins, before):
    assert files.has_query(f"id in ({before}{begins}))")


@pytest.mark.parametrize(
    "text",
    [
        "coalesce(selected, 0)",
        "'(select 1'",
        '("from" + 1)',
        "(-- select 1\n id)",
        "extract(day from d)",
        "(id) - with_tax",
    ],
)
def test_words_of_a_query_that_begin_none_are_no_query(text):
    assert not files.has_query(text)
