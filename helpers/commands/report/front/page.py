"""What stands at the front of a pack: index.html, definitions.html and summary.md, from `tables/` and the manifest."""

from pathlib import Path

import pandas as pd

from helpers.commands import html
from helpers.commands.report import revisions
from helpers.commands.report.front import changes, decisions, signals, tiles
from helpers.metrics import definitions
from helpers.periods import Period


def texts(folder: Path, manifest: dict, period: Period, out: Path, has_pdf: bool = False) -> dict[str, str]:
    """The texts of the pack that is being built in `folder`, by file name; the last report is looked for in `out`."""
    source, tables, as_of = manifest["source"], folder / "tables", manifest["as_of"]
    names = (str(period), str(period.previous), str(period.year_before))
    known = signals.known(tables, str(period), as_of[:7], source["currency"])
    # A chart is of months, so of a longer period its tile says what the whole of it shows.
    of_period = known if str(period) == as_of[:7] else known[known["table"] != "xmr"]
    parts = {
        "tiles": tiles.tiles(tables, *names, of_period, source["currency"]),
        "decisions": decisions.needed(tables, manifest, known),
        "nothing": decisions.nothing(known),
        "changes": changes.since(tables, out / str(period.previous), manifest, known),
        "caveats": tiles.caveats(manifest),
        "doubts": manifest.get("doubts", []),
        "freshness": tiles.freshness(manifest),
        "pdf": has_pdf,
        "revisions": revisions.for_readers(manifest),
    }
    measured = [signals.read(tables, "metrics"), signals.read(tables, "seats").replace(as_of[:7], str(period))]
    measured = pd.concat([table for table in measured if len(table)] or measured[:1], ignore_index=True)
    entries = definitions.entries(measured, str(period), source["currency"])
    news = [f"Since {parts['changes'].against}: {signal}" for signal in parts["changes"].signals[:2]]
    return {
        "index.html": html.index_page(manifest, **parts),
        "definitions.html": html.definitions_page(html.head_of(manifest), entries),
        "summary.md": tiles.summary(manifest, parts["tiles"], parts["caveats"], news),
    }
