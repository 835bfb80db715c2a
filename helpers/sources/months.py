"""A month as people write it above a column or in one: `2026-08`, `Aug-26`, `08/2026`, `2026-08-31`, `Q3 2026`.

Read here, once, so that every engine sees the same days.
"""

import re
from collections.abc import Iterable

from helpers.sources.schema.columns import WORDS

_NAMES = {name: number for number, names in enumerate(WORDS["months"], 1) for name in names.split()}
_AHEAD = re.compile(r"^(mrr|arr)[\s_:–-]*", re.IGNORECASE)


def read(text: str, forms: str = "in_a_column") -> tuple[int, int] | None:
    """The number of the month that a text names, and how many months it covers; None where it names none.

    A quarter is read as its last month, the first that knows it, and holds until the next one.

    >>> [read(text) == (2026 * 12 + 7, 1) for text in ("2026-08", "Aug-26", "August 2026", "08/2026", "MRR 2026-08-31")]
    [True, True, True, True, True]
    >>> read("2026-Q3") == read("Q3 26") == (2026 * 12 + 8, 3), read("Total"), read("2026-13"), read("12345")
    (True, None, None, None)
    """
    text = _AHEAD.sub("", " ".join(str(text).split()))
    for form in WORDS["month_forms"][forms]:
        if not (found := re.fullmatch(form, text)):
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
    return {name: month for name in names if (month := read(name) or read(name, "above_one"))}
