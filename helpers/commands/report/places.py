"""Where things are, as a pack may name it: without the folders above, which tell who made it and on what machine."""

import os
import re
from pathlib import Path

from helpers.sources import ROOT


def short(place: Path) -> str:
    """A file as manifest, notebooks and log name it: from the project's folder where both lie in one home.

    Under another folder of the home it begins with `~`; anywhere else only its own folder is named.

    >>> short(ROOT / "data" / "sample" / "source.toml"), short(ROOT.parent / "exports" / "source.toml")
    ('data/sample/source.toml', '../exports/source.toml')
    >>> short(Path("/srv/jane/exports/source.toml"))
    'exports/source.toml'
    """
    home = Path.home()
    is_near = place.is_relative_to(ROOT.parent) or (ROOT.is_relative_to(home) and place.is_relative_to(home))
    if is_near and len(ROOT.parent.parts) > 1:
        return Path(os.path.relpath(place, ROOT)).as_posix()
    if place.is_relative_to(home) and len(home.parts) > 1:
        return f"~/{place.relative_to(home).as_posix()}"
    return Path(*place.parts[-2:]).as_posix()


def shortened(text: str, source: Path, out: Path | None = None) -> str:
    """A text with every path below the packs, the source, the project or the home as `short` writes it.

    >>> shortened(f"{ROOT}/helpers/page.py:7: odd", Path("/srv/jane/source.toml"))
    'helpers/page.py:7: odd'
    >>> shortened("see https://example.com/srv/jane/", Path("/srv/jane/source.toml"))
    'see https://example.com/srv/jane/'
    """
    folders = {**({out: ""} if out else {}), source.parent: Path(short(source)).parent.as_posix() + "/"}
    for folder, name in (folders | {ROOT: "", Path.home(): "~/"}).items():
        if len(folder.parts) > 1:
            text = re.sub(rf"(?<![\w.~/-]){re.escape(str(folder))}/", name, text)
    return text
