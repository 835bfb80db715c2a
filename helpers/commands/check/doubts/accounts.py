"""Doubts about customers and what they do: duplicates, ids in two forms, use after the end, too good answers."""

from helpers.commands.check.doubts.core import LEAVE_OUT, Question, line, where
from helpers.sources import Tables, schema

_ENDED = """(select account_id, max(coalesce(ends_on, date '9999-12-31')) as last_end from _all_subscriptions
    group by account_id)"""
_FEW = 30


def questions(tables: Tables) -> list[Question]:
    """What is asked of accounts and of the tables about them."""
    return [*_twins(tables), _unsubscribed(), *_use(), *_answers(), *_deals(), *_blanks(tables)]


def _twins(tables: Tables) -> list[Question]:
    """Accounts that are probably one: the same name, or ids that differ by zeros, blanks or capitals only."""
    bare = "trim(leading '0' from lower(trim(account_id)))"
    named = """select name, account_id, segment from (select name, account_id, segment,
        min(account_id) over (partition by lower(trim(name))) as one,
        max(account_id) over (partition by lower(trim(name))) as other from _all_accounts where name <> account_id) as a
        where one <> other"""
    alike = f"""select same_id, account_id, name from (select account_id, name, same_id,
            min(account_id) over (partition by same_id) as one, max(account_id) over (partition by same_id) as other
        from (select account_id, name, {bare} as same_id from _all_accounts) as i) as a where one <> other"""
    one_form = line(tables, "accounts", "account_id", "lpad(trim({}), 5, '0')")
    why = "a customer under two ids looks like one that left and one that came"
    return [
        Question(
            "accounts",
            "name",
            named,
            "the same name under more than one id",
            why,
            "where they are one customer, map both ids to one; where they are two, leave them",
        ),
        Question(
            "accounts",
            "account_id",
            alike,
            "ids that differ only in zeros in front, blanks or capitals (00123, 123)",
            f"{why}, and rows of other tables find only one of them",
            f"write the id in one form in every table, such as {one_form}",
        ),
    ]


def _unsubscribed() -> Question:
    rows = """select a.account_id, a.name, a.segment from _all_accounts as a
        left join (select account_id from _all_subscriptions group by account_id) as s on s.account_id = a.account_id
        where s.account_id is null"""
    return Question(
        "accounts",
        "account_id",
        rows,
        "has no subscription",
        "these accounts count nowhere; so many of them mean prospects in the export, or ids that do not match",
        f"compare the ids of the two tables; where they are prospects, {LEAVE_OUT} or leave them",
        needs=("subscriptions",),
        share=1 / 3,
        at_least=5,
    )


def _use() -> list[Question]:
    after = f"""select u.account_id, u.month, u.n_active_users, e.last_end from _all_usage as u
        join {_ENDED} as e on e.account_id = u.account_id where u.n_active_users > 0 and u.month >= e.last_end"""
    return [
        Question(
            "usage",
            "month",
            after,
            "people used it after the account's last subscription had ended",
            "the subscription goes on in fact, or the usage belongs to another account",
            "check `ends_on` of these accounts, and how usage is matched to accounts",
            needs=("subscriptions",),
            columns=("n_active_users",),
        ),
        where(
            "usage",
            "n_active_users",
            "n_licensed_seats > 0 and n_active_users > 10 * n_licensed_seats",
            "more than 10 active users for each seat",
            "the share of seats in use is one of the signals of regret",
            "check whether visits were counted for users, or seats are missing",
            ("n_licensed_seats",),
        ),
    ]


def _answers() -> list[Question]:
    """Every ask answered, or scores that never leave 1–5: what an export does, not what customers do."""
    asked = """select survey, n_asked, n_answered, highest from (select survey, count(*) as n_asked,
        count(score) as n_answered, max(score) as highest from _all_surveys where survey is not null
        group by survey) as s"""
    nps = f"survey in ({', '.join(repr(name) for name in schema.NPS_SURVEYS)})"
    return [
        Question(
            "surveys",
            "score",
            f"{asked} where n_asked >= {_FEW} and n_answered = n_asked",
            "every ask of this survey was answered",
            "where asks without an answer are not exported, the response "
            "rate is 100% and nothing can be said of those who kept silent",
            "export the asks, too: a row without answered_on and score",
        ),
        Question(
            "surveys",
            "score",
            f"{asked} where n_answered >= {_FEW} and highest <= 5 and {nps}",
            "no score is above 5",
            "NPS is asked on 0–10; on 1–5 there is not one promoter",
            "check the scale; a score from 1 to 5 is no NPS and cannot be made into one",
        ),
    ]


def _deals() -> list[Question]:
    return [
        where(
            "opportunities",
            "status",
            "status in ('won', 'lost') and closed_on is null",
            "won or lost, but without the day",
            "it is read as open, since nobody knows when it closed",
            "fill in `closed_on`",
            ("account_id", "closed_on"),
        ),
        where(
            "opportunities",
            "status",
            "status = 'open' and closed_on is not null",
            "open, but with the day it closed",
            "an expected close date is no close; it is counted as open",
            "map closed_on to the actual day only",
            ("account_id", "closed_on"),
        ),
    ]


def _blanks(tables: Tables) -> list[Question]:
    ids = [
        (table, column)
        for table, declared in schema.TABLES.items()
        for column in declared.columns
        if schema.kind(table, column) == "id"
    ]
    return [
        where(
            table,
            column,
            f"{column} <> trim(both from {column})",
            "a blank at an end of the id",
            "'A1 ' and 'A1' are two ids: rows do not find one another",
            f"map it: {line(tables, table, column, 'trim({})')}",
        )
        for table, column in ids
    ]
