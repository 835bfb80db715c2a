"""What a report says now that it did not say when it was published before: which figures differ, by how much and why.

The manifest and the tables of what is replaced stay beside the packs, in `.earlier/<period>/`; of a report with real
names nothing stays beside an anonymized one.
"""

import csv
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from helpers import formats
from helpers.commands.files import linked, to_disk
from helpers.commands.report import manifest, pack
from helpers.commands.report.manifest import Outcome

NAME = "revisions"
COLUMNS = ["metric", "segment", "period", "before", "now", "difference", "since", "reason"]
LISTED = 12
_COMPANY = ("name", "currency", "pseudonyms")  # what two reports must have alike to be compared
_FIGURES = "tables/metrics.csv"


def facts(folder: Path, good: Path, made: dict, outcomes: list[Outcome], now: datetime) -> dict:
    """What the manifest says of the pack in `folder` that is to replace the one in `good`; writes tables/revisions.csv.

    Returns: made (when, UTC), replaces (the name under which what it replaces is kept), revisions: since, reason, rows
    (figure, before, now, difference; the report's own period, all segments), n_figures and n_others that differ, and
    tables. Where the tables are those of the last pack, all of it is as that pack says, unless its manifest was edited.
    """
    last, stamp = manifest.compared(good), {"made": now.astimezone(UTC).isoformat(timespec="seconds")}
    unlike = {name for name in _COMPANY if last and last["source"].get(name) != made["source"][name]}
    if not last or (made["source"]["pseudonyms"] and "pseudonyms" in unlike):
        return stamp  # beside an anonymized report no real names stay
    there = [each for each in last["notebooks"] if each["name"] not in made.get("left_out", ())]
    marks, before = _marks(outcome.files for outcome in outcomes), _marks(each["files"] for each in there)
    if marks == before and there == last["notebooks"]:
        if not manifest.is_sealed(last):
            return stamp
        if all(outcome.status == "reused" for outcome in outcomes):
            stamp["made"] = last.get("made", stamp["made"])
        name, files = manifest.REVISIONS, last.get("files", {})
        if name in files and manifest.content(good / name) == files[name]:
            shutil.copyfile(good / name, folder / name)
        return stamp | {name: last[name] for name in ("replaces", "revisions") if name in last}
    stamp["replaces"] = _name(good, last)
    if not unlike and _FIGURES in before and manifest.content(good / _FIGURES) == before[_FIGURES]:
        owner = next((outcome.name for outcome in outcomes if "metrics" in outcome.tables), "")
        reason = "; ".join(reasons(last, made, owner))
        tables = [Path(name).stem for name in _unequal(marks, before)]
        stamp["revisions"] = _written(good, folder, made, _when(good, last), reason) | {"tables": tables}
    return stamp


def _written(good: Path, folder: Path, made: dict, since: str, reason: str) -> dict:
    """What differs, as the manifest has it; writes tables/revisions.csv."""
    rows = differing(*(_figures(place) for place in (good, folder)), made["period"])
    with (folder / manifest.REVISIONS).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerows([COLUMNS, *([*row.values(), since[:10], reason] for row in rows)])
    own = [row for row in rows if (row["period"], row["segment"]) == (made["period"], "all")]
    shown = [_shown(row, made["source"]["currency"]) for row in own[:LISTED]]
    counts = {"n_figures": len(own), "n_others": len(rows) - len(own)}
    return {"since": since, "reason": reason, "rows": shown, **counts}


def _marks(files: Iterable[dict[str, str]]) -> dict[str, str]:
    return {name: mark for each in files for name, mark in each.items() if name.startswith("tables/")}


def _figures(place: Path) -> dict[tuple[str, ...], str]:
    if not (place / _FIGURES).is_file():
        return {}
    with (place / _FIGURES).open(encoding="utf-8", newline="") as opened:
        return {(row["metric"], row["segment"], row["period"]): row["value"] for row in csv.DictReader(opened)}


def differing(then: dict[tuple[str, ...], str], now: dict[tuple[str, ...], str], period: str) -> list[dict[str, str]]:
    """The figures of two `metrics` tables (value by metric, segment and period) that are not the same in both.

    Returns: metric, segment, period, before, now (empty: not there, or no value), difference; `period`'s own first.

    >>> then, now = ({("nrr", "all", "2026-10"): value, ("grr", "all", "2026-10"): "0.8"} for value in ("0.9", "0.95"))
    >>> [list(row.values())[2:] for row in differing(then, now, "2026-10")]
    [['2026-10', '0.9', '0.95', '0.05']]
    """
    rows = []
    for key in sorted(then.keys() | now.keys(), key=lambda key: (key[1:] != ("all", period), key)):
        before, after = then.get(key, ""), now.get(key, "")
        if before != after:
            difference = f"{float(after) - float(before):.10g}" if before and after else ""
            rows.append(dict(zip(COLUMNS, (*key, before, after, difference), strict=False)))
    return rows


def reasons(last: dict, made: dict, owner: str) -> list[str]:
    """What two packs were not made from alike, by their manifests; `owner` is the notebook of the figures.

    >>> then = {"source": {"tables": {"usage": {"fingerprint": "a", "rows": 2}}}, "parameters": {},
    ...         "fingerprints": {"code": "a"}, "notebooks": []}
    >>> now = then | {"source": {"tables": {"usage": {"fingerprint": "b", "rows": 5}}}, "fingerprints": {"code": "b"}}
    >>> reasons(then, now, "10_metrics")
    ['data changed: usage (3 rows more)', 'code changed']
    """
    then, now = (
        {name: (table["fingerprint"], table["rows"]) for name, table in each["source"]["tables"].items()}
        for each in (last, made)
    )
    parts = ("parameters", "fingerprints", "notebook_files")
    facts = {part: _unequal(last.get(part, {}), made.get(part, {})) for part in parts}
    facts |= {"tables": [(name, then.get(name), now.get(name)) for name in _unequal(then, now)]}
    facts |= {"owner": owner, "is_old": not last.get("fingerprints")}
    return _words(facts).reasons or ["it holds other pages"]


def _words(facts: dict):
    from helpers.formats.sentences import Sentences  # brings pandas, without which an unchanged pack is made

    return Sentences(Path(__file__).with_suffix(".toml"), facts)


def _unequal(one: dict, other: dict) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _shown(row: dict[str, str], currency: str) -> dict[str, str]:
    """A figure as the first page shows it."""
    metric, values = row["metric"], [float(row[which]) if row[which] else None for which in ("before", "now")]
    before, now = ("none" if value is None else formats.in_unit(metric, value, currency) for value in values)
    facts = {"values": values, "unit": formats.unit_of(metric), "currency": currency}
    return {"metric": metric, "before": before, "now": now, "difference": _words(facts).difference}


def _when(good: Path, last: dict) -> str:
    at = datetime.fromtimestamp((good / manifest.FILE).stat().st_mtime, UTC)
    return last.get("made") or at.isoformat(timespec="seconds")


def _name(good: Path, last: dict) -> str:
    return f"{_when(good, last)[:19].replace(':', '')}Z-{manifest.content(good / manifest.FILE)[:8]}"


def keep(good: Path, name: str) -> None:
    """Keep manifest and tables of the pack in `good`, if `name` is its own, under `.earlier/<period>/<name>`."""
    place, last = _kept(good) / name, manifest.read(good)
    if place.exists() or not last or name != _name(good, last):
        return
    half = place.with_name(f".{name}")
    shutil.rmtree(half, ignore_errors=True)
    (half / "tables").mkdir(parents=True)
    for file in (good / manifest.FILE, *sorted((good / "tables").glob("*.csv"))):
        linked(file, half / file.relative_to(good))
    to_disk([half / "tables", half])
    half.rename(place)


def drop(good: Path, n_kept: int, say: pack.Say) -> None:
    """Remove what is kept beyond the last `n_kept` that the pack in `good` replaces, one after the other."""
    kept, last = [], manifest.read(good)
    while last.get("replaces") and len(kept) < n_kept:
        kept.append(last["replaces"])
        last = manifest.read(_kept(good) / last["replaces"])
    for place in _kept(good).glob("*Z-????????"):
        if place.name not in kept and (made := manifest.read(place)) and not manifest.foreign(place, made):
            pack.clear(place, say)


def _kept(good: Path) -> Path:
    return good.parent / ".earlier" / good.name
