"""A chart as SVG: text that stays text in the page's own type, colors that follow the page, the same bytes twice."""

import base64
import html
import io
import re
import warnings
from hashlib import sha256

import matplotlib as mpl
from matplotlib.figure import Figure

from helpers.plots import palette
from helpers.plots.style import Canvas, Chart

# The head of a file, what holds for the whole page it stands in, groups' names (the same in every drawing), invisible
# paths, empty groups, turns by nothing, the font that measured the text, and the digits that nobody sees.
_NOISE = re.compile(
    r"""<\?xml.*?(?=<svg)|<metadata>.*?</metadata>|<style\ .*?</style>|<!--.*?-->|(?<=\n)\ +|(?<=<g)\ id="[^"]*"
    |<path[^>]*\sstyle="fill:\ none"/>|<g/>\n?|\ transform="rotate\(-0[^"]*"|\ font-family:[^;"]*;?|(?<=\.\d\d)\d+""",
    re.DOTALL | re.VERBOSE,
)
_SIZE = re.compile(r'(<svg) .*?(viewBox="[^"]*").*?>', re.DOTALL)
FAMILY = "Helvetica Neue, Helvetica, Arial, sans-serif"  # of the pages
# What matplotlib says of all elements of its picture, which in a page would be all elements of the page.
ROOT = "stroke-linejoin: round; stroke-linecap: butt"


def text_of(figure: Figure, label: str, kind: str) -> str:
    """The `<svg class="kind">` of a figure, to stand in a page; `label` says what is to be seen."""
    written = io.StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": "after-the-deal", "text.parse_math": False}
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A letter that the measuring font does not have, such as an emoji, is for the browser's fonts to draw.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(written, format="svg", metadata={"Date": None})
    svg = _NOISE.sub("", written.getvalue())
    svg = _SIZE.sub(rf'\1 class="{kind}" role="img" aria-label="{html.escape(label)}" \2 style="{ROOT}">', svg, count=1)
    # Ids are the same in every drawing that has the same mark; a page has several.
    mark = sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'(?<=\bid=")|(?<=href="#)|(?<=url\(#)', f"f{mark}-", svg)
    return palette.variables(svg.replace("xlink:href", "href").strip())


def drawings(chart: Chart) -> tuple[str, str, str]:
    """The deck of a chart, and its drawings: wide for a page, narrow for a phone."""
    canvases = [Canvas(), Canvas(is_narrow=True)]
    wide, narrow = (
        text_of(chart.on(canvas), f"{chart.title} {canvas.deck}".strip(), kind)
        for canvas, kind in zip(canvases, ("wide", "narrow"), strict=True)
    )
    return canvases[0].deck, wide, narrow


def picture(svg: str, is_dark: bool) -> str:
    """The address of a drawing as a picture of its own, on paper, for whoever has no style sheet: JupyterLab."""
    for name, pair in palette.COLORS.items():
        svg = svg.replace(f"var(--{name.replace('_', '-')})", pair[is_dark])
    style = f"{ROOT}; background: {palette.COLORS['paper'][is_dark]}; font-family: {FAMILY}"
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(ROOT, style, 1)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def png(chart: Chart, dots: int = 200) -> bytes:
    """A chart as a narrow PNG on light paper, for a mail."""
    figure, image = chart.on(Canvas(is_narrow=True)), io.BytesIO()
    with mpl.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(image, format="png", dpi=dots, facecolor=palette.light("paper"), metadata={"Software": None})
    return image.getvalue()
