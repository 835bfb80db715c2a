"""The same doubts, with the same rows, from CSV files as from PostgreSQL, where the questions run as they stand."""

from datetime import date

import pytest
from postgres import PASSWORD, TYPES, cluster  # noqa: F401 - a fixture
from small_company import OTHERS
from writing import write_source

from helpers.commands.check import check

TODAY = date(2024, 7, 15)

ACCOUNTS = """
    account_id,name,segment,industry
    A1,Acme,SMB,Retail
    a1,Acme,smb,Retail
    B,Bolt,Large,retail
    C ,Coda,Large,Retail
"""
SUBSCRIPTIONS = """
    subscription_id,account_id,product,starts_on,ends_on,mrr,currency,cancelled_on,lost_to
    s1,A1,Core,2024-01-10,2024-03-31,100,USD,,
    s1,A1,Core,2024-04-01,,1200,USD,2024-05-01,
    s2,B,Core,2024-02-01,2024-06-01,50,USD,,
    s3,B,Core,2024-05-31,,50,USD,,competitor
    s4,a1,Core,1900-01-01,1900-01-01,5,USD,,
"""
USAGE = OTHERS["usage"] + "        a1,2024-06-01,90,3,2,1,0\n"
OPPORTUNITIES = OTHERS["opportunities"] + "        o9,B,renewal,sales,2024-01-01,2024-02-03,lost,30,competitor\n"
TICKETS = OTHERS["tickets"].replace("2024-07-01,,billing", "2031-07-01,,billing")


@pytest.mark.parametrize("types", [TYPES, dict.fromkeys(TYPES, "text")], ids=["typed", "all text"])
def test_doubts_are_the_same_from_the_database_as_from_csv(cluster, tmp_path, monkeypatch, types):  # noqa: F811
    monkeypatch.setenv("CRM_PASSWORD", PASSWORD)
    (tmp_path / "csv").mkdir()
    texts = {
        "accounts": ACCOUNTS,
        "subscriptions": SUBSCRIPTIONS,
        "usage": USAGE,
        "opportunities": OPPORTUNITIES,
        "tickets": TICKETS,
    }
    texts = {name: text.replace(",A,", ",A1,").replace("        A,", "        A1,") for name, text in texts.items()}
    files = check.walk(write_source(tmp_path / "csv", data_until="2024-06-30", **texts), TODAY)
    database = f"doubts_{len(set(types.values()))}"
    cluster.load(database, tmp_path / "csv", types)
    lines = ["[source]", 'kind = "sql"', f'url = "{cluster.url(database)}"', "data_until = 2024-06-30"]
    for name in texts:
        lines += [f"[tables.{name}]", f'from = "{name}"']
    (tmp_path / "source.toml").write_text("\n".join(lines))
    pushed = check.walk(tmp_path / "source.toml", TODAY)

    def told(seen):
        return [(doubt.table, doubt.column, doubt.says, doubt.n_rows, doubt.first_rows) for doubt in seen.doubts]

    assert told(pushed) == told(files) and len(told(files)) >= 13
    assert not pushed.faults and not files.faults
