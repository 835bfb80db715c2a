#!/usr/bin/env bash
# statsmodels' Kaplan-Meier: the same accounts counted as weights or as rows give one curve and two standard errors.
#
# A retention table is usually kept as counts: 20 accounts were censored in month 2. SurvfuncRight takes such counts
# as freq_weights. One would guess that they count so many rows. The curve agrees to the last digit, but the
# standard error does not: with weights it comes out larger, and its ratio to the right one grows along the curve.
# Whoever draws a retention curve with a band from aggregated months gets a wrong band, and nothing says so. Expand
# the counts to rows, or compute Greenwood's sum from the numbers at risk.
#
# Seen with statsmodels 0.15.0, pandas 3.1.1, numpy as resolved: 0.0300 0.0370 0.0512 by rows, 0.0311 0.0404 0.0608 by
# weights; Greenwood's formula gives the first.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q statsmodels==0.15.0 pandas==3.1.1
"$folder/env/bin/python" - <<'PY'
import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

month = np.array([1, 2, 2, 3, 3, 3])
left = np.array([1, 1, 0, 1, 0, 0])
accounts = np.array([5, 3, 20, 4, 10, 30])

rows = SurvfuncRight(np.repeat(month, accounts), np.repeat(left, accounts))
weights = SurvfuncRight(month, left, freq_weights=accounts)

at_risk, lost, survival, total = 72, {1: 5, 2: 3, 3: 4}, 1.0, 0.0
greenwood = []
for age in (1, 2, 3):
    survival *= 1 - lost[age] / at_risk
    total += lost[age] / (at_risk * (at_risk - lost[age]))
    greenwood.append(survival * np.sqrt(total))
    at_risk -= int(accounts[month == age].sum())

print("curve       ", rows.surv_prob.round(4), weights.surv_prob.round(4))
print("by rows     ", rows.surv_prob_se.round(4))
print("by weights  ", weights.surv_prob_se.round(4))
print("Greenwood   ", np.round(greenwood, 4))
assert np.allclose(rows.surv_prob, weights.surv_prob)
assert np.allclose(rows.surv_prob_se, greenwood)
assert (weights.surv_prob_se / rows.surv_prob_se > [1.03, 1.08, 1.17]).all(), "the standard errors agree now"
PY
