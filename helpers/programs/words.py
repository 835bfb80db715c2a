"""What the sentences of words.toml are filled with: effects, what people call the programs, and what they add up to."""

from pathlib import Path

import pandas as pd

from helpers.formats.sentences import Sentences
from helpers.programs.contribution import is_shown
from helpers.programs.core import RISK


class Facts:
    """Facts of the templates: rows of `contribution.quoted`, names (short name of a program → what people call it), and
    `others` by name: outcome of a title, and frames and counts of `reading.read`.
    """

    is_shown = staticmethod(is_shown)

    def __init__(self, quoted: pd.DataFrame, names: dict[str, str], **others):
        rows = quoted.rename(columns={"naive": "simple"}).to_dict("records")
        judged = [row for row in rows if pd.notna(row["estimate"])]
        clear = [row for row in judged if is_shown(row)]
        self.quoted, self.rows, self.judged, self.clear = quoted, rows, judged, clear
        self.names = {row["program"]: plain(row["program"]) for row in rows} | names
        self.n_programs, self.n_judged, self.n_clear = (
            len({row["program"] for row in some}) for some in (rows, judged, clear)
        )
        self.n_compared = len(judged)
        self.strongest = min(clear, key=lambda row: (row["scale"] != RISK, row["p_adjusted"]), default=None)
        self.explained = [row for row in clear if pd.notna(row["e_value"])]
        self.why_none = "; ".join(dict.fromkeys(row["note"].partition(":")[0] for row in rows))
        drawn = {row["program"] for row in rows if row["scale"] == RISK}
        self.drawn = self.called(sorted(drawn))
        ranked = quoted.sort_values("p_adjusted", kind="stable")["program"].unique()
        self.unsettled = self.called(name for name in ranked if name not in drawn | {row["program"] for row in clear})
        self.__dict__ |= others

    def called(self, programs) -> list[str]:
        """What people call programs, given by short name."""
        return [self.names.get(program) or plain(program) for program in programs]


def sentences(quoted: pd.DataFrame, names: dict[str, str], **others) -> Sentences:
    """The sentences of words.toml on effects, by name; those on other things need their facts among `others`.

    >>> sentences(pd.DataFrame(columns=["program", "p_adjusted"]), {}).headline
    ['No program can be judged: no contact of a program with an account is on record.']
    """
    return Sentences(Path(__file__).with_suffix(".toml"), Facts(quoted, names, **others))


def plain(program: str) -> str:
    """A program's short name as words.

    >>> plain("value_coaching")
    'Value coaching'
    """
    text = str(program).replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def names(programs: pd.DataFrame | None, known) -> dict[str, str]:
    """What people call each program: its name on record, else its short name as words. `known`: the short names met.

    >>> names(None, ["value_coaching"])
    {'value_coaching': 'Value coaching'}
    """
    recorded = programs.set_index("program")["name"].dropna().to_dict() if programs is not None else {}
    return {program: str(recorded.get(program) or plain(program)) for program in sorted(known)}


def quotable(quoted: pd.DataFrame, names: dict[str, str], n_compared: int) -> pd.DataFrame:
    """The sentence that a reader may quote for each program, and what the simple comparison would have said.

    Columns: program, what_may_be_quoted, what_a_simple_comparison_says; one row a row of `quoted`.
    """
    said = sentences(quoted, names, n_compared=n_compared)
    rows = {"what_may_be_quoted": said.quotable, "what_a_simple_comparison_says": said.simple}
    return pd.DataFrame({"program": quoted["program"].map(names).to_list()} | rows)
