"""Why a number here does not match the billing tool: the published conventions of one name side by side.

Everything is worked out from MRR at the ends of the months of a window (12 months that end with the period). The first
convention of each metric is ours. A share is the part of the difference to ours that one account makes:

- a convention with our denominator adds up by account: the account's amount there minus its amount here, ÷ denominator;
- a product of monthly rates is our number with other accounts or amounts in each month. An account's share is what
  the product changes when this account alone is counted as we count it. What the accounts change only together is
  stated as the remainder. (Deleting accounts outright explains nothing: it moves both numbers, and adds up to about 0.)

Sources, as of the stored copies: ChartMogul help, "Chart: Net MRR Churn Rate" (losses less expansion and reactivation
÷ MRR at the start of the interval), "Metric: Gross MRR Churn Rate" (churn and contraction), article 207340419 on its
churn rate formulas, and "Chart: Customer Lifetime Value (LTV)"; Baremetrics changelog, "Net MRR Churn" and "New metric:
Net Revenue Retention" (expansion but no reactivation, ÷ MRR 30 days before), and help, "User and Revenue Churn" and
"Lifetime Value"; ProfitWell, "Lifetime Value"; PostHog handbook, "Retention metrics" (point to point, min per account:
as ours). The tools publish a rate for the interval shown: the twelve months are compounded here. Their revenue churn
includes downgrades, so it is 1 − gross revenue retention; `revenue_churn` here is that of the accounts that left.
"""

from helpers.metrics.conventions.definitions import BAREMETRICS, CHARTMOGUL, COMPOUNDED, CONVENTIONS, TWELVEFOLD
from helpers.metrics.conventions.face import OtherDefinitions, other_definitions
from helpers.metrics.conventions.table import by_account, switchboard
from helpers.metrics.conventions.words import explain, explain_difference
