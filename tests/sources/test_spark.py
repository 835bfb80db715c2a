"""What can be said of Spark as the source without one: the source file, its refusals, and our SQL in Spark's words."""

import importlib.util
from datetime import date
from decimal import Decimal

import pytest

from helpers import sources
from helpers.errors import Refused
from helpers.sources import settings
from helpers.sources.dialects import DUCKDB, POSTGRESQL, SPARK
from helpers.sources.engines.spark import engine, session
from helpers.sources.mapping import resolve, typed
from helpers.sources.rates import Rates

TABLES = """
[tables.accounts]
from = "crm.accounts"
[tables.subscriptions]
from = "crm.subscriptions"
"""


@pytest.fixture
def toml(tmp_path):
    """Writes a source file of Spark with these lines under [source]."""

    def write(*lines: str):
        file = tmp_path / "source.toml"
        file.write_text("\n".join(['[source]\nkind = "spark"', *lines, TABLES]), encoding="utf-8")
        return file

    return write


def refusal(file) -> str:
    with pytest.raises(Refused) as refused:
        sources.connect(file)
    return str(refused.value)


def test_a_token_stands_in_the_environment_and_nowhere_else(toml):
    told = refusal(toml('url = "sc://host:443/;token=c4nary"'))
    assert "plain text" in told and "c4nary" not in told
    assert "SPARK_TOKEN_OF_NOBODY is not set" in refusal(toml('url = "sc://host:443/;token=${SPARK_TOKEN_OF_NOBODY}"'))


@pytest.mark.parametrize("url", ["spark://host:7077", "https://host", "local-cluster[2,1,512]", "sc://"])
def test_a_url_is_of_spark_connect_or_of_this_machine(toml, url):
    assert "sc://host:15002" in refusal(toml(f'url = "{url}"'))


def test_without_pyspark_it_says_how_to_install_it(toml, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install -e '.[spark]'" in refusal(toml('url = "local[2]"'))


def test_without_java_it_names_java_and_a_server(toml, monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    told = refusal(toml('url = "local[2]"'))
    assert "needs Java 17" in told and "openjdk-17-jre-headless" in told and "sc://" in told
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    assert "JAVA_HOME" in refusal(toml('url = "local[2]"'))


def test_a_path_is_sparks_own_and_not_resolved_here(toml):
    found = settings.read(toml('path = "s3://bucket/crm"'))
    assert engine.location(found, "usage/*.parquet") == "s3://bucket/crm/usage/*.parquet"
    assert engine.location(settings.read(toml('path = "/Volumes/crm"')), "a.csv") == "/Volumes/crm/a.csv"


def test_our_columns_in_sparks_words():
    table = settings.TableSettings("usage", "crm.usage", columns={"account_id": "customer id"})
    types = dict.fromkeys(["n_active_users", "n_licensed_seats", "n_features_used", "n_help_searches"], "INT")
    available = {"customer id": "BIGINT", "month": "DATE", "n_failed_help_searches": "STRING"} | types
    mapped = resolve(table, "`crm`.`usage`", available, "crm.usage", SPARK)
    assert typed(mapped, "account_id") == "nullif(cast(`customer id` as string), '')"
    assert typed(mapped, "month") == "`month`"
    assert typed(mapped, "n_new_use_cases") == "cast(null as bigint)"
    assert SPARK.quoted("odd `name`") == "`odd ``name```"


def test_an_error_is_one_sentence_without_stack_query_or_secret():
    stack = "\nJVM stacktrace:\norg.apache.spark.sql.AnalysisException\n\tat org.apache.spark.sql.X(Y.scala:1)"
    told = session.said(ValueError(f"[PATH_NOT_FOUND] Path does not exist: file:/x. SQLSTATE: 42K03{stack}"))
    assert (
        told == "Path does not exist: file:/x; the path is one of the machine that Spark runs on, in `path` or in full"
    )
    assert "does not answer" in session.said(ValueError("status = StatusCode.UNAVAILABLE\n\tdetails = …"))
    assert "token" in session.said(ValueError("status = StatusCode.UNAUTHENTICATED\n\tdetails = …"))


def test_a_backslash_of_the_data_is_one_where_a_text_takes_it_for_more():
    for dialect, written in ((DUCKDB, r"'a\b'"), (POSTGRESQL, r"'a\b'"), (SPARK, r"'a\\b'")):
        assert dialect.literal(r"a\b") == written
        assert dialect.literal("O'Hara") == "'O''Hara'"


def test_currencies_and_values_are_written_in_sparks_words():
    rates = Rates("USD", ((r"E\R", date(2024, 1, 1), Decimal("1.1")),), date(2024, 2, 1), SPARK)
    for sql in (rates.amount("mrr", "currency"), rates.code("currency"), rates.is_unknown("currency", "day")):
        assert r"'E\\R'" in sql
