"""A chart as SVG: text that stays text in the page's own type, colors that follow the page, the same bytes twice."""

import base64
import io
import re
import warnings
from hashlib import sha256
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

from helpers import formats
from helpers.plots import palette
from helpers.plots.style import Canvas, Chart

FAMILY = "Helvetica Neue, Helvetica, Arial, sans-serif"  # of the pages
# What matplotlib says of all elements of its picture, which in a page would be all elements of the page.
ROOT = "stroke-linejoin: round; stroke-linecap: butt"
_UNSEEN = re.compile(
    r"(?<=\.\d\d)\d+|\s*font-family:[^;]*;?|\s*\n\s*(?=\S)|\s+$"
)  # also the font that measured the text
_REFERS = re.compile(r"(?<=url\(#)|^#(?!\w{6}$)")


def text_of(figure: Figure, label: str, kind: str) -> str:
    """The `<svg class="kind">` of a figure, for a page; `label` says what is to be seen."""
    written = _saved(figure, format="svg", metadata={"Date": None}).decode()
    # Ids are the same in every drawing that has the same mark; a page has several.
    label, drawn = map(formats.visible, (label, written))  # XML has no place for control characters
    mark = f"f{sha256((label + drawn).encode()).hexdigest()[:8]}-"
    root = ElementTree.fromstring(drawn)
    for parent in list(root.iter()):
        for child in [child for child in parent if _is_noise(child)]:
            parent.remove(child)
        attributes = {name.rpartition("}")[2]: value for name, value in parent.attrib.items()}
        parent.tag, parent.tail = parent.tag.rpartition("}")[2], None
        parent.text = parent.text if parent.tag == "text" else None
        parent.attrib = {
            name: _attribute(name, value, mark)
            for name, value in attributes.items()
            if _is_kept(parent.tag, name, value)
        }
    says = {"class": kind, "role": "img", "aria-label": label, "viewBox": root.get("viewBox"), "style": ROOT}
    root.attrib = says
    return ElementTree.tostring(root, encoding="unicode")


def _saved(figure: Figure, **how) -> bytes:
    """A figure as matplotlib writes it; an amount of money is no formula."""
    settings = {"svg.fonttype": "none", "svg.hashsalt": "after-the-deal", "text.parse_math": False}
    written = io.BytesIO()
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A letter that the measuring font does not have, such as an emoji, is for the browser's fonts to draw.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(written, **how)
    return written.getvalue()


def _is_noise(element: ElementTree.Element) -> bool:
    """What is not drawn, or holds for the whole page."""
    name = element.tag.rpartition("}")[2]
    return name in ("metadata", "style") or (name == "path" and element.get("style") == "fill: none")


def _is_kept(tag: str, name: str, value: str) -> bool:
    """Names of groups are the same in every drawing, and a turn by nothing turns nothing."""
    return not (tag == "g" and name == "id") and not value.startswith("rotate(-0 ")


def _attribute(name: str, value: str, mark: str) -> str:
    """The value of an attribute without the digits that nobody sees, in the colors of the page."""
    if name == "id":
        return f"{mark}{value}"
    if "#" in value:
        value = palette.variables(_REFERS.sub(lambda hit: f"{hit[0]}{mark}", value))
    return _UNSEEN.sub("", value)


def drawing(chart: Chart, is_narrow: bool = False) -> tuple[str, str]:
    """The deck of a chart, and its drawing, wide for a page or narrow for a phone; both empty if the chart is."""
    canvas = Canvas(is_narrow)
    drawn = chart.on(canvas)
    if canvas.is_empty:
        return "", ""
    return canvas.deck, text_of(drawn, f"{chart.title} {canvas.deck}".strip(), "narrow" if is_narrow else "wide")


def picture(svg: str, is_dark: bool) -> str:
    """The address of a drawing as a picture of its own, on paper, for whoever has no style sheet: JupyterLab."""
    style = f"{ROOT}; background: {palette.COLORS['paper'][is_dark]}; font-family: {FAMILY}"
    svg = palette.fixed(svg, is_dark).replace(ROOT, style, 1)
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def png(chart: Chart, dots: int = 200) -> bytes:
    """A chart as a narrow PNG on light paper, for a mail."""
    how = {"dpi": dots, "facecolor": palette.light("paper"), "metadata": {"Software": None}}
    return _saved(chart.on(Canvas(is_narrow=True)), format="png", **how)
