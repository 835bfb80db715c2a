"""From executed notebooks to pages that people read: offline, without script, code hidden but one click away.

A page has layers: what it answers, the evidence, which is folded, and what is for analysts, folded at its end. A
notebook says which is which by tags. A section whose heading is tagged `evidence` is one fold, named by its question;
of other sections, the cells tagged so are, named by a heading of their own (###) or by what they show. Sections tagged
`analysts` go to the end, as do definitions, checks and provenance in any notebook. Without tags all is answer.
"""

import copy
import csv
import io
import re
import runpy
from collections.abc import Iterable, Mapping
from functools import cache, partial
from html import unescape
from itertools import chain, count, groupby
from pathlib import Path
from types import MappingProxyType

import jinja2
import nbformat
from markupsafe import Markup
from nbformat import NotebookNode

from helpers import formats, periods
from helpers.commands import needs, notebook_file, safe_html
from helpers.tabular import FIGURE_TYPE

TEMPLATES = Path(__file__).parent / "templates"
PALETTE = Path(__file__).parents[1] / "plots" / "palette.py"
_SAVED = '<p class="saved">'
_NOT_SHOWN = '<p class="note">What stands here in the notebook needs a script or another page, so it is not shown.</p>'
_EMBEDS = re.compile(r"<(?:iframe|canvas|object|embed|video|audio)\b", re.IGNORECASE)
_SEEN = re.compile(r"<(?:img|svg)\b|(?:^|>)\s*[^<\s]")
_DRAWN = re.compile(r"<(?:img|svg|figure|table)\b", re.IGNORECASE)
_CONTENTS, _METHOD = "<!-- contents -->", "<!-- for analysts -->"
_FOLD, _END = '<details class="evidence"><summary>', "</details>"
_FOR_ANALYSTS = ("Definitions, exclusions, caveats", "Checks", "Provenance")
_CAPTION = re.compile(r"<(?:caption|h3)>(.*?)</(?:caption|h3)>", re.DOTALL)
_HEADING = re.compile(r'<h([1-6]) id="([^"]*)">(.*?)</h\1>', re.DOTALL)
_ID = re.compile(r'<(?!h[1-6] )[a-z0-9]+ [^<>]*?\bid="([^"]*)"')
_PILCROW = re.compile(r'<a class="anchor-link"[^>]*>.*?</a>')
_FILE = re.compile(r"(?<=in )tables/(\w+)\.csv")
_FOR_LAB = re.compile(r'(?<=mathjax_ignore") style="[^"]*"| style="text-align:left"')
_TURN = re.compile(r'<nav class="turn".*?</nav>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


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


def headline(notebook: NotebookNode) -> list[str]:
    """The sentences of the cell tagged `headline`."""
    tagged = [cell for cell in notebook.cells if "headline" in cell.metadata.get("tags", [])]
    texts = [output.get("data", {}).get("text/plain", "") for output in notebook_file.outputs(tagged)]
    return [line for text in texts for line in text.splitlines() if line.strip()]


def notebook_page(notebook: NotebookNode, name: str, head: dict, tables: Mapping = MappingProxyType({})) -> str:
    """The page of an executed notebook; `head` is period, as_of and company, `tables` its saved CSVs by name.

    Raises RuntimeError where it would show a sentence in place of a figure.
    """
    readable = _readable(notebook)
    if any(map(_loses_a_figure, notebook_file.outputs(readable.cells))):
        raise RuntimeError(f"{name}: a figure comes with HTML that has no picture, and a page shows the HTML alone")
    body = _anchored(formats.visible(_FOR_LAB.sub("", _PILCROW.sub("", _exporter()(readable)[0]))))
    body = _FILE.sub(lambda file: f'<a href="{file[0]}">{file[0]}</a>' if file[1] in tables else file[0], body)
    opening, _, sections = body.partition(_CONTENTS)
    answer, _, method = sections.partition(_METHOD)
    parts = {"opening": Markup(opening), "body": Markup(answer), "method": Markup(method)}
    contents = [(anchor, Markup(_TAG.sub("", text))) for level, anchor, text in _HEADING.findall(body) if level == "2"]
    parts["contents"] = contents + [("files", "Which files hold these numbers?")] * bool(tables)
    parts["files"] = [(file, formats.plural(_n_rows(text), "row")) for file, text in sorted(tables.items())]
    parts["code"] = "\n\n".join(cell.source for cell in readable.cells if cell.cell_type == "code")
    return page("page.html.j2", title=notebook_file.title(notebook.cells, name), name=name, **head, **parts)


@cache
def _exporter() -> partial:
    from nbconvert import HTMLExporter, TemplateExporter  # half a second that an unchanged pack need not pay

    exporter = HTMLExporter(template_name="notebook", extra_template_basedirs=[str(TEMPLATES)])
    exporter.register_filter("cleaned", safe_html.cleaned)
    # HTMLExporter's own method would parse the finished page and write it anew, for classes that ours does not have.
    return partial(TemplateExporter.from_notebook_node, exporter)


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


def link_pages(pages: Iterable[tuple[str, str]], folder: Path) -> None:
    """Lead each page, by name and title, to the one before it and the one after it in this pack."""
    turns = [("index", "The report"), *pages, None]
    for before, (name, _), after in zip(turns, turns[1:-1], turns[2:], strict=False):
        opening, rest = _TURN.split((folder / f"{name}.html").read_text(encoding="utf-8"), maxsplit=1)
        turn = page("turn.html.j2", before=before, after=after)
        (folder / f"{name}.html").write_text(f"{opening}{turn}{rest}", encoding="utf-8")


def _n_rows(text: str) -> int:
    """Rows of a CSV text below its head; a text in quotes may go over several lines."""
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""))) - 1


def _readable(notebook: NotebookNode) -> NotebookNode:
    """A copy for readers, in its layers.

    Left out are the cells tagged `author`, which are for whoever edits the notebook, and what a cell says of the tables
    it saved: the page lists all of them at its end.
    """
    readable = copy.deepcopy(notebook)
    cells = [cell for cell in readable.cells if "author" not in cell.metadata.get("tags", [])]
    if cells and cells[0].cell_type == "markdown":
        cells[0].source = needs.for_readers(cells[0].source)
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        cell.outputs = [_shown(output) for output in cell.outputs if not _html(output).startswith(_SAVED)]
    readable.cells = _layered(cells)
    return readable


def _html(output: dict) -> str:
    return output.get("data", {}).get("text/html", "")


def _shown(output: dict) -> dict:
    """An output as a page shows it; a figure is in another form in JupyterLab."""
    data = output.get("data", {})
    if FIGURE_TYPE in data:
        output.data = {"text/html": data[FIGURE_TYPE]}
    elif text := data.get("text/html"):
        data["text/html"] = left = safe_html.cleaned(formats.visible(text))
        runs = _EMBEDS.search(text) or ("<script" in text and left.strip())
        if runs and not _SEEN.search(left):
            pictures = {kind: data[kind] for kind in data if kind in ("image/svg+xml", "image/png", "image/jpeg")}
            output.data = pictures or {"text/html": _NOT_SHOWN}
    if output.output_type == "execute_result":
        output.output_type = "display_data"
        output.pop("execution_count", None)
    return output


def _loses_a_figure(output: dict) -> bool:
    """Whether a picture is not seen since the HTML of the same output is; what a formula or a table says, both say."""
    is_picture = any(kind.startswith("image/") for kind in output.get("data", {}))
    return is_picture and bool(_html(output)) and not _DRAWN.search(_html(output))


def _layered(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells in the order of their page, each with the HTML that stands `before` and `after` it in its metadata."""
    sections = [[]]
    for cell in cells:
        cell.metadata["before"] = cell.metadata["after"] = ""
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    opening, *sections = sections
    answer, method = [], []
    for section in sections:
        layer = _layer(section[0])
        if layer == "analysts":
            method += section
        else:
            answer += _folded(section) if layer == "evidence" else _with_folds(section)
    for mark, part in ((_METHOD, method), (_CONTENTS, [*answer, *method])):
        if part:
            part[0].metadata["before"] = mark + part[0].metadata["before"]
    return [*opening, *answer, *method]


def _layer(cell: NotebookNode) -> str:
    """The layer that a heading's tags, or its words, put it in; empty for an answer."""
    if cell.cell_type == "markdown" and cell.source.partition("\n")[0].removeprefix("## ").strip() in _FOR_ANALYSTS:
        return "analysts"
    return next((tag for tag in cell.metadata.get("tags", []) if tag in ("evidence", "analysts")), "")


def _folded(section: list[NotebookNode]) -> list[NotebookNode]:
    """A section as one fold, whose name is its heading."""
    head, *rest = section
    head.source, _, text = head.source.partition("\n")
    if text.strip():
        rest = [nbformat.v4.new_markdown_cell(text, metadata={"before": "", "after": ""}), *rest]
    head.metadata["before"], head.metadata["after"] = _FOLD, "</summary>" + _END * (not rest)
    if rest:
        rest[-1].metadata["after"] = _END
    return [head, *rest]


def _with_folds(section: list[NotebookNode]) -> list[NotebookNode]:
    """A section whose cells of evidence are folded where they stand, under the name of what they show."""
    shown = []
    for layer, run in groupby(section, _layer):
        cells = list(run)
        if layer == "evidence" and cells[0].source.startswith("### "):
            cells = _folded(cells)
        elif layer == "evidence" and any(cell.get("outputs") or cell.cell_type == "markdown" for cell in cells):
            caption = _CAPTION.search("".join(map(_html, notebook_file.outputs(cells))))
            cells[0].metadata["before"] = f"{_FOLD}{caption[1] if caption else 'More on this'}</summary>"
            cells[-1].metadata["after"] = _END
        shown += cells
    return shown


def head_of(manifest: dict) -> dict[str, str]:
    """The head of every page of a pack: its period, the last day it knows, whose it is."""
    return {"period": manifest["period"], "as_of": manifest["as_of"], "company": manifest["source"]["name"]}
