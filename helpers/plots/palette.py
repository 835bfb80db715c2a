"""The one table of colors, palette.toml: what a page, a chart and a tile are drawn in, on light paper and on dark.

A chart is drawn in the light values; a page puts `var(--name)` in their place, and follows the reader's screen.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

COLORS: Mapping[str, list[str]] = MappingProxyType(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
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
