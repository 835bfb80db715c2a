"""The diagnosis in sentences, each computed from its numbers, with n and interval, and no claim beyond the evidence."""

import typing
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers import formats
from helpers.remorse.accounts import RENEWAL_WITHIN
from helpers.remorse.attribution import THIN, gap
from helpers.remorse.recipe import DRIVERS, LABELS, of_driver
from helpers.remorse.validation import MOST_CHECKED

if typing.TYPE_CHECKING:
    from helpers.remorse.diagnosis import Diagnosis


@dataclass(frozen=True)
class Sentences:
    """Each sentence about a diagnosis, by what it is about."""

    found: "Diagnosis"

    @property
    def driver(self) -> str:
        """Which driver predicts leaving best, and whether it is ahead of the next; or why nobody can say."""
        found = self.found.attribution
        if found.reason:
            return f"We cannot say why customers leave: {found.reason}."
        top = found.table.iloc[0]
        name, counts = LABELS[top["driver"]], f"{formats.plural(found.n_losses, 'loss', 'losses')}"
        value, low, high = np.exp(top[["log_odds_corrected", "low_corrected", "high_corrected"]].astype(float))
        effect = (
            f"monthly odds {value:.2f} times as high per standard deviation, 95% interval {low:.2f}–{high:.2f}, "
            f"n = {formats.plural(found.n, 'account')}, {counts}"
        )
        if low <= 1:
            return f"No driver clearly predicts leaving. The largest estimate is for {name.lower()} ({effect})."
        if len(found.table) == 1:
            return f"{name} predicts leaving ({effect}). We could compare no other driver."
        other = found.table["driver"].iloc[1]
        if gap(found.fit, top["driver"], other)[1] > 0:
            return f"{name} predicts leaving best ({effect}). It is clearly ahead of all others."
        return f"{name} predicts leaving ({effect}). It is not clearly ahead of {LABELS[other].lower()}."

    @property
    def driver_caveats(self) -> list[str]:
        """Which drivers take no part and why, and that few accounts make an uncertain order."""
        found, caveats = self.found.attribution, []
        if len(found.table) and found.left_out:
            parts = [f"{LABELS[driver].lower()} ({why})" for driver, why in found.left_out.items()]
            caveats.append(f"Left out: {', '.join(parts)}.")
        if not found.reason and found.n < THIN:
            n = formats.plural(found.n, "account")
            caveats.append(f"The order of the drivers may be chance, because it is based on only {n}.")
        return caveats

    @property
    def basis(self) -> str:
        """What the attribution is based on."""
        found = self.found.attribution
        n, losses = formats.plural(found.n, "account"), formats.plural(found.n_losses, "loss", "losses")
        return f"{n} with a reading of every driver, {losses} in {formats.count(found.n_months)} months"

    @property
    def verdict(self) -> str:
        """Whether to act on the score, and why not."""
        checked = self.found.validation
        n, reasons = formats.plural(checked.n, "account"), "; and ".join(checked.reasons)
        if checked.verdict == "passed":
            losses = formats.plural(checked.n_lost, "loss", "losses")
            text = "You can act on the score: a year ago, it predicted who left in the 12 months since"
            return f"{text} ({losses}, n = {n})."
        if checked.verdict == "failed":
            return f"Do not act on this score: {reasons}, n = {n}."
        return f"Do not act on this score yet. It cannot be validated, because {reasons}."

    @property
    def alpha(self) -> list[str]:
        """Which drivers' signals do not go together well enough."""
        checks = self.found.validation.checks
        alphas = checks[checks["measure"] == "Cronbach's alpha"]
        low, unknown = (alphas[alphas["verdict"] == verdict] for verdict in ("warn", "undefined"))
        parts = [
            f"{row['about'].lower()} {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f}, n = "
            f"{formats.count(row['n'])})".replace("-", "−")
            for row in low.to_dict("records")
        ]
        none = ", ".join(unknown["about"].str.lower())
        return [f"Noisy scores, with alpha below .70: {', '.join(parts)}."] * bool(parts) + [
            f"Too few signals vary to compute alpha: {none}."
        ] * bool(none)

    @property
    def calibration(self) -> str:
        """Whether predicted risk matches what happened, in level and in spread."""
        checked = self.found.validation
        rows = checked.checks[checked.checks["measure"] == "Calibration slope"]
        if rows.empty or pd.isna(rows["value"].iloc[0]):
            return "The risk does not vary, so its spread cannot be checked."
        slope, low, high = (float(rows[name].iloc[0]) for name in ("value", "low", "high"))
        basis = f"calibration slope {slope:.2f}, 95% interval {low:.2f} to {high:.2f}, n = {formats.count(checked.n)}"
        level = checked.checks.set_index("measure").loc["Calibration in the large"]
        says = "Predicted risk shows no clear mismatch with what happened"
        if not level["low"] <= 1 <= level["high"]:
            says = f"Predicted risks are too {'high' if level['value'] > 1 else 'low'}"
        elif not low <= 1 <= high:
            says = f"Predicted risks are too {'far apart' if slope < 1 else 'close together'}"
        return f"{says} ({basis}; 1 is perfect).".replace("-", "−")

    @property
    def risk(self) -> str:
        """The MRR at risk within 12 months; or why there is no risk."""
        found = self.found
        if found.total is None:
            why = found.model if isinstance(found.model, str) else "no account is paying"
            return f"We give no chance of leaving: {why}."
        value, low, high = map(self._money, found.total)
        mrr, n = self._money(found.at_risk["mrr_cents"].sum()), formats.plural(len(found.at_risk), "account")
        within = f"95% prediction interval {low} to {high}, chance included, n = {n}"
        return f"Of {mrr} MRR, we expect {value} to leave within 12 months ({within})."

    @property
    def action(self) -> str:
        """What the bottom line says to people who act: the risk where the score passed, else not to use it."""
        return self.risk if self.found.validation.is_passed else self.verdict

    @property
    def diagnosed(self) -> str:
        """How many accounts the diagnosis covers, and which it leaves out."""
        signals, outcomes = self.found.signals, self.found.outcomes
        parts = {f"younger than {signals.cutoff_days} days": signals.too_young}
        parts["with an unknown first day, because the data begins with them"] = signals.truncated
        left_out = " and ".join(f"{formats.count(n)} {what}" for what, n in parts.items() if n)
        n = formats.plural(len(signals.accounts), "account")
        says = f"We scored {n} on day {signals.cutoff_days} after the first paid day."
        says += f" Not included: {left_out}." if left_out else ""
        if outcomes.lost_before:
            says += f" {formats.count(outcomes.lost_before)} left by then, so they have no outcome to explain."
        if outcomes.n_on_anniversary:
            n = formats.plural(outcomes.n_on_anniversary, "loss", "losses")
            says += f" No renewal is on record and {n} came on an anniversary, so we treat each anniversary as one."
        if outcomes.every > 1:
            nth, most = formats.ordinal(outcomes.every), formats.count(MOST_CHECKED)
            says += f" The models use every {nth} account by id, their check at most {most}."
        return says

    @property
    def scored(self) -> str:
        """Which drivers have a score, and against what."""
        n, basis = self.found.scores.score.notna().sum(), self.found.scores.basis
        has = [f"{LABELS[driver].lower()} {formats.count(int(n[driver]))}" for driver in DRIVERS if n[driver]]
        none = [
            f"{LABELS[driver].lower()} (it takes {-(-len(of_driver(driver)) // 2)} of {len(of_driver(driver))} signals)"
            for driver in DRIVERS
            if not n[driver]
        ]
        text = f"Accounts with a score: {', '.join(has)}. " if has else "No account has a score. "
        text += f"No account has a score for {', '.join(none)}. " if has and none else ""
        return f"{text}Scored {basis}." if has else text.strip()

    @property
    def to_do(self) -> list[str]:
        """What to do, the owner first: which accounts to call, what to take back to the promise, what to fix."""
        rows = self.found.at_risk
        if not self.found.validation.is_passed or rows.empty:
            return [
                "Everyone: do not act on the score of a single account. The section on trust says why.",
                f"Marketing operations: {self._gaps()}",
            ]
        top = rows.head(3)
        names = ", ".join(
            f"{name} ({self._money(cents)})" for name, cents in zip(top["name"], top["mrr_at_risk_cents"], strict=True)
        )
        due = rows[rows["stage"] == "renewal"]
        led = rows["leading_driver"].value_counts()
        most = "these have" if len(top) > 1 else "it has"
        run = " Run the play in the table." if top["play"].notna().any() else ""
        todo = [f"Customer success: call {names} first; {most} the most MRR at risk.{run}"]
        if len(led):
            n, of = formats.count(led.iloc[0]), formats.plural(len(rows), "account")
            todo.append(
                "Customer marketing: compare what we promised before the deal with the first "
                f"{self.found.signals.cutoff_days} days. "
                f"{led.index[0]} adds most to the risk of {n} of {of}."
            )
        if len(due):
            n, mrr = formats.plural(len(due), "account"), self._money(due["mrr_cents"].sum())
            renew = f"{n} with {mrr} MRR {'renews' if len(due) == 1 else 'renew'} within {RENEWAL_WITHIN} months"
            todo.append(f"Sales: read the account card before each renewal; {renew}.")
        plays = rows.loc[rows["owner"] == "product", "play"].value_counts()
        if len(plays):
            play, n = str(plays.index[0]), formats.plural(int(plays.iloc[0]), "account")
            todo.append(f"Product: {play[0].lower()}{play[1:]} ({n}).")
        return todo

    def _gaps(self) -> str:
        n = self.found.signals.values.notna().any().sum()
        total = sum(len(of_driver(driver)) for driver in DRIVERS)
        if n == total:
            return f"wait for more accounts and losses to learn from; all {total} signals are in this source."
        return f"complete the signals ({n} of {total} are in this source), or wait for more losses to learn from."

    def _money(self, cents: float) -> str:
        return formats.money(float(cents), self.found.currency)
