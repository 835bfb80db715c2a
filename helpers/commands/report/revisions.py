"""What a report says now that it did not say when it was published before: which figures differ, by how much and why.

The manifest and the tables of what is replaced stay beside the packs, in `.earlier/<period>/`; of a report with real
names nothing stays beside an anonymized one.
"""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.commands.files import linked, to_disk
from helpers.commands.report import manifest, pack
from helpers.commands.report.manifest import Outcome

NAME, FIGURES = "revisions", "metrics"
COLUMNS = ["metric", "segment", "period", "before", "now", "difference", "since", "reason"]
LISTED = 12
_COMPANY = ("name", "currency", "pseudonyms")  # what two reports must have alike to be compared
_CSV = f"tables/{NAME}.csv"


def facts(folder: Path, good: Path, made: dict, outcomes: list[Outcome], now: datetime) -> dict:
    """What the manifest says of the pack in `folder` that is to replace the one in `good`; writes tables/revisions.csv.

    Returns: made (when, UTC), replaces (the name under which what it replaces is kept), revisions: since, reason, rows
    (figure, before, now, difference; the report's own period, all segments), n_figures and n_others that differ, and
    tables. Where the tables are those of the last pack, all of it is as that pack says.
    """
    last, stamp = manifest.read(good), {"made": now.astimezone(UTC).isoformat(timespec="seconds")}
    unlike = {name for name in _COMPANY if last and last["source"].get(name) != made["source"][name]}
    if not last or (made["source"]["pseudonyms"] and "pseudonyms" in unlike):
        return stamp  # beside an anonymized report no real names stay
    there = [each for each in last["notebooks"] if each["name"] not in made.get("left_out", ())]
    marks, before = _marks(outcome.files for outcome in outcomes), _marks(each["files"] for each in there)
    if marks == before and there == last["notebooks"]:
        if all(outcome.status == "reused" for outcome in outcomes):
            stamp["made"] = last.get("made", stamp["made"])
        if _is_as_written(good, _CSV, last.get("files", {})):
            shutil.copyfile(good / _CSV, folder / _CSV)
        return stamp | {name: last[name] for name in ("replaces", "revisions") if name in last}
    stamp["replaces"] = _name(good, last)
    since = _when(good, last)
    if unlike or not _is_as_written(good, f"tables/{FIGURES}.csv", before):
        return stamp
    owner = next((outcome.name for outcome in outcomes if FIGURES in outcome.tables), "")
    frame = differing(*(_figures(place) for place in (good, folder)), made["period"])
    reason = "; ".join(reasons(last, made, owner))
    frame = frame.assign(since=since[:10], reason=reason)[COLUMNS]
    frame.to_csv(folder / _CSV, index=False, lineterminator="\n")
    own = frame[(frame["period"] == made["period"]) & (frame["segment"] == "all")]
    stamp["revisions"] = {
        "since": since,
        "reason": reason,
        "rows": [_shown(row, made["source"]["currency"]) for row in own.head(LISTED).itertuples()],
        "n_figures": len(own),
        "n_others": len(frame) - len(own),
        "tables": [Path(name).stem for name in _unequal(marks, before)],
    }
    return stamp


def _marks(files: Iterable[dict[str, str]]) -> dict[str, str]:
    return {name: mark for each in files for name, mark in each.items() if name.startswith("tables/")}


def _is_as_written(good: Path, name: str, marks: dict) -> bool:
    return name in marks and (good / name).is_file() and manifest.content(good / name) == marks[name]


def _figures(place: Path) -> pd.DataFrame:
    file = place / "tables" / f"{FIGURES}.csv"
    empty = pd.DataFrame(columns=["metric", "segment", "period", "value"], dtype="str")
    return pd.read_csv(file, dtype="str", keep_default_na=False) if file.is_file() else empty


def differing(then: pd.DataFrame, now: pd.DataFrame, period: str) -> pd.DataFrame:
    """The figures of two `metrics` tables (texts: metric, segment, period, value) that are not the same in both.

    Returns: metric, segment, period, before, now (empty: not there, or no value), difference; `period`'s own first.

    >>> then, now = (pd.DataFrame({"metric": ["nrr", "grr"], "segment": ["all"] * 2, "period": ["2026-10"] * 2,
    ...              "value": values}) for values in (["0.9", "0.8"], ["0.95", "0.8"]))
    >>> differing(then, now, "2026-10").to_dict("records")[0] | {}
    {'metric': 'nrr', 'segment': 'all', 'period': '2026-10', 'before': '0.9', 'now': '0.95', 'difference': '0.05'}
    """
    keys = ["metric", "segment", "period"]
    both = pd.merge(then[[*keys, "value"]], now[[*keys, "value"]], on=keys, how="outer", suffixes=("_then", ""))
    both = both.rename(columns={"value_then": "before", "value": "now"}).fillna("")
    both = both[both["before"] != both["now"]]
    difference = pd.to_numeric(both["now"]) - pd.to_numeric(both["before"])
    both["difference"] = ["" if pd.isna(each) else f"{each:.10g}" for each in difference]
    own = (both["period"] == period) & (both["segment"] == "all")
    return both.assign(_own=~own).sort_values(["_own", *keys], kind="stable").drop(columns="_own")


def reasons(last: dict, made: dict, owner: str) -> list[str]:
    """What two packs were not made from alike, by their manifests; `owner` is the notebook of the figures.

    >>> then = {"source": {"tables": {"usage": {"fingerprint": "a", "rows": 2}}}, "parameters": {},
    ...         "fingerprints": {"code": "a"}, "notebooks": []}
    >>> now = then | {"source": {"tables": {"usage": {"fingerprint": "b", "rows": 5}}}, "fingerprints": {"code": "b"}}
    >>> reasons(then, now, "10_metrics")
    ['data changed: usage (3 rows more)', 'code changed']
    """
    both = (last, made)
    tables = [
        {name: (table["fingerprint"], table["rows"]) for name, table in each["source"]["tables"].items()}
        for each in both
    ]
    data = [_table(name, *(each.get(name) for each in tables)) for name in _unequal(*tables)]
    names = _unequal(*(each["parameters"] for each in both))
    marks, notebooks = ([each.get(part, {}) for each in both] for part in ("fingerprints", "notebook_files"))
    found = [f"data changed: {', '.join(data)}"] * bool(data)
    found += [f"parameters changed: {', '.join(names)}"] * bool(names)
    found += [f"{name} changed" for name in _unequal(*marks)] if marks[0] else ["code changed (an earlier version)"]
    found += [f"notebook {owner} changed"] * (notebooks[0].get(owner) != notebooks[1].get(owner))
    return found or ["it holds other pages"]


def _unequal(one: dict, other: dict) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _table(name: str, then: tuple | None, now: tuple | None) -> str:
    if then is None or now is None:
        return f"{name} ({'new' if then is None else 'no longer there'})"
    more = now[1] - then[1]
    return f"{name} ({formats.plural(abs(more), 'row')} {'more' if more > 0 else 'fewer'})" if more else name


def _shown(row, currency: str) -> dict[str, str]:
    """A figure as the first page shows it."""
    values = [pd.to_numeric(text) if text else None for text in (row.before, row.now)]
    before, now = ("none" if value is None else formats.in_unit(row.metric, value, currency) for value in values)
    change = "" if None in values else _change(row.metric, values[1] - values[0], currency)
    return {"metric": row.metric, "before": before, "now": now, "difference": change}


def _change(metric: str, difference: float, currency: str) -> str:
    match formats.unit_of(metric):
        case "money":
            return formats.money(difference, currency, signed=True)
        case "share" | "score":
            return formats.points(difference)
    return f"{difference:+.3g}".replace("-", "−")


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
