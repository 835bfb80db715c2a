"""The frozen reference of the driver scores: `reference.csv` beside the source file, read, checked and written.

A score is an account's rank among the reference's accounts. Against the report's own population it could never
move; so the reference is written once, on request, and kept until somebody removes it.
"""

from pathlib import Path

import pandas as pd

from helpers.errors import Refused
from helpers.sources.settings import REFERENCE

ANCHORS = [f"p{share:02d}" for share in range(0, 101, 5)]
COLUMNS = ["kind", "name", "as_of", "n", "mean", "sd", "low", "high", *ANCHORS]
KINDS = ("signal", "score")
_WAY_OUT = "remove it and freeze a new one: python -m helpers check --freeze-reference"


def path(source: Path) -> Path:
    """Where the reference of a source file lies."""
    return Path(source).parent / REFERENCE


def read(source: Path) -> pd.DataFrame | None:
    """The reference beside a source file, one row a signal or score; None where there is none.

    Columns: kind (signal, score), name, as_of, n (accounts), mean, sd, low and high (winsor limits), p00 … p100
    (percentile anchors). Raises Refused for a file that is not one.
    """
    file = path(source)
    if not file.is_file():
        return None
    try:
        frame = pd.read_csv(file, dtype={"kind": "str", "name": "str", "as_of": "str"}, encoding="utf-8-sig")
    except ValueError as error:  # pandas' own errors of a text that is no table, and of bytes that are no text
        raise Refused(f"{file}: cannot be read ({error}); {_WAY_OUT}") from None
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise Refused(f"{file}, column {missing[0]}: missing; {_WAY_OUT}")
    frame[COLUMNS[3:]] = frame[COLUMNS[3:]].apply(pd.to_numeric, errors="coerce")
    faults = [(column, frame[column].isna(), "is not a number") for column in COLUMNS[3:]]
    faults += [
        ("kind", ~frame["kind"].isin(KINDS), f"is none of {', '.join(KINDS)}"),
        ("name", frame.duplicated(["kind", "name"]), "is there twice"),
        ("sd", frame["sd"] < 0, "is below 0"),
        ("low", frame["low"] > frame["high"], "is above high"),
    ]
    for column, wrong, says in faults:
        if wrong.any():
            rows = ", ".join(f"row {place + 2} ({frame['name'][place]})" for place in frame.index[wrong][:3])
            raise Refused(f"{file}, column {column}: {says} in {rows}; {_WAY_OUT}")
    return frame[COLUMNS]


def write(source: Path, frame: pd.DataFrame, replace: bool = False) -> Path:
    """Write the reference beside a source file. Refused where one is there already, unless `replace` is set."""
    file = path(source)
    if file.exists() and not replace:
        raise Refused(f"{file} is there already: scores would move. Remove it first to freeze a new reference.")
    text = frame[COLUMNS].to_csv(index=False, lineterminator="\n", float_format="%.10g")
    file.write_bytes(text.encode("utf-8"))
    return file
