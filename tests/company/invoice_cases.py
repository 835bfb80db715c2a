"""Invoice lines with the MRR that they come to, worked out by hand, for every engine."""

from itertools import pairwise

# Mondays, the ends and starts of weeks.
WEEKS = [f"2024-{day}" for day in ("01-08", "01-15", "01-22", "01-29", "02-05", "02-12", "02-19", "02-26", "03-04")]
MONDAYS = [f"2024-{day}" for day in ("02-05", "03-04", "04-01", "04-29", "05-27", "06-24")]
QUARTERS = [f"2024-{day}" for day in ("01-02", "04-02", "07-02", "10-01", "12-31")]
# One account a case: its lines, and its MRR in the months in which it is not 0.
CASES = {
    "a monthly line": (["2024-03-15, 2024-03-15, 2024-04-15, 30"], {3: 3000}),
    "an annual line": (["2024-01-01, 2024-01-01, 2025-01-01, 1200"], dict.fromkeys(range(1, 13), 10000)),
    # Whole months are counted from the first day's month up to, not including, that of the first day not served.
    "over a short month": (["2024-02-10, 2024-01-31, 2024-02-29, 10"], {1: 1000}),
    "a quarter from the 15th": (["2024-02-10, 2024-01-15, 2024-04-15, 30"], {1: 1000, 2: 1000, 3: 1000}),
    # A week within a month is that month's; so are two days over the end of one.
    "a week": (["2024-01-05, 2024-01-08, 2024-01-15, 7"], {1: 700}),
    "over the month's end": (["2024-01-05, 2024-01-31, 2024-02-02, 7"], {1: 700}),
    "no days": (["2024-01-05, 2024-01-31, 2024-01-31, 7"], {1: 700}),
    # Without a period it is the month of the invoice; without an end, one month.
    "no period": (["2024-02-10, , , 5"], {2: 500}),
    "no end": (["2024-02-10, 2024-03-31, , 5"], {3: 500}),
    # 100 / 3 to the nearest cent, and half a cent away from zero.
    "thirds": (["2024-02-10, 2024-01-01, 2024-04-01, 100"], {1: 3333, 2: 3333, 3: 3333}),
    "half a cent": (["2024-02-10, 2024-01-01, 2024-03-01, 0.05"], {1: 3, 2: 3}),
    "lines of one period add up first": (["2024-02-10, 2024-01-01, 2024-03-01, 0.05"] * 2, {1: 5, 2: 5}),
    "overlapping lines": (
        ["2024-01-01, 2024-01-01, 2024-04-01, 30", "2024-02-01, 2024-02-01, 2024-03-01, 5"],
        {1: 1000, 2: 1500, 3: 1000},
    ),
    "a credit for two months": (
        ["2024-01-01, 2024-01-01, 2024-05-01, 400", "2024-02-20, 2024-03-01, 2024-05-01, -100, , credit_note"],
        {1: 10000, 2: 10000, 3: 5000, 4: 5000},
    ),
    "a refund in its month": (
        ["2024-01-01, 2024-01-01, 2024-04-01, 300", "2024-02-20, , , -100, , refund"],
        {1: 10000, 3: 10000},
    ),
    "a credit of its own product, and no more than there is": (
        [
            "2024-01-01, 2024-01-01, 2024-03-01, 200, Base",
            "2024-01-01, 2024-01-01, 2024-03-01, 20, Extra",
            "2024-02-01, , , -30, Extra, refund",
        ],
        {1: 11000, 2: 10000},
    ),
    "cancelled in full": (["2024-01-02, 2024-01-02, 2024-02-02, 50", "2024-01-09, , , -50, , refund"], {}),
    "one-time and tax": (
        ["2024-01-01, , , 30, , subscription", "2024-01-01, , , 500, , one_time", "2024-01-01, , , 106, , tax"],
        {1: 3000},
    ),
    "a renewal": (
        [f"2024-0{n}-10, 2024-0{n}-10, 2024-0{n + 1}-10, 30" for n in range(1, 4)],
        dict.fromkeys([1, 2, 3], 3000),
    ),
    "a gap": (["2024-01-01, , , 30", "2024-03-05, , , 40"], {1: 3000, 3: 4000}),
    "annual, cut short in June": (
        ["2024-01-01, 2024-01-01, 2025-01-01, 1200", "2024-06-15, 2024-07-01, 2025-01-01, -600, , credit_note"],
        dict.fromkeys(range(1, 7), 10000),
    ),
    # A cycle of days is amount × 365 ÷ 12 ÷ days in every month at whose end it is served.
    "every week": ([f"{day}, {day}, {end}, 7, Week" for day, end in pairwise(WEEKS)], {1: 3042, 2: 3042}),
    "every 30 days, without a period": (
        [f"2024-{day}, , , 36, Thirty" for day in ("01-01", "01-31", "03-01", "03-31")],
        dict.fromkeys([1, 2, 3], 3650),
    ),
    "every week at a higher price": (
        [f"{day}, {day}, {end}, {7 + n // 4 * 7}, Weekly" for n, (day, end) in enumerate(pairwise(WEEKS))],
        {1: 3042, 2: 6083},
    ),
    # 280 × 365 ÷ 12 ÷ 28 until the customer goes over to months; no month is without a line, and none has two.
    "every four weeks, then every month": (
        [f"{day}, {day}, {end}, 280, Four" for day, end in pairwise(["2024-01-08", *MONDAYS])]
        + [f"2024-{m:02d}-24, 2024-{m:02d}-24, 2024-{m + 1:02d}-24, 300, Four" for m in range(6, 9)],
        dict.fromkeys(range(1, 6), 30417) | dict.fromkeys(range(6, 9), 30000),
    ),
    "every 13 weeks": (
        [f"{day}, {day}, {end}, 910, Thirteen" for day, end in pairwise(QUARTERS)],
        dict.fromkeys(range(1, 12), 30417),
    ),
    # The rest of a period that is billed already, and the part before a first one, count as a month of them.
    "an upgrade within a month": (
        [
            "2024-03-01, 2024-03-01, 2024-04-01, 100",
            "2024-03-16, 2024-03-16, 2024-04-01, -51.61",
            "2024-03-16, 2024-03-16, 2024-04-01, 103.23",
            "2024-04-01, 2024-04-01, 2024-05-01, 200",
        ],
        {3: 20000, 4: 20000},
    ),
    "a downgrade that the next line does not know yet": (
        ["2024-03-01, 2024-03-01, 2024-04-01, 310", "2024-03-22, 2024-03-22, 2024-04-01, -50"],
        {3: 15500},
    ),
    "an upgrade within a year": (
        ["2024-01-01, 2024-01-01, 2025-01-01, 1200", "2024-06-16, 2024-06-16, 2025-01-01, 652.46"],
        dict.fromkeys(range(1, 6), 10000) | dict.fromkeys(range(6, 13), 20000),
    ),
    # The half cents by which the amounts are rounded are a month's only once, and never MRR of their own.
    "two upgrades within a month": (
        [
            "2024-03-01, 2024-03-01, 2024-04-01, 100",
            "2024-03-11, 2024-03-11, 2024-04-01, 67.74",
            "2024-03-21, 2024-03-21, 2024-04-01, 35.48",
            "2024-04-01, 2024-04-01, 2024-05-01, 300",
        ],
        {3: 30000, 4: 30000},
    ),
    "up, and down again": (
        [
            "2024-03-01, 2024-03-01, 2024-04-01, 49",
            "2024-03-11, 2024-03-11, 2024-04-01, 33.19",
            "2024-03-25, 2024-03-25, 2024-04-01, -11.06",
        ],
        {3: 4900},
    ),
    "to another product of the same price": (
        [
            "2024-03-01, 2024-03-01, 2024-04-01, 100, Old",
            "2024-03-16, 2024-03-16, 2024-04-01, -51.61, Old",
            "2024-03-16, 2024-03-16, 2024-04-01, 51.61, New",
            "2024-04-01, 2024-04-01, 2024-05-01, 100, New",
        ],
        {3: 10000, 4: 10000},
    ),
    "an upgrade on the day of the month, by days": (
        [
            "2024-01-10, 2024-01-10, 2024-04-10, 300",
            "2024-02-10, 2024-02-10, 2024-04-10, 197.80",
            "2024-04-10, 2024-04-10, 2024-07-10, 600",
        ],
        {1: 10000} | dict.fromkeys(range(2, 7), 20000),
    ),
    "a part before the first month": (
        ["2024-01-22, 2024-01-22, 2024-02-01, 32.26", "2024-02-01, 2024-02-01, 2024-03-01, 100"],
        {1: 10000, 2: 10000},
    ),
    "six weeks before the first month": (
        ["2024-01-15, 2024-01-15, 2024-03-01, 150", "2024-03-01, 2024-03-01, 2024-04-01, 100"],
        dict.fromkeys(range(1, 4), 10000),
    ),
    "eleven weeks before the first quarter": (
        ["2024-01-15, 2024-01-15, 2024-04-01, 250", "2024-04-01, 2024-04-01, 2024-07-01, 300"],
        dict.fromkeys(range(1, 7), 10000),
    ),
    # From the 30th of January a month goes to the 1st of March where there is no 30th of February.
    "a month that skips February's end": (
        ["2024-01-30, 2024-01-30, 2024-03-01, 100", "2024-03-01, 2024-03-01, 2024-04-01, 100"],
        dict.fromkeys(range(1, 4), 10000),
    ),
    # Months that begin on a last day end on another one; a rise after them is none before it.
    "a higher price after months from the 31st": (
        ["2024-03-31, 2024-03-31, 2024-04-30, 100", "2024-04-30, 2024-04-30, 2024-05-31, 105"],
        {3: 10000, 4: 10500},
    ),
}

# The euro falls by half within the twelve months of the report of 2024-12, and by more after.
RATES = """
    currency,valid_from,rate
    EUR,2023-01-01,1.25
    EUR,2024-01-01,1.20
    EUR,2024-06-01,0.60
    EUR,2025-01-01,0.01
    JPY,2024-03-01,0.0066125
"""
