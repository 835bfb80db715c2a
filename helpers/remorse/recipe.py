"""The recipe of the diagnosis: four drivers of regret, and the signals that each is read from. More is always worse.

A fork adds a signal here: a line in SIGNALS, and its value in `signals`.
"""

from dataclasses import dataclass

DRIVERS = ("complexity", "value", "implementation", "guidance")
LABELS = {
    "complexity": "Complexity and uncertainty",
    "value": "Poor value understanding",
    "implementation": "Implementation surprises",
    "guidance": "Lack of guidance",
}
CUTOFF_DAYS = 90


@dataclass(frozen=True)
class Signal:
    """One signal: its driver, the table and columns it is read from, what it says, and the evidence in words.

    `says` has `{}` for the value; `unit` is days, share, count, rate (a seat), points (1–7) or flag; `is_reversed`
    where a high value is good.
    """

    driver: str
    table: str
    columns: str
    about: str
    says: str
    unit: str
    is_reversed: bool = False


SIGNALS: dict[str, Signal] = {
    "conflicting_objectives": Signal(
        "complexity",
        "surveys",
        "score",
        "survey: our buying group had conflicting objectives",
        "says its buying group had conflicting objectives ({} of 7)",
        "points",
    ),
    "requirements_changed": Signal(
        "complexity",
        "surveys",
        "score",
        "survey: requirements changed after signature",
        "says requirements changed after signature ({} of 7)",
        "points",
    ),
    "n_buying_group": Signal(
        "complexity",
        "accounts",
        "n_buying_group",
        "people in the buying group",
        "{} people took part in the purchase",
        "count",
    ),
    "days_to_signature": Signal(
        "complexity",
        "accounts",
        "first_contact_on",
        "days from first contact to the first paid day",
        "took {} from first contact to signature",
        "days",
    ),
    "change_orders": Signal(
        "complexity",
        "onboarding",
        "n_change_orders",
        "changes to the order after signature",
        "{} change orders after signature",
        "count",
    ),
    "states_value": Signal(
        "value",
        "surveys",
        "score",
        "survey: I can state the value we get (reversed)",
        "cannot state the value it gets ({} of 7)",
        "points",
        True,
    ),
    "settled_for_less": Signal(
        "value",
        "surveys",
        "score",
        "survey: we settled for less than we set out to buy",
        "says it settled for less ({} of 7)",
        "points",
    ),
    "unused_seats": Signal(
        "value", "usage", "n_active_users", "share of licensed seats unused", "{} of its seats unused", "share"
    ),
    "days_to_first_value": Signal(
        "value",
        "onboarding",
        "first_value_on",
        "days from the first paid day to first value",
        "no first value in the first {}",
        "days",
    ),
    "no_use_case": Signal(
        "value", "onboarding", "has_recorded_use_case", "no recorded use case", "no use case written down", "flag"
    ),
    "cost_exceeded": Signal(
        "implementation",
        "surveys",
        "score",
        "survey: cost or effort exceeded what we were told",
        "says cost or effort exceeded what it was told ({} of 7)",
        "points",
    ),
    "go_live_slip": Signal(
        "implementation",
        "onboarding",
        "went_live_on",
        "days from planned to actual go-live",
        "went live {} late",
        "days",
    ),
    "cost_overrun": Signal(
        "implementation", "onboarding", "actual_cost", "cost of onboarding over plan", "cost {} over plan", "share"
    ),
    "urgent_tickets": Signal(
        "implementation",
        "tickets",
        "priority",
        "defect and integration tickets of priority 1–2 a seat",
        "{} urgent tickets a seat",
        "rate",
    ),
    "knew_next_step": Signal(
        "guidance",
        "surveys",
        "score",
        "survey: I could find out what to do next without help (reversed)",
        "could not find out what to do next without help ({} of 7)",
        "points",
        True,
    ),
    "failed_searches": Signal(
        "guidance",
        "usage",
        "n_failed_help_searches",
        "share of help searches that found nothing",
        "{} of its help searches found nothing",
        "share",
    ),
    "how_to_tickets": Signal("guidance", "tickets", "category", "how-to tickets", "{} how-to tickets", "count"),
    "abandoned_steps": Signal(
        "guidance",
        "onboarding",
        "n_steps_done",
        "share of onboarding steps not done",
        "{} of its onboarding steps not done",
        "share",
    ),
    "little_contact": Signal(
        "guidance",
        "onboarding",
        "n_steps_with_human_contact",
        "share of onboarding steps without a person from us",
        "{} of its onboarding steps without a person from us",
        "share",
    ),
}


def of_driver(driver: str) -> list[str]:
    """The signals of one driver.

    >>> of_driver("implementation")
    ['cost_exceeded', 'go_live_slip', 'cost_overrun', 'urgent_tickets']
    """
    return [name for name, signal in SIGNALS.items() if signal.driver == driver]
