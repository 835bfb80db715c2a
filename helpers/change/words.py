"""What is said about the changing customer: sentences with n and interval, and who should do what."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from helpers import formats, stats
from helpers.change.attention import STAGNATION
from helpers.change.hazards import ANY, BASELINE, SLOPE, STAGNATING
from helpers.change.lost import UNKNOWN


def sentences(
    frames: dict[str, pd.DataFrame],
    window: int,
    ended: list[str] | None,
    is_recorded: bool,
    n_too_late: int,
    currency: str,
) -> SimpleNamespace:
    """All of them, from the frames of `change.read`; `ended` names the programs that end with the first year,
    `is_recorded` says whether business conversations are on record."""
    states, waiting, years = frames["states"], frames["waiting"], frames["years"]
    later = years.loc[years["life_year"] > 1, "n_events"]
    listed = "No business conversation since a change or stagnation"
    return SimpleNamespace(
        risk=risk(states, window),
        counted=counted(states, n_too_late),
        stagnation=stagnation(states),
        calls=calls(waiting, frames["held"], currency, is_recorded, _sees_risk(states)),
        listed=listed if is_recorded else "After a change or stagnation; conversations are not on record",
        destinations=destinations(frames["lost"], currency),
        split=split(frames["sides"], currency),
        first_year=first_year(years, ended),
        actions=actions(waiting, frames["lost"], ended if later.empty or later.sum() else None, currency, is_recorded),
    )


def _sees_risk(states: pd.DataFrame) -> bool:
    """Whether any change, or any use of the product, is on record; without them nobody is known to be at risk."""
    return bool(states.loc[states["state"].isin([ANY, STAGNATING]), "n_months"].sum())


def counted(states: pd.DataFrame, n_too_late: int) -> str:
    """Which changes count, and how many do not.

    >>> counted(pd.DataFrame({"state": ["any change"], "n_months": [6]}), 1)[-73:]
    'We leave out 1 change that we learned of only after the account had left.'
    """
    if not states.loc[states["state"] == ANY, "n_months"].sum():
        return ""
    says = "We count a change from the month after we learned of it."
    late = f"{formats.plural(n_too_late, 'change')} that we learned of only after the account had left"
    return f"{says} We leave out {late}." if n_too_late else says


def risk(states: pd.DataFrame, window: int) -> str:
    """What a change at the customer does to the risk, as far as the data show. `states` is `hazards.by_state`.

    >>> risk(pd.DataFrame(columns=["state", "n_months"]), 6)
    'No change at a customer is on record, so we cannot measure its risk.'
    """
    rows = states.set_index("state")
    if ANY not in rows.index or not rows.loc[ANY, "n_months"]:
        return "No change at a customer is on record, so we cannot measure its risk."
    row, quiet = rows.loc[ANY], rows.loc[BASELINE]
    if pd.isna(row["hazard"]):
        return f"Only {formats.plural(int(row['n_accounts']), 'account')} had a change: too few for a rate."
    against = "" if pd.isna(quiet["hazard"]) else f", compared with {formats.percent(quiet['hazard'])} in quiet months"
    rate = (
        f"{formats.percent(row['hazard'])} per month for {formats.plural(window, 'month')}{against} ({_behind(row)})."
    )
    if pd.isna(row["log_odds"]):
        return f"Churn after a change: {rate} We give no odds: {row['note'].removeprefix('no odds: ')}."
    bounds = " to ".join(f"{np.exp(row[side]):.1f}" for side in ("log_odds_low", "log_odds_high"))
    odds = f"{np.exp(row['log_odds']):.1f} times as high (95% interval {bounds})"
    often = "leave more often" if row["log_odds"] > 0 else "leave less often"
    start = f"Accounts {often if _is_clear(row) else 'show no clear difference in leaving'} after a change"
    return f"{start}: {rate} With other factors held constant, the odds of leaving are {odds}."


def stagnation(states: pd.DataFrame) -> str:
    """What finding no new use does to the risk, as far as the data show.

    >>> stagnation(pd.DataFrame(columns=["state"]))
    'New use cases are not on record, so we cannot measure stagnation.'
    """
    rows = states.set_index("state")
    if STAGNATING not in rows.index:
        return "New use cases are not on record, so we cannot measure stagnation."
    row, slope = rows.loc[STAGNATING], rows.loc[SLOPE]
    if pd.isna(row["hazard"]):
        n = formats.plural(int(row["n_accounts"]), "account")
        return f"Only {n} went more than six months without a new use case: too few for a rate."
    rate = formats.percent(row["hazard"])
    text = f"{rate} of accounts without a new use case for six months leave per month ({_behind(row)})."
    if pd.isna(slope["log_odds"]):
        return text
    middle, low, high = (float(np.expm1(slope[side])) for side in ("log_odds", "log_odds_low", "log_odds_high"))
    change = f"{formats.percent(abs(middle))} {'higher' if middle > 0 else 'lower'}"
    bounds = f"95% interval {formats.interval(low, high)}"
    if not _is_clear(slope):
        return f"{text} A further month shows no clear difference (odds {change}, {bounds})."
    return f"{text} With each further month, the odds of leaving are {change} ({bounds})."


def _behind(row: pd.Series) -> str:
    bounds, few = formats.interval(row["low"], row["high"]), "; few, so read with care" * (row["verdict"] == "few")
    return f"95% interval {bounds}, n = {formats.plural(int(row['n_accounts']), 'account')}{few}"


def _is_clear(row: pd.Series) -> bool:
    return row["log_odds_low"] > 0 or row["log_odds_high"] < 0


def calls(
    waiting: pd.DataFrame, held: pd.DataFrame, currency: str, is_recorded: bool = True, sees_risk: bool = True
) -> str:
    """How many accounts wait for a conversation, and what they pay. `sees_risk`: changes or use are on record.

    >>> calls(pd.DataFrame(columns=["reason"]), pd.DataFrame({"mrr_cents": [5]}), "USD")
    'No account needs a call: all in a risky time have had a business conversation since (n = 1 paying account).'
    """
    n = formats.plural(len(held), "paying account")
    if not is_recorded:
        return f"Business conversations are not on record, so we cannot say which of {n} still wait for one."
    if not sees_risk:
        return f"Changes and new use are not on record, so we cannot say which of {n} need a call."
    if waiting.empty:
        return f"No account needs a call: all in a risky time have had a business conversation since (n = {n})."
    changed = int((waiting["reason"] != STAGNATION).sum())
    amounts = [formats.money(int(table["mrr_cents"].sum()), currency) for table in (waiting, held)]
    still = formats.count(len(waiting) - changed)
    return (
        f"{formats.count(len(waiting))} of {n} need a call: nobody has talked business with them since a change "
        f"({formats.count(changed)}) or since new use stopped ({still}). They pay {amounts[0]} of {amounts[1]} MRR."
    )


def destinations(lost: pd.DataFrame, currency: str, when: str = "the last 12 months") -> str:
    """Where most of the lost revenue went, even where that is unknown, and what comes next. `lost`: largest first.

    >>> destinations(pd.DataFrame(columns=["went_to"]), "USD")
    'No account left in the last 12 months.'
    """
    if lost.empty:
        return f"No account left in {when}."
    n, cents = int(lost["n_accounts"].sum()), int(lost["mrr_cents"].sum())
    whole = f"{formats.money(cents, currency)} of MRR lost in {when}"
    first, departures = lost.iloc[0], formats.plural(n, "departure")
    text = f"{_named(first)} is the largest part of the {whole} ({_share(first)}, n = {departures})."
    if len(lost) < 2 or pd.isna(first["low"]):
        return text
    second = lost.iloc[1]
    unclear = "" if first["low"] > second["high"] else ", no clear difference"
    return f"{text} {_named(second)} comes next ({_share(second)}{unclear})."


def _named(row: pd.Series) -> str:
    name = row["went_to"]
    return "“Not recorded”" if name == UNKNOWN else f"“{str(name).replace('_', ' ').capitalize()}”"


def _share(row: pd.Series) -> str:
    share = formats.percent(row["share_mrr"])
    return share if pd.isna(row["low"]) else f"{share}, 95% interval {formats.interval(row['low'], row['high'])}"


def split(sides: pd.DataFrame, currency: str) -> str:
    """How attention is split, and what is at stake on each side. `sides` is `attention.sides`."""
    new, base = (sides.set_index("side").loc[side] for side in ("new logos", "existing base"))
    when, gained = formats.plural(int(base["n_months"]), "month"), base["gained_cents"] + new["gained_cents"]
    stake, lost, won = (
        formats.money(base[name], currency) for name in ("at_stake_cents", "lost_cents", "gained_cents")
    )
    says = [f"The existing base paid {stake} of MRR at the opening; departures and downgrades cost {lost} in {when}"]
    if gained:
        share = formats.percent(base["gained_cents"] / gained, 0)
        says.insert(0, f"Existing customers brought {share} of the MRR won in {when} ({won})")
    pipeline = 0 if pd.isna(base["pipeline_cents"]) else int(new["pipeline_cents"] + base["pipeline_cents"])
    if pipeline:
        says.append(f"They hold {formats.percent(base['pipeline_cents'] / pipeline, 0)} of the pipeline created")
    n = 0 if pd.isna(base["n_touches"]) else int(new["n_touches"] + base["n_touches"])
    if n and new["n_touches"]:
        share = formats.percent(base["n_touches"] / n, 0)
        says.append(f"They get {share} of the contacts on record (n = {formats.count(n)})")
    elif n:
        says.append("Contacts before a deal are not on record, so we cannot say how attention is split")
    return f"{'. '.join(says)}."


def first_year(years: pd.DataFrame, ended: list[str] | None) -> str:
    """Whether programs end with the first year although the risk does not. `ended`: the names of those that do,
    None where contacts are not on record.

    >>> first_year(pd.DataFrame({"life_year": [1], "n_events": [0], "n_months": [9]}), [])
    'No account has been followed beyond its first year yet.'
    """
    first, later = years[years["life_year"] == 1], years[years["life_year"] > 1]
    if not (first["n_months"].sum() and later["n_months"].sum()):
        return "No account has been followed beyond its first year yet."
    shares = [(int(part["n_events"].sum()), int(part["n_months"].sum())) for part in (later, first)]
    risk, year = "The monthly risk of leaving", "the first year" if ended is None else "it"
    if not shares[0][0] + shares[1][0]:
        n = formats.plural(shares[0][1] + shares[1][1], "account-month")
        return f"{_ended(ended)}Nobody has left in {year} or after it (n = {n})."
    return _ended(ended) + stats.two_shares(
        *shares,
        f"{risk} is higher after {year} than in it",
        f"{risk} is lower after {year} than in it",
        f"{risk} goes on after {year}, with no clear difference"
        if shares[0][0]
        else f"Nobody has left after {year} yet",
        "account-months",
    )


def _ended(names: list[str] | None) -> str:
    if names is None:
        return ""
    programs = f"{' and '.join(names)} {'ends' if len(names) == 1 else 'end'}" if names else "No program ends"
    return f"{programs} with a customer's first year. "


def actions(
    waiting: pd.DataFrame, lost: pd.DataFrame, ended: list[str] | None, currency: str, is_recorded: bool = True
) -> list[str]:
    """Who should do what, with names and amounts: only what the numbers ask for, the owner first.

    >>> lost = pd.DataFrame({"went_to": ["not recorded", "budget"], "n_accounts": [3, 1]})
    >>> actions(pd.DataFrame(columns=["name"]), lost, ["Onboarding"], "USD")[1]
    'Customer success: record where lost accounts go; 3 of 4 departures say nothing.'
    """
    says = []
    if len(waiting):
        top = zip(waiting["name"].head(3), waiting["mrr_cents"].head(3), strict=True)
        named = ", ".join(f"{name} ({formats.money(cents, currency)} MRR)" for name, cents in top)
        n = formats.plural(len(waiting), "account")
        call = f"call {n}" if is_recorded else f"find out who last talked to {n}"
        says.append(f"Account managers: {call}, first {named}.")
        stagnating = int((waiting["reason"] == STAGNATION).sum())
        if stagnating:
            n = formats.plural(stagnating, "account")
            says.append(f"Customer success: show {n} without a new use case what they could do next.")
    if ended:
        says.append(f"Marketing: extend {' and '.join(ended)} past the first year for a random half of customers.")
    unknown, n = int(lost.loc[lost["went_to"] == UNKNOWN, "n_accounts"].sum()), int(lost["n_accounts"].sum())
    if unknown:
        say = "says" if unknown == 1 else "say"
        counts = f"{formats.count(unknown)} of {formats.plural(n, 'departure')} {say} nothing"
        says.append(f"Customer success: record where lost accounts go; {counts}.")
    return says
