"""Whatever happens after the cut-off, in any table, changes no number of the report."""

import csv
import io
import random
import tempfile
from datetime import date, timedelta

import brute_force as plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from small_company import ACCOUNTS, AS_OF, OTHERS, SUBSCRIPTIONS
from writing import write_source

from helpers import sources
from helpers.ledger import movements
from helpers.sources import schema

LAST_DAY = date(2024, 6, 30)
KNOWN_ON = {
    "subscriptions": "starts_on",
    "surveys": "asked_on",
    "onboarding": "updated_on",
    "usage": "month",
    "tickets": "opened_on",
    "programs": "starts_on",
    "touches": "touched_on",
    "opportunities": "created_on",
    "advocacy": "requested_on",
    "changes": "detected_on",
}
# Date that may still come → what becomes known with it.
LATER = {
    "accounts": {"first_contact_on": []},
    "subscriptions": {"ends_on": ["lost_to"], "cancelled_on": []},
    "surveys": {"answered_on": ["score"]},
    "onboarding": {"went_live_on": ["actual_cost"], "first_value_on": []},
    "tickets": {"closed_on": []},
    "programs": {"ends_on": []},
    "opportunities": {"closed_on": ["status", "lost_to"]},
    "advocacy": {"done_on": ["rating", "referred_account_id"]},
}
VALUES = {
    "lost_to": ["", "competitor", "budget"],
    "score": ["", "0", "7", "10"],
    "actual_cost": ["", "1", "99999"],
    "status": ["open", "won", "lost"],
    "rating": ["", "1", "5"],
    "referred_account_id": ["", "A", "B"],
}


def rows_of(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO("\n".join(line.strip() for line in text.strip().splitlines()))))


def text_of(rows: list[dict]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def is_open(day: str) -> bool:
    """Not yet, as far as the last day of the report knows."""
    return day == "" or date.fromisoformat(day) > LAST_DAY


def afterwards(rng: random.Random) -> str:
    return str(LAST_DAY + timedelta(rng.randint(1, 150)))


def what_became_of(row: dict, table: str, rng: random.Random) -> dict:
    """The row as it may read later: what was still to come has come, moved, or been called off."""
    row = dict(row)
    if row.get("cancelled_on") and not is_open(row["cancelled_on"]):
        return row  # notice had been given, and with it the end was known
    for day, depends in LATER.get(table, {}).items():
        if day in row and is_open(row[day]):
            begun = row[KNOWN_ON[table]] if table in KNOWN_ON else ""
            row[day] = rng.choice(["", max(begun, afterwards(rng))])
            row |= {name: rng.choice(VALUES[name]) for name in depends if name in row}
    return row


def newcomer(row: dict, table: str, number: int, rng: random.Random) -> dict:
    """A row like this one that is known only afterwards."""
    first = str(date(2024, 7 + number, 1)) if table == "usage" else str(LAST_DAY + timedelta(1 + number))
    row = {**row, KNOWN_ON[table]: first}
    if table not in ("usage", "onboarding"):
        row[schema.key(table)[0]] = f"new{number}"
    ends = {name: rng.choice(["", str(date(2024, 12, 1 + number))]) for name in LATER.get(table, {}) if name in row}
    return row | ends


def later_on(tables: dict[str, str], rng: random.Random) -> dict[str, str]:
    """The same export made months later."""
    changed = {}
    for table, text in tables.items():
        rows = rows_of(text)
        older = [what_became_of(row, table, rng) for row in rows]
        if table == "accounts":
            newer = [{**rows[0], "account_id": "N", "name": "won later"}]
        else:
            newer = [newcomer(rng.choice(rows), table, number, rng) for number in range(rng.randint(1, 3))]
        if table == "subscriptions":
            newer.append({**newer[0], "subscription_id": "for N", "account_id": "N", "mrr": "70"})
        known = {tuple(row[name] for name in schema.key(table)) for row in older}
        newer = [row for row in newer if tuple(row[name] for name in schema.key(table)) not in known]
        changed[table] = text_of(rng.sample(older + newer, len(older + newer)))
    return changed


def numbers(tables: dict[str, str]) -> dict:
    """Everything that a report is made of."""
    with tempfile.TemporaryDirectory() as folder:
        opened = sources.open(write_source(folder, **tables), AS_OF)
        cube = movements.cube(opened)
        first, last = opened.coverage.first_month, opened.period.last
        found = {
            "cube": cube,
            "by month": movements.by_month(cube, first, last),
            "year on year": movements.year_on_year(opened),
            "quarter on quarter": movements.year_on_year(opened, lag=3),
            "moved": movements.moved(opened, last - 3, last),
        }
        return found | {name: opened.frame(name) for name in tables}


def assert_same(before: dict, after: dict):
    for name, frame in before.items():
        assert_frame_equal(frame, after[name], obj=name)


@pytest.fixture(scope="module")
def before():
    return numbers({"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, **OTHERS})


@given(st.integers(0, 10**6))
@settings(max_examples=4)
@pytest.mark.slow
def test_nothing_that_happens_later_changes_a_number_in_any_table(before, seed):
    tables = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, **OTHERS}
    assert_same(before, numbers(later_on(tables, random.Random(seed))))


@given(plain.stretches, st.integers(0, 10**6))
@settings(max_examples=6)
@pytest.mark.slow
def test_nothing_that_happens_later_to_a_subscription_changes_a_number(rows, seed):
    rng = random.Random(seed)
    found = rows_of(plain.subscriptions_csv(rows))
    for row in found:
        # Some gave notice, before or after the cut-off.
        row["cancelled_on"] = rng.choice(["", "", "2024-06-15", "2024-08-15"])
        row["lost_to"] = rng.choice(VALUES["lost_to"])
    tables = {"accounts": plain.accounts_csv(plain.SEGMENTS), "subscriptions": text_of(found)}
    assert_same(numbers(tables), numbers(later_on(tables, rng)))


def test_the_changes_are_changes():
    # Seen half a year later, the two exports differ in every table; so the tests above can fail.
    tables = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, **OTHERS}
    changed = later_on(tables, random.Random(1))
    for name in tables:
        assert sorted(map(str, rows_of(tables[name]))) != sorted(map(str, rows_of(changed[name]))), name
