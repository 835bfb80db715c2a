"""Damage good sources in 5,000 ways, by seed, and count how many end in anything but an answer or a refusal.

    nice -n 15 .venv/bin/python tests/benchmarks/damaged_input.py 5000

Each mutation takes one of three good sources (subscriptions, invoice lines, MRR by month) and damages bytes, rows,
cells or TOML keys. `check`, `check --start` and the opening of a report then run. A traceback is a failure, and so is
a refusal that names neither the source file nor a file or a table of it. The last line is the count: it must be 0.
"""

import random
import re
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

from helpers import sources
from helpers.commands.check import check, start
from helpers.errors import Refused

Files = dict[str, bytes]
TODAY = date(2026, 11, 1)
CELLS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e400",
        "1e-320",
        "nan",
        "inf",
        "-inf",
        "1_000",
        "NULL",
        "\\N",
        "\0",
        "\x1b[31m",
        "é",
        "\udce9",
    ),
    *(
        "9" * 40,
        "0" * 30 + "1",
        "-0",
        "1.2.3",
        "1,000",
        "(5)",
        "5-",
        "$5",
        "0x10",
        "1/0",
        "true",
        "=1+1",
        "'",
        "''",
        ";",
    ),
    *("10000-01-01", "99999-12-31", "-0044-03-15", "0044-03-15 (BC)", "0000-00-00", "9999-12-31", "5881580-07-11"),
    *("294247-01-10", "290309-12-22 (BC)", "infinity", "-infinity", "epoch", "today", "2024-02-30", "2024-13-01"),
    *(
        "2024-01-01T00:00:00Z",
        "2024-01-01 00:00:00+14",
        "2024-01-01 24:00:00",
        "2024-01-01 25:00",
        "24-01-01",
        "0001-01-01",
    ),
    *(
        "2025-1-28",
        "2025.01.28",
        "Jan 28 2025",
        "1,20,000",
        "45230",
        "1700000000",
        "12/31/2024",
        "31/12/2024",
        "a" * 5000,
    ),
    *(
        "\u202e",
        "\ufeff",
        "\u00a0",
        "\u2028",
        "😀",
        '"',
        'a"b',
        "a\nb",
        "a\r\nb",
        "a,b",
        "DROP TABLE x",
        "${HOME}",
        "../x",
    ),
)
VALUES = (
    *('""', '"x"', "1", "-1", "0", "true", "false"),
    *("1.5", "[]", "[1]", "{}", "2026-10-31", "9999-12-31", "0001-01-01"),
    *(
        "2026-10-31T10:00:00",
        "10:00:00",
        "nan",
        "inf",
        "1e400",
        "9" * 30,
        '"~unknown/x"',
        '"**"',
        '"a**b"',
        '"/**/*.csv"',
    ),
    *(
        '"/etc/passwd"',
        '"."',
        '".."',
        '"*"',
        '"["',
        '"?"',
        '"[z-a]"',
        '"\\u0000"',
        '"x\\u0000y"',
        '"~"',
        '"~root"',
        "'''a'''",
    ),
    *(
        '"select 1; select 2"',
        '"select"',
        '"select * from nothing"',
        '"1; drop table x"',
        '"(("',
        '"--"',
        '"/*"',
        '"$$"',
    ),
    *(
        '"utf-16"',
        '"latin-1"',
        '"utf-32"',
        '"${NOTHING_HERE}"',
        '"a.zip/b.csv"',
        '"x.xlsx"',
        '"x.parquet"',
        '"x.csv.gz"',
    ),
    *(
        '"null"',
        '"1/0"',
        '"cast(1 as integer)"',
        '"starts_on"',
        '"no_such"',
        '"sum(mrr)"',
        '"*"',
        '"[1,2]"',
        '"random()"',
    ),
)


def written(path: str = "") -> list[Files]:
    """The good sources: name → bytes of each file."""
    months = [f"2024-{month:02d}" for month in range(1, 13)]
    accounts = "account_id,name,segment\n" + "".join(f"{n},Name {n},S\n" for n in range(8))
    subscriptions = "subscription_id,account_id,product,starts_on,ends_on,mrr,currency\n" + "".join(
        f"s{n},{n % 8},P{n % 2},{months[n % 12]}-10,{'2025-02-01' if n % 5 == 0 else ''},{100 + n}.50,USD\n"
        for n in range(20)
    )
    invoices = (
        "invoice_id,line_id,account_id,invoiced_on,service_starts_on,service_ends_on,amount,currency\n"
        + "".join(
            f"i{n}{m},1,{n},{month}-01,{month}-01,{then}-01,50,USD\n"
            for n in range(4)
            for m, (month, then) in enumerate(pairwise(months))
        )
    )
    cube = "Customer," + ",".join(months) + "\n" + "".join(f"C{n}," + ",".join(["10"] * 12) + "\n" for n in range(6))
    tickets = "ticket_id,account_id,opened_on,category,priority\n" + "".join(
        f"t{n},{n % 8},{months[n % 12]}-05,how_to,{n % 4 + 1}\n" for n in range(12)
    )
    head = f'[source]\nkind = "files"\npath = "."\nname = "X"\ndata_until = 2024-12-31\ncurrency = "USD"\n{path}'
    economics = "[economics]\nmargin = 0.8\ndiscount_rate = 0.1\n"
    section = '[tables.{0}]\nfrom = "{0}.csv"\n'
    table_of = {"accounts": accounts, "subscriptions": subscriptions, "tickets": tickets}
    first = {f"{name}.csv": text for name, text in table_of.items()}
    first["source.toml"] = (
        head + economics + "".join(map(section.format, table_of)) + '[tables.tickets.columns]\ncategory = "category"\n'
    )
    second = {"accounts.csv": accounts, "invoices.csv": invoices}
    second["source.toml"] = head + section.format("accounts") + section.format("invoices") + 'where = "amount > 0"\n'
    cubes = '[tables.mrr]\nfrom = "mrr.csv"\nmonths_across = true\n[tables.mrr.columns]\naccount_id = "Customer"\n'
    third = {"mrr.csv": cube, "source.toml": head + cubes}
    return [{name: text.encode() for name, text in files.items()} for files in (first, second, third)]


def flip(data: bytes, rng: random.Random) -> bytes:
    """Some bytes are others."""
    bytes_of = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        bytes_of[rng.randrange(len(bytes_of))] = rng.randrange(256)
    return bytes(bytes_of)


def cut(data: bytes, rng: random.Random) -> bytes:
    """The end, or the beginning, is missing."""
    place = rng.randrange(len(data))
    return data[:place] if rng.random() < 0.7 else data[place:]


def recoded(data: bytes, rng: random.Random) -> bytes:
    """Another encoding, another line end, bytes in front, or a packed file that is none."""
    text = data.decode()
    return rng.choice(
        [
            text.encode("utf-16"),
            text.encode("utf-16-le"),
            text.encode("utf-32"),
            b"\xef\xbb\xbf" + data,
            data.replace(b"\n", b"\r"),
            data.replace(b"\n", b"\r\n"),
            b"\x1f\x8b" + data,
            b"PK\x03\x04" + data,
            b"PAR1" + data,
            b"\0" * 50 + data,
            b"",
            b"\n\n\n",
            data.replace(b",", b";"),
            data.replace(b",", b"\t"),
        ]
    )


def rows(data: bytes, rng: random.Random) -> bytes:
    """A cell, a row or a column is another, twice there or gone."""
    table = [line.split(",") for line in data.decode().splitlines()]
    for _ in range(rng.randint(1, 3)):
        row, way = rng.randrange(len(table)), rng.randrange(6)
        cell = rng.randrange(len(table[row])) if table[row] else 0
        if way < 3 and table[row]:
            table[row][cell] = rng.choice(CELLS)
        elif way == 3:
            table.insert(row, list(table[row] if rng.random() < 0.5 else table[0]))
        elif way == 4:
            table[row] = table[row][:cell] + table[row][cell + 1 :] if rng.random() < 0.5 else [*table[row], "x"]
        else:
            text = rng.choice(CELLS)
            table = [table[0], *([*line[:cell], text, *line[cell + 1 :]] for line in table[1:])]
    return "\n".join(map(",".join, table)).encode("utf-8", "surrogateescape") + b"\n"


def keys(data: bytes, rng: random.Random) -> bytes:
    """A key of the source file is another, has another value, is twice there or gone."""
    lines = data.decode().splitlines()
    for _ in range(rng.randint(1, 2)):
        place, way = rng.randrange(len(lines)), rng.randrange(6)
        if way < 3 and " = " in lines[place]:
            lines[place] = f"{lines[place].split(' = ')[0]} = {rng.choice(VALUES)}"
        elif way == 3:
            extra = (
                "sql",
                "where",
                "sheet",
                "footer",
                "encoding",
                "from",
                "amounts",
                "movements",
                "path",
                "columns",
                "x",
            )
            lines.insert(place + 1, f"{rng.choice(extra)} = {rng.choice(VALUES)}")
        elif way == 4:
            lines.insert(place, lines[place])
        else:
            lines[place] = rng.choice(
                ["", "[", "[[questions]]", "[" + "a." * 3000 + "a]", "x = " + "[" * 3000, "[source]"]
            )
    return "\n".join(lines).encode()


DAMAGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    each.__name__: each for each in (flip, cut, recoded, rows, rows, rows, keys, keys)
}


def damaged(seed: int) -> tuple[str, Files]:
    """A good source with one file damaged: what was done, and its files."""
    rng = random.Random(seed)
    files = dict(rng.choice(written()))
    way = rng.choice(["flip", "cut", "recoded", "rows", "rows", "rows", "keys", "keys"])
    csvs = sorted(name for name in files if name.endswith(".csv"))
    name = "source.toml" if way == "keys" else rng.choice([*csvs, *csvs, "source.toml"] if way != "rows" else csvs)
    files[name] = DAMAGES[way](files[name], rng)
    return f"{way} of {name}", files


def said(files: Files, folder: Path) -> str:
    """What goes wrong with a source: a traceback, a refusal that names no place, or nothing."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    file = folder / "source.toml"
    places = re.compile("|".join(map(re.escape, [*files, "table", "tables", str(folder)])))
    for act in (
        lambda: check.walk(file, TODAY),
        lambda: sources.open(file, "2024-12").frame(sources.connect(file).names[0]),
        lambda: (file.unlink(), start.write(folder, lambda line: None)),
    ):
        try:
            act()
        except Refused as error:
            if not places.search(str(error)):
                return f"names no place: {error}"
        except Exception:  # noqa: BLE001 - any is what is looked for
            return traceback.format_exc(limit=-4)
    return ""


def main(n: int, first: int = 0) -> int:
    """Try so many mutations; the number of those that went wrong."""
    wrong: dict[str, list[str]] = {}
    for seed in range(first, first + n):
        how, files = damaged(seed)
        with tempfile.TemporaryDirectory() as folder:
            if text := said(files, Path(folder)):
                kind = text.strip().splitlines()[-1][:150].replace(folder, "")
                wrong.setdefault(kind, []).append(f"seed {seed}, {how}\n{text}")
    for kind, cases in sorted(wrong.items(), key=lambda item: -len(item[1])):
        print(f"{len(cases)} × {kind}\n{cases[0]}\n")
    n_wrong = sum(map(len, wrong.values()))
    print(f"{n} mutations from seed {first}: {n_wrong} tracebacks or refusals without a place")
    return n_wrong


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:] or ["5000"]))))
