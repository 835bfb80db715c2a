"""Whether a pack is as it was written: every file against the manifest that seals it."""

from dataclasses import asdict, dataclass
from pathlib import Path

from helpers.commands.report import manifest
from helpers.errors import Refused


@dataclass(frozen=True)
class Verified:
    """A pack and how it differs from its manifest."""

    pack: Path
    differences: manifest.Differences

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing, changed or extra."""
        return self.differences.is_whole

    def lines(self) -> list[str]:
        """What to say of it: a verdict, then a line a file."""
        found = asdict(self.differences)
        named = [f"  {how}: {name}" for how in ("missing", "changed", "extra") for name in found[how]]
        if self.differences.unsealed:
            return [f"{self.pack}: {self.differences.unsealed}, so nothing can be compared"]
        return [f"{self.pack}: {'not as it was written' if named else 'whole, every file as it was written'}", *named]

    def as_json(self) -> dict:
        """The same for a scheduler."""
        return {"path": str(self.pack), "status": "ok" if self.is_whole else "failed"} | asdict(self.differences)


def verified(place: Path) -> Verified:
    """Compare a pack with its manifest. `Refused` where the place is no pack."""
    pack = place.expanduser()
    if not pack.is_dir():
        raise Refused(f"{place}: no such folder; a pack is a folder such as reports/2026-10")
    if not (pack / manifest.FILE).is_file():
        raise Refused(f"{place} holds no {manifest.FILE}, so it is no pack; name a folder such as reports/2026-10")
    return Verified(pack, manifest.differences(pack))
