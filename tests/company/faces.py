"""notebooks/README.md: what a notebook may call. Names, results and sentences are those of the faces; the examples, and
what is said of a constant, are those of the page itself. `.venv/bin/python tests/company/faces.py` writes it anew.
"""

import inspect
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import fields, is_dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import get_args, get_origin

import pandas as pd

FILE = Path(__file__).resolve().parents[2] / "notebooks" / "README.md"
FACES = "sources tables ledger metrics cohorts remorse programs change formats stats plots page".split()
OF_TABLES = "query frame has currency as_of is_complete".split()
WORDS = {str: "text", float: "number", int: "number", bool: "True or False", pd.DataFrame: "frame"}
WORDS |= {None: "nothing", NoneType: "nothing", AbstractContextManager: "a `with` block"}
PLAIN = ("Chart", "Metric")  # the head of the page says what is in them
HEAD = "| write | what you get | what it is |\n|---|---|---|\n"
ROW = re.compile(r"\| `(.+?)` \| (.*?) \| (.*?) \|")


def names(face: str) -> list[str]:
    """The dotted names of a face, those of its modules among them: `metrics.card`, `remorse.seats.read`."""
    if face == "tables":
        return [f"tables.{name}" for name in OF_TABLES]
    return list(_inside(face, import_module(f"helpers.{face}")))


def _inside(place: str, module: ModuleType) -> Iterator[str]:
    for name in module.__all__:
        value = getattr(module, name)
        yield from _inside(f"{place}.{name}", value) if inspect.ismodule(value) else [f"{place}.{name}"]


def held(name: str):
    """What stands behind a dotted name."""
    face, *parts = name.split(".")
    value = import_module("helpers.sources").Tables if face == "tables" else import_module(f"helpers.{face}")
    for part in parts:
        value = inspect.getattr_static(value, part) if inspect.isclass(value) else getattr(value, part)
    return value


def sentence(value) -> str:
    """The first sentence of a docstring, as a cell of a table holds it."""
    text = " ".join((inspect.getdoc(value) or "").partition("\n\n")[0].split())
    return re.split(r"(?<=[.!?]) (?=[A-Z`])", text)[0].replace("|", "\\|")


def result(value) -> str:
    """What a call returns, or what a property or constant is: the kind, and the parts of one of ours."""
    if isinstance(value, property | cached_property):
        value = value.fget if isinstance(value, property) else value.func
    if not callable(value):
        return type(value).__name__.replace("mappingproxy", "dict")
    return _kind(inspect.signature(value).return_annotation)


def _kind(kind) -> str:
    if isinstance(kind, UnionType):
        return " or ".join(map(_kind, get_args(kind)))
    if get_origin(kind) is tuple:
        return f"({', '.join(map(_kind, get_args(kind)))})"
    if is_dataclass(kind) and kind.__name__ not in PLAIN:
        shown = [part.name for part in fields(kind) if part.repr]
        shown += [name for name, of in vars(kind).items() if isinstance(of, property | cached_property)]
        return f"`{kind.__name__}`: {', '.join(f'`.{name}`' for name in shown if not name.startswith('_'))}"
    return WORDS.get(kind) or f"`{(get_origin(kind) or kind).__name__}`"


def sections(text: str) -> dict[str, list[tuple[str, str, str]]]:
    """Face → the rows of its table on the page: example, result, sentence."""
    parts = re.split(r"^## `(\w+)`\n", text, flags=re.MULTILINE)
    return {face: ROW.findall(rows) for face, rows in zip(parts[1::2], parts[2::2], strict=True)}


def named(face: str, example: str) -> str:
    """The name that an example shows: the first of its face."""
    found = re.search(rf"\b{face}(\.\w+)+", example)
    return found[0] if found else ""


def page(text: str) -> str:
    """The page, of which `text` is an earlier state: head and examples stay, all else is as the faces say it now."""
    given = {named(face, row[0]): row for face, rows in sections(text).items() for row in rows}
    made = [text.partition("\n## ")[0]]
    for face in FACES:
        rows = [_row(name, *given.get(name, (f"{name}()", "", ""))) for name in names(face)]
        made.append(f"\n## `{face}`\n\n{HEAD}" + "\n".join(rows) + "\n")
    return "".join(made)


def _row(name: str, example: str, _: str, about: str) -> str:
    value = held(name)
    says = sentence(value) if callable(value) or isinstance(value, property | cached_property) else about
    gives = "shown on the page" if name.startswith("page.") else result(value)
    return f"| `{example}` | {gives} | {says} |"


if __name__ == "__main__":
    FILE.write_text(page(FILE.read_text(encoding="utf-8")), encoding="utf-8")
