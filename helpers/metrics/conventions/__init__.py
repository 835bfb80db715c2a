"""Why a number here does not match the billing tool: the conventions of one name side by side.

Everything is worked out from MRR at the ends of the months of a window (12 months that end with the period). The first
convention of each metric is ours. A share is the part of the difference to ours that one account makes:

- a convention with our denominator adds up by account: the account's amount there minus its amount here, ÷ denominator;
- a product of monthly rates is our number with other accounts or amounts in each month. An account's share is what
  the product changes when this account alone is counted as we count it. What the accounts change only together is
  stated as the remainder. (Deleting accounts outright explains nothing: it moves both numbers, and adds up to about 0.)

`conventions.toml` says of each who documents it, over which window and where, or that nobody does. The tools publish a
rate for the interval shown: the twelve months are compounded here. Their revenue churn includes downgrades, so it is
1 − gross revenue retention; `revenue_churn` here is that of the accounts that left. What MRR at month ends cannot show:
who joins and leaves within a month (Baremetrics counts them since its “Churn Update”, ProfitWell leaves them out), and
a loss capped at the MRR of 30 days before (Baremetrics). Chargebee's and Gainsight's rest on the subscriptions
(`queries/subscription_ends.sql`). `tests/metrics/test_conventions.py` has an example of four customers for each.
"""

from helpers.metrics.conventions.definitions import BAREMETRICS, CHARTMOGUL, COMPOUNDED, CONVENTIONS, TWELVEFOLD
from helpers.metrics.conventions.face import OtherDefinitions, other_definitions, switchboard
