"""The customer's side: what changes in its world, what that does to the risk, and whether anybody talks to it.

`read` does it all for the page. Risk windows start when a change was detected, never when it happened.
"""

from helpers.change.attention import attention_list, by_year_of_life, sides, where_accounts_went, where_deals_went
from helpers.change.reading import POOLED, Change, by_state, odds, read

# What a notebook calls, and Tab completes: notebooks/README.md.
__all__ = "read odds POOLED".split()
__dir__ = __all__.copy
