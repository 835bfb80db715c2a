"""What the schema declares, the SQL contract holds: a table with one value that is not as declared is complained of."""

import pandas as pd
import pytest
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS
from writing import write_source

from helpers import sources
from helpers.errors import Refused
from helpers.sources import contract, schema

DAY = pd.Timestamp

# Table, column, and the value that its first row gets instead.
ONE_VALUE = [
    # A value that is needed is missing.
    ("accounts", "account_id", None),
    ("accounts", "name", None),
    ("subscriptions", "starts_on", pd.NaT),
    ("subscriptions", "mrr", float("nan")),
    ("subscriptions", "currency", None),
    ("surveys", "asked_on", pd.NaT),
    ("onboarding", "updated_on", pd.NaT),
    ("usage", "n_active_users", pd.NA),
    ("tickets", "priority", pd.NA),
    ("programs", "program", None),
    ("touches", "stage", None),
    ("opportunities", "status", None),
    ("advocacy", "requested_on", pd.NaT),
    ("changes", "kind", None),
    # Below or above what it can be.
    ("accounts", "annual_cost", -0.01),
    ("accounts", "n_buying_group", -1),
    ("subscriptions", "mrr", -0.01),
    ("subscriptions", "n_seats", -1),
    ("surveys", "score", 11.0),
    ("surveys", "score", -1.0),
    ("surveys", "score", 6.5),
    ("onboarding", "planned_cost", -1.0),
    ("usage", "n_licensed_seats", -1),
    ("tickets", "priority", 0),
    ("tickets", "priority", 5),
    ("programs", "cost_per_touch", -1.0),
    ("opportunities", "mrr", -1.0),
    ("advocacy", "rating", 5.5),
    ("advocacy", "rating", 0.5),
    # None of the allowed words.
    ("subscriptions", "lost_to", "nobody"),
    ("surveys", "survey", "nps"),
    ("tickets", "category", "howto"),
    ("programs", "owner", "legal"),
    ("touches", "stage", "Onboarding"),
    ("opportunities", "kind", "upsell"),
    ("opportunities", "sourced_by", "luck"),
    ("advocacy", "kind", "call"),
    ("changes", "kind", "weather"),
    # In the wrong order.
    ("subscriptions", "ends_on", DAY("2023-12-31")),
    ("surveys", "answered_on", DAY("2023-12-31")),
    ("tickets", "closed_on", DAY("2023-12-31")),
    ("programs", "ends_on", DAY("2023-12-31")),
    ("opportunities", "closed_on", DAY("2023-12-31")),
    ("advocacy", "done_on", DAY("2023-12-31")),
    ("changes", "happened_on", DAY("2024-12-31")),
    # Not the first day of a month; a second currency.
    ("usage", "month", DAY("2024-06-15")),
    ("subscriptions", "currency", "EUR"),
]
# Table, column, and text that cannot be read as its type.
UNREADABLE = [
    ("subscriptions", "starts_on", "soon"),
    ("subscriptions", "mrr", "free"),
    ("usage", "month", "June"),
    ("usage", "n_active_users", "many"),
    ("surveys", "score", "ten"),
    ("touches", "is_randomized", "perhaps"),
]


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valid")
    tables = sources.open(write_source(folder, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, **OTHERS), "2024-07")
    return {name: tables.frame(name) for name in tables.names}


@pytest.fixture
def complaints(valid, tmp_path):
    """What is complained of when one table is not what it should be."""

    def of(name: str, frame: pd.DataFrame) -> bool:
        others = {key: valid[key] for key in ("accounts", "subscriptions")}
        return bool(faults(write_source(tmp_path, **others | {name: frame}), name))

    return of


def faults(file, name: str) -> list[contract.Fault]:
    try:
        found = sources.connect(file).faults()
    except Refused as refused:
        assert f"table {name}" in str(refused)
        return [refused]
    return [fault for fault in found if fault.table == name]


def instead(frame: pd.DataFrame, column: str, value) -> pd.DataFrame:
    changed = frame.copy()
    changed.loc[0, column] = value
    return changed


def test_nobody_complains_of_tables_as_they_should_be(valid, complaints):
    assert {name: complaints(name, frame) for name, frame in valid.items()} == dict.fromkeys(schema.CORE, False)


@pytest.mark.slow
@pytest.mark.parametrize("name, column, value", ONE_VALUE)
def test_the_contract_complains_of_a_wrong_value(valid, complaints, name, column, value):
    assert complaints(name, instead(valid[name], column, value))


@pytest.mark.parametrize("name, column, value", UNREADABLE)
def test_the_contract_complains_of_a_value_that_cannot_be_read(valid, complaints, name, column, value):
    text = valid[name].astype({column: "object"})
    assert complaints(name, instead(text, column, value))


@pytest.mark.parametrize("name", schema.CORE)
def test_the_contract_complains_of_a_row_that_stands_twice(valid, complaints, name):
    frame = valid[name]
    assert complaints(name, pd.concat([frame, frame.head(1)], ignore_index=True))


@pytest.mark.parametrize(
    "name, column",
    [
        ("accounts", "segment"),
        ("subscriptions", "mrr"),
        ("usage", "month"),
        ("tickets", "opened_on"),
        ("changes", "kind"),
    ],
)
def test_the_contract_complains_of_a_column_that_is_missing(valid, complaints, name, column):
    assert complaints(name, valid[name].drop(columns=column))


@pytest.mark.parametrize(
    "name, column", [("accounts", "industry"), ("subscriptions", "ends_on"), ("onboarding", "went_live_on")]
)
def test_neither_complains_of_an_optional_column_that_is_missing(valid, complaints, name, column):
    assert complaints(name, valid[name].drop(columns=column)) is False
