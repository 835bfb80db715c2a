"""A database as the source, as far as it can be shown without one (tests/slow/test_database.py has a real one)."""

import re
import sys
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pandas as pd
import pytest

from helpers.errors import Refused
from helpers.sources import dialects, settings
from helpers.sources.engines import address, engine
from helpers.sources.engines.database import answers

TABLES = '[tables.accounts]\nfrom = "a"\n[tables.subscriptions]\nfrom = "s"\n'


@pytest.fixture
def source(tmp_path):
    """The settings of a source file with these lines under [source]."""

    def of(*lines: str) -> settings.Settings:
        (tmp_path / "mine.toml").write_text("\n".join(["[source]", *lines, TABLES]), encoding="utf-8")
        return settings.read(tmp_path / "mine.toml")

    return of


# The source file


def test_the_keys_of_a_database_are_read_and_no_others(source):
    found = source('kind = "sql"', 'url = "sqlite://"', 'schema = "crm"', "timeout_seconds = 60")
    assert found.options == {"url": "sqlite://", "schema": "crm", "timeout_seconds": 60}
    for lines, said in [
        (['kind = "sql"'], 'kind = "sql" needs url'),
        (['kind = "sql"', 'url = "sqlite://"', 'path = "."'], "path is not a key that is read"),
        (['kind = "files"', 'url = "sqlite://"'], "url is not a key that is read"),
        (['kind = "sql"', 'url = "sqlite://"', 'timeout_seconds = "60"'], "timeout_seconds must be a whole number"),
        (['kind = "sqls"'], "did you mean 'sql'?"),
    ]:
        with pytest.raises(Refused, match=re.escape(said)):
            source(*lines)


@pytest.mark.parametrize("part", ["credentials_base64=hunter2", "private_key=hunter2", "access_token=hunter2"])
def test_a_credential_in_the_tail_of_a_url_is_refused_and_not_repeated(source, part):
    with pytest.raises(Refused, match="plain text") as refused:
        source('kind = "sql"', f'url = "bigquery://project/set?{part}"')
    assert "hunter2" not in str(refused.value)


def test_without_sqlalchemy_the_way_to_get_it_is_said(source, monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(Refused, match=re.escape("pip install -e '.[sql]'")):
        engine.connect(source('kind = "sql"', 'url = "sqlite://"'))


# The address


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(Refused, match="CRM_PASSWORD is not set"):
        address.filled("postgresql://me:${CRM_PASSWORD}@host/crm", {"CRM_PASSWORD": ""}, "mine.toml")
    with pytest.raises(Refused, match="is written"):
        address.filled("postgresql://me:${CRM-PASSWORD}@host/crm", {}, "mine.toml")


def test_every_form_of_a_secret_is_hidden():
    url, secrets = address.filled("postgresql://me:${P}@host/crm", {"P": "a b/c"}, "mine.toml")
    assert url == "postgresql://me:a%20b%2Fc@host/crm"
    assert address.hidden("a b/c in postgresql://me:a%20b%2Fc@host", secrets) == "… in postgresql://me:…@host"


def test_a_whole_url_from_the_environment_is_taken_as_it_is():
    given = {"URL": "postgresql://me:s3cret@host/crm"}
    url, secrets = address.filled("${URL}", given, "mine.toml")
    assert url == given["URL"]
    assert address.hidden("no entry with s3cret", secrets) == "no entry with …"


# What went wrong


class Failed(Exception):
    """What psycopg raises: with PostgreSQL's five letters for it."""

    def __init__(self, message: str, sqlstate: str = ""):
        super().__init__(message)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    "error, said",
    [
        (Failed("permission denied for table tickets", "42501"), "GRANT SELECT ON tickets TO analyst"),
        (Failed("permission denied for schema crm", "42501"), "GRANT USAGE ON SCHEMA crm TO analyst"),
        (Failed("canceling statement due to statement timeout", "57014"), "longer than the 9 s that [source] timeout"),
        (Failed("canceling statement due to user request", "57014"), "canceling statement due to user request"),
        (Failed("terminating connection due to administrator command", "57P01"), "run it again"),
        (Failed('relation "x" does not exist', "42P01"), "set [source] schema"),
        (Failed("invalid snapshot identifier", "22023"), "the report that this notebook belongs to is over"),
        (Failed("no such column: x\nLINE 1: select md5('0123…' || x)"), "no such column: x"),
    ],
)
def test_what_a_database_says_comes_with_the_way_out(error, said):
    told = answers.told(error, 9, "analyst")
    assert said in told and "md5" not in told


# The dialect


def test_only_days_that_the_calendar_has_are_cast_to_dates():
    pattern = re.compile(dialects.PATTERNS["day"])
    for year in (1900, 2000, 2023, 2024):
        for month in range(15):
            for day in range(34):
                try:
                    exists = bool(date(year, month, day))
                except ValueError:
                    exists = False
                assert bool(pattern.fullmatch(f"{year}-{month:02}-{day:02}")) == exists
                assert bool(pattern.fullmatch(f"{year}-{month}-{day}")) == exists
    leap = [year for year in range(1, 10_000) if pattern.fullmatch(f"{year:04}-02-29")]
    assert leap == [year for year in range(1, 10_000) if (date(year, 2, 28) + timedelta(1)).month == 2]
    assert not pattern.fullmatch("0000-01-01")


@pytest.mark.parametrize("kind", dialects.DUCKDB.reads["any"])
def test_every_dialect_reads_every_kind_from_every_type(kind):
    for source in ("", "TEXT", "DATE", "TIMESTAMPTZ", "DECIMAL(12,2)", "DOUBLE", "BOOLEAN", "MONEY"):
        sql = dialects.POSTGRESQL.read(kind, '"x"', source)
        assert '"x"' in sql and "{" not in re.sub(r"\{\d+(,\d+)?\}", "", sql)
        assert sql.count("(") == sql.count(")") and "try_cast" not in sql


def test_text_is_in_the_order_of_its_code_points_from_the_first_layer_on():
    for kind in ("id", "text", "choice"):
        assert dialects.POSTGRESQL.read(kind, '"x"', "VARCHAR(9)").endswith('collate "C"')


# The frames


def test_an_answer_has_the_types_that_duckdb_gives():
    query = """select * from (values
        (1::bigint, 2::integer, true, 'x', date '2026-01-31', timestamp '2026-01-31 10:00', 1.5::decimal(12, 2),
         2.5::double, 9007199254740993::decimal(38, 0), null::varchar),
        (3, 4, false, 'y', null, null, null, null, 5, null),
        {}) as t(n, i, flag, name, day, moment, mrr, share, cents, note)"""
    numbers = (20, 23, 16, 25, 1082, 1114, 1700, 701, 1700, 1043)
    for third in (
        "(5, 6, true, 'z', null, null, 1, 2, 6, null)",
        "(null, null, null, null, null, null, 1, 2, 6, null)",
    ):
        answer = duckdb.execute(query.format(third))
        names = [column[0] for column in answer.description]
        rows = answer.fetchall()
        digits = {"mrr": (12, 2), "cents": (38, 0)}
        description = [
            (name, number, None, None, *digits.get(name, (None, None)), None)
            for name, number in zip(names, numbers, strict=True)
        ]
        found, expected = answers.frame(description, rows), duckdb.execute(query.format(third)).df()
        pd.testing.assert_frame_equal(found.drop(columns="cents"), expected.drop(columns="cents"), check_exact=True)
        assert found["cents"].tolist() == [9007199254740993, 5, 6]
        empty = answers.frame(description, [])
        assert len(empty) == 0 and list(empty) == names and empty["day"].dtype == "datetime64[us]"


def test_a_sum_of_nothing_is_missing_beside_whole_numbers_of_any_size():
    described = [("cents", 1700, None, None, 38, 0, None)]
    assert answers.frame(described, [(Decimal(2**90),), (None,)])["cents"].tolist() == [2**90, None]


def test_an_amount_is_the_nearest_float():
    described = [("mrr", 1700, None, None, 28, 10, None)]
    assert answers.frame(described, [(Decimal("1234.1000000000"),)])["mrr"].tolist() == [1234.1]
