"""What programs contributed to retention, expansion and advocacy: designs that hold, the simple comparison beside them.

`read` does it all for the page. The designs read `ledger.account_months` and driver scores given as a table.
"""

from helpers.programs.contribution import designs, holm, is_shown, quoted, scores_of, together
from helpers.programs.core import COLUMNS, DESIGNS, OUTCOMES, QUOTED, Effect, e_value, refuse_ever_member
from helpers.programs.reading import Programs, read

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "read is_shown".split()
__dir__ = __all__.copy
