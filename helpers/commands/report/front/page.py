"""What a pack opens with: index.html, definitions.html and summary.md, from `tables/`, the pages and the manifest."""

import re
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from helpers import formats, periods
from helpers.commands import html, notebook_file
from helpers.commands.report.front import news, signals, tiles
from helpers.metrics import definitions
from helpers.periods import Period
from helpers.tabular import FIGURE_TYPE

_SOURCE = re.compile(r'<div class="source">.*</div>(?=</figure>)', re.DOTALL)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~]|\$(?!\d))")
FIGURES = ("movements", "retention")
# Tables that may well have no row in a month; the others are expected to.
_SELDOM = ("programs", "changes", "subscriptions", "rates")


def parts(folder: Path, manifest: dict, period: Period, out: Path, extras: tuple[str, ...] = ()) -> dict:
    """What the first page says of the pack in `folder`, for every form of it; the last report is looked for in `out`.

    `extras` are the pack's files for taking along, such as report.pdf.
    """
    source, tables, as_of = manifest["source"], folder / "tables", manifest["as_of"]
    known = signals.known(tables, str(period), as_of[:7], source["currency"])
    # A chart is of months, so of a longer period its tile says what the whole of it shows.
    of_period = known if str(period) == as_of[:7] else [each for each in known if each.table != "xmr"]
    doubts = manifest.get("doubts", [])
    needed = news.needed(tables, manifest, known)
    shelf = tiles.Shelf(folder, period, source["currency"], of_period, doubts)
    return {
        "heading": f"{source['name']}: customer report" if source["name"] else "Customer report",
        "when": period.name,
        "until": periods.day_name(period.as_of),
        "day": period.as_of,
        "lede": news.lede(shelf, len(needed)),
        "tiles": tiles.tiles(shelf),
        "decisions": needed,
        "nothing": news.nothing(known, manifest),
        "changes": news.changes(tables, out / str(period.previous), manifest, known),
        "figures": figures(folder, manifest),
        "caveats": caveats(manifest),
        "doubts": doubts,
        "extras": extras,
    }


def texts(folder: Path, manifest: dict, period: Period, said: dict) -> dict[str, str]:
    """The texts of the pack that is being built in `folder`, by file name; `said` are its `parts`."""
    tables, month = folder / "tables", manifest["as_of"][:7]
    measured = [signals.read(tables, "metrics"), signals.read(tables, "seats").replace(month, str(period))]
    measured = pd.concat([table for table in measured if len(table)] or measured[:1], ignore_index=True)
    entries = definitions.entries(measured, str(period), manifest["source"]["currency"])
    contents = [(metric["name"], metric["title"]) for metric in entries]
    defined = {"title": "Definitions", "contents": contents, "metrics": entries}
    head = html.head_of(manifest) | {"source": manifest["source"]}
    csv = sorted(name for notebook in manifest["notebooks"] for name in notebook["tables"])
    index = said | {"made": manifest, "about": signals.about, "first_sentence": first_sentence}
    return {
        "index.html": html.page("index.html.j2", title="Customer report", **head, **index),
        "definitions.html": html.page("definitions.html.j2", **defined, csv=csv, **head),
        "summary.md": summary(said),
    }


def figures(folder: Path, manifest: dict) -> list[dict[str, str]]:
    """The charts of the first page, as the notebooks of the pack drew them (`page.figure` with a name).

    Each has name, page (its HTML), png (in base64, empty where there is none), title and says (what it shows).
    """
    drawn: dict[str, dict[str, str]] = {}
    for name in (made["name"] for made in manifest["notebooks"] if made["status"] != "failed"):
        file = folder / "notebooks" / f"{name}.ipynb"
        for output in notebook_file.outputs(notebook_file.cells(file) if file.is_file() else ()):
            if (figure := output.get("metadata", {}).get("figure")) in FIGURES:
                drawn.setdefault(figure, _figure(figure, output["data"]))
    return [drawn[name] for name in FIGURES if name in drawn]


def _figure(name: str, data: dict) -> dict[str, str]:
    page, says, png = ("".join(data.get(kind, "")) for kind in (FIGURE_TYPE, "text/plain", "image/png"))
    title = Markup("".join(re.findall("<h3>(.*?)</h3>", page, re.DOTALL))).striptags()
    # How to read it, and its data, are on its own page.
    return {"name": name, "title": title, "says": says, "page": Markup(_SOURCE.sub("", page)), "png": png}


def first_sentence(text: str = "") -> str:
    """The first finding of a bottom line, without what it rests on, which is on the card's page.

    >>> first_sentence("3.3% leave (95% interval 2.7–4.0%, n = 491); 1.4% before. The odds are twice as high.")
    '3.3% leave.'
    """
    return re.split(r"; |\. |\.$", formats.short(text))[0] + "." * bool(text)


def caveats(manifest: dict) -> list[str]:
    """What a reader must know before reading the numbers, such as tables without a row of the period's last month."""
    month, tables = manifest["as_of"][:7], manifest["source"].get("tables", {})
    latest = {name: table.get("latest") for name, table in tables.items() if name not in _SELDOM}
    ends = [f"{name} ({periods.named(day)})" for name, day in latest.items() if day and day[:7] < month]
    facts = {"left_out": [], "notes": []} | manifest | {"period": periods.short_name(manifest["period"])}
    return signals.words(facts | {"ends": ends, "month": periods.short_name(month)}).caveats


def markdown(text: str) -> str:
    """A text from the data that Markdown shows as it stands, on one line.

    >>> markdown("<b>5</b> *x*")
    '\\\\<b\\\\>5\\\\</b\\\\> \\\\*x\\\\*'
    """
    return _MARKDOWN.sub(r"\\\1", formats.visible(" ".join(text.split())))


def lines(said: dict) -> list[str]:
    """The first page (`said` are `page.parts`) in lines of text: its first tiles, what to decide, and what to doubt."""
    return signals.words(said).lines


def summary(said: dict) -> str:
    """The lines as Markdown, under the month and its lede."""
    head = [f"# {markdown(said['heading'])}, {said['when']}", "", markdown(" ".join(said["lede"])), ""]
    return "\n".join([*head, *(f"- {markdown(line)}" for line in lines(said)), ""])
