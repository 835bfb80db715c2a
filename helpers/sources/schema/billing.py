"""The tables of what customers pay: subscriptions, or the invoice lines that tell of them, and exchange rates."""

from helpers.sources.schema import columns
from helpers.sources.schema.columns import Cut

LOST_TO = ("competitor", "status_quo", "in_house", "budget")


def _is_one_currency(frame):
    """As it is read: with `rates`, what was in another currency has been converted."""
    return frame["currency"].nunique() <= 1


SUBSCRIPTIONS = columns.table(
    "subscriptions",
    "stretch of unchanged price within one term; a renewal starts a new stretch",
    ["subscription_id", "starts_on"],
    {
        "subscription_id": columns.id_("the subscription; the same over its renewals"),
        "account_id": columns.id_("who pays for it"),
        "product": columns.text("what is subscribed to", optional=True),
        "starts_on": columns.date("first day in force"),
        "ends_on": columns.date("first day no longer in force; empty = still in force", optional=True),
        "mrr": columns.money(
            "monthly recurring revenue; an annual contract is brought to a month", unit="reporting currency a month"
        ),
        "currency": columns.text("ISO 4217 code; one in the whole table, or each with its rate in `rates`"),
        "n_seats": columns.count("licensed seats", optional=True),
        "renews_on": columns.date("when the term is up for renewal", optional=True),
        "cancelled_on": columns.date("when notice was given", optional=True),
        "lost_to": columns.choice("where the customer went", LOST_TO, optional=True),
    },
    Cut("starts_on", {"ends_on": ("lost_to",), "cancelled_on": ()}, notice="cancelled_on"),
    in_order=[("starts_on", "ends_on")],
    checks={"one currency": _is_one_currency},
)


def _is_credit_below_0(frame):
    if "kind" not in frame:
        return True
    return ~(frame["kind"].isin(["credit_note", "refund"]) & (frame["amount"] > 0))


def _has_start(frame):
    if "service_ends_on" not in frame:
        return True
    has_start = frame["service_starts_on"].notna() if "service_starts_on" in frame else False
    return frame["service_ends_on"].isna() | has_start


INVOICES = columns.table(
    "invoices",
    "line of an invoice, credit note or refund",
    ["invoice_id", "line_id"],
    {
        "invoice_id": columns.id_("the document"),
        "line_id": columns.id_("the line in it"),
        "account_id": columns.id_("who is billed"),
        "invoiced_on": columns.date("date of the document"),
        "service_starts_on": columns.date("first day served; empty = the month of invoiced_on", optional=True),
        "service_ends_on": columns.date("first day no longer served; empty = one month", optional=True),
        "amount": columns.column(
            "money",
            "for the whole service period, without tax; below 0 = credit or refund",
            unit="reporting currency, or that of `currency` where `rates` has it",
        ),
        "currency": columns.text("ISO 4217 code; one in the whole table, or each with its rate in `rates`"),
        "product": columns.text("what is billed; credits are set against lines of the same product", optional=True),
        "kind": columns.choice(
            "what the line is for; one_time and tax are no MRR; empty = subscription",
            ("subscription", "one_time", "tax", "credit_note", "refund"),
            optional=True,
        ),
    },
    Cut("invoiced_on"),
    in_order=[("service_starts_on", "service_ends_on")],
    checks={
        "one currency": _is_one_currency,
        "a credit is below 0": _is_credit_below_0,
        "an end of service has a start": _has_start,
    },
)

MRR = columns.table(
    "mrr",
    "account, product and month; of movements, change",
    ["account_id", "product", "month"],
    {
        "account_id": columns.id_("the customer"),
        "month": columns.date("any day of the month; of movements, the day of the change"),
        "mrr": columns.column(
            "money",
            "what it pays in the month (empty or - = not paying), or the change",
            empty=True,
            unit="reporting currency a month, or a year (amounts)",
        ),
        "product": columns.text("what it pays for", optional=True),
        "currency": columns.text("ISO 4217 code; without it, that of [source] currency", optional=True),
        "movement": columns.text("what kind of change, such as expansion or churn", optional=True),
        "name": columns.text("what people call the customer", optional=True),
        "segment": columns.text("size or tier", optional=True),
    },
    Cut("month"),
)

RATES = columns.table(
    "rates",
    "currency and day from which its rate is in force",
    ["currency", "valid_from"],
    {
        "currency": columns.text("ISO 4217 code of the foreign currency"),
        "valid_from": columns.date("first day in force"),
        "rate": columns.column("money", "what one unit of it is worth, above 0", unit="reporting currency", low=0),
    },
    Cut("valid_from"),
    checks={"a rate is above 0": lambda frame: frame["rate"] > 0},
)
