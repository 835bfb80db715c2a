"""What a notebook shows: sentences, figures, tables. Text from the data is escaped here, in this one place.

A table that is shown or saved travels inside the executed notebook; the report writes it to `tables/<name>.csv` from
there, so a notebook needs to know nothing of files.

JupyterLab would typeset two dollar signs in one output as a formula; the class `mathjax_ignore` stops it.
"""

import base64
import html
import os
import platform
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
from IPython.display import display

from helpers import formats, periods, tabular
from helpers.formats import FOR_PAGES, MOST_SAVED
from helpers.formats.sentences import Sentences
from helpers.sources import Tables, schema
from helpers.tabular import FIGURE_TYPE, TABLE_TYPE

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "headline say figure table save explore incomplete missing provenance tables_at_hand".split()
__dir__ = __all__.copy

MAX_SENTENCES = 3
_SAVED_AS = re.compile(r"tables/(\w+)\.csv")
_FORMULA = tuple("=+-@\t\n＝＋－＠")


def headline(*sentences: str) -> None:
    """The bottom line of a notebook: at most three computed sentences, each with its n and interval."""
    if not 1 <= len(sentences) <= MAX_SENTENCES:
        raise ValueError(f"a bottom line has one to {MAX_SENTENCES} sentences, not {len(sentences)}")
    _say([" ".join(sentence.split()) for sentence in sentences], "headline")


def say(text: str, kind: str = "note") -> None:
    """One plain sentence; `kind` is note, caveat, caption or action, which begins with its owner and a colon."""
    _say([text], kind)


def _say(texts: list[str], kind: str) -> None:
    shown = (html.escape(formats.visible(text)) for text in texts)
    _show("".join(tabular.markup().paragraph(text, html.escape(kind)) for text in shown), "\n".join(texts))


def explore(*names: str) -> None:
    """For whoever works on the notebook: the frames behind it, by the names under which it holds them."""
    say(f"To explore: {', '.join(names)}. Type a name in a new cell; display(…) shows a frame whole.")


def figure(chart, caption: str = "", name: str = "", data: str = "") -> None:
    """A chart under its finding and its deck, with a computed caption that says how to read it.

    `chart` is one of `plots`, or the Axes of your own (`plots.house`), whose title states the finding; the caption is
    its deck. `name` makes it an anchor, `figure-<name>`, which the first page can lift out; it comes with a PNG for
    mails. `data` is the saved table behind it. Finding and deck are the text alternative.

    A chart without a row to draw is its finding as a sentence.

    JupyterLab, which has no style sheet of ours, gets it as pictures for its light theme and its dark one. While a
    report runs, it is also SVG in the colors and the type of its page, once for wide screens and once for phones.
    """
    from helpers.plots import style, svg  # the report itself draws nothing, and starts half a second earlier

    drawn = chart if isinstance(chart, style.Chart) else style.adopted(chart)
    wide, narrow = style.Canvas(), style.Canvas(is_narrow=True)
    drawn.on(wide)
    if wide.is_empty:
        return say(f"{drawn.title.rstrip('.')}.")
    drawing = svg.text_of(wide, drawn.title)
    title, deck, caption = (formats.visible(text) for text in (drawn.title, wide.deck or caption, caption))
    notes = tabular.whole(html.escape(caption)) if caption != deck else ""
    written, markup = (html.escape(title), html.escape(deck), notes), tabular.markup()
    pictures = markup.pictures(*written, svg.picture(drawing, False), svg.picture(drawing, True))
    content = {"text/html": pictures, "text/plain": f"{title} {deck}".strip()}
    if FOR_PAGES in os.environ:
        drawn.on(narrow)
        content[FIGURE_TYPE] = markup.figure(*written, drawing + svg.text_of(narrow, drawn.title), name, data)
        if name:
            content["image/png"] = base64.b64encode(svg.png(narrow)).decode()
    display(content, raw=True, metadata={"figure": name})


def table(
    frame: pd.DataFrame,
    name: str = "",
    caption: str = "",
    show: Mapping[str, Callable] | None = None,
    rows: int = 40,
    currency: str = "",
    first: int = 10,
) -> None:
    """A table on the page: its `first` rows, and folded those up to `rows`; with a `name` all of it (100,000 rows at
    most) is saved as `tables/<name>.csv`.

    Columns are written by their names (`tabular`), amounts in `currency`; `show` says it for a rare exception, e.g.
    `{"share": formats.points}`. Raises ValueError for an amount without a currency.
    """
    page = tabular.written(frame.head(rows), caption, currency, dict(show or {}), first)
    if frame.empty:
        page += '<p class="note">No rows.</p>'
    if len(frame) > rows:
        of_caption = _SAVED_AS.search(caption)
        file = f"tables/{name}.csv" if name else of_caption[0] if of_caption else ""
        ends_at = MOST_SAVED if name and len(frame) > MOST_SAVED else 0
        page += tabular.markup().beyond(len(frame) - rows, file, ends_at)
    _show(page, frame.head(rows).to_string(index=False), name, frame)


def save(frame: pd.DataFrame, name: str) -> None:
    """A table that is too long for the page: `tables/<name>.csv` of the report, with its first 100,000 rows at most."""
    rows = formats.plural(len(frame), "row")
    cut = f"the first {formats.count(MOST_SAVED)} of " if len(frame) > MOST_SAVED else ""
    text = f"tables/{name}.csv: {cut}{rows}"
    _show(f'<p class="saved">{html.escape(text)}</p>', text, name, frame)


def provenance(tables: Tables) -> None:
    """What the numbers were made from: cut-off, source, rows, fingerprints and versions."""
    facts = {"rows": tables.n_rows(), "fingerprints": tables.fingerprints(), "python": platform.python_version()}
    facts["version"] = lambda name: import_module(name).__version__  # in its metadata it would be searched for
    lines = [line.partition(": ")[::2] for line in _words(tables, **facts).provenance]
    table(pd.DataFrame(lines, columns=["what", "value"]), first=len(lines))


def _words(tables: Tables, **facts) -> Sentences:
    return Sentences(Path(formats.__file__).with_name("page.toml"), SimpleNamespace(tables=tables, **facts))


def tables_at_hand(tables: Tables) -> None:
    """For whoever writes a notebook: the tables of the source as of the period, and the columns that each has."""
    rows = tables.n_rows()
    held = []
    for name in tables.names:
        columns = tables.query(f"select * from {name} limit 0").columns
        held.append((name, schema.TABLES[name].description, rows[name], ", ".join(columns)))
    table(pd.DataFrame(held, columns=["table", "one row per", "rows", "columns"]), caption="The tables at hand")
    missing(tables, *(name for name in schema.CORE if name not in schema.REQUIRED_TABLES))


def incomplete(tables: Tables) -> None:
    """A caveat where the data stops before the period does; nothing where it does not."""
    if not tables.is_complete:
        say(_words(tables, last_month=periods.month_start(tables.period.last)).incomplete, "caveat")


def missing(tables: Tables, *names: str) -> None:
    """One plain sentence on tables that the source does not have; nothing where it has them all."""
    if absent := [name for name in names if not tables.has(name)]:
        say(_words(tables, absent=absent).missing, "caveat")


def csv_text(frame: pd.DataFrame) -> str:
    """The CSV that the report writes: ISO dates, ten digits (whole numbers exact), no cell that a spreadsheet runs.

    >>> csv_text(pd.DataFrame({"name": ["=1+1"], "share": [1 / 3], "n": [2]}))
    "name,share,n\\n'=1+1,0.3333333333,2\\n"
    """
    safe = frame.rename(columns=_neutral)
    for column in safe.columns:
        values = safe[column]
        if pd.api.types.is_string_dtype(values) or values.dtype == object:
            safe[column] = values.map(_neutral)
        elif pd.api.types.is_bool_dtype(values):
            safe[column] = values.map({True: "true", False: "false"})
    return safe.to_csv(index=False, lineterminator="\n", float_format=_digits, date_format="%Y-%m-%d")


def _neutral(value):
    """A text that no spreadsheet runs; a carriage return, which csv leaves unquoted, would begin a row of its own."""
    if not isinstance(value, str):
        return value
    text = formats.visible(value.replace("\r\n", "\n").replace("\r", "\n"))
    return f"'{text}" if text.startswith(_FORMULA) else text


def _digits(number: float) -> str:
    """Ten digits of a rate, and every digit of an amount in cents."""
    return f"{number:.0f}" if number.is_integer() and abs(number) < 2**53 else f"{number:.10g}"


def _show(page: str, text: str, name: str = "", frame: pd.DataFrame | None = None) -> None:
    content = {"text/html": page, "text/plain": formats.visible(text)}
    if name and FOR_PAGES in os.environ:  # a person in JupyterLab saves nothing
        frame = frame.head(MOST_SAVED)
        content[TABLE_TYPE] = {"name": name, "csv": csv_text(frame), "rows": len(frame)}
    display(content, raw=True)
