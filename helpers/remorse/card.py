"""The card of one account: every signal as it stood at the cut-off, its chance of leaving, and the play for it."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers import formats
from helpers.errors import Refused, did_you_mean
from helpers.formats import Shown
from helpers.remorse import scores, signals
from helpers.remorse.diagnosis import Diagnosis
from helpers.remorse.recipe import LABELS, SIGNALS
from helpers.remorse.scores import Scores
from helpers.remorse.signals import Signals, in_unit


@dataclass(frozen=True)
class Card(Shown):
    """One account, as it stood at its cut-off."""

    account_id: str
    title: str
    sentence: str
    table: pd.DataFrame = field(metadata={"holds": "every signal of the account, a row each"})

    @property
    def has_signals(self) -> bool:
        """Whether the account shows any signal that is scored."""
        return bool(self.table["z"].notna().any())


def card(found: Diagnosis, account: str = "") -> Card:
    """The card of an account, by account_id or name; "": the account with the most MRR at risk.

    Raises Refused for an account that is not among those at risk.
    """
    account_id = chosen(found.at_risk, account, found.scores)
    rows = found.at_risk[found.at_risk["account_id"] == account_id]
    own, scored = found.signals, found.scores
    if account_id and account_id not in own.accounts.index:  # not in the sample: read for itself
        places = found.accounts["place"]
        own = signals.read(found.tables, own.cutoff_days, every=places.max() + 1, part=places[account_id])
        scored = scores.score(own, scored.reference)
    title, sentence = _unlisted(account_id) if rows.empty else _listed(rows.iloc[0], found.currency)
    return Card(account_id, title, sentence, card_table(account_id, own, scored))


def _unlisted(account_id: str) -> tuple[str, str]:
    says = f"Account {account_id}: its signals. We give no chance of leaving, because too few accounts have left."
    return "The account with the worst scores", says


def _listed(row: pd.Series, currency: str) -> tuple[str, str]:
    """The title of an account's card, and the sentence for the person who calls it."""
    name, chance = row["name"], formats.percent(row["probability"], 0)
    within = f"{chance} ({formats.interval(row['low'], row['high'])})"
    says = f"{name} pays {formats.money(row['mrr_cents'], currency)} MRR. "
    says += f"Its chance of leaving within 12 months is {within}."
    if pd.isna(row["leading_driver"]):
        return f"{name}: chance of leaving {chance}, no leading driver", f"{says} No driver adds to it."
    says += f" {row['leading_driver']}: {row['evidence'].replace('; ', ', ')}."
    says += f" Next: {row['play']} ({formats.team(row['owner'])})." if pd.notna(row["play"]) else ""
    return f"{name}: {row['leading_driver'].lower()}, chance of leaving {chance}", says


def chosen(accounts: pd.DataFrame, wanted: str, scores: Scores) -> str:
    """The account of a card: the wanted account_id or name, or the first of the list where nothing is wanted.

    Where the list is empty, because there is no risk, the account with the worst single score; "" where none has one.
    Raises Refused for a wanted account that is not in the list.
    """
    if not wanted and len(accounts):
        return str(accounts["account_id"].iloc[0])
    if not wanted:
        worst = scores.percentile.max(axis=1).dropna()
        return str(worst.idxmax()) if len(worst) else ""
    hit = accounts[(accounts["account_id"] == wanted) | (accounts["name"] == wanted)]
    if hit.empty:
        near = did_you_mean(wanted, [*accounts["account_id"].head(500), *accounts["name"].head(500)])
        hint = near.partition(" (allowed")[0] if near.startswith("did") else "see tables/accounts_at_risk.csv"
        raise Refused(f"account {wanted!r} is not among the accounts that pay and are past their cut-off; {hint}")
    return str(hit["account_id"].iloc[0])


def card_table(account_id: str, signals: Signals, scores: Scores) -> pd.DataFrame:
    """Every signal of one account, driver by driver, as it stood at its cut-off.

    Columns: driver, signal, value (as observed, in its unit), typical (the reference's mean), z (SD, more is worse),
    known_on. Signals that the account does not show are there with an empty value.
    """
    against = scores.reference[scores.reference["kind"] == "signal"].set_index("name")["mean"]
    rows = []
    for name in signals.values.columns if account_id in signals.values.index else ():
        signal, mean = SIGNALS[name], against.get(name, np.nan)
        value, known = signals.values.at[account_id, name], signals.known_on.at[account_id, name]
        typical = written(name, 8 - mean if signal.is_reversed else mean)
        z = scores.z[name].get(account_id, np.nan) if name in scores.z.columns else np.nan
        rows.append((LABELS[signal.driver], signal.about, written(name, value), typical, z, known))
    return pd.DataFrame(rows, columns=["driver", "signal", "value", "typical", "z", "known_on"])


def written(name: str, value: float) -> str:
    """A signal's value in its unit, "" where it is missing.

    >>> written("go_live_slip", 41.0), written("cost_overrun", 0.38), written("no_use_case", 1.0)
    ('41 days', '38%', 'none')
    """
    if pd.isna(value):
        return ""
    unit = SIGNALS[name].unit
    if unit == "flag":
        return "none" if value == 1 else "recorded" if value == 0 else f"none for {formats.percent(value, 0)}"
    return in_unit(unit, value)
