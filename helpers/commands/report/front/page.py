"""What stands at the front of a pack: index.html, definitions.html and summary.md, from `tables/` and the manifest."""

from pathlib import Path

from helpers.commands import html
from helpers.commands.report.front import changes as changed
from helpers.commands.report.front import decisions
from helpers.commands.report.front import tiles as front
from helpers.metrics import definitions
from helpers.periods import Period


def texts(folder: Path, manifest: dict, period: Period, out: Path, has_pdf: bool = False) -> dict[str, str]:
    """The texts of the pack that is being built in `folder`, by file name; the last report is looked for in `out`."""
    source, tables, as_of = manifest["source"], folder / "tables", manifest["as_of"]
    names = (str(period), str(period.previous), str(period.year_before))
    tiles, caveats = front.tiles(tables, *names, source["currency"]), front.caveats(manifest)
    changes = changed.since(tables, out / str(period.previous), manifest)
    parts = {
        "tiles": tiles,
        "decisions": decisions.needed(tables, manifest),
        "nothing": decisions.nothing(tables, manifest),
        "changes": changes,
        "caveats": caveats,
        "freshness": front.freshness(manifest),
        "pdf": has_pdf,
    }
    entries = definitions.entries(front.read(tables, "metrics"), str(period), source["currency"])
    news = [f"Since {changes.against}: {signal}" for signal in changes.signals[:2]]
    return {
        "index.html": html.index_page(manifest, **parts),
        "definitions.html": html.definitions_page(str(period), as_of, source["name"], entries),
        "summary.md": front.summary(manifest, tiles, caveats, news),
    }
