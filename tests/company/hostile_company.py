"""A company whose every text, in every column of every table, is what an attacker would write there."""

from pathlib import Path

import pandas as pd

from helpers.sample import company as sample
from helpers.sources import schema

HARM = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "{{ 7*7 }}{% include '/etc/passwd' %}",
    "$\\LaTeX$ costs $5",
    "**bold** [link](javascript:alert(3)) `code` # <b>",
    "abc \u202eevil\u202c שלום مرحبا",
    "🚀👩‍👩‍👧 e\u0301",
    "x" * 10_000,
    "=cmd|' /C calc'!A0",
    "two\nlines\n=1+1",
    "bell\x07byte \x1b[31mred",
    "'; drop table accounts; --",
    "<svg onload=alert(4)><style>*{display:none}</style><!-- --><a href='http://evil.example/'>",
    "http://evil.example/beacon.png &amp; ]]> </td></table></main>",
)
# What may be compared with what stands in the pages: without the characters that nobody sees.
SEEN = tuple(text for text in HARM if text.isprintable() and len(text) < 200)


def harmful(values: pd.Series) -> pd.Series:
    """The texts in turn; an id keeps its own name behind one, so that rows still find one another."""
    known = {value: HARM[place % len(HARM)] for place, value in enumerate(sorted(values.dropna().unique()))}
    return values.map(lambda value: value if pd.isna(value) else f"{known[value]} {value}")


def write(folder: Path, accounts: int = 160, seed: int = 4) -> Path:
    """Write the eleven tables and their source.toml to `folder`; returns the path of the latter."""
    tables, _ = sample.company(accounts, seed)
    customers = harmful(tables["accounts"].set_index("account_id", drop=False)["account_id"])
    programs = harmful(tables["programs"].set_index("program", drop=False)["program"])
    lines = ["[source]", 'name = "<script>alert(5)</script> & Söhne"', "data_until = 2026-10-31"]
    for name, table in tables.items():
        table = table.copy()
        for column in table.columns:
            kind = schema.kind(name, column)
            if column in ("account_id", "referred_account_id"):
                table[column] = table[column].map(customers)
            elif column == "program":
                table[column] = table[column].map(programs)
            elif column == "currency":
                table[column] = HARM[1]
            elif column == "item":
                table[column] = table[column].replace("knew_next_step", HARM[0])
            elif kind == "id":
                table[column] = harmful(table[column])
            elif kind == "text":
                table[column] = [HARM[place % len(HARM)] for place in range(len(table))]
        table.to_csv(folder / f"{name}.csv", index=False)
        lines += [f"[tables.{name}]", f'from = "{name}.csv"']
    file = folder / "source.toml"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return file
