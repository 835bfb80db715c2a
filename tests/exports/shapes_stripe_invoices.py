"""Shapes of Stripe's list of invoices."""

from datetime import date, timedelta
from functools import cache

from shapes import PLAIN, Shape, epoch, listed
from shapes_stripe import CURRENCIES, customer

LINES = "https://docs.stripe.com/api/invoice-line-item/object"
INVOICES = "https://docs.stripe.com/api/invoices/object"
PRORATIONS = "https://docs.stripe.com/billing/subscriptions/prorations"
STATUS = "https://docs.stripe.com/invoicing/overview"


def months(first: str, last: str) -> list[str]:
    """Months from the first to the last.

    >>> months("2025-12", "2026-01")
    ['2025-12', '2026-01']
    """
    numbers = [int(each[:4]) * 12 + int(each[5:]) - 1 for each in (first, last)]
    return [f"{no // 12}-{no % 12 + 1:02}" for no in range(numbers[0], numbers[1] + 1)]


def line(
    amount: int, start: str, end: str, kind="subscription_item_details", is_proration=False, product="prod_A", **others
) -> dict:
    return {
        "id": f"il_{amount}_{start}_{end}_{product}",
        "amount": amount,
        "period": {"start": epoch(start), "end": epoch(end)},
        "discount_amounts": [],
        "pricing": {"price_details": {"product": product}},
        "parent": {"type": kind, kind: {"subscription": "sub_1", "proration": is_proration}},
        **others,
    }


def invoice(name: str, day: str, *lines: dict, currency="usd", status="paid", **others) -> dict:
    rows = {"has_more": others.pop("more_lines", False), "data": [{"currency": currency, **each} for each in lines]}
    number = f"in_{name}_{day}_{len(lines)}_{lines[0]['amount'] if lines else 0}"
    return {"id": number, "customer": f"cus_{name}", "created": epoch(day), "status": status, "lines": rows, **others}


def monthly(name: str, amount=10000, first="2024-01", last="2026-10", day=10, currency="usd", **others) -> list[dict]:
    """An invoice a month, each for the month to come."""
    following = months(first, f"{int(last[:4]) + 1}-{last[5:]}")
    return [
        invoice(
            name,
            f"{month}-{day:02}",
            line(amount, f"{month}-{day:02}", f"{then}-{day:02}", **others),
            currency=currency,
        )
        for month, then in zip(months(first, last), following[1:], strict=False)
    ]


def every(days: int, name: str = "a", first=date(2025, 1, 6), last=date(2026, 10, 31)) -> list[dict]:
    """An invoice of 120 dollars a day for each so many days to come: 3,650 dollars in a month of 365 ÷ 12 days."""
    starts = [first + timedelta(days * n) for n in range((last - first).days // days + 1)]
    return [invoice(name, str(day), line(12000 * days, str(day), str(day + timedelta(days)))) for day in starts]


@cache
def _plain(amount: int, currency: str) -> list[dict]:
    return [each for n in range(PLAIN) for each in monthly(f"p{n}", amount, currency=currency)]


def billed(
    name: str,
    *invoices: dict,
    then=0.0,
    now=0.0,
    more=None,
    asks=(),
    source=LINES,
    unit=100,
    missing=(),
    has_more=False,
) -> Shape:
    """What the customers beside the plain ones pay: `then` in June 2025, `now` in October 2026, `more` in others."""
    paid = {"2025-06": then, "2026-10": now} | (more or {})
    currency = next((row["currency"] for each in invoices for row in each["lines"]["data"]), "usd")
    plain = _plain(100 * unit, currency)
    names = dict.fromkeys(each["customer"].removeprefix("cus_") for each in [*plain, *invoices])
    return Shape(
        f"Stripe invoices: {name}",
        "stripe_invoices",
        source,
        {
            "invoices-1.json": listed([*plain, *invoices], has_more=has_more)[0],
            "customers-1.json": listed([customer(each) for each in names if each not in missing])[0],
        },
        mrr={month: 100 * PLAIN + amount for month, amount in paid.items()},
        asks=asks,
        currency=currency.upper(),
    )


AMOUNT, ENDS = ("invoices.amount",), ("invoices.service_ends_on",)
FEE, ITEM, OLD = "invoice_item_details", "invoiceitem", {"pricing": None, "parent": None}


def old(kind: str, proration=False) -> dict:
    """What makes a line one of before 2025-03-31."""
    return {**OLD, "type": kind, "subscription": "sub_1", "proration": proration, "price": {"product": "prod_A"}}


SHAPES = [
    billed("a month", *monthly("a"), then=100, now=100),
    billed("a month, before 2025-03-31", *monthly("a", **old("subscription")), then=100, now=100),
    billed(
        "a quarter",
        *[
            invoice("a", day, line(30000, day, end))
            for day, end in (("2025-05-10", "2025-08-10"), ("2026-09-10", "2026-12-10"))
        ],
        then=100,
        now=100,
    ),
    billed(
        "a year",
        *[
            invoice("a", day, line(120000, day, end))
            for day, end in (("2025-02-10", "2026-02-10"), ("2026-02-10", "2027-02-10"))
        ],
        then=100,
        now=100,
    ),
    billed(
        "a setup fee that names the subscription",
        *monthly("a"),
        invoice("a", "2026-10-10", line(500000, "2026-10-10", "2026-10-10", FEE, product="setup")),
        then=100,
        now=100,
        source="https://docs.stripe.com/api/invoiceitems/create",
    ),
    billed(
        "a setup fee, before 2025-03-31",
        *monthly("a"),
        invoice("a", "2025-06-10", line(500000, "2025-06-10", "2025-06-10", **old(ITEM))),
        then=100,
        now=100,
        source="https://docs.stripe.com/api/invoiceitems/create",
    ),
    billed(
        "a fee without a subscription",
        *monthly("a"),
        invoice("a", "2026-10-10", line(7500, "2026-10-10", "2026-10-10", FEE, parent=None, type=ITEM)),
        then=100,
        now=100,
    ),
    billed(
        "a change of a whole month",
        *monthly("a", last="2026-09"),
        invoice(
            "a",
            "2026-10-10",
            line(-10000, "2026-10-10", "2026-11-10", FEE, True),
            line(20000, "2026-10-10", "2026-11-10", FEE, True),
            line(10000, "2026-10-10", "2026-11-10"),
        ),
        then=100,
        now=200,
        source=PRORATIONS,
    ),
    billed(
        "an upgrade within a month",
        *monthly("a", last="2026-04"),
        invoice(
            "a",
            "2026-04-15",
            line(-8333, "2026-04-15", "2026-05-10", FEE, True),
            line(16666, "2026-04-15", "2026-05-10", FEE, True),
        ),
        *monthly("a", 20000, first="2026-05"),
        then=100,
        now=200,
        more={"2026-03": 100, "2026-04": 200, "2026-05": 200},
        source=PRORATIONS,
    ),
    billed(
        "an upgrade of which only the credit is there is asked",
        *monthly("a"),
        invoice("a", "2026-04-15", line(-8333, "2026-04-15", "2026-05-10", **old(ITEM, True))),
        then=100,
        now=100,
        asks=("invoices.service_starts_on",),
        source=PRORATIONS,
    ),
    billed(
        "the part of a first month",
        invoice("a", "2024-12-22", line(3226, "2024-12-22", "2025-01-01")),
        *monthly("a", first="2025-01", day=1),
        then=100,
        now=100,
        more={"2024-11": 0, "2024-12": 100, "2025-01": 100},
        source=PRORATIONS,
    ),
    billed(
        "one line of two weeks is asked",
        invoice("a", "2025-06-02", line(10000, "2025-06-02", "2025-06-16")),
        then=100,
        asks=ENDS,
    ),
    *[
        billed(
            f"{days} days at a time",
            *every(days),
            then=3650,
            now=3650,
            more={f"2026-{month:02d}": 3650 for month in range(1, 11)},
        )
        for days in (7, 14, 28, 30)
    ],
    billed(
        "two lines of 30 days are asked",
        invoice("a", "2025-06-02", line(10000, "2025-06-02", "2025-07-02"), line(10000, "2025-07-02", "2025-08-01")),
        then=100,
        asks=ENDS,
    ),
    billed(
        "tax in the amount",
        *monthly("a", 12000, taxes=[{"amount": 2000, "tax_behavior": "inclusive"}]),
        then=100,
        now=100,
    ),
    billed(
        "tax in the amount, before 2025-03-31",
        *monthly("a", 12000, tax_amounts=[{"amount": 2000, "inclusive": True}]),
        then=100,
        now=100,
    ),
    billed(
        "tax on top of the amount",
        *monthly("a", taxes=[{"amount": 2000, "tax_behavior": "exclusive"}]),
        then=100,
        now=100,
    ),
    billed("a discount of the line", *monthly("a", discount_amounts=[{"amount": 2500}]), then=75, now=75),
    billed(
        "draft and void are no claims",
        invoice("a", "2025-06-10", line(10000, "2025-06-10", "2025-07-10"), status="draft"),
        invoice("a", "2026-10-10", line(10000, "2026-10-10", "2026-11-10"), status="void"),
        source=STATUS,
    ),
    billed(
        "uncollectible is asked",
        *monthly("a"),
        invoice("b", "2026-10-10", line(10000, "2026-10-10", "2026-11-10"), status="uncollectible"),
        then=100,
        now=200,
        asks=AMOUNT,
        source=STATUS,
    ),
    billed(
        "open counts",
        invoice("a", "2026-10-10", line(10000, "2026-10-10", "2026-11-10"), status="open"),
        now=100,
        source=STATUS,
    ),
    billed(
        "amounts of KWD are thousandths",
        *monthly("a", 25000, currency="kwd"),
        then=25,
        now=25,
        unit=1000,
        source=CURRENCIES,
    ),
    billed(
        "amounts of JPY are whole units", *monthly("a", 25, currency="jpy"), then=25, now=25, unit=1, source=CURRENCIES
    ),
    billed(
        "an invoice has more lines",
        invoice("a", "2026-10-10", line(10000, "2026-10-10", "2026-11-10"), more_lines=True),
        now=100,
        asks=("invoices.line_id",),
        source=INVOICES,
    ),
    billed(
        "a page of invoices is missing",
        *monthly("a"),
        then=100,
        now=100,
        has_more=True,
        asks=("invoices.invoice_id",),
        source="https://docs.stripe.com/api/pagination",
    ),
    billed(
        "a deleted customer",
        *monthly("a", last="2026-03"),
        then=100,
        missing=("a",),
        source="https://docs.stripe.com/api/customers/delete",
    ),
]
