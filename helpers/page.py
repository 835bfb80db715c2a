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
from types import MappingProxyType

import pandas as pd
from IPython.display import display

from helpers import formats, periods, tabular
from helpers.formats import FOR_PAGES, MOST_SAVED
from helpers.sources import Tables, schema
from helpers.tabular import FIGURE_TYPE, TABLE_TYPE

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "headline say figure table save explore incomplete missing provenance tables_at_hand".split()
__dir__ = __all__.copy

MAX_SENTENCES = 3
_LIBRARIES = ("pandas", "duckdb", "numpy", "scipy", "matplotlib")
_IN_LAB: Mapping[str, str] = MappingProxyType(
    {
        "headline": "font-size: 16px; line-height: 1.45; border-left: 4px solid; padding: 4px 12px; margin: 0",
        "caveat": "border-left: 4px solid #c2500a; padding: 2px 12px",
        "caption": "opacity: 0.75",
    }
)
_FIGURE = """<figure class="figure mathjax_ignore"{anchor}><figcaption><h3>{title}</h3><p class="deck">{deck}</p>\
</figcaption>{drawings}<div class="source">{source}</div></figure>"""
_DARK = 'body[data-jp-theme-light="false"]'
_LAB = (
    f'<div class="mathjax_ignore"><style>{_DARK} .for-light {{{{ display: none }}}} '
    f"{_DARK} .for-dark {{{{ display: block !important }}}}</style>"
    """<p style="font-weight: 700; margin: 4px 0 0">{title}</p><p style="opacity: 0.75; margin: 0 0 6px">{deck}</p>\
<img class="for-light" src="{light}" alt="{title} {deck}" style="max-width: 56rem; width: 100%">\
<img class="for-dark" src="{dark}" alt="{title} {deck}" style="max-width: 56rem; width: 100%; display: none">\
<p style="opacity: 0.75">{notes}</p></div>"""
)
# A browser would break a line after the minus of an amount, and after the dash of an interval.
_IN_ONE = re.compile(r"−\D?\d[\d.,]*[kMB%]?|[$€£¥]?\d[\d.,]*[kMB%]?–[$€£¥]?\d[\d.,]*[kMB%]?|\bn = \d[\d,]*")
_SAVED_AS = re.compile(r"tables/(\w+)\.csv")
_FORMULA = tuple("=+-@\t\n＝＋－＠")


def headline(*sentences: str) -> None:
    """The bottom line of a notebook: at most three computed sentences, each with its n and interval."""
    if not 1 <= len(sentences) <= MAX_SENTENCES:
        raise ValueError(f"a bottom line has one to {MAX_SENTENCES} sentences, not {len(sentences)}")
    told = [formats.visible(" ".join(sentence.split())) for sentence in sentences]
    _show("".join(_paragraph(sentence, "headline") for sentence in told), "\n".join(told))


def say(text: str, kind: str = "note") -> None:
    """One plain sentence; `kind` is note, caveat, caption or action, which begins with its owner and a colon."""
    text = formats.visible(text)
    _show(_paragraph(text, kind), text)


def _paragraph(text: str, kind: str) -> str:
    """A sentence by its kind: the class is for the page, the style for JupyterLab, which has no style sheet of ours."""
    style = f' style="{_IN_LAB[kind]}"' if kind in _IN_LAB else ""
    owner, colon, rest = html.escape(text).partition(":")
    shown = f"<strong>{owner}</strong>{colon}{rest}" if kind == "action" and colon else html.escape(text)
    shown = _whole(shown)
    return f'<p class="{html.escape(kind)} mathjax_ignore"{style}>{shown}</p>'


def _whole(text: str) -> str:
    """HTML text whose amounts, intervals and counts stay on one line each."""
    return _IN_ONE.sub(r'<span style="white-space: nowrap">\g<0></span>', text)


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
    deck, wide = svg.drawing(drawn)
    if not wide:
        return say(f"{drawn.title.rstrip('.')}.")
    title, deck, caption = (formats.visible(text) for text in (drawn.title, deck or caption, caption))
    notes = _whole(html.escape(caption)) if caption != deck else ""
    written = {"title": html.escape(title), "deck": html.escape(deck), "notes": notes}
    lab = _LAB.format(**written, light=svg.picture(wide, False), dark=svg.picture(wide, True))
    content = {"text/html": lab, "text/plain": f"{title} {deck}".strip()}
    if FOR_PAGES in os.environ:
        fold = f"<details><summary>How to read this</summary><p>{notes}</p></details>" if notes else ""
        link = f'<p>Data: <a href="tables/{data}.csv">{data}.csv</a></p>' if data else ""
        anchor = f' id="figure-{name}"' if name else ""
        drawings = wide + svg.drawing(drawn, is_narrow=True)[1]
        content[FIGURE_TYPE] = _FIGURE.format(**written, anchor=anchor, drawings=drawings, source=link + fold)
        if name:
            content["image/png"] = base64.b64encode(svg.png(drawn)).decode()
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
    left = len(frame) - rows
    if frame.empty:
        page += '<p class="note">No rows.</p>'
    if left > 0:
        page += (
            f'<p class="note mathjax_ignore">{formats.plural(left, "more row")}{_kept(name, caption, len(frame))}.</p>'
        )
    _show(page, frame.head(rows).to_string(index=False), name, frame)


def _kept(name: str, caption: str, n_rows: int) -> str:
    """Where the rows are that a page does not show: the table's own file, or the one that its caption names."""
    if not name:
        named = _SAVED_AS.search(caption)
        return f" in {named[0]}" if named else ""
    return f" in tables/{name}.csv" + (
        f", which ends at row {formats.count(MOST_SAVED)}" if n_rows > MOST_SAVED else ""
    )


def save(frame: pd.DataFrame, name: str) -> None:
    """A table that is too long for the page: `tables/<name>.csv` of the report, with its first 100,000 rows at most."""
    rows = formats.plural(len(frame), "row")
    cut = f"the first {formats.count(MOST_SAVED)} of " if len(frame) > MOST_SAVED else ""
    text = f"tables/{name}.csv: {cut}{rows}"
    _show(f'<p class="saved">{html.escape(text)}</p>', text, name, frame)


def provenance(tables: Tables) -> None:
    """What the numbers were made from: cut-off, source, rows, fingerprints and versions."""
    rows, marks = tables.n_rows(), tables.fingerprints()
    facts = {
        "Period": f"{tables.period.name}, using what was known on {periods.day_name(tables.as_of)}",
        "Data": f"{tables.settings.file.name}, {periods.named(str(tables.coverage))}, {tables.currency}",
        **({"Exchange rates": str(tables.rates)} if tables.rates else {}),
        **({"How it was read": " ".join(tables.notes)} if tables.notes else {}),
        **{f"Table {name}": f"{formats.plural(rows[name], 'row')}, fingerprint {marks[name]}" for name in tables.names},
        "Versions": ", ".join(f"{name} {import_module(name).__version__}" for name in _LIBRARIES)
        + f", Python {platform.python_version()}",
    }
    table(pd.DataFrame({"what": list(facts), "value": list(facts.values())}), first=len(facts))


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
        until = tables.coverage.data_until
        when = f"ends on {periods.day_name(until)}" if until else "may end inside it"
        month = periods.name_of(periods.month_start(tables.period.last))
        say(f"The data {when}, so {month} is incomplete: expect its numbers to change.", "caveat")


def missing(tables: Tables, *names: str) -> None:
    """One plain sentence on tables that the source does not have; nothing where it has them all."""
    absent = [name for name in names if not tables.has(name)]
    if absent:
        say(f"Not in this source: {formats.joined(absent, len(absent))}. We leave out what needs them.", "caveat")


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
