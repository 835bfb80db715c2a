"""A chart as SVG: text that stays text in the page's own type, colors that follow the page, the same bytes twice."""

import base64
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from helpers import formats
from helpers.plots import palette
from helpers.plots.style import Canvas, extent

FAMILY = "Helvetica Neue, Helvetica, Arial, sans-serif"  # of the pages
# What matplotlib says of all elements of its picture, which in a page would be all elements of the page.
ROOT = "stroke-linejoin: round; stroke-linecap: butt"
# Digits that nobody sees, and the font that measured the text.
_UNSEEN = re.compile(r"(?<=\.\d\d)\d+|\s*font-family:[^;]*;?|\s*\n\s*(?=\S)|\s+$")
_REFERS = re.compile(r"(?<=url\(#)|^#(?!\w{6}$)")


class _Renderer(RendererSVG):
    """matplotlib's, which measures each text once, and writes no groups."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: bool) -> tuple[float, float, float]:
        """The extent of a text in points."""
        return extent(s, prop, ismath)

    def open_group(self, s: str, gid: str | None = None) -> None:
        """None: their names are the same in every drawing."""

    def close_group(self, s: str) -> None:
        """None."""


def text_of(canvas: Canvas, title: str) -> str:
    """The `<svg class="wide">` (or narrow) of a chart that is drawn on a canvas; title and deck are its label."""
    label, drawn = f"{title} {canvas.deck}".strip(), _written(canvas.figure)
    label, drawn = map(formats.visible, (label, drawn))  # XML has no place for control characters
    # Ids are the same in every drawing that has the same mark; a page has several.
    mark = f"f{sha256((label + drawn).encode()).hexdigest()[:8]}-"
    root = ElementTree.fromstring(drawn)
    for parent in list(root.iter()):
        for child in list(parent):
            name = child.tag.rpartition("}")[2]
            # What is not drawn, or would hold for the whole page.
            if name in ("metadata", "style") or (name == "path" and child.get("style") == "fill: none"):
                parent.remove(child)
        attributes = {name.rpartition("}")[2]: value for name, value in parent.attrib.items()}
        parent.tag, parent.tail = parent.tag.rpartition("}")[2], None
        parent.text = parent.text if parent.tag == "text" else None
        parent.attrib = {
            name: _attribute(name, value, mark)
            for name, value in attributes.items()
            if not value.startswith("rotate(-0 ")  # a turn by nothing
        }
    kind, box = "narrow" if canvas.is_narrow else "wide", root.get("viewBox")
    root.attrib = {"class": kind, "role": "img", "aria-label": label, "viewBox": box, "style": ROOT}
    return ElementTree.tostring(root, encoding="unicode")


def _written(figure: Figure) -> str:
    """A figure as matplotlib writes it."""
    written, (width, height) = io.StringIO(), 72 * figure.get_size_inches()
    with _settings():
        renderer = _Renderer(width, height, written, image_dpi=figure.dpi, metadata={"Date": None})
        dpi, figure.dpi = figure.dpi, 72
        figure.draw(renderer)
        figure.dpi = dpi
        renderer.finalize()
    return written.getvalue()


@contextmanager
def _settings() -> Iterator[None]:
    settings = {"svg.fonttype": "none", "svg.hashsalt": "after-the-deal", "text.parse_math": False}  # $ is money
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A letter that the measuring font does not have, such as an emoji, is for the browser's fonts to draw.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def _attribute(name: str, value: str, mark: str) -> str:
    """The value of an attribute without the digits that nobody sees, in the colors of the page."""
    if name == "id":
        return f"{mark}{value}"
    if "#" in value:
        value = palette.variables(_REFERS.sub(lambda hit: f"{hit[0]}{mark}", value))
    return _UNSEEN.sub("", value)


def picture(svg: str, is_dark: bool) -> str:
    """The address of a drawing as a picture of its own, on paper, for whoever has no style sheet: JupyterLab."""
    style = f"{ROOT}; background: {palette.COLORS['paper'][is_dark]}; font-family: {FAMILY}"
    svg = palette.fixed(svg, is_dark).replace(ROOT, style, 1)
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def png(canvas: Canvas) -> bytes:
    """A chart that is drawn on a canvas as a PNG on light paper, for a mail."""
    written = io.BytesIO()
    with _settings():
        paper = palette.light("paper")
        canvas.figure.savefig(written, format="png", dpi=200, facecolor=paper, metadata={"Software": None})
    return written.getvalue()
