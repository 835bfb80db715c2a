"""What a source file can reach: its own folder and what [source] allow names, by one SELECT, and nothing is written."""

from datetime import date

import duckdb
import pytest
from writing import stretches, write_source

from helpers import sources
from helpers.commands.check import check
from helpers.errors import Refused
from helpers.sources import pseudonyms

ONE = stretches("A, 2024-01-15, , 100")
AS_ACCOUNTS = "select 'A' as account_id, name, 'S' as segment from"
CSV = '[tables.accounts]\nfrom = "accounts.csv"\n'


@pytest.fixture
def elsewhere(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "private.csv").write_text("account_id,name,segment\nA,secret,S\n")
    return folder


@pytest.fixture
def read(tmp_path):
    """The names of the accounts, as a source in `tmp_path/source` says where they are."""

    def names(mapping: str, source="") -> list[str]:
        folder = tmp_path / "source"
        folder.mkdir(exist_ok=True)
        accounts = "account_id,name,segment\nA,Acme,S\n"
        file = write_source(folder, accounts=accounts, subscriptions=ONE, mapping=mapping, source=source)
        return sources.open(file, "2024-12").frame("accounts")["name"].tolist()

    return names


def said(folder) -> str:
    return rf'allow = \["{folder}"\]'


def query(sql: str) -> str:
    return f'[tables.accounts]\nsql = """{sql}"""'


WAYS = {
    "sql": query("select * from '{0}/private.csv'"),
    "a function in sql": query("select * from read_csv('{0}/private.csv')"),
    "a glob in sql": query("select * from read_csv('{0}/*.csv')"),
    "up and down": query("select * from read_csv('../../../{1}/private.csv')"),
    "text": query("select 'A' as account_id, content as name, 'S' as segment from read_text('{0}/private.csv')"),
    "from": '[tables.accounts]\nfrom = "{0}/private.csv"',
    "a glob in from": '[tables.accounts]\nfrom = "../../../{1}/*.csv"',
    "where": CSV + """where = "exists (select 1 from '{0}/private.csv')" """,
    "a column": CSV + """columns.name = "(select max(name) from '{0}/private.csv')" """,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_file_elsewhere_is_refused_and_the_line_that_allows_it_is_said(read, elsewhere, way):
    with pytest.raises(Refused, match=r"(lies outside of the source's folder|cannot be read)") as refused:
        read(WAYS[way].format(elsewhere, elsewhere.relative_to(elsewhere.parents[1])))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("way", ["sql", "a function in sql", "from", "a column"])
def test_the_line_that_is_said_allows_it(read, elsewhere, way):
    mapping = WAYS[way].format(elsewhere, "")
    with pytest.raises(Refused, match=said(elsewhere)):
        read(mapping)
    assert read(mapping, f'allow = ["{elsewhere}"]') == ["secret"]


def test_a_folder_whose_name_begins_alike_is_another(read, tmp_path):
    (tmp_path / "source2").mkdir()
    (tmp_path / "source2" / "private.csv").write_text("account_id,name,segment\nA,secret,S\n")
    with pytest.raises(Refused, match="outside of the source's folder"):
        read(WAYS["sql"].format(tmp_path / "source2"))


def test_a_link_leads_no_further_than_its_target_is_allowed(read, tmp_path, elsewhere):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "linked.csv").symlink_to(elsewhere / "private.csv")
    for mapping in (
        '[tables.accounts]\nfrom = "linked.csv"',
        "[tables.accounts]\nsql = \"select * from 'linked.csv'\"",
    ):
        with pytest.raises(Refused, match="outside of the source's folder"):
            read(mapping)
    assert read('[tables.accounts]\nfrom = "linked.csv"', f'allow = ["{elsewhere}"]') == ["secret"]


def test_a_link_is_refused_with_the_folder_that_it_leads_to(read, tmp_path, elsewhere):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "linked").symlink_to(elsewhere)
    with pytest.raises(Refused, match=rf"leads to {elsewhere}/private.csv, (?s:.*){said(elsewhere)}"):
        read(query("select * from 'linked/private.csv'"))


DATABASE = '[tables.accounts]\nfrom = "accounts"\n[tables.subscriptions]\nfrom = "subscriptions"'
ROWS = """
create table accounts as select 'A' as account_id, 'Acme' as name, 'S' as segment;
create table subscriptions as select 's' as subscription_id, 'A' as account_id, date '2024-01-01' as starts_on,
null::date as ends_on, 5 as mrr, 'USD' as currency
"""


@pytest.fixture
def database(tmp_path):
    """A source in a .duckdb file, in which some statements were run."""

    def of(statements: str, mapping: str = DATABASE):
        with duckdb.connect(str(tmp_path / "crm.duckdb")) as connection:
            connection.execute(f"{ROWS}; {statements}")
        file = write_source(tmp_path, subscriptions=ONE, source='path = "crm.duckdb"', mapping=mapping)
        return sources.open(file, "2024-12")

    return of


def test_no_function_of_a_database_takes_the_place_of_duckdbs_own(database, monkeypatch):
    """With an md5 of its own, an anonymized report would show ids, and the key of its pseudonyms."""
    monkeypatch.setenv(pseudonyms.FLAG, "1")
    monkeypatch.setenv(pseudonyms.KEY, "a key")
    shadows = {"md5": "(a) as a", "substr": "(a, b, c) as a", "sum": "(a) as 7", "count": "() as 7"}
    tables = database(";".join(f"create macro {name}{rest}" for name, rest in shadows.items()))
    assert tables.frame("accounts")["account_id"].str.fullmatch("id-[0-9a-f]{16}").all()
    row = tables.query("select count(*) as n, sum(mrr) as mrr, substr('abc', 1, 1) as a from subscriptions").iloc[0]
    assert row.tolist() == [1, 5.0, "a"]


@pytest.mark.parametrize("name", ["billing", "odd, name", 'a "b"'])
def test_functions_and_schemas_of_a_database_are_read(database, name):
    quoted = '"' + name.replace('"', '""') + '"'
    made = f"create macro doubled(a) as a || a; create schema {quoted}; create table {quoted}.a as from accounts"
    mapping = f"[tables.accounts]\nsql = '''select * from {quoted}.a'''\ncolumns.name = \"doubled(name)\"\n"
    tables = database(made, mapping + '[tables.subscriptions]\nfrom = "subscriptions"')
    assert tables.frame("accounts")["name"].tolist() == ["AcmeAcme"]


def test_a_view_in_a_database_reads_no_file_elsewhere(database, elsewhere):
    with pytest.raises(Refused, match=said(elsewhere)):
        database(f"drop table accounts; create view accounts as select * from '{elsewhere}/private.csv'")


def test_a_question_that_is_no_query_is_refused_by_its_place(tmp_path):
    keys = {"table": "accounts", "column": "name", "rows": "exists (select 1)", "says": "?", "why": "?", "fix": "?"}
    question = "\n".join(f'{key} = "{value}"' for key, value in keys.items())
    mapping = f"{CSV}[[questions]]\n{question}"
    file = write_source(tmp_path, accounts="account_id,name,segment\nA,Acme,S\n", subscriptions=ONE, mapping=mapping)
    with pytest.raises(Refused, match=r"source.toml: \[\[questions\]\]: cannot be read as one SELECT"):
        check.walk(file, date(2026, 11, 1))


@pytest.mark.parametrize(
    "sql",
    [
        "select 1; select 2",
        "copy (select 1) to 'out.csv'",
        "attach 'x.duckdb' as x",
        "install httpfs",
        "set enable_external_access = true",
        "with a as (select 1) insert into b select * from a",
        f"{AS_ACCOUNTS} 'accounts.csv'); copy (select 1 as one) to 'out.csv'; select * from (select 1 as one",
    ],
)
def test_a_query_is_one_select(read, tmp_path, sql):
    with pytest.raises(Refused, match="SELECT"):
        read(query(sql))
    assert not (tmp_path / "source" / "out.csv").exists()


@pytest.mark.parametrize("key", ["where", "columns.name"])
def test_no_statement_is_smuggled_behind_a_condition_or_a_column(read, tmp_path, key):
    out = tmp_path / "source" / "out.csv"
    ends = {"where": "1 = 1)", "columns.name": "name) as name from accounts)"}[key]
    with pytest.raises(Refused):
        read(f'[tables.accounts]\nfrom = "accounts.csv"\n{key} = """{ends}; copy (select 1) to \'{out}\'; --"""')
    assert not out.exists()


def test_a_web_address_is_refused_at_once_and_nothing_is_downloaded(read):
    with pytest.raises(Refused, match="a web address"):
        read(WAYS["sql"].format("https://example.com"))


@pytest.mark.parametrize(
    "sql",
    [
        "select * from 'accounts.csv'",
        'select * from "accounts.csv"',
        "select a.* from read_csv(['acc*.csv'], header = true) as a join 'subscriptions.csv' using (account_id)",
        "with ü as (select * from 'accounts.csv' where name <> 'accounts.csv') select * from ü -- the last line",
        "select * from './accounts.csv';",
        "from 'accounts.csv'",
    ],
)
def test_file_names_in_a_query_are_looked_up_in_the_folder(read, sql):
    assert read(query(sql)) == ["Acme"]


def test_a_comment_behind_a_condition_is_one(read):
    assert read('[tables.accounts]\nfrom = "accounts.csv"\nwhere = "1 = 1 -- all"') == ["Acme"]


def test_a_folder_to_allow_has_to_be_there(read):
    with pytest.raises(Refused, match=r"\[source\] allow: 'nowhere' is not a folder"):
        read("", 'allow = ["nowhere"]')


def test_no_setting_of_the_session_can_be_changed(tmp_path):
    tables = sources.open(write_source(tmp_path, subscriptions=ONE), "2024-12")
    with pytest.raises(duckdb.Error, match="locked"):
        tables._engine.connection.execute("set enable_external_access = true")
    for query in ("select * from '/etc/hostname.csv'", "select * from glob('/etc/*')", "select 1; select 2"):
        with pytest.raises(Refused):
            tables.query(query)
