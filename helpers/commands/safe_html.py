"""What somebody's own HTML may hold on a page: a styled frame (`df.style`), Markdown, a table with customers' names.

pandas writes the cells of `df.style` without escaping them, and Markdown takes HTML as it is. So both are cleaned by
nh3 (ammonia): what is not in the lists of safe_html.toml goes, and what is left is closed in its own place.
"""

import html
import re
import tomllib
from pathlib import Path

import nh3

_LISTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
ALLOWED = {name: frozenset(words.split()) for name, words in _LISTS.items()}
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);", re.IGNORECASE)
_REACHES_OUT = re.compile(r"url\((?!#)|image-set|expression|@|\\|/\*", re.IGNORECASE)
_SHEET = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_CELL = re.compile(r'\bid="(T_\w+)"')


def cleaned(text: str) -> str:
    """HTML without what runs, loads, sends or leaves the page.

    >>> cleaned('<b onclick="x()">Acme</b><script>x()</script><meta http-equiv="refresh" content="0;url=http://x.example">')
    '<b>Acme</b>'
    >>> cleaned('<img src="http://x.example/i.png" alt="logo"><a href="javascript:x()">Acme</a>')
    '<img alt="logo"><a>Acme</a>'
    """
    lists = ALLOWED | {"attributes": {"*": ALLOWED["attributes"]}}
    return nh3.clean(_inlined(text), attribute_filter=_attribute, link_rel=None, **lists)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute; None where a picture is not in the page itself, or a link runs something."""
    if name == "src":
        return value if tag == "img" and _PICTURE.match(value) else None
    if name == "href":
        is_link = tag == "a" and not value.lower().startswith("data:")
        return value if is_link or value.startswith("#") else None
    return None if _REACHES_OUT.search(value) and name in ("style", "fill", "stroke", "clip-path") else value


def _inlined(text: str) -> str:
    """The rules that pandas writes for single cells of a styled frame, at those cells; style sheets are not kept.

    >>> _inlined('<style>#T_a, #T_b {color: red;}</style><td id="T_b" class="data">Acme</td>')
    '<td id="T_b" style="color: red;" class="data">Acme</td>'
    """
    rules: dict[str, str] = {}
    for sheet in _SHEET.findall(text):
        for selectors, declared in _RULE.findall(sheet):
            for cell in re.findall(r"#(T_\w+)\s*(?:,|$)", selectors.strip()):
                rules[cell] = f"{rules.get(cell, '')} {' '.join(declared.split())}".strip()
    written = {cell: f'id="{cell}" style="{html.escape(declared)}"' for cell, declared in rules.items()}
    return _CELL.sub(lambda found: written.get(found[1], found[0]), _SHEET.sub("", text))
