"""The numbers behind the sample company, which a model may later recover, and the accounts whose fate is fixed."""

import numpy as np

FIRST = np.datetime64("2023-11", "M")
LAST_DAY = np.datetime64("2026-10-31", "D")
MONTHS = 36
HORIZON = MONTHS + 3  # lived on a little, so that notice given and deals open on the last day have an end
LOT = 19  # the lot fell on the last day of this month, 2025-06-30; the talks were held the month after
NEVER = 99
SEGMENTS = ("SMB", "Mid-market", "Enterprise")
DRIVERS = ("complexity", "value", "implementation", "guidance")

PARAMETERS = {
    "churn": {  # monthly log-odds of leaving
        "base": {"SMB": -4.10, "Mid-market": -4.60, "Enterprise": -5.10},
        "drivers": {"complexity": 0.25, "value": 0.45, "implementation": 0.35, "guidance": 0.15},  # per latent SD
        "renewal_month": 1.6,  # annual contracts, in the month of renews_on
        "change_window": 1.0,  # in the six months after the month of detected_on, whatever the kind
        "stagnation_per_month": 0.05,  # per month since the last new use case (as of the opening) beyond six
        "cohort_per_month": -0.012,  # per month that the account started after 2023-11
        "programs": {"value_coaching": -0.25, "customer_community": 0.0, "outcome_workshop": -1.0},
    },
    "expansion": {  # monthly log-odds of more seats or an add-on
        "base": -3.45,
        "health": 0.45,
        "Enterprise": 0.3,
        "programs": {"value_coaching": 0.3},
    },
    "contraction": {"base": -4.3, "health": -0.5},
    "enrolment": {"base": -4.2, "health": 1.1, "Enterprise": 0.9},  # monthly log-odds; coaching and community alike
    "offer": {"share": 0.5, "uptake_base": 0.6, "uptake_health": 0.5, "least_age_months": 3},
    "regret": {"intercept": 0.47, "slope": 1.6, "later_intercept": -0.05},  # log-odds, per SD of latent remorse
    "response": {"base": 0.35, "regret": -0.75, "not_SMB": 0.25},  # log-odds of answering the purchase survey
    "driver_correlation": 0.25,
    "segment_shares": {"SMB": 0.55, "Mid-market": 0.30, "Enterprise": 0.15},
    "annual_shares": {"SMB": 0.40, "Mid-market": 0.65, "Enterprise": 0.90},
    "change_rate": 0.03,
    "change_window_months": 6,
    "use_case_rates": [0.08, 0.28],
    "stagnation_after_months": 6,
    "return_rates": {"first_three_months": 0.04, "later": 0.008},  # monthly
    "base_share": 0.08,
    "trial_turned_share": 0.05,
    "trial_not_turned_share": 0.012,
}

# One account each to which certain things happen whatever the seed, so that every edge occurs: month → what happens.
CAST = {
    "grows_and_shrinks": {"is_annual": True, "expand": (11, 21), "add_on": (11,), "contract": (16, 28), "drop": (16,)},
    "returns_after_a_gap": {"is_annual": False, "churn": (16,), "back": (21,)},
    "returns_within_a_quarter": {"is_annual": False, "churn": (14,), "back": (16,)},
    "returns_within_a_month": {"is_annual": False, "blink": (22,)},
    "notice_for_a_later_end": {"is_annual": False, "churn": (36,)},
    "scheduled_end": {"is_annual": True},
    "open_ended": {"is_annual": False},
    "trial_turned": {"trial": 1, "churn": (25,)},
    "trial_not_turned": {"trial": 2},
    "trial_open": {"trial": 2},
}
