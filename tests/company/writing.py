"""Small sources written from literal text, so that a test shows all of its data."""

import csv
import io
from pathlib import Path

import pandas as pd


def write_source(
    folder, *, accounts=None, subscriptions=None, data_until="2024-12-31", source="", mapping="", **others
):
    """Write the tables as CSV and a `source.toml` beside them; returns the path of the TOML.

    A table is CSV text (indented as the test likes) or a frame. `accounts=None` writes one row, in segment S, for every
    account that has a subscription or an invoice. `source` and `mapping` are further TOML, of [source] and of the
    table sections.
    """
    folder = Path(folder)
    tables = {"accounts": accounts, "subscriptions": subscriptions, **others}
    texts = {name: _text(table) for name, table in tables.items() if table is not None}
    if accounts is None:
        texts["accounts"] = _accounts_of(texts["subscriptions" if "subscriptions" in texts else "invoices"])
    lines = ["[source]", f"data_until = {data_until}" if data_until else "", source]
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        if f"[tables.{name}]" not in mapping:
            lines += [f"[tables.{name}]", f'from = "{name}.csv"']
    file = folder / "source.toml"
    file.write_text("\n".join([*lines, mapping, ""]), encoding="utf-8")
    return file


def stretches(*lines: str) -> str:
    """A subscriptions table in short: `account, first day, first day no longer in force (or nothing), MRR`.

    >>> print(stretches("A, 2024-01-15, , 100"), end="")
    subscription_id,account_id,starts_on,ends_on,mrr,currency
    s1,A,2024-01-15,,100,USD
    """
    rows = [[part.strip() for part in line.split(",")] for line in lines]
    text = "".join(f"s{number},{','.join(row)},USD\n" for number, row in enumerate(rows, 1))
    return "subscription_id,account_id,starts_on,ends_on,mrr,currency\n" + text


def billed(*lines: str) -> str:
    """An invoices table in short: `account, dated, first day served, first day no longer, amount[, product[, kind]]`.

    >>> print(billed("A, 2024-01-15, , , 100"), end="")
    invoice_id,line_id,account_id,invoiced_on,service_starts_on,service_ends_on,amount,currency,product,kind
    i0,1,A,2024-01-15,,,100,USD,,
    """
    header = "invoice_id,line_id,account_id,invoiced_on,service_starts_on,service_ends_on,amount,currency,product,kind"
    rows = [[part.strip() for part in line.split(",")] for line in lines]
    text = [f"i{n},1,{','.join(row[:5])},USD,{','.join([*row[5:], '', ''][:2])}" for n, row in enumerate(rows)]
    return "\n".join([header, *text, ""])


def _text(table) -> str:
    if isinstance(table, pd.DataFrame):
        return table.to_csv(index=False)
    return "".join(f"{line.strip()}\n" for line in table.strip().splitlines())


def _accounts_of(subscriptions: str) -> str:
    found = sorted({row["account_id"] for row in csv.DictReader(io.StringIO(subscriptions))})
    return "account_id,name,segment\n" + "".join(f"{account},{account},S\n" for account in found)
