"""The card of one account: every signal as it stood at the cut-off, its chance of leaving, and the play for it."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers.errors import Refused, did_you_mean
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.remorse import scores, signals
from helpers.remorse.diagnosis import Diagnosis
from helpers.remorse.scores import Scores
from helpers.remorse.signals import LABELS, SIGNALS, Signals, in_unit


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
    own, scored = found.signals, found.scores
    if account_id and account_id not in own.accounts.index:  # not in the sample: read for itself
        places = found.accounts["place"]
        own = signals.read(found.tables, own.cutoff_days, every=places.max() + 1, part=places[account_id])
        scored = scores.score(own, scored.reference)
    rows = found.at_risk[found.at_risk["account_id"] == account_id].to_dict("records")
    facts = {"account_id": account_id, "row": rows[0] if rows else None, "currency": found.currency}
    says = Sentences(__file__, facts)
    return Card(account_id, says.title, says.sentence, card_table(account_id, own, scored))


def chosen(accounts: pd.DataFrame, wanted: str, scores: Scores) -> str:
    """The account of a card: the wanted account_id or name, or the first of the list where nothing is wanted.

    Where the list is empty, because there is no risk, the account with the worst single score; "" where none has one.
    Raises Refused for a wanted account that is not in the list.
    """
    if not wanted:
        worst = scores.percentile.max(axis=1)
        first = [*accounts["account_id"].head(1), *worst.index[worst == worst.max()]]
        return str(first[0]) if first else ""
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
        typical = in_unit(name, 8 - mean if signal.is_reversed else mean)
        z = scores.z[name].get(account_id, np.nan) if name in scores.z.columns else np.nan
        rows.append((LABELS[signal.driver], signal.about, in_unit(name, value), typical, z, known))
    return pd.DataFrame(rows, columns=["driver", "signal", "value", "typical", "z", "known_on"])
