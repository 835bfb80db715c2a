"""What is said of a source that cannot be used: the texts of `refusals.toml`, filled in with what was found."""

import tomllib
from pathlib import Path

from helpers.errors import Refused, did_you_mean

_TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def refused(name: str, /, **facts: object) -> Refused:
    """The refusal of a name in `refusals.toml`, to be raised; `facts` fill its fields, as `str.format` does.

    `meant`, a name and those that it may be meant for, says which are near.

    >>> print(refused("not_a_folder", file="mine.toml", folder="gone"))
    mine.toml: [source] allow: 'gone' is not a folder that is there
    """
    return Refused(text(name, **facts))


def refuse(name: str, is_so: object, /, **facts: object) -> None:
    """Raise the same where something `is_so`.

    >>> refuse("not_a_folder", not "here", file="mine.toml", folder="here")
    """
    if is_so:
        raise refused(name, **facts)


def text(name: str, /, **facts: object) -> str:
    """The same as a text, where it is a part of a message."""
    if "meant" in facts:
        facts["meant"] = did_you_mean(*facts["meant"])
    return _TEXTS[name].format(**facts)
