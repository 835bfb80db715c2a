"""The customer's side: what changes in its world, what that does to the risk, and whether anybody talks to it.

Reads `account_months` (floor 2): risk windows start when a change was detected, never when it happened.
"""

from helpers.change.attention import attention_list, by_year_of_life, sides
from helpers.change.hazards import by_state
from helpers.change.lost import plain, where_accounts_went, where_deals_went
