"""What DuckDB reads under the contract is what every engine reads; slow tests hold the others to the same table."""

import duckdb
import pandas as pd
import pytest
from texts import AMOUNTS, BY_KIND, DATES
from writing import write_source

from helpers import sources
from helpers.errors import Refused
from helpers.sources.dialects import DUCKDB


@pytest.mark.parametrize("kind", BY_KIND)
def test_a_text_is_read_as_the_table_says_or_refused(kind):
    read, strict = DUCKDB.read(kind, "t", "VARCHAR"), DUCKDB.strict[kind].replace("{0}", "t")
    query = f"select case when {strict} then {read} end as found from given"
    given = pd.DataFrame({"t": list(BY_KIND[kind])})
    session = duckdb.connect()
    session.register("given", given)
    found = session.execute(query).df()["found"]
    said = [None if pd.isna(one) else one if isinstance(one, float) else one.isoformat()[:10] for one in found]
    assert dict(zip(BY_KIND[kind], said, strict=True)) == BY_KIND[kind]


@pytest.mark.parametrize("text", [text for text, value in DATES.items() if not value])
def test_a_file_with_a_date_that_not_all_engines_read_is_refused(tmp_path, text):
    rows = f"subscription_id,account_id,starts_on,ends_on,mrr,currency\ns1,A,2024-01-01,{text},100,USD\n"
    with pytest.raises(Refused, match="column ends_on: 1 row: cannot be read as a date"):
        sources.open(write_source(tmp_path, subscriptions=rows), "2024-12")


@pytest.mark.parametrize("text", [text for text, value in AMOUNTS.items() if not value])
def test_a_file_with_an_amount_that_not_all_engines_read_is_refused(tmp_path, text):
    rows = f'subscription_id,account_id,starts_on,ends_on,mrr,currency\ns1,A,2024-01-01,,"{text}",USD\n'
    with pytest.raises(Refused, match="column mrr: 1 row: cannot be read as an amount"):
        sources.open(write_source(tmp_path, subscriptions=rows), "2024-12")
