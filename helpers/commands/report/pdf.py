"""The pack on paper: index, pages and definitions as one PDF, by WeasyPrint (the optional extra `pdf`).

Nothing is fetched while it is made: figures are in the pages themselves, and a picture from any other address is
left out, with a sentence that says so.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from markupsafe import Markup

from helpers import formats
from helpers.commands import html, notebook_file
from helpers.commands.report.pack import Unwritten
from helpers.errors import Refused

FILE = "report.pdf"
_MAIN = re.compile(r"<main[^>]*>(.*)</main>", re.DOTALL)
_ON_SCREEN = re.compile(
    r'<nav class="(?:contents|turn)".*?</nav>|<details class="more".*?</details>|<details class="analysts".*'
    '|<section class="on-screen">.*?</section>',
    re.DOTALL,
)
_OUTSIDE = re.compile(
    r"""(?:<(?:img|image|source)\b[^>]*?\b(?:src|srcset|href)=["']?|!\[[^\]]*\]\()(https?://[^"'\s)>]+)"""
)
_IN_DRAWING = re.compile(r'(url\(#|<use\b[^>]*?\bhref="#)')
_ID = re.compile(r'(<[a-z0-9]+ [^<>]*?\bid=")([^"]*")')
_LINK = re.compile(r'<a\b([^>]*?) href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_INSIDE = re.compile(r'<a\b[^>]*? href="#([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


def refuse_if_absent() -> None:
    """`Refused` with what to install where WeasyPrint, or a library that it needs of the system, is not there."""
    try:
        import weasyprint  # noqa: F401 - whether it comes up is the question
    except (ImportError, OSError) as error:
        # An ImportError may only mean that the extra is not installed; an OSError, that Pango is not.
        missing = "WeasyPrint" if isinstance(error, ImportError) else "Pango, which WeasyPrint draws with,"
        raise Refused(
            f"--pdf: {missing} is not installed. On Debian or Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
            "libharfbuzz-subset0; then: .venv/bin/python -m pip install -e '.[pdf]'"
        ) from None


def write(folder: Path, manifest: dict) -> list[str]:
    """Write `report.pdf` of the pack in `folder`, whose pages are there; what is left out, a sentence each."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    text = paper(folder, manifest)
    # With fail_on_errors it would raise what is no Exception, and take the whole run with it.
    only_figures = URLFetcher(allowed_protocols=["data"], fail_on_errors=False)
    try:
        HTML(string=text, url_fetcher=only_figures).write_pdf(folder / FILE)
    except Exception as error:
        raise Unwritten(f"{FILE} could not be made: {type(error).__name__}: {error}") from error
    return left_out(folder, manifest)


def left_out(folder: Path, manifest: dict) -> list[str]:
    """The pictures that a notebook would load from the network, a sentence each: which notebook, which address."""
    lines = []
    for name in (notebook["name"] for notebook in manifest["notebooks"]):
        shown = "\n".join(_shown(folder / "notebooks" / f"{name}.ipynb"))
        for address in dict.fromkeys(_OUTSIDE.findall(shown)):
            lines.append(
                f"{name}: {FILE} leaves out the picture {formats.visible(unescape(address))}, because nothing is "
                "loaded from the network; save the picture and attach it to the notebook"
            )
    return lines


def _shown(notebook: Path) -> Iterator[str]:
    """What the cells of a notebook show as Markdown or HTML; nothing of one that never ran."""
    for cell in notebook_file.cells(notebook) if notebook.is_file() else ():
        yield cell["source"] if cell["cell_type"] == "markdown" else ""
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            yield from ("".join(data[kind]) for kind in ("text/html", "text/markdown") if kind in data)


def paper(folder: Path, manifest: dict) -> str:
    """The pages of a pack as one document, in the order of the index: chapters, their links now inside it."""
    names = ["index", *(notebook["name"] for notebook in manifest["notebooks"]), "definitions"]
    chapters = [_chapter((folder / f"{name}.html").read_text(encoding="utf-8"), name, names) for name in names]
    text = html.page("paper.html.j2", chapters=chapters, **html.head_of(manifest))
    ids = {found[2][:-1] for found in _ID.finditer(text)}
    # Where a link leads to what is on screens only, there is no page to name.
    text = _INSIDE.sub(lambda link: link[0] if link[1] in ids else link[2], text)
    # WeasyPrint knows variables in style sheets, and none in drawings.
    return html.in_light_colors(text)


def _chapter(page: str, name: str, names: list[str]) -> str:
    """What a page says, without what works on a screen only; every id gets the page's name, so that none is twice."""
    main = _ON_SCREEN.sub("", _MAIN.search(page)[1])
    main = _IN_DRAWING.sub(rf"\g<1>{name}--", _ID.sub(rf"\g<1>{name}--\g<2>", main))

    def linked(found: re.Match) -> str:
        before, address, after, text = found.groups()
        file, _, anchor = address.partition("#")
        target = file.removesuffix(".html") or name
        if target not in names:
            return text  # the file is not on paper, but what the link says is
        return f'<a{before} href="#{target}{f"--{anchor}" if anchor else ""}"{after}>{text}</a>'

    return Markup(f'<section class="chapter" id="{name}">{_LINK.sub(linked, main)}</section>')
