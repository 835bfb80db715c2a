"""Two shares compared in one sentence: a difference is claimed only where its interval leaves out 0."""

from helpers import formats
from helpers.stats.differences import share_difference


def two_shares(one: tuple[int, int], other: tuple[int, int], higher: str, lower: str, same: str, unit: str = "") -> str:
    """The ending that the data supports, then both shares, their difference with its interval (Newcombe), and both n.

    `one` and `other` are (count, of how many); `higher`, `lower` and `same` say what it means that the first share is
    higher, is lower, or shows no clear difference; `unit` names what n counts.

    >>> two_shares((56, 70), (48, 80), "Newer accounts stay longer", "Newer accounts leave earlier", "No difference")
    'Newer accounts stay longer: 80.0% compared with 60.0% (+20.0 points, 95% interval +5 to +33, n = 70 and 80).'
    >>> two_shares((5, 10), (5, 10), "Higher", "Lower", "No clear difference", "answers").rpartition(", ")[2]
    'n = 10 and 10 answers).'
    """
    difference, low, high = share_difference(*one, *other)
    ending = higher if low > 0 else lower if high < 0 else same
    shares = " compared with ".join(formats.percent(k / n) for k, n in (one, other))
    n = f"{formats.count(one[1])} and {formats.count(other[1])} {unit}".strip()
    apart = formats.points(difference) if round(difference, 3) else "no difference"
    return f"{ending}: {shares} ({apart}, 95% interval {formats.bounds(low, high)}, n = {n})."
