"""The one table of colors: what a page, a chart and a tile are drawn in, on light paper and on dark.

A chart is drawn in the light values, each of which occurs once, so that a page can put `var(--name)` in their place and
follow the reader's screen. Text in `ink`, `muted`, `c1` to `c4` and the `_text` colors has a contrast of 4.5 or more
against `paper` in both; the `_soft`, `_pale` and `band` colors are for areas only.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

COLORS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ink": ("#1c2430", "#e6e9ee"),
        "muted": ("#5b6675", "#a3adba"),
        "line": ("#d9dee5", "#3a424e"),
        "paper": ("#ffffff", "#14181e"),
        "panel": ("#f4f6f8", "#1e242c"),
        "c1": ("#0072b2", "#6cb8f0"),
        "c1_text": ("#0067a3", "#6cb8f0"),
        "c1_soft": ("#6fb5df", "#2f6f9f"),
        "c1_pale": ("#c3ddef", "#1f435c"),
        "c2": ("#c2500a", "#ff9d66"),
        "c2_text": ("#b84a00", "#ff9d66"),
        "c2_soft": ("#eeab80", "#91532f"),
        "c3": ("#00795a", "#4cc9a0"),
        "c4": ("#946200", "#f2b84b"),
        "band": ("#cfe3f2", "#25405a"),
    }
)
_NAMES: Mapping[str, str] = MappingProxyType({pair[0]: name for name, pair in COLORS.items()})
_LIGHT = re.compile("|".join(_NAMES))


def light(name: str) -> str:
    """The color in which a chart draws `name`; the page turns it into the reader's.

    >>> light("c1")
    '#0072b2'
    """
    return COLORS[name][0]


def _variable(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def css(dark: bool = False) -> str:
    """The custom properties of a style sheet, for light paper or for dark.

    >>> css().partition(";")[0], css(dark=True).partition(";")[0]
    ('--ink: #1c2430', '--ink: #e6e9ee')
    """
    return " ".join(f"{_variable(name)}: {pair[dark]};" for name, pair in COLORS.items())


def variables(svg: str) -> str:
    """A drawing whose colors are those of its page.

    >>> variables("fill: #0072b2; stroke: #123456")
    'fill: var(--c1); stroke: #123456'
    """
    return _LIGHT.sub(lambda hexes: f"var({_variable(_NAMES[hexes[0]])})", svg)


def fixed(text: str, dark: bool = False) -> str:
    """The opposite of `variables`: colors of its own, for what knows no style sheet or no variables.

    >>> fixed("fill: var(--c1); stroke: var(--other)")
    'fill: #0072b2; stroke: var(--other)'
    """
    for name, pair in COLORS.items():
        text = text.replace(f"var({_variable(name)})", pair[dark])
    return text
