"""The parameters of a notebook: read from its tagged cell with `ast`, and refused when a value does not fit.

papermill only warns about an unknown parameter, runs the default and exits 0; here nothing starts before names and
types are right.
"""

import ast
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from helpers.commands import notebook_file
from helpers.errors import Refused, did_you_mean

ALWAYS = {"period": "PERIOD", "source": "--source TOML"}  # what each is given as


@dataclass(frozen=True)
class Parameter:
    """A name, the default whose type every value must have, and the comment beside it.

    A comment that begins with `one of` lists, up to a colon, the only values that are allowed.
    """

    name: str
    default: str | int | float | bool | list | None
    about: str

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that the comment allows; none where it does not say.

        >>> Parameter("grain", "month", "one of month, quarter, year: how long a cohort is").choices
        ('month', 'quarter', 'year')
        """
        listed = self.about.partition(":")[0]
        return tuple(listed.removeprefix("one of ").split(", ")) if listed.startswith("one of ") else ()


def read(notebook: Path) -> dict[str, Parameter]:
    """The parameters of a notebook, in the order of its cell tagged `parameters`.

    `Refused` where there is no such cell, it holds anything but `name = literal`, or `period` or `source` is missing.
    """
    tagged = [cell for cell in notebook_file.cells(notebook) if "parameters" in cell["tags"]]
    if len(tagged) != 1:
        raise Refused(f"{notebook.name}: needs one cell tagged `parameters`, not {len(tagged)} (see 00_template.ipynb)")
    found = parse(tagged[0]["source"], notebook.name)
    for name in ALWAYS:
        if name not in found:
            raise Refused(f'{notebook.name}: its parameters cell must set {name} = "" (see 00_template.ipynb)')
    return found


def parse(source: str, place: str) -> dict[str, Parameter]:
    """The parameters in the text of a cell.

    >>> parse('period = ""  # a month such as 2026-10', "10_metrics")["period"]
    Parameter(name='period', default='', about='a month such as 2026-10')
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise Refused(f"{place}: its parameters cell is not Python: {error.msg}, line {error.lineno}") from None
    lines, found = source.encode().splitlines(), {}
    for statement in statements:
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else getattr(statement, "targets", [])
        try:
            value = ast.literal_eval(statement.value)
        except (ValueError, AttributeError):
            targets = []
        if [type(target) for target in targets] != [ast.Name]:
            raise Refused(f"{place}: a parameters cell holds only `name = literal`, not: {ast.unparse(statement)}")
        rest = lines[statement.end_lineno - 1][statement.end_col_offset :].decode()
        found[targets[0].id] = Parameter(targets[0].id, value, rest.partition("#")[2].lstrip("# "))
    return found


def chosen(assignments: Iterable[str], notebooks: dict[str, dict[str, Parameter]]) -> dict[str, object]:
    """The values of `NAME=VALUE` texts, in the type of the notebooks' defaults: `00123` stays text where text is asked.

    `Refused` for a name that none of the notebooks has (with the near spelling) and for a value of another type.

    >>> cell = parse("n = 3", "x")
    >>> chosen(["n=5"], {"x": cell})
    {'n': 5}
    """
    cells = [each for cell in notebooks.values() for each in cell.values()]
    declared, values = {each.name: each for each in cells}, {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals:
            raise Refused(f"-p {text!r}: write NAME=VALUE")
        if name in ALWAYS:
            raise Refused(f"-p {name}: the {name} is given as `report {ALWAYS[name]}`")
        if name not in declared:
            raise Refused(f"unknown parameter {name!r}; {did_you_mean(name, declared)}")
        if len({type(each.default) for each in cells if each.name == name}) > 1:
            raise Refused(f"parameter {name} has another type in another notebook; run them apart with --only")
        values[name], choices = _typed(name, value, declared[name].default), declared[name].choices
        if choices and value not in choices:
            raise Refused(f"parameter {name}: {value!r} is not allowed; {did_you_mean(value, choices)}")
    return values


def assigned(segment: str | None, assignments: list[str], notebooks: dict[str, Iterable[str]]) -> list[str]:
    """The assignments with that of `--segment`; `Refused` where no notebook has one, or it is given twice.

    >>> assigned("SMB", ["n=5"], {"20_x": ["period", "segment", "n"]})
    ['n=5', 'segment=SMB']
    """
    if segment is None:
        return assignments
    if not any("segment" in names for names in notebooks.values()):
        raise Refused(f"--segment {segment}: no segment can be chosen in {', '.join(notebooks)}; see report --list")
    if any(text.partition("=")[0] == "segment" for text in assignments):
        raise Refused("the segment is given twice: as --segment and as -p segment=")
    return [*assignments, f"segment={segment}"]


def refuse_segment(segment: str, known: Iterable[str], as_of: object) -> None:
    """`Refused`, with the near spelling, where no account that is known on `as_of` is of the segment.

    >>> refuse_segment("SMB", ["Enterprise", "SMB"], "2026-10-31")
    """
    names = sorted(known)
    if segment not in names:
        raise Refused(f"segment {segment!r}: no account known on {as_of} is of it; {did_you_mean(segment, names)}")


# How a value is read that must be of a type, and what a person calls it.
_KINDS = {
    bool: (lambda word: {"true": True, "false": False}[word.lower()], "true or false"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    list: (ast.literal_eval, "a list"),
}


def _typed(name: str, text: str, default: object) -> object:
    kind = type(default)
    if kind is str:
        return text
    read, what = _KINDS.get(kind, (ast.literal_eval, f"a {kind.__name__}"))
    try:
        value = read(text)
        fits = default is None or (isinstance(value, kind) and (kind is not float or math.isfinite(value)))
    except (KeyError, ValueError, SyntaxError):
        fits = False
    if not fits:
        raise Refused(f"parameter {name}: {text!r} is not {what} like its default, {default!r}")
    return value
