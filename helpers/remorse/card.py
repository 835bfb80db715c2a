"""The card of one account: every signal as it stood at the cut-off, its chance of leaving, and the play for it."""

from dataclasses import dataclass, field

import pandas as pd

from helpers import formats
from helpers.formats import Shown
from helpers.remorse import accounts, scores, signals
from helpers.remorse.diagnosis import Diagnosis


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
    account_id = accounts.chosen(found.at_risk, account, found.scores)
    rows = found.at_risk[found.at_risk["account_id"] == account_id]
    title, sentence = _unlisted(account_id) if rows.empty else _listed(rows.iloc[0], found.currency)
    own, scored = found.signals, found.scores
    if account_id and account_id not in own.accounts.index:  # not in the sample: read for itself
        place = int(found.accounts.at[account_id, "place"])
        own = signals.read(found.tables, own.cutoff_days, every=place + 1, part=place)
        scored = scores.score(own, scored.reference)
    return Card(account_id, title, sentence, accounts.card_table(account_id, own, scored))


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
