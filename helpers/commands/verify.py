"""Whether a pack is as it was written: every file against the manifest that seals it."""

from contextlib import suppress
from pathlib import Path

from helpers import periods
from helpers.commands.report import manifest
from helpers.errors import Refused
from helpers.sources import ROOT

REPORTS = ROOT / "reports"


def verified(place: Path) -> dict:
    """Compare a pack with its manifest. `Refused` where the place is no pack.

    Returns: path, status (ok, or failed), missing, changed and extra (names of files), unsealed (why nothing can be
    compared), and `lines`: what to say of it, a verdict, then a line a file.
    """
    pack = place.expanduser()
    if not pack.is_dir():
        raise Refused(f"{place}: no such folder; a pack is a folder such as reports/2026-10")
    if not (pack / manifest.FILE).is_file():
        raise Refused(f"{place} holds no {manifest.FILE}, so it is no pack; name a folder such as reports/2026-10")
    differences = manifest.differences(pack)
    named = [f"  {how}: {name}" for how in ("missing", "changed", "extra") for name in differences[how]]
    said = "not as it was written" if named else "whole, every file as it was written"
    if differences["unsealed"]:
        said = f"{differences['unsealed']}, so nothing can be compared"
    status = "failed" if any(differences.values()) else "ok"
    return {"path": str(pack), "status": status, **differences, "lines": [f"{pack}: {said}", *named]}


def latest(reports: Path | None = None) -> Path:
    """The pack in `reports/` that ends last, of several the one that begins last; `Refused` where there is none yet."""
    reports, ends = reports or REPORTS, {}
    for place in reports.glob("*"):
        with suppress(Refused):  # it has the name of no period
            period = periods.parse(place.name)
            if (place / manifest.FILE).is_file():
                ends[period.last, period.first] = place
    if not ends:
        raise Refused(f"{reports} holds no pack yet: make one with `python -m helpers report`, or name its folder")
    return ends[max(ends)]
