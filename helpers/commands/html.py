"""From executed notebooks to pages that people read: offline, without script, code hidden but one click away."""

import copy
import csv
import io
import re
import runpy
from collections.abc import Mapping
from functools import cache
from html import unescape
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType

import jinja2
import nbformat
from markupsafe import Markup

from helpers import formats, periods
from helpers.commands import layers, needs, notebook_file, safe_html
from helpers.tabular import FIGURE_TYPE

_NONE: Mapping[str, str] = MappingProxyType({})
TEMPLATES = Path(__file__).parent / "templates"
PALETTE = Path(__file__).parents[1] / "plots" / "palette.py"
_SAVED = '<p class="saved">'
_HEADING = re.compile(r'<h([1-6]) id="([^"]*)">(.*?)</h\1>', re.DOTALL)
_ID = re.compile(r'<(?!h[1-6] )[a-z0-9]+ [^<>]*?\bid="([^"]*)"')
_PILCROW = re.compile(r'<a class="anchor-link"[^>]*>.*?</a>')
_FILE = re.compile(r"(?<=in )tables/(\w+)\.csv")
_FOR_LAB = re.compile(r'(?<=mathjax_ignore") style="[^"]*"| style="text-align:left"')
_TURN = re.compile(r'<nav class="turn".*?</nav>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    made = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    made.filters["named"] = lambda period: periods.parse(period).name
    made.filters["day"] = periods.named
    return made


@cache
def _palette() -> dict:
    return runpy.run_path(str(PALETTE))  # its package would bring matplotlib, which costs half a second


def in_light_colors(text: str) -> str:
    """A page whose colors are those of light paper, for what knows no variables."""
    return _palette()["fixed"](text)


@cache
def _style() -> Markup:
    """The style sheet, with the colors that charts are drawn in, too."""
    css = _palette()["css"]
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {css(True)} }} }}"
    return Markup(f":root {{ {css()} }}\n{dark}\n" + (TEMPLATES / "style.css").read_text(encoding="utf-8"))


def page(template: str, **values) -> str:
    """The text of a page from one of the `templates/`, which escape every value that is not `Markup`."""
    shown = {"contents": [], "name": "", "company": ""} | values
    return _environment().get_template(template).render(style=_style(), **shown)


def headline(notebook: nbformat.NotebookNode) -> list[str]:
    """The sentences of the cell tagged `headline`."""
    tagged = [cell for cell in notebook.cells if "headline" in cell.metadata.get("tags", [])]
    texts = [output.get("data", {}).get("text/plain", "") for cell in tagged for output in cell.get("outputs", [])]
    return [line for text in texts for line in text.splitlines() if line.strip()]


def notebook_page(notebook: nbformat.NotebookNode, name: str, head: dict, tables: Mapping[str, str] = _NONE) -> str:
    """The page of an executed notebook; `head` is period, as_of and company, `tables` what it saved, CSV text by name.

    Raises RuntimeError if a figure or table of the notebook is not on it.
    """
    readable = _readable(notebook)
    # HTMLExporter's own method would parse the finished page and write it anew, for classes that ours does not have.
    body, _ = super(type(_exporter()), _exporter()).from_notebook_node(readable)
    body = _anchored(formats.visible(_FOR_LAB.sub("", _PILCROW.sub("", body))))
    _assert_whole(readable, body, name)
    body = _FILE.sub(lambda file: f'<a href="{file[0]}">{file[0]}</a>' if file[1] in tables else file[0], body)
    opening, _, sections = body.partition(layers.CONTENTS)
    answer, _, method = sections.partition(layers.METHOD)
    parts = {"opening": Markup(opening), "body": Markup(answer), "method": Markup(method)}
    headings = [found.groups() for found in _HEADING.finditer(body)]
    contents = [(anchor, Markup(_TAG.sub("", text))) for level, anchor, text in headings if level == "2"]
    parts["contents"] = contents + [("files", "Which files hold these numbers?")] * bool(tables)
    parts["files"] = [(file, formats.plural(_n_rows(text), "row")) for file, text in sorted(tables.items())]
    parts["code"] = "\n\n".join(cell.source for cell in readable.cells if cell.cell_type == "code")
    return page("page.html.j2", title=notebook_file.title(notebook.cells, name), name=name, **head, **parts)


@cache
def _exporter():
    from nbconvert import HTMLExporter  # costs half a second at import, which an unchanged pack need not pay

    exporter = HTMLExporter(template_name="notebook", extra_template_basedirs=[str(TEMPLATES)])
    exporter.register_filter("cleaned", safe_html.cleaned)
    return exporter


def anchor(heading: str) -> str:
    """The address of a heading within its page, which goes through any mail.

    >>> anchor("What do customers say, R&amp;D &amp; sales?")
    'what-do-customers-say-r-d-sales'
    """
    return re.sub(r"\W+", "-", unescape(_TAG.sub("", heading)).lower()).strip("-") or "section"


def _anchored(body: str) -> str:
    """Headings with an address of their own each, also where two are equal; links to the old ones follow."""
    used, moved = {"main", "files", "code", *_ID.findall(body)}, {}

    def anchored(heading: re.Match) -> str:
        level, old, inside = heading.groups()
        names = chain([anchor(inside)], (f"{anchor(inside)}-{n}" for n in count(2)))
        new = next(name for name in names if name not in used)
        used.add(new)
        moved.setdefault(old, new)
        return f'<h{level} id="{new}">{inside}</h{level}>'

    body = _HEADING.sub(anchored, body)
    return re.sub(r'href="#([^"]+)"', lambda link: f'href="#{moved.get(link[1], link[1])}"', body)


def turned(text: str, before: tuple[str, str] | None, after: tuple[str, str] | None) -> str:
    """A page that leads to the one before it and the one after it, each given as file name and title."""
    return _TURN.sub(lambda _: page("turn.html.j2", before=before, after=after), text, count=1)


def _n_rows(text: str) -> int:
    """Rows of a CSV text below its head; a text in quotes may go over several lines."""
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""))) - 1


def _readable(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy for readers, in its layers.

    Left out are the cells tagged `author`, which are for whoever edits the notebook, and what a cell says of the tables
    it saved: the page lists all of them at its end.
    """
    readable = copy.deepcopy(notebook)
    cells = [cell for cell in readable.cells if "author" not in cell.metadata.get("tags", [])]
    if cells and cells[0].cell_type == "markdown":
        cells[0].source = needs.for_readers(cells[0].source)
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        cell.outputs = [_shown(each) for each in cell.outputs if not _html(each).startswith(_SAVED)]
    readable.cells = layers.layered(cells)
    return readable


def _html(output: dict) -> str:
    return output.get("data", {}).get("text/html", "")


def _shown(output: dict) -> dict:
    """An output as a page shows it; a figure is in another form in JupyterLab."""
    if FIGURE_TYPE in output.get("data", {}):
        output.data = {"text/html": output.data[FIGURE_TYPE]}
    elif "text/html" in output.get("data", {}):
        output.data["text/html"] = safe_html.cleaned(formats.visible(output.data["text/html"]))
    if output.output_type == "execute_result":
        output.output_type = "display_data"
        output.pop("execution_count", None)
    return output


def _assert_whole(notebook: nbformat.NotebookNode, body: str, name: str) -> None:
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    texts = [(data.get("text/html", ""), "image/png" in data) for data in shown]
    n_figures = sum(is_png or "<figure" in text for text, is_png in texts)
    n_tables = sum(text.count("<table") for text, is_png in texts if not is_png)
    found = (body.count("<figure"), body.count("<table"))
    if found[0] < n_figures or found[1] < n_tables:
        raise RuntimeError(f"{name}: the page has {found} of its {(n_figures, n_tables)} figures and tables")


def plain(text: str) -> str:
    """Text without the colors of a terminal.

    >>> plain("\\x1b[0;31mred\\x1b[0m")
    'red'
    """
    return _ESCAPES.sub("", text)


def head_of(manifest: dict) -> dict[str, str]:
    """The head of every page of a pack: its period, the last day it knows, whose it is."""
    return {"period": manifest["period"], "as_of": manifest["as_of"], "company": manifest["source"]["name"]}
