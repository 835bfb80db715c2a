"""What a pack opens with: index.html, definitions.html and summary.md, from `tables/`, the pages and the manifest."""

import json
import re
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from helpers import formats, periods
from helpers.commands import html
from helpers.commands.report.front import news, signals, tiles
from helpers.metrics import definitions
from helpers.periods import Period
from helpers.tabular import FIGURE_TYPE

_SOURCE = re.compile(r'<div class="source">.*</div>(?=</figure>)', re.DOTALL)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~]|\$(?!\d))")
FIGURES, IN_SUMMARY = ("movements", "retention"), 8
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
        "cards": cards(manifest),
        "caveats": caveats(manifest),
        "doubts": doubts,
        "revisions": revised(manifest),
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
    head, source = html.head_of(manifest), manifest["source"]
    csv = sorted(name for notebook in manifest["notebooks"] for name in notebook["tables"])
    return {
        "index.html": html.page("index.html.j2", title="Customer report", source=source, **head, **said),
        "definitions.html": html.page("definitions.html.j2", **defined, csv=csv, source=source, **head),
        "summary.md": summary(said),
    }


def figures(folder: Path, manifest: dict) -> list[dict[str, str]]:
    """The charts of the first page, as the notebooks of the pack drew them (`page.figure` with a name).

    Each has name, page (its HTML), png (in base64, empty where there is none), title and says (what it shows).
    """
    drawn: dict[str, dict[str, str]] = {}
    for name in (made["name"] for made in manifest["notebooks"] if made["status"] != "failed"):
        file = folder / "notebooks" / f"{name}.ipynb"
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"] if file.is_file() else []
        for output in (output for cell in cells for output in cell.get("outputs", [])):
            if (figure := output.get("metadata", {}).get("figure")) in FIGURES:
                drawn.setdefault(figure, _figure(figure, output["data"]))
    return [drawn[name] for name in FIGURES if name in drawn]


def _figure(name: str, data: dict) -> dict[str, str]:
    page, says, png = ("".join(data.get(kind, "")) for kind in (FIGURE_TYPE, "text/plain", "image/png"))
    title = Markup("".join(re.findall("<h3>(.*?)</h3>", page, re.DOTALL))).striptags()
    # How to read it, and its data, are on its own page.
    return {"name": name, "title": title, "says": says, "page": Markup(_SOURCE.sub("", page)), "png": png}


def cards(manifest: dict) -> list[dict[str, str]]:
    """A card a page: its question and the first sentence of its bottom line; of one that failed, why."""
    return [
        {
            "link": f"{notebook['name']}.html",
            "title": re.split(r", |\?$", notebook["title"])[0] + "?" * notebook["title"].endswith("?"),
            "says": f"Did not finish: {notebook['reason']}" if failed else first_sentence(*notebook["headline"][:1]),
            "failed": failed,
        }
        for notebook in manifest["notebooks"]
        for failed in [notebook["status"] == "failed"]
    ]


def first_sentence(text: str = "") -> str:
    """The first finding of a bottom line, without what it rests on, which is on the card's page.

    >>> first_sentence("3.3% leave (95% interval 2.7–4.0%, n = 491); 1.4% before. The odds are twice as high.")
    '3.3% leave.'
    """
    return re.split(r"; |\. |\.$", formats.short(text))[0] + "." * bool(text)


def caveats(manifest: dict) -> list[str]:
    """What a reader must know before reading the numbers, such as tables without a row of the period's last month."""
    failed = [notebook for notebook in manifest["notebooks"] if notebook["status"] == "failed"]
    lines = [f"{notebook['title']}: did not finish ({notebook['reason']})." for notebook in failed]
    source, period, month = manifest["source"], periods.short_name(manifest["period"]), manifest["as_of"][:7]
    lines += [signals.words({"names": manifest.get("left_out", [])}).left_out, *manifest.get("notes", [])]
    covers = periods.named(source.get("covers", ""))
    lines.append(signals.words({"is_complete": source["is_complete"], "period": period, "covers": covers}).incomplete)
    latest = {name: table.get("latest") for name, table in source.get("tables", {}).items() if name not in _SELDOM}
    ends = [f"{name} ({periods.named(day)})" for name, day in latest.items() if day and day[:7] < month]
    names = formats.joined(ends, len(ends)) if ends else ""
    lines.append(signals.words({"tables": ends, "names": names, "month": periods.short_name(month)}).stale)
    return list(filter(None, lines))


def revised(manifest: dict) -> dict | None:
    """What differs from the report that this one replaces, in words for readers; None where nothing does."""
    if not (revisions := manifest.get("revisions")):
        return None
    rows = [row | {"metric": signals.about(row["metric"])["label"]} for row in revisions["rows"]]
    return revisions | {"rows": rows, "since": periods.named(revisions["since"][:10])}


def markdown(text: str) -> str:
    """A text from the data that Markdown shows as it stands, on one line.

    >>> markdown("<b>5</b> *x*")
    '\\\\<b\\\\>5\\\\</b\\\\> \\\\*x\\\\*'
    """
    return _MARKDOWN.sub(r"\\\1", formats.visible(" ".join(text.split())))


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
