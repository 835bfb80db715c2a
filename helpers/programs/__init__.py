"""What programs contributed to retention, expansion and advocacy: designs that hold, the naive figure beside them.

The designs read `account_months` (floor 2) and driver scores given as a table; they know neither disk nor charts.
"""

from helpers.programs.contribution import designs, quoted, scores_of, together
from helpers.programs.core import COLUMNS, DESIGNS, OUTCOMES, Effect, e_value, refuse_ever_member
from helpers.programs.landmark import mantel_haenszel

__all__ = [
    "COLUMNS",
    "DESIGNS",
    "OUTCOMES",
    "Effect",
    "designs",
    "e_value",
    "mantel_haenszel",
    "quoted",
    "refuse_ever_member",
    "scores_of",
    "together",
]
