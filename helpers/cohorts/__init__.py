"""Retention by cohort: triangles, pooled averages, which cohorts differ, and deviations by age, cohort and month.

`read` does it all for the page. A cohort is the month (quarter, year) of an account's first MRR; age 0 is that month.
A cell that cannot have been observed yet, or whose month the data does not cover to its end, has no row: missing is
never 0.
"""

from helpers.cohorts import survival
from helpers.cohorts.apart import compare, deviations
from helpers.cohorts.reading import read
from helpers.cohorts.triangles import GRAINS, MEASURES, diagonals, pooled, triangle, wide
from helpers.cohorts.words import compare_sentence

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "read diagonals pooled wide compare compare_sentence survival".split()
__dir__ = __all__.copy
