"""What the queries must find, by the slowest and plainest way: every account in every month, in plain Python.

A stretch is `(account, starts_on, ends_on or None, mrr as text)`. Months are integers, year × 12 + month − 1.
"""

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import strategies as st

FIRST, LAST = 2023 * 12 + 10, 2024 * 12 + 11  # 2023-11 to 2024-12
SEGMENTS = {"A": "S", "B": "S", "C": "L", "D": "L", "Z": "S"}
# Keeps the first month of the data where it is; never pays.
ANCHOR = ("Z", date(2023, 11, 1), date(2023, 11, 2), "0")


@st.composite
def _one(draw):
    month = draw(st.integers(FIRST, LAST))
    start = date(month // 12, month % 12 + 1, draw(st.sampled_from([1, 1, 2, 15, 28])))
    days = draw(st.sampled_from([None, 0, 3, 20, 31, 60, 92, 184, 366]))
    mrr = draw(st.sampled_from(["0", "100", "100", "50", "150.10", "0.01", "33.335", "999999.99"]))
    return draw(st.sampled_from("ABCD")), start, None if days is None else start + timedelta(days), mrr


stretches = st.lists(_one(), min_size=6, max_size=20).map(lambda rows: [ANCHOR, *rows])


def subscriptions_csv(rows) -> str:
    lines = [f"s{n},{who},{start},{end or ''},{mrr},USD" for n, (who, start, end, mrr) in enumerate(rows)]
    return "\n".join(["subscription_id,account_id,starts_on,ends_on,mrr,currency", *lines])


def accounts_csv(segments) -> str:
    return "\n".join(["account_id,name,segment", *(f"{who},name of {who},{seg}" for who, seg in segments.items())])


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def cents(mrr: str) -> int:
    return int((Decimal(mrr) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def level(rows, account: str, month: int) -> int:
    """MRR at the month's end: the stretches with month(starts_on) ≤ month < month(ends_on)."""
    return sum(
        cents(mrr)
        for who, start, end, mrr in rows
        if who == account and _month(start) <= month and (end is None or month < _month(end))
    )


def ledger(rows, last: int) -> list[dict]:
    """One row per account and month in which its MRR changed."""
    found = []
    for account in SEGMENTS:
        before, first, lost, cohort = 0, 0, False, None
        for month in range(FIRST, last + 1):
            now = level(rows, account, month)
            if now == before:
                continue
            if cohort is None:
                movement, cohort, first = "new", month, now
            elif before == 0:
                movement = "reactivation"
            elif now == 0:
                movement = "churn"
            else:
                movement = "expansion" if now > before else "contraction"
            found.append(
                {
                    "account": account,
                    "cohort_no": cohort,
                    "month_no": month,
                    "movement": movement,
                    "change_cents": now - before,
                    "capped_change_cents": min(now, first) - min(before, first),
                    "n_first_lost": int(now == 0 and not lost),
                }
            )
            lost, before = lost or now == 0, now
    return found


def month_row(rows, month: int) -> dict:
    """The movement table's row of one month, from the levels of all accounts."""
    row = Counter()
    for account in SEGMENTS:
        row["opening_cents"] += level(rows, account, month - 1)
        row["closing_cents"] += level(rows, account, month)
        row["n_opening"] += level(rows, account, month - 1) > 0
        row["n_closing"] += level(rows, account, month) > 0
    counted = {"new": "n_new", "churn": "n_churned", "reactivation": "n_reactivated"}
    for change in ledger(rows, month):
        if change["month_no"] == month:
            row[f"{change['movement']}_cents"] += abs(change["change_cents"])
            row[counted.get(change["movement"], "other")] += 1
    return row


def pair_sums(rows, month: int, lag: int, segment: str) -> dict:
    """Over the accounts in force `lag` months before: x their MRR then, y their MRR now, k the smaller of the two."""
    accounts = [account for account in SEGMENTS if SEGMENTS[account] == segment]
    pairs = [(level(rows, account, month - lag), level(rows, account, month)) for account in accounts]
    kept = [(x, y, min(x, y)) for x, y in pairs if x > 0]
    return {
        "n_opening": len(kept),
        "n_retained": sum(y > 0 for _, y, _ in kept),
        "opening_cents": sum(x for x, _, _ in kept),
        "closing_cents": sum(y for _, y, _ in kept),
        "kept_cents": sum(k for _, _, k in kept),
        "xx": sum(x * x for x, _, _ in kept),
        "xy": sum(x * y for x, y, _ in kept),
        "yy": sum(y * y for _, y, _ in kept),
        "xk": sum(x * k for x, _, k in kept),
        "kk": sum(k * k for _, _, k in kept),
    }


def point_to_point(rows, opening: int, closing: int) -> list[tuple]:
    """Accounts in force at either month's end: account, MRR at both, movement; the largest change first."""
    found = []
    for account in SEGMENTS:
        x, y = level(rows, account, opening), level(rows, account, closing)
        if x == y == 0:
            continue
        ever = any(level(rows, account, month) for month in range(FIRST, opening + 1))
        if x == 0:
            movement = "reactivation" if ever else "new"
        elif y == 0:
            movement = "churn"
        else:
            movement = "unchanged" if x == y else "expansion" if y > x else "contraction"
        found.append((account, x, y, movement))
    return sorted(found, key=lambda row: (-abs(row[2] - row[1]), row[0]))
