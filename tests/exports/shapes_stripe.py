"""Shapes of Stripe's list of subscriptions."""

from shapes import PLAIN, Shape, epoch, listed

API = "https://docs.stripe.com/api/subscriptions/object"
PRICES = "https://docs.stripe.com/api/prices/object"
CURRENCIES = "https://docs.stripe.com/currencies"
GLOSSARY = "https://docs.stripe.com/billing/subscriptions/analytics/glossary"
PAUSE = "https://docs.stripe.com/billing/subscriptions/pause-payment"
CYCLE = "https://stripe.com/docs/subscriptions/billing-cycle"
COUPONS = "https://support.stripe.com/questions/billing-analytics"


def item(name: str, amount=10000, quantity=1, interval="month", count=1, usage="licensed", **others) -> dict:
    """An item of a subscription; `others` beginning with price_ go into its price."""
    price = {key.removeprefix("price_"): value for key, value in others.items() if key.startswith("price_")}
    found = {
        "id": f"si_{name}",
        "price": {
            "product": f"prod_{name}",
            "billing_scheme": "per_unit",
            "unit_amount_decimal": None if amount is None else str(amount),
            "recurring": {"interval": interval, "interval_count": count, "usage_type": usage},
            **price,
        },
        **{key: value for key, value in others.items() if not key.startswith("price_")},
    }
    return found | ({"quantity": quantity} if quantity is not None else {})


def sub(name: str, *items: dict, status="active", currency="usd", start="2024-02-01", **others) -> dict:
    days = {key: epoch(value) for key, value in others.items() if isinstance(value, str) and value[:2] == "20"}
    return {
        "id": f"sub_{name}",
        "customer": f"cus_{name}",
        "status": status,
        "currency": currency,
        "created": epoch(start),
        "start_date": epoch(start),
        "items": {"data": list(items) or [item(name)]},
        **others,
        **days,
    }


def customer(name: str) -> dict:
    return {"id": f"cus_{name}", "name": name, "metadata": {"segment": "S"}, "address": {"country": "US"}}


def stripe(
    name: str, *subs: dict, then=0.0, now=0.0, asks=(), source=API, unit=100, missing=(), has_more=False
) -> Shape:
    """`then` and `now`: what the customers beside the plain ones pay in June 2025 and in October 2026."""
    currency = subs[0]["currency"]
    plain = [
        sub(f"p{n}", item(f"p{n}", 100 * unit), currency=currency, start=f"2024-01-{n + 1:02}") for n in range(PLAIN)
    ]
    names = dict.fromkeys(each["customer"].removeprefix("cus_") for each in [*plain, *subs])
    return Shape(
        f"Stripe: {name}",
        "stripe_subscriptions",
        source,
        {
            "subscriptions-1.json": listed([*plain, *subs], has_more=has_more)[0],
            "customers-1.json": listed([customer(each) for each in names if each not in missing])[0],
        },
        mrr={"2025-06": 100 * PLAIN + then, "2026-10": 100 * PLAIN + now},
        asks=asks,
        currency=currency.upper(),
    )


MRR, ENDS, STARTS = ("subscriptions.mrr",), ("subscriptions.ends_on",), ("subscriptions.starts_on",)


def coupon(duration: str, start="2024-02-01", **off) -> dict:
    return {"start": epoch(start), "coupon": {"duration": duration, **off}}


def tiers(*rows: tuple) -> list[dict]:
    return [{"up_to": to, "unit_amount": amount, "flat_amount": flat} for to, amount, flat in rows]


def tiered(mode: str, quantity: int, *rows: tuple) -> dict:
    expanded = {"price_tiers": tiers(*rows)} if rows else {}
    return item("a", None, quantity, price_billing_scheme="tiered", price_tiers_mode=mode, **expanded)


def in_currency(code: str, amount: int, unit: int) -> Shape:
    """25 units of the currency a month."""
    worth = {1000: "thousandths", 100: "hundredths", 1: "whole units"}[unit]
    one = sub("a", item("a", amount), currency=code)
    return stripe(f"amounts of {code.upper()} are {worth}", one, then=25, now=25, source=CURRENCIES, unit=unit)


STATUSES = [
    stripe("past_due counts", sub("a", status="past_due"), then=100, now=100, source=GLOSSARY),
    stripe(
        "unpaid has left",
        sub("a", status="unpaid", current_period_start="2026-09-01"),
        then=100,
        asks=ENDS,
        source=GLOSSARY,
    ),
    stripe(
        "unpaid has left, the period stands on the item",
        sub("a", item("a", current_period_start=epoch("2026-09-01")), status="unpaid"),
        then=100,
        asks=ENDS,
        source=GLOSSARY,
    ),
    stripe("incomplete never began", sub("a", status="incomplete")),
    stripe("incomplete_expired never began", sub("a", status="incomplete_expired")),
    stripe(
        "paused when the trial ended never paid",
        sub("a", status="paused", trial_start="2024-02-01", trial_end="2024-02-15"),
    ),
    stripe(
        "paused after a later trial paid until then",
        sub("a", status="paused", trial_start="2026-03-01", trial_end="2026-04-01"),
        then=100,
        asks=MRR,
    ),
    stripe(
        "trialing pays nothing",
        sub("a", status="trialing", start="2026-10-20", trial_start="2026-10-20", trial_end="2026-11-20"),
    ),
    stripe(
        "a trial, and then the price", sub("a", trial_start="2024-02-01", trial_end="2024-03-01"), then=100, now=100
    ),
    stripe(
        "a trial that was called off",
        sub(
            "a",
            status="canceled",
            trial_start="2024-02-01",
            trial_end="2024-03-01",
            canceled_at="2024-02-10",
            ended_at="2024-02-10",
        ),
    ),
    stripe(
        "a trial moves the billing day",
        sub("a", start="2023-03-05", trial_start="2026-06-05", trial_end="2026-07-01"),
        then=100,
        now=100,
        asks=MRR,
        source=CYCLE,
    ),
    stripe(
        "a free month is given later",
        sub("a", start="2025-01-05", trial_start="2026-03-20", trial_end="2026-04-20"),
        then=100,
        now=100,
        asks=MRR,
        source=CYCLE,
    ),
    stripe(
        "a later trial goes on now",
        sub("a", status="trialing", start="2023-03-05", trial_start="2026-10-05", trial_end="2026-11-01"),
        then=100,
        now=100,
        asks=MRR,
        source=CYCLE,
    ),
    stripe("cancel_at is a day to come", sub("a", canceled_at="2026-09-01", cancel_at="2026-12-01"), then=100, now=100),
    stripe(
        "ended_at is the end, canceled_at the notice",
        sub("a", status="canceled", canceled_at="2025-04-01", ended_at="2026-05-01"),
        then=100,
    ),
    *(
        stripe(
            f"collection is paused ({behavior})",
            sub("a", pause_collection={"behavior": behavior}),
            then=100,
            now=100,
            asks=MRR,
            source=PAUSE,
        )
        for behavior in ("void", "keep_as_draft", "mark_uncollectible")
    ),
]

ITEMS = [
    stripe("two items", sub("a", item("a"), item("b", 5000)), then=150, now=150),
    stripe("a quantity of five", sub("a", item("a", quantity=5)), then=500, now=500),
    stripe("a quarter", sub("a", item("a", 30000, count=3)), then=100, now=100),
    stripe("a half year", sub("a", item("a", 30000, count=6)), then=50, now=50),
    stripe("a year", sub("a", item("a", 120000, interval="year")), then=100, now=100),
    stripe("two years", sub("a", item("a", 240000, interval="year", count=2)), then=100, now=100),
    stripe("a week", sub("a", item("a", 7000, interval="week")), then=303.33, now=303.33),
    stripe("two weeks", sub("a", item("a", 6000, interval="week", count=2)), then=130, now=130),
    stripe("thirty days", sub("a", item("a", 6000, interval="day", count=30)), then=60.83, now=60.83),
    stripe(
        "a unit price of 0.0000004 dollars", sub("a", item("a", "0.00004", 200_000_000)), then=80, now=80, source=PRICES
    ),
    stripe(
        "packs of 100, begun ones count",
        sub("a", item("a", 1000, 450, price_transform_quantity={"divide_by": 100, "round": "up"})),
        then=50,
        now=50,
        source=PRICES,
    ),
    stripe(
        "packs of 100, full ones count",
        sub("a", item("a", 1000, 450, price_transform_quantity={"divide_by": 100, "round": "down"})),
        then=40,
        now=40,
        source=PRICES,
    ),
    stripe("metered alone", sub("a", item("a", 5000, None, usage="metered")), asks=MRR, source=GLOSSARY),
    stripe(
        "metered beside a price",
        sub("a", item("a"), item("b", 1, None, usage="metered")),
        then=100,
        now=100,
        asks=MRR,
        source=GLOSSARY,
    ),
    stripe("tiers that the list does not hold", sub("a", tiered("volume", 20)), asks=MRR, source=PRICES),
    stripe(
        "tiers by volume",
        sub("a", tiered("volume", 20, (10, 1000, 0), (None, 500, 1000))),
        then=110,
        now=110,
        source=PRICES,
    ),
    stripe(
        "tiers one after the other",
        sub("a", tiered("graduated", 25, (10, 1000, 0), (20, 500, 0), (None, 100, 500))),
        then=160,
        now=160,
        source=PRICES,
    ),
    stripe(
        "an item added later",
        sub("a", item("a", created=epoch("2024-02-01")), item("b", 40000, created=epoch("2026-03-01"))),
        then=100,
        now=500,
    ),
    stripe(
        "every item newer than its subscription",
        sub("a", item("a", created=epoch("2026-03-01"))),
        then=100,
        now=100,
        asks=STARTS,
    ),
    stripe(
        "a start put back, items newer than it",
        sub("a", item("a", created=epoch("2025-02-01")), start="2024-02-01", created="2025-02-01"),
        then=100,
        now=100,
    ),
    stripe(
        "a price in another currency",
        sub("a", item("a", 1500000, price_currency="jpy")),
        asks=MRR,
        source="https://docs.stripe.com/products-prices/manage-prices",
    ),
    stripe(
        "a price in another currency, with its options",
        sub(
            "a",
            item("a", 1500000, price_currency="jpy", price_currency_options={"usd": {"unit_amount_decimal": "10000"}}),
        ),
        then=100,
        now=100,
        source="https://docs.stripe.com/products-prices/manage-prices",
    ),
]

DISCOUNTS = [
    stripe("half price forever", sub("a", discount=coupon("forever", percent_off=50)), then=50, now=50, source=COUPONS),
    stripe(
        "$20 off forever, over two items",
        sub("a", item("a"), item("b", 10000), discount=coupon("forever", amount_off=2000)),
        then=180,
        now=180,
        source=COUPONS,
    ),
    stripe(
        "half price forever since March 2026",
        sub("a", discount=coupon("forever", "2026-03-01", percent_off=50)),
        then=100,
        now=50,
        source=COUPONS,
    ),
    stripe("half price once", sub("a", discount=coupon("once", percent_off=50)), then=100, now=100, source=COUPONS),
    stripe(
        "half price for three months",
        sub("a", discount=coupon("repeating", percent_off=50)),
        then=100,
        now=100,
        source=COUPONS,
    ),
    stripe(
        "two discounts in the list",
        sub("a", discounts=[coupon("forever", percent_off=50), coupon("forever", percent_off=20)]),
        then=40,
        now=40,
        source=COUPONS,
    ),
    stripe(
        "a discount of an item",
        sub("a", item("a", discounts=[coupon("forever", percent_off=10)]), item("b")),
        then=190,
        now=190,
        source=COUPONS,
    ),
    stripe(
        "a discount of which only the id is listed",
        sub("a", discounts=["di_1"]),
        then=100,
        now=100,
        asks=MRR,
        source=COUPONS,
    ),
    stripe(
        "a discount whose coupon is listed as its source",
        sub(
            "a",
            discounts=[
                {"start": epoch("2024-02-01"), "source": {"coupon": {"duration": "forever", "percent_off": 25}}}
            ],
        ),
        then=75,
        now=75,
        source=COUPONS,
    ),
    stripe(
        "a discount whose coupon is listed by id",
        sub("a", discounts=[{"start": epoch("2024-02-01"), "source": {"coupon": "co_1"}}]),
        then=100,
        now=100,
        asks=MRR,
        source=COUPONS,
    ),
]

LISTS = [
    *(in_currency(code, 25000, 1000) for code in ("bhd", "jod", "kwd", "omr", "tnd")),
    *(
        in_currency(code, 25, 1)
        for code in (
            "bif",
            "clp",
            "djf",
            "gnf",
            "jpy",
            "kmf",
            "krw",
            "mga",
            "pyg",
            "rwf",
            "vnd",
            "vuv",
            "xaf",
            "xof",
            "xpf",
        )
    ),
    *(in_currency(code, 2500, 100) for code in ("eur", "isk", "ugx", "huf", "twd")),
    stripe(
        "two currencies and no rates",
        sub("a"),
        sub("b", currency="eur"),
        asks=("subscriptions.currency",),
        source=CURRENCIES,
    ),
    stripe(
        "a deleted customer",
        sub("a", status="canceled", ended_at="2026-04-01"),
        then=100,
        missing=("a",),
        source="https://docs.stripe.com/api/customers/delete",
    ),
    stripe(
        "a page of customers is missing",
        sub("a"),
        then=100,
        now=100,
        missing=("a",),
        asks=("accounts.account_id",),
        source="https://docs.stripe.com/api/pagination",
    ),
    stripe(
        "a page of subscriptions is missing",
        sub("a"),
        then=100,
        now=100,
        has_more=True,
        asks=("subscriptions.subscription_id",),
        source="https://docs.stripe.com/api/pagination",
    ),
]

SHAPES = [*STATUSES, *ITEMS, *DISCOUNTS, *LISTS]
