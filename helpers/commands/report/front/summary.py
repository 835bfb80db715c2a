"""summary.md: the first page in some ten lines of Markdown, to paste into a mail or a chat."""

import re

IN_SUMMARY = 8
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~]|\$(?!\d))")


def markdown(text: str) -> str:
    """A text from the data that Markdown shows as it stands, on one line.

    >>> markdown("<b>5</b> *x*")
    '\\\\<b\\\\>5\\\\</b\\\\> \\\\*x\\\\*'
    """
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def lines(said: dict) -> list[str]:
    """The first page (`said` are `page.parts`) in lines of text: its first tiles, what to decide, and what to doubt."""
    tiles = [f"{tile.label}: {tile.value} ({', '.join(tile.basis)})" for tile in said["tiles"][:IN_SUMMARY]]
    todo = [f"{item['todo']} {item['says']} Owner: {item['owner']}." for item in said["decisions"]]
    doubts = [f"Is the data right? {doubt}" for doubt in said["doubts"][:1]]
    return [*tiles, *todo, *(f"Caveat: {caveat}" for caveat in said["caveats"]), *doubts]


def summary(said: dict) -> str:
    """The lines as Markdown, under the month and its lede."""
    head = [f"# {markdown(said['heading'])}, {said['when']}", "", markdown(" ".join(said["lede"])), ""]
    return "\n".join([*head, *(f"- {markdown(line)}" for line in lines(said)), ""])
