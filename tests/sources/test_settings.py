"""The source file: what it may not say, and that it never gives a password away."""

import pytest
from writing import stretches, write_source

from helpers import sources
from helpers.errors import Refused
from helpers.sources import settings

TABLES = '[tables.accounts]\nfrom = "a.csv"\n[tables.subscriptions]\nfrom = "s.csv"\n'


@pytest.fixture
def refusal(tmp_path):
    def of(text: str) -> str:
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        with pytest.raises(Refused) as refused:
            settings.read(tmp_path / "mine.toml")
        assert "mine.toml" in str(refused.value)
        return str(refused.value)

    return of


LITERAL_PASSWORDS = [
    'password = "hunter2"',
    'url = "postgresql+psycopg://analyst:hunter2@host/crm"',
    'url = "postgresql://analyst:hun%2Fter2@host/crm"',
    'url = "postgresql://:hunter2@host/crm"',
    'url = "postgresql://analyst:${USER}hunter2@host/crm"',
    'path = "mysql://host/crm?user=a&password=hunter2"',
    'path = "https://host/export?token=hunter2"',
    'path = "https://host/export?api_key=hunter2"',
    'token = "hunter2"',
    'api_key = "hunter2"',
]


@pytest.mark.parametrize("line", LITERAL_PASSWORDS)
def test_a_literal_password_is_refused_and_never_repeated(refusal, line):
    message = refusal(f"[source]\n{line}\n{TABLES}")
    assert "source." in message
    assert "${NAME}" in message
    assert "ter2" not in message


@pytest.mark.parametrize(
    "login", ["host=h password=hunter2", "host=h password=''hunter2''", "host=h PASSWORD = hunter2"]
)
def test_a_literal_password_inside_a_query_is_refused_and_never_repeated(refusal, login):
    sql = f"sql = \"select * from postgres_scan('{login}', 'public', 'crm')\""
    message = refusal(f'[tables.accounts]\n{sql}\n[tables.subscriptions]\nfrom = "s.csv"')
    assert "tables.accounts.sql" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("line", ["password = hunter2", 'pasword = "hunter2"', 'db_password = "hunter2"'])
def test_a_password_is_not_repeated_when_something_else_is_wrong(refusal, line):
    assert "hunter2" not in refusal(f"[source]\n{line}\n{TABLES}")


def test_a_password_from_the_environment_is_not_refused(tmp_path):
    sql = "sql = \"select * from postgres_scan('host=h password=${CRM_PASSWORD}', 'public', 'crm')\""
    (tmp_path / "mine.toml").write_text(f'[tables.accounts]\n{sql}\n[tables.subscriptions]\nfrom = "s.csv"')
    assert "${CRM_PASSWORD}" in settings.read(tmp_path / "mine.toml").tables["accounts"].sql


def test_a_column_called_token_is_no_password(tmp_path):
    (tmp_path / "mine.toml").write_text(f'{TABLES}[tables.subscriptions.columns]\nsubscription_id = "token"')
    assert settings.read(tmp_path / "mine.toml").tables["subscriptions"].columns == {"subscription_id": "token"}


@pytest.mark.parametrize(
    "text, words",
    [
        ('[sources]\npath = "."\n' + TABLES, "did you mean 'source'"),
        ('[source]\ncurency = "USD"\n' + TABLES, "did you mean 'currency'"),
        ('[source]\nkind = "file"\n' + TABLES, "did you mean 'files'"),
        ("[source]\nkind = [1]\n" + TABLES, "kind = [1] is not known"),
        ("[source]\nkind = {a = 1}\n" + TABLES, "is not known"),
        ("[source]\ncurrency = 7\n" + TABLES, "currency must be text"),
        ("[source]\ndata_until = 2024-12-31T00:00:00\n" + TABLES, "data_until must be a date"),
        ('source = "x"\n' + TABLES, "source must be a section"),
        (TABLES + '[tables.ticket]\nfrom = "t.csv"', "did you mean 'tickets'"),
        (TABLES + '[tables.tickets]\nfrm = "t.csv"', "did you mean 'from'"),
        (TABLES + '[tables.tickets]\nfrom = "t.csv"\nsql = "select 1"', "one of from"),
        (TABLES + '[tables.tickets]\nwhere = "1 = 1"', "one of from"),
        (TABLES + '[tables.tickets]\nfrom = "t.csv"\nencoding = "latin1"', "did you mean 'latin-1'"),
        (TABLES + '[tables.tickets]\nfrom = "t.csv"\ncolumns.opened = "x"', "did you mean 'opened_on'"),
        (TABLES + '[tables.tickets]\nfrom = "t.csv"\ncolumns.priority = 1', "priority must be text"),
        ('[tables.accounts]\nfrom = "a.csv"', "table subscriptions is missing"),
        ("", "table accounts is missing"),
        ("[source\n", "not TOML"),
    ],
)
def test_what_is_not_understood_is_refused_with_the_nearest_spelling(refusal, text, words):
    assert words in refusal(text)


def test_a_source_file_that_is_not_there(tmp_path):
    with pytest.raises(Refused, match=r"none\.toml: no such file"):
        settings.read(tmp_path / "none.toml")


def test_a_source_file_that_is_not_utf8(tmp_path):
    (tmp_path / "mine.toml").write_bytes("# Café\n".encode("latin-1"))
    with pytest.raises(Refused, match=r"mine\.toml: not UTF-8"):
        settings.read(tmp_path / "mine.toml")


QUESTION = (
    '[[questions]]\ntable = "accounts"\ncolumn = "name"\nsays = "odd"\nwhy = "w"\nfix = "f"\nrows = "select 1, 2"\n'
)


def test_a_question_of_the_source_file_is_read(tmp_path):
    (tmp_path / "mine.toml").write_text(TABLES + QUESTION, encoding="utf-8")
    (question,) = settings.read(tmp_path / "mine.toml").questions
    assert [question[key] for key in ("table", "column", "says", "rows")] == ["accounts", "name", "odd", "select 1, 2"]


def test_a_question_says_all_that_check_says_and_of_a_table_that_is_there(refusal):
    assert "needs table, column, rows, says, why, fix" in refusal(TABLES + QUESTION.replace('why = "w"\n', ""))
    assert "must be text" in refusal(TABLES + QUESTION.replace('"odd"', "1"))
    assert "accounts" in refusal(TABLES + QUESTION.replace('table = "accounts"', 'table = "account"'))
    assert "questions must be a list" in refusal(f"{TABLES}[questions]\nrows = 'select 1'\n")


def test_a_source_that_nobody_names_is_that_of_the_variable(tmp_path, monkeypatch):
    mine = write_source(tmp_path, subscriptions=stretches("A, 2024-01-01, , 100"))
    assert sources.default() == sources.DEFAULT
    monkeypatch.setenv("AFTER_THE_DEAL_SOURCE", str(mine))
    assert sources.open(sources.DEFAULT).settings.file == mine
    # The one that is named, however it is written, is meant.
    assert sources.open(sources.ROOT / sources.DEFAULT).settings.file == sources.ROOT / sources.DEFAULT
    for empty in ("", " "):  # as a variable that is not set makes it
        monkeypatch.setenv("AFTER_THE_DEAL_SOURCE", empty)
        with pytest.raises(Refused, match="AFTER_THE_DEAL_SOURCE is empty"):
            sources.default()


@pytest.mark.parametrize("kind", ['kind = "files"', 'kind = "sql"\nurl = "sqlite://"', 'kind = "spark"'])
@pytest.mark.parametrize(
    "part",
    [
        'sql = "select 1; drop table accounts"',
        'sql = "select 1) as x; commit; update accounts set name = null; select * from (select 1"',
        'from = "a.csv"\nwhere = "true) union all select * from (select 2"',
        'from = "a.csv"\nwhere = "name <> \')\' )"',
        'from = "a.csv"\ncolumns.name = "name); commit; --"',
    ],
)
def test_part_of_a_query_cannot_end_it_and_begin_another(tmp_path, kind, part):
    subscriptions = '[tables.subscriptions]\nfrom = "s.csv"'
    (tmp_path / "mine.toml").write_text(f"[source]\n{kind}\n[tables.accounts]\n{part}\n{subscriptions}\n")
    with pytest.raises(Refused, match=r"\[tables.accounts\] (sql|where|columns.name): only one SELECT is run"):
        settings.read(tmp_path / "mine.toml")


def test_brackets_in_texts_names_and_comments_are_none(tmp_path):
    where = "name <> 'ü:(' and \\\"odd ;)\\\" is null /* ;( */ -- )"
    (tmp_path / "mine.toml").write_text(
        f'[tables.accounts]\nfrom = "a.csv"\nwhere = "{where}"\n[tables.subscriptions]\nsql = "select (1);"\n',
        encoding="utf-8",
    )
    assert settings.read(tmp_path / "mine.toml").tables["accounts"].where.endswith("-- )")
