"""An export as it comes: other column names, US dates, semicolons, Latin-1, and more than twenty planted faults.

The company behind it is a sample company without any fault; everything wrong with it is planted here, and counted.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from helpers.sample import company as sample

UNTIL = pd.Timestamp("2026-10-31")


@dataclass(frozen=True)
class Planted:
    """A fault (`is_legal`: a doubt): in which table and column of ours, how many rows, and what stands in the first."""

    table: str
    column: str
    says: str
    n_rows: int
    first: str
    is_legal: bool = False


PLANTED = (
    Planted("accounts", "account_id", "account_id is missing", 1, "account_id=(empty)"),
    Planted("accounts", "name", "name is missing", 2, "name=(empty)"),
    Planted("accounts", "segment", "one label spelt in more than one way", 5, "'SMB'", True),
    Planted("accounts", "name", "the same name under more than one id", 2, "name=Twice Müller GmbH", True),
    Planted("accounts", "account_id", "ids that differ only in zeros", 2, "account_id=00006", True),
    Planted("subscriptions", "subscription_id, starts_on", "a duplicate key", 2, "subscription_id=twice"),
    Planted("subscriptions", "account_id", "unknown account", 3, "account_id=90001"),
    Planted("subscriptions", "mrr", "is negative", 2, "mrr=-50.00"),
    Planted("subscriptions", "mrr", "cannot be read as an amount", 1, "mrr=n/a"),
    Planted("subscriptions", "starts_on", "cannot be read as a date", 1, "starts_on=02/30/2026"),
    Planted("subscriptions", "ends_on", "the end is before the start", 1, "ends_on=2025-02-01"),
    Planted("subscriptions", "currency", "two currencies", 4, "currency=EUR"),
    Planted("subscriptions", "starts_on", "a day that means none", 1, "starts_on=1900-01-01", True),
    Planted("subscriptions", "starts_on", "an earlier stretch of the same product", 2, "subscription_id=overlap", True),
    Planted("subscriptions", "ends_on", "ends on the day it starts", 1, "subscription_id=sameday", True),
    Planted("subscriptions", "lost_to", "but has no end", 2, "lost_to=competitor", True),
    Planted("subscriptions", "cancelled_on", "notice was given", 1, "cancelled_on=2026-03-10", True),
    Planted("subscriptions", "mrr", "12 or 100 times the term before it", 1, "subscription_id=annual", True),
    Planted("surveys", "score", "is above 10", 3, "score=11"),
    Planted("surveys", "score", "every ask of this survey was answered", 1, "survey=nps_transactional", True),
    Planted("usage", "month", "not the first day of a month", 5, "month=2026-05-15"),
    Planted("usage", "month", "after the account's last subscription had ended", 3, "n_active_users=7", True),
    Planted("tickets", "category", "is none of", 2, "category=misc"),
    Planted("tickets", "opened_on", "cannot be read as a date", 4, "opened_on=14.03.2026"),
    Planted("tickets", "opened_on", "dates in more than one style", 4, "opened_on=14.03.2026", True),
    Planted("tickets", "opened_on", "after today", 2, "opened_on=2031-01-09", True),
    Planted("tickets", "opened_on", "less than a tenth of the usual rows", 0, "2025-08: 1 row", True),
    Planted("tickets", "ticket_id", "a blank at an end of the id", 1, "ticket_id='T", True),
    Planted("opportunities", "status", "a renewal was lost, but no subscription", 1, "opportunity_id=lost-deal", True),
)


def write(folder: Path, accounts: int = 150, seed: int = 11) -> None:
    """Write six files, as a CRM, a billing tool, a survey tool and a help desk would, and what is wrong with them."""
    tables, _ = sample.company(accounts, seed)
    tables = {name: _numbered(table) for name, table in tables.items()}
    steady = _steady(tables["subscriptions"])
    _customers(tables["accounts"], steady).to_csv(
        folder / "customers.csv", sep=";", index=False, encoding="latin-1", errors="replace"
    )
    _contracts(tables["subscriptions"], steady).to_csv(folder / "contracts.csv", index=False)
    _responses(tables["surveys"]).to_csv(folder / "nps_responses.csv", index=False)
    _usage(tables["usage"], tables["subscriptions"]).to_csv(folder / "product_usage.csv", index=False)
    _cases(tables["tickets"]).to_csv(folder / "support_cases.csv", index=False)
    _deals(tables["opportunities"], steady).to_csv(folder / "deals.csv", index=False)


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Account numbers without the letter, so that 00042 and 42 can be told apart only as text."""
    table = table.copy()
    for column in {"account_id", "referred_account_id"} & set(table.columns):
        table[column] = table[column].str.removeprefix("A")
    return table


def _steady(subscriptions: pd.DataFrame) -> list[str]:
    """Accounts with one subscription that never ended: what is planted there breaks nothing else."""
    by_account = subscriptions.groupby("account_id")
    lone = by_account["subscription_id"].nunique().eq(1) & by_account["ends_on"].agg(lambda ends: ends.isna().any())
    return sorted(lone.index[lone])


def _customers(accounts: pd.DataFrame, steady: list[str]) -> pd.DataFrame:
    table = accounts[["account_id", "name", "segment", "industry", "region"]].reset_index(drop=True)
    small = table.index[table["segment"] == "SMB"]
    table.loc[small[:3], "segment"], table.loc[small[3:5], "segment"] = "smb", "S.M.B."
    big = table.index[table["segment"] == "Enterprise"]
    table.loc[big[:2], "name"] = "Twice Müller GmbH"
    table.loc[big[2:4], "name"] = None
    known = table["account_id"].iloc[5]
    extra = pd.DataFrame(
        [
            {"account_id": known.lstrip("0"), "name": "Shorter number", "segment": "SMB"},
            {"account_id": None, "name": "Nobody's number", "segment": "SMB"},
        ]
    )
    names = {
        "account_id": "Customer No",
        "name": "Company",
        "segment": "Tier",
        "industry": "Sector",
        "region": "Country",
    }
    return pd.concat([table, extra], ignore_index=True).rename(columns=names)


def _contracts(subscriptions: pd.DataFrame, steady: list[str]) -> pd.DataFrame:
    columns = [
        "subscription_id",
        "account_id",
        "product",
        "starts_on",
        "ends_on",
        "mrr",
        "currency",
        "n_seats",
        "cancelled_on",
        "lost_to",
    ]
    table = subscriptions[columns].reset_index(drop=True)
    for column in ("starts_on", "ends_on", "cancelled_on"):
        table[column] = pd.to_datetime(table[column]).dt.strftime("%m/%d/%Y")
    table["mrr"] = table["mrr"].map("{:.2f}".format)
    open_ones = table.index[table["ends_on"].isna() & table["account_id"].isin(steady)]
    table.loc[open_ones[:2], "lost_to"] = "competitor"
    table.loc[open_ones[2], "cancelled_on"] = "03/10/2026"
    free = iter(steady[10:])
    rows = [_contract("twice", next(free), "01/05/2024", "02/05/2024")] * 2
    rows += [_contract(f"nobody-{n}", f"9000{n}", "03/01/2025", "04/01/2025") for n in (1, 2, 3)]
    rows += [_contract(f"minus-{n}", next(free), "03/01/2025", "04/01/2025", "-50.00") for n in (1, 2)]
    rows += [
        _contract("not-known", next(free), "03/01/2025", "04/01/2025", "n/a"),
        _contract("no-such-day", next(free), "02/30/2026", "04/01/2026"),
        _contract("reversed", next(free), "03/01/2025", "02/01/2025"),
        _contract("default", next(free), "01/01/1900", "02/01/2024"),
        _contract("sameday", next(free), "03/03/2025", "03/03/2025"),
        _contract("annual", (payer := next(free)), "01/10/2024", "02/10/2024", "80.00"),
        _contract("annual", payer, "02/10/2024", "03/10/2024", "960.00"),
    ]
    rows += [_contract(f"euro-{n}", next(free), "03/01/2025", "04/01/2025", currency="EUR") for n in range(4)]
    for n in (1, 2):
        doubled = next(free)
        rows += [
            _contract(f"first-{n}", doubled, "01/05/2024", "06/05/2024"),
            _contract(f"overlap-{n}", doubled, "03/05/2024", "08/05/2024"),
        ]
    theirs = [
        "Contract No",
        "Customer No",
        "Plan",
        "Start Date",
        "End Date",
        "Monthly Fee",
        "Currency",
        "Seats",
        "Cancellation Date",
        "Churn Reason",
    ]
    return pd.concat([table, pd.DataFrame(rows, columns=columns)], ignore_index=True).set_axis(theirs, axis="columns")


def _contract(name: str, account: str, start: str, end: str, mrr: str = "40.00", currency: str = "USD") -> tuple:
    # A product of its own, so that it overlaps with nothing that the account has.
    return (
        name,
        account,
        f"Extra {name.partition('-')[2] if name.startswith(('first', 'overlap')) else name}",
        start,
        end,
        mrr,
        currency,
        1,
        None,
        None,
    )


def _responses(surveys: pd.DataFrame) -> pd.DataFrame:
    is_silent = (surveys["survey"] == "nps_transactional") & surveys["score"].isna()
    table = surveys[~is_silent & (surveys["survey"] != "purchase_regret")].reset_index(drop=True)
    answered = table.index[table["score"].notna()]
    table.loc[answered[:3], "score"] = 11
    return table.rename(
        columns={
            "response_id": "Response ID",
            "account_id": "Customer No",
            "contact_id": "Respondent",
            "survey": "Survey Type",
            "item": "Question",
            "asked_on": "Sent At",
            "answered_on": "Responded At",
            "score": "Score",
        }
    )


def _usage(usage: pd.DataFrame, subscriptions: pd.DataFrame) -> pd.DataFrame:
    table = usage.assign(month=pd.to_datetime(usage["month"]).dt.strftime("%Y-%m-%d")).reset_index(drop=True)
    table.loc[table.index[table["month"] == "2026-05-01"][:5], "month"] = "2026-05-15"
    last_end = subscriptions.groupby("account_id")["ends_on"].agg(
        lambda ends: pd.NaT if ends.isna().any() else ends.max()
    )
    gone = sorted(last_end.index[pd.to_datetime(last_end) < UNTIL - pd.Timedelta(days=90)])[:3]
    columns = [
        "account_id",
        "month",
        "n_active_users",
        "n_licensed_seats",
        "n_features_used",
        "n_help_searches",
        "n_failed_help_searches",
    ]
    late = pd.DataFrame([(account, "2026-10-01", 7, 9, 2, 1, 0) for account in gone], columns=columns)
    return pd.concat([table[columns], late], ignore_index=True).rename(
        columns={
            "account_id": "Customer No",
            "month": "Month",
            "n_active_users": "Active Users",
            "n_licensed_seats": "Licensed Seats",
            "n_features_used": "Features Used",
            "n_help_searches": "Help Searches",
            "n_failed_help_searches": "Failed Searches",
        }
    )


def _cases(tickets: pd.DataFrame) -> pd.DataFrame:
    table = tickets.reset_index(drop=True)
    for column in ("opened_on", "closed_on"):
        table[column] = pd.to_datetime(table[column]).dt.strftime("%Y-%m-%d")
    thin = table.index[table["opened_on"].str.startswith("2025-08")]
    table = table.drop(index=thin[1:]).reset_index(drop=True)
    away = table.index[table["opened_on"].str.startswith("2026-03")]
    table.loc[away[:4], ["opened_on", "closed_on"]] = ["14.03.2026", None]
    table.loc[away[4:6], ["opened_on", "closed_on"]] = ["2031-01-09", None]
    table.loc[away[6:8], "category"] = "misc"
    table.loc[away[8], "ticket_id"] += " "
    return table.rename(
        columns={
            "ticket_id": "Case Number",
            "account_id": "Customer No",
            "opened_on": "Opened",
            "closed_on": "Resolved",
            "category": "Type",
            "priority": "Severity",
        }
    )


def _deals(opportunities: pd.DataFrame, steady: list[str]) -> pd.DataFrame:
    table = opportunities[~opportunities["account_id"].isin(steady[:1])]
    lost = {
        "opportunity_id": "lost-deal",
        "account_id": steady[0],
        "kind": "renewal",
        "sourced_by": "sales",
        "created_on": "2025-09-01",
        "closed_on": "2025-12-01",
        "status": "lost",
        "mrr": 100.0,
    }
    return pd.concat([table, pd.DataFrame([lost])], ignore_index=True).rename(
        columns={
            "opportunity_id": "Deal ID",
            "account_id": "Customer No",
            "kind": "Deal Type",
            "sourced_by": "Sourced By",
            "created_on": "Created Date",
            "closed_on": "Close Date",
            "status": "Status",
            "mrr": "Monthly Amount",
            "lost_to": "Loss Reason",
        }
    )
