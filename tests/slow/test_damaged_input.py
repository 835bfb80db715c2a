"""Damaged input is read, or refused with the file, table or key and the row: never a traceback.

The kinds by hand are here; tests/benchmarks/damaged_input.py tries thousands by seed.
"""

import gzip
from dataclasses import dataclass

import pytest
from benchmarks.damaged_input import CELLS, TODAY, VALUES, damaged, said, written

from helpers.commands.check import check
from helpers.errors import Refused

PLAIN, INVOICES, CUBE = written()
TOML = PLAIN["source.toml"].decode()


def changed(name: str, old: str, new: str | bytes, files=PLAIN) -> dict[str, bytes]:
    """A good source with one text of a file exchanged."""
    text = new if isinstance(new, bytes) else new.encode("utf-8", "surrogateescape")
    assert old.encode() in files[name]
    return files | {name: files[name].replace(old.encode(), text, 1)}


def packed(text: bytes) -> dict[str, bytes]:
    files = changed("source.toml", '"subscriptions.csv"', '"subscriptions.csv.gz"')
    return files | {"subscriptions.csv.gz": text}


KINDS = {
    **{f"a start of {cell!r:.30}": changed("subscriptions.csv", "2024-01-10", cell) for cell in CELLS},
    **{f"an end of {cell!r:.30}": changed("subscriptions.csv", "2025-02-01", cell) for cell in CELLS},
    **{f"an amount of {cell!r:.30}": changed("subscriptions.csv", "100.50", cell) for cell in CELLS},
    **{f"a count of {cell!r:.30}": changed("tickets.csv", "how_to,1", f"how_to,{cell}") for cell in CELLS},
    **{f"a cell of a cube of {cell!r:.30}": changed("mrr.csv", "C0,10", f"C0,{cell}", CUBE) for cell in CELLS},
    **{f"from {value}": changed("source.toml", '"subscriptions.csv"', value) for value in VALUES},
    **{f"path {value}": changed("source.toml", '"."', value) for value in VALUES},
    **{f"margin {value}": changed("source.toml", "0.8", value) for value in VALUES},
    "gzip, cut off": packed(gzip.compress(PLAIN["subscriptions.csv"])[:-20]),
    "gzip that is none": packed(PLAIN["subscriptions.csv"]),
    "UTF-16 said of UTF-8": changed("source.toml", 'tickets.csv"', 'tickets.csv"\nencoding = "utf-16"'),
    "UTF-16 not said": PLAIN | {"subscriptions.csv": PLAIN["subscriptions.csv"].decode().encode("utf-16")},
    "NUL bytes alone": PLAIN | {"subscriptions.csv": b"\0" * 400},
    "lists in lists": PLAIN | {"source.toml": b"x = " + b"[" * 5000},
    "sections in sections": PLAIN | {"source.toml": b"[" + b"a." * 5000 + b"a]\n"},
    "a reference that is none": PLAIN | {"reference.csv": b"nonsense\n1\n"},
    "a reference of NUL bytes": PLAIN | {"reference.csv": b"\0\0"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_input_is_read_or_refused_with_its_place(kind, tmp_path):
    assert said(KINDS[kind], tmp_path) == ""


def test_the_kinds_are_many():
    assert len(KINDS) >= 190


@pytest.mark.parametrize("seed", [*range(40), 3065])
def test_some_of_the_benchmark(seed, tmp_path):
    how, files = damaged(seed)
    assert said(files, tmp_path) == "", how


@dataclass(frozen=True)
class Named:
    """A kind, and what its refusal has to name."""

    files: dict[str, bytes]
    words: tuple[str, ...]


NAMED = {
    "a year of five digits": Named(KINDS["a start of '10000-01-01'"], ("subscriptions.csv", "starts_on", "row 2")),
    "a year before the first": Named(KINDS["an end of '0044-03-15 (BC)'"], ("subscriptions.csv", "ends_on", "row 2")),
    "an endless day": Named(KINDS["an end of 'infinity'"], ("subscriptions.csv", "ends_on", "row 2")),
    "an underscore": Named(KINDS["an amount of '1_000'"], ("subscriptions.csv", "mrr", "row 2")),
    "a count too small": Named(KINDS["a count of '1e-320'"], ("tickets.csv", "priority", "row 2")),
    "gzip, cut off": Named(KINDS["gzip, cut off"], ("subscriptions.csv.gz", "cannot be unpacked")),
    "UTF-16 said of UTF-8": Named(KINDS["UTF-16 said of UTF-8"], ("tickets.csv", 'take out encoding = "utf-16"')),
    "NUL bytes": Named(KINDS["NUL bytes alone"], ("subscriptions.csv", "line 1 holds NUL bytes")),
    "no number": Named(KINDS["margin true"], ("[economics] margin", "must be a number")),
    "two stars in a name": Named(KINDS['from "a**b"'], ("[tables.subscriptions] from", "a**b")),
    "an unknown user": Named(KINDS['path "~unknown/x"'], ("source.path", "no such user")),
    "lists in lists": Named(KINDS["lists in lists"], ("source.toml", "too deep")),
    "a reference that is none": Named(KINDS["a reference that is none"], ("reference.csv", "column kind")),
}


@pytest.mark.parametrize("kind", NAMED)
def test_a_refusal_names_its_place(kind, tmp_path):
    for name, text in NAMED[kind].files.items():
        (tmp_path / name).write_bytes(text)
    try:
        seen = check.walk(tmp_path / "source.toml", TODAY)
        told = "\n".join(map(str, (*seen.faults, *(table.problem for table in seen.unmatched))))
    except Refused as error:
        told = str(error)
    assert all(word in told for word in NAMED[kind].words), told


def test_one_file_that_cannot_be_read_hides_no_other(tmp_path):
    for name, text in (PLAIN | {"subscriptions.csv": b"\xff", "tickets.csv": b""}).items():
        (tmp_path / name).write_bytes(text)
    unmatched = {table.name for table in check.walk(tmp_path / "source.toml", TODAY).unmatched}
    assert unmatched == {"subscriptions", "tickets"}
