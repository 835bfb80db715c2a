"""A month as people write it above a column or in one: `2026-08`, `Aug-26`, `08/2026`, `2026-08-31`, `Q3 2026`.

Read here, once, so that every engine sees the same days.
"""

import re
from collections.abc import Iterable

from helpers.sources.schema import columns

_NAMES = {name: number for number, names in enumerate(columns.read("words")["months"], 1) for name in names.split()}
_AHEAD = re.compile(r"^(mrr|arr)[\s_:–-]*", re.IGNORECASE)
_BETWEEN = r"[-/._ ]?"
_FORMS = (
    re.compile(r"(?P<y>\d{4})[mM](?P<m>\d{2})"),
    re.compile(rf"(?P<y>\d{{4}}){_BETWEEN}(?P<m>\d{{2}})([-/.](?P<d>\d\d)([ T]00:00(:00(\.0+)?)?)?)?"),
    re.compile(r"(?P<m>\d{1,2})[-/._ ](?P<y>\d{4})"),
    re.compile(r"(?P<name>[^\W\d_]{3,9})\.?[-/_ ,.]*'?(?P<y>\d{4}|\d{2})"),
    re.compile(r"(?P<y>\d{4})[-/_ ]*(?P<name>[^\W\d_]{3,9})\.?"),
    re.compile(r"(?P<y>\d{4})[-/_ ]*[qQ](?P<q>[1-4])"),
    re.compile(r"[qQ](?P<q>[1-4])[-/_ ]*'?(?P<y>\d{4}|\d{2})"),
)
_DAY = "(?P<d>0?1|2[89]|3[01])"
_YEAR = r"(?P<y>\d{4}|(?<=/)\d\d)"
# A spreadsheet's first or last day above a column: 8/1/2026, 31/08/2026, 31-Aug-26. Which part is the day is certain.
_ABOVE = (
    re.compile(rf"{_DAY}[-/. ](?P<name>[^\W\d_]{{3,9}})[-/. ](?P<y>\d{{4}}|\d\d)"),
    re.compile(rf"{_DAY}[-/.](?P<m>\d{{1,2}})[-/.]{_YEAR}"),
    re.compile(rf"(?P<m>\d{{1,2}})[-/.]{_DAY}[-/.]{_YEAR}"),
)


def read(text: str, forms: tuple[re.Pattern, ...] = _FORMS) -> tuple[int, int] | None:
    """The number of the month that a text names, and how many months it covers; None where it names none.

    A quarter is read as its last month, the first that knows it, and holds until the next one.

    >>> [read(text) == (2026 * 12 + 7, 1) for text in ("2026-08", "Aug-26", "August 2026", "08/2026", "MRR 2026-08-31")]
    [True, True, True, True, True]
    >>> read("2026-Q3") == read("Q3 26") == (2026 * 12 + 8, 3), read("Total"), read("2026-13"), read("12345")
    (True, None, None, None)
    """
    text = _AHEAD.sub("", " ".join(str(text).split()))
    for form in forms:
        if not (found := form.fullmatch(text)):
            continue
        parts = found.groupdict()
        year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
        quarter = int(parts.get("q") or 0)
        month = 3 * quarter or _NAMES.get((parts.get("name") or "").lower(), 0) or int(parts.get("m") or 0)
        if 1990 <= year < 2100 and 1 <= month <= 12 and int(parts.get("d") or 1) <= 31:
            return year * 12 + month - 1, 3 if quarter else 1
    return None


def among(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Those of some names that name a month, with what `read` says of each.

    >>> list(among(["Customer", "Jan-26", "1/31/2026", "1/15/2026", "Total"]))
    ['Jan-26', '1/31/2026']
    """
    return {name: month for name in names if (month := read(name) or read(name, _ABOVE))}
