"""The input tables: the one place that names a column, its type, its unit and its rules.

Declared with pandera, so that `TABLES["tickets"].validate(frame)` checks a small frame in Python. The data contract
of a whole source is the same declaration read as SQL (`contract`), one aggregate query a table.

Conventions: `_on` is a calendar date; `month` the first day of a month; `_id` an opaque string; `is_`/`has_` a
boolean; `n_` a count; money a decimal in one reporting currency, kept as whole cents wherever it is added up.
"""

from collections.abc import Iterable

from helpers.sources.schema import columns
from helpers.sources.schema.billing import INVOICES, LOST_TO, MRR, RATES, SUBSCRIPTIONS
from helpers.sources.schema.columns import Cut, Table

# Needed in every source; instead of the subscriptions, the invoice lines that they can be read from.
REQUIRED_TABLES = ("accounts", "subscriptions")
IN_PLACE_OF = {"subscriptions": ("invoices", "mrr"), "accounts": ("mrr",)}
NPS_SURVEYS = ("nps_relationship", "nps_transactional")

# The lowest and highest whole score that an answer to each survey may have.
SCALES = {"nps_relationship": (0, 10), "nps_transactional": (0, 10), "purchase_regret": (1, 7)}

# item → the statement put to the customer (1 = strongly disagree, 7 = strongly agree; `recommend` is 0–10).
SURVEY_ITEMS = {
    "recommend": "How likely are you to recommend us to a colleague?",
    "expectations_met": "The product has met the expectations we had when we bought it.",
    "settled_for_less": "We settled for less than we set out to buy.",
    "would_buy_again": "Knowing what we know now, we would buy it again.",
    "conflicting_objectives": "Our buying group had conflicting objectives.",
    "requirements_changed": "Our requirements changed after signature.",
    "states_value": "I can state the value we get for our use case.",
    "cost_exceeded": "Cost or effort exceeded what we were told.",
    "knew_next_step": "I could find out what to do next without help.",
}

ACCOUNTS = columns.table(
    "accounts",
    "account",
    ["account_id"],
    {
        "account_id": columns.id_("the customer"),
        "name": columns.text("what people call the customer"),
        "segment": columns.text("size or tier, as the company cuts its base"),
        "industry": columns.text("the customer's industry", optional=True),
        "region": columns.text("where the customer is", optional=True),
        "acquisition_source": columns.text("what first brought the customer", optional=True),
        "n_buying_group": columns.count("people who took part in the purchase", optional=True),
        "first_contact_on": columns.date("first conversation before the deal", optional=True),
        "annual_cost": columns.money("cost to serve", optional=True, unit="reporting currency a year"),
    },
    Cut(later={"first_contact_on": ()}),
)


def _on_its_scale(frame):
    """Whether each score is a whole number on the scale of its survey; an empty one is no answer."""
    low, high = (frame["survey"].map({name: scale[end] for name, scale in SCALES.items()}) for end in (0, 1))
    return frame["score"].isna() | (frame["score"].between(low, high) & (frame["score"] % 1 == 0))


SURVEYS = columns.table(
    "surveys",
    "answer to one item",
    ["response_id", "item"],
    {
        "response_id": columns.id_("one filled-in or unanswered questionnaire"),
        "account_id": columns.id_("who was asked"),
        "contact_id": columns.id_("the person asked", optional=True),
        "survey": columns.choice("which survey", tuple(SCALES)),
        "item": columns.text("which statement; the names that the notebooks know are listed below"),
        "asked_on": columns.date("when it was sent"),
        "answered_on": columns.date("empty = asked, no answer", optional=True),
        "score": columns.column(
            "number",
            "NPS 0–10, purchase_regret 1–7, whole numbers; empty = no answer",
            empty=True,
            unit="points",
            low=0,
            high=10,
        ),
    },
    Cut("asked_on", {"answered_on": ("score",)}),
    in_order=[("asked_on", "answered_on")],
    checks={"a whole number on the survey's scale": _on_its_scale},
)

ONBOARDING = columns.table(
    "onboarding",
    "account and snapshot; the latest at the cut-off counts",
    ["account_id", "updated_on"],
    {
        "account_id": columns.id_("whose onboarding"),
        "updated_on": columns.date("when this snapshot was taken"),
        "planned_go_live_on": columns.date("go-live as agreed", optional=True),
        "went_live_on": columns.date("go-live as it happened", optional=True),
        "first_value_on": columns.date("first result that the customer had bought it for", optional=True),
        "planned_cost": columns.money("cost of onboarding as agreed", optional=True),
        "actual_cost": columns.money("cost of onboarding as it was", optional=True),
        "n_steps": columns.count("steps in the plan", optional=True),
        "n_steps_done": columns.count("steps finished", optional=True),
        "n_steps_with_human_contact": columns.count("steps with a person from us", optional=True),
        "n_change_orders": columns.count("changes to the order after signature", optional=True),
        "has_recorded_use_case": columns.flag("somebody wrote down what it is for", optional=True),
    },
    Cut("updated_on", {"went_live_on": ("actual_cost",), "first_value_on": ()}),
)

USAGE = columns.table(
    "usage",
    "account and month",
    ["account_id", "month"],
    {
        "account_id": columns.id_("whose usage"),
        "month": columns.column("month", "the month", unit="first day of the month"),
        "n_active_users": columns.count("people who used it in the month"),
        "n_licensed_seats": columns.count("seats paid for"),
        "n_features_used": columns.count("features used at least once"),
        "n_help_searches": columns.count("searches in the help"),
        "n_failed_help_searches": columns.count("searches in the help that found nothing"),
        "n_new_use_cases": columns.count("use cases that began in the month", optional=True),
    },
    Cut("month"),
)

TICKETS = columns.table(
    "tickets",
    "ticket",
    ["ticket_id"],
    {
        "ticket_id": columns.id_("the ticket"),
        "account_id": columns.id_("who opened it"),
        "opened_on": columns.date("when it was opened"),
        "closed_on": columns.date("empty = still open", optional=True),
        "category": columns.choice("what it is about", ("how_to", "defect", "integration", "billing")),
        "priority": columns.column("count", "1 is the most urgent", unit="1–4", low=1, high=4),
    },
    Cut("opened_on", {"closed_on": ()}),
    in_order=[("opened_on", "closed_on")],
)

PROGRAMS = columns.table(
    "programs",
    "program",
    ["program"],
    {
        "program": columns.id_("the program's short name"),
        "name": columns.text("what people call it", optional=True),
        "owner": columns.choice("who runs it", ("marketing", "success", "product", "sales"), optional=True),
        "starts_on": columns.date("when it began", optional=True),
        "ends_on": columns.date("when it ended; empty = runs on", optional=True),
        "cost_per_touch": columns.money("cost of one contact", optional=True),
    },
    Cut("starts_on", {"ends_on": ()}),
    in_order=[("starts_on", "ends_on")],
)

TOUCHES = columns.table(
    "touches",
    "contact of one program with one account",
    ["touch_id"],
    {
        "touch_id": columns.id_("the contact"),
        "account_id": columns.id_("who was contacted"),
        "program": columns.id_("by which program"),
        "is_business_conversation": columns.flag("a talk about the customer's business", optional=True),
        "stage": columns.choice(
            "stage of the relationship", ("onboarding", "adoption", "value_review", "renewal", "expansion", "advocacy")
        ),
        "touched_on": columns.date("when"),
        "is_randomized": columns.flag("the offer was made by lot", optional=True),
        "was_offered": columns.flag("the lot fell on this account", optional=True),
    },
    Cut("touched_on", prospects=True),
)

OPPORTUNITIES = columns.table(
    "opportunities",
    "opportunity",
    ["opportunity_id"],
    {
        "opportunity_id": columns.id_("the opportunity"),
        "account_id": columns.id_("with whom"),
        "kind": columns.choice("what for", ("expansion", "renewal", "new")),
        "sourced_by": columns.choice("who brought it", ("marketing", "sales", "success", "product", "partner")),
        "created_on": columns.date("when it was created"),
        "closed_on": columns.date("when it was won or lost; empty = open", optional=True),
        "status": columns.choice("how it stands", ("open", "won", "lost")),
        "mrr": columns.money("monthly recurring revenue at stake", unit="reporting currency a month"),
        "lost_to": columns.choice("where it went", LOST_TO, optional=True),
    },
    Cut("created_on", {"closed_on": ("status", "lost_to")}, reads={"status": "open"}, prospects=True),
    in_order=[("created_on", "closed_on")],
)

ADVOCACY = columns.table(
    "advocacy",
    "ask for an act",
    ["act_id"],
    {
        "act_id": columns.id_("the ask"),
        "account_id": columns.id_("who was asked"),
        "contact_id": columns.id_("the person asked", optional=True),
        "kind": columns.choice(
            "what was asked for", ("reference_call", "case_study", "review", "referral", "speaking", "advisory_board")
        ),
        "requested_on": columns.date("when it was asked"),
        "done_on": columns.date("empty = not done", optional=True),
        "site": columns.text("where a review stands", optional=True),
        "rating": columns.column("number", "stars of a review", optional=True, unit="1–5", low=1, high=5),
        "is_incentivized": columns.flag("something was given for it", optional=True),
        "referred_account_id": columns.id_("the account that a referral led to", optional=True),
    },
    Cut("requested_on", {"done_on": ("rating", "referred_account_id")}),
    in_order=[("requested_on", "done_on")],
)

CHANGES = columns.table(
    "changes",
    "dated change at the customer",
    ["change_id"],
    {
        "change_id": columns.id_("the change"),
        "account_id": columns.id_("at which customer"),
        "kind": columns.choice(
            "what changed",
            (
                "champion_left",
                "reorganization",
                "merger",
                "new_executive",
                "budget_cut",
                "strategy_shift",
                "competitor_evaluation",
            ),
        ),
        "happened_on": columns.date("when it happened", optional=True),
        "detected_on": columns.date("when we learned of it"),
    },
    Cut("detected_on"),
    in_order=[("happened_on", "detected_on")],
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ACCOUNTS,
        SUBSCRIPTIONS,
        INVOICES,
        MRR,
        RATES,
        SURVEYS,
        ONBOARDING,
        USAGE,
        TICKETS,
        PROGRAMS,
        TOUCHES,
        OPPORTUNITIES,
        ADVOCACY,
        CHANGES,
    )
}
# Those of a company that states its subscriptions, and in one currency; the sample company has them all.
CORE = tuple(name for name in TABLES if name not in ("invoices", "mrr", "rates"))


def is_given(name: str, names: Iterable[str]) -> bool:
    """Whether a table is among these, or one that it can be read from.

    >>> is_given("subscriptions", ["accounts", "invoices"]), is_given("accounts", ["invoices"])
    (True, False)
    """
    return not {name, *IN_PLACE_OF.get(name, ())}.isdisjoint(names)


def kind(table: str, column: str) -> str:
    """The kind of a column: id, text, choice, date, month, money, number, count or flag.

    >>> kind("subscriptions", "mrr"), kind("accounts", "account_id")
    ('money', 'id')
    """
    return TABLES[table].columns[column].metadata["kind"]


def cut(table: str) -> Cut:
    """What of a table was known when.

    >>> cut("tickets").known_on
    'opened_on'
    """
    return TABLES[table].metadata["cut"]


def key(table: str) -> tuple[str, ...]:
    """The columns that no two rows of a table share.

    >>> key("usage")
    ('account_id', 'month')
    """
    return TABLES[table].metadata["key"]


def dictionary() -> str:
    """The data dictionary of `data/README.md`, a Markdown section a table.

    >>> dictionary().splitlines()[0]
    '### accounts'
    """
    sections = []
    for name, table in TABLES.items():
        lines = [f"### {name}", "", f"{_needed(name)}. One row per {table.description}."]
        lines += [
            f"Key: {', '.join(key(name))}. {_knowledge(name)}",
            "",
            "| column | type | unit | what it says |",
            "|---|---|---|---|",
        ]
        for column, declared in table.columns.items():
            about, detail = declared.description, declared.metadata
            if detail["choices"]:
                about += ": " + ", ".join(f"`{choice}`" for choice in detail["choices"])
            mark = "" if declared.required else "?"
            lines.append(f"| `{column}`{mark} | {detail['kind']} | {detail['unit']} | {about} |")
        sections.append("\n".join(lines))
    return "\n\n".join(sections) + "\n"


def _needed(table: str) -> str:
    either = IN_PLACE_OF | {
        other: tuple(name for name in REQUIRED_TABLES[::-1] if other in IN_PLACE_OF[name])[:1]
        for others in IN_PLACE_OF.values()
        for other in others
    }
    needed = "Required" if table in REQUIRED_TABLES or table in either else "Optional"
    return f"{needed}, or {' or '.join(either[table])} in its place" if table in either else needed


def _knowledge(table: str) -> str:
    rule = cut(table)
    known = {None: "Always visible", "month": "Known on the month's last day"}.get(
        rule.known_on, f"Known on {rule.known_on}"
    )
    if table == "accounts":
        known = "Visible once one of its subscriptions is"
    late = [f"{column} (with {', '.join(also)})" if also else column for column, also in rule.later.items()]
    unless = f", unless {rule.notice} had already come" if rule.notice else ""
    return f"{known}." + (f" Reads as empty when after the cut-off: {', '.join(late)}{unless}." if late else "")
