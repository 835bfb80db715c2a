"""Everything that the page on the changing customer shows, read from one source in one call."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from helpers import periods, stats
from helpers.change import attention
from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.ledger import account_months, movements
from helpers.sources import Tables

BASELINE, ANY, STAGNATING, SLOPE = ("neither", "any change", "stagnating", "a further month of stagnation")
COUNTS, NUMBERS = "n_accounts n_months n_events".split(), "hazard low high log_odds log_odds_low log_odds_high".split()
COLUMNS = ["state", *COUNTS, *NUMBERS, "verdict", "note"]
POOLED = (BASELINE, ANY, STAGNATING)  # together they hold every account-month
FEW, TOO_FEW = 10, 5


@dataclass(frozen=True)
class Change(Shown):
    """What changes at customers, what that does to the risk, who has not been talked to, and where attention goes."""

    states: pd.DataFrame = field(metadata={"holds": "one row per state: monthly risk of leaving, and odds"})
    waiting: pd.DataFrame = field(metadata={"holds": "one row per account to call, largest MRR first"})
    waiting_total: pd.DataFrame = field(metadata={"holds": "one row: accounts to call, and what they pay"})
    lost: pd.DataFrame = field(metadata={"holds": "one row per destination of lost accounts, largest first"})
    lost_deals: pd.DataFrame = field(metadata={"holds": "one row per destination of lost expansions and renewals"})
    sides: pd.DataFrame = field(metadata={"holds": "new logos and existing base: contacts, pipeline and MRR"})
    years: pd.DataFrame = field(metadata={"holds": "one row per year of customer life: risk, and contacts"})
    held: pd.DataFrame = field(metadata={"holds": "one row per paying account"})
    months: pd.DataFrame = field(metadata={"holds": "one row per account and month at risk of leaving"})
    monthly: pd.DataFrame = field(metadata={"holds": "one row per month: movements of MRR"})
    last: int = field(metadata={"holds": "number of the last month"})
    n_too_late: int = field(metadata={"holds": "changes learned of only after the account had left"})
    sampling: str = field(metadata={"holds": "how accounts were sampled, if they were"})
    currency: str = field(metadata={"holds": "of every amount"})
    window: int = field(metadata={"holds": "months after a change that count as at risk"})
    ended: list[str] | None = field(metadata={"holds": "programs that end with the first year"})
    is_recorded: bool = field(metadata={"holds": "whether business conversations are on record"})

    two_shares = staticmethod(stats.two_shares)

    @property
    def sentences(self) -> Sentences:
        """What the page says."""
        return Sentences(__file__, self)

    @property
    def call_list(self) -> pd.DataFrame:
        """`waiting` as a page shows it: names instead of ids, reasons in plain words, what to do and who does it."""
        table = self.waiting.assign(reasons=self.waiting["reasons"].str.replace("_", " "))
        table = table.rename(columns={"name": "account", "hazard": "chance of leaving per month"})
        names = ["account", "mrr_cents", "chance of leaving per month", "low", "high", "reasons", "since"]
        return table[[*names, "last_conversation_on", "play", "owner"]]


def read(tables: Tables, window: int = account_months.WINDOW) -> Change:
    """Everything on the changing customer as of the period. `window`: months after a change that count as at risk."""
    history = account_months.history(tables, window=window)
    last, held = history.last, account_months.held(tables, history.last)
    use_cases = tables.run("use_cases", last_month=last) if tables.has("usage") else None
    talked = tables.run("conversations") if tables.has("touches") else None
    counts = tables.run("touch_counts", last_month=last) if tables.has("touches") else None
    deals = tables.run("recent_opportunities", opening_month=last - 12) if tables.has("opportunities") else None
    late = tables.run("late_changes", last_month=last, every=history.every) if tables.has("changes") else None
    losses = tables.run("losses", opening_month=last - 12, last_month=last)
    monthly = movements.by_month(movements.cube(tables), tables.coverage.first_month, tables.period.last)
    waiting = attention.attention_list(held, account_months.detected_changes(tables), use_cases, talked, last, window)
    states = by_state(history.months, history.changes, window)
    return Change(
        states=states,
        waiting=attention.with_plays(waiting, states),
        waiting_total=pd.DataFrame({"n_accounts": [len(waiting)], "mrr_cents": [int(waiting["mrr_cents"].sum())]}),
        lost=attention.where_accounts_went(losses, tables.run("lost_to"), last),
        lost_deals=attention.where_deals_went(deals, periods.month_start(last - 11), tables.as_of),
        sides=attention.sides(counts, deals, monthly, tables.period),
        years=attention.by_year_of_life(history.months, counts),
        held=held,
        months=history.months,
        monthly=monthly[monthly["month"] <= pd.Timestamp(periods.month_start(last))],
        last=last,
        n_too_late=0 if late is None else int(late["n_changes"].item()),
        sampling=history.sampling,
        currency=tables.currency,
        window=window,
        ended=None if counts is None else first_year_only(counts, tables.optional("programs")),
        is_recorded=talked is not None and len(talked) > 0,
    )


def first_year_only(counts: pd.DataFrame, programs: pd.DataFrame | None) -> list[str]:
    """What people call the programs whose contacts all fall into a customer's first year (life_year 0).

    >>> counts = pd.DataFrame({"program": ["a_b", "c", "c"], "life_year": [0, 0, 1], "n_touches": [5, 5, 1]})
    >>> first_year_only(counts, None)
    ['A b']
    """
    ended = account_months.only_first_year(counts)
    names = programs.set_index("program")["name"].dropna().to_dict() if programs is not None else {}
    return [str(names.get(name) or name.replace("_", " ").capitalize()) for name in ended]


# The risk to leave after each kind of change at the customer, and while it finds no new use for what it bought.


def by_state(months: pd.DataFrame, changes: pd.DataFrame, window: int = account_months.WINDOW) -> pd.DataFrame:
    """The monthly hazard of churn in each state, and its log odds against the months without, all else alike.

    `months` is `account_months.History.months`; `changes` has account_id, kind, month_no (of the detection). A month is
    in the window of a kind when one was detected in the `window` months before it; it is `stagnating` when the last new
    use case lies more than six months back at its opening. Columns: state (`neither`, `any change`, each kind,
    `stagnating`, `a further month of stagnation`), n_accounts, n_months (account-months), n_events (lost), hazard with
    low and high (a month, 0–1; Wilson), log_odds with log_odds_low and log_odds_high (one logit with segment, age,
    cohort and renewal month, clustered by account), verdict, note. The last state has a slope and no hazard of its own.
    """
    months = months.reset_index(drop=True)
    any_change = account_months.months_since(months, changes) < window
    kinds = {kind: account_months.months_since(months, rows) < window for kind, rows in changes.groupby("kind")}
    since = months["months_since_use_case"].to_numpy()
    beyond = np.fmax(since - account_months.ENOUGH, 0.0)
    states = {BASELINE: ~any_change & (beyond == 0), ANY: any_change} | kinds
    is_recorded = np.isfinite(since).any()
    if is_recorded:
        states[STAGNATING] = beyond > 0
    rows = [{"state": name, "note": ""} | _rate(months[on]) for name, on in states.items()]
    if is_recorded:
        rows.append({"state": SLOPE, "note": ""} | {key: rows[-1][key] for key in COUNTS})
    fitted = _log_odds(months, kinds | {SLOPE: beyond}) | _log_odds(months, {ANY: any_change, STAGNATING: beyond > 0})
    frame = pd.DataFrame([row | fitted.get(row["state"], {}) for row in rows], columns=COLUMNS)
    cases = [frame["n_months"] == 0, frame["n_accounts"] < TOO_FEW, frame["n_events"] < FEW]
    verdict = np.select(cases, ["undefined", "too few", "few"], "ok").astype(object)
    return frame.astype(dict.fromkeys(NUMBERS, "float64") | {"note": "object"}).assign(verdict=verdict)


def _rate(months: pd.DataFrame) -> dict:
    n, lost = len(months), int(months["has_left"].sum())
    counts = dict(zip(COUNTS, (months["account_id"].nunique(), n, lost), strict=True))
    if counts["n_accounts"] < TOO_FEW:
        return counts
    return counts | dict(zip(NUMBERS[:3], (lost / n, *stats.wilson(lost, n)), strict=True))


def _log_odds(months: pd.DataFrame, states: dict[str, np.ndarray]) -> dict[str, dict]:
    """State → its log odds with interval, or a note that says why there is none."""
    y = months["has_left"].to_numpy(dtype=float)
    if not 0 < y.sum() < len(y):
        return {name: {"note": "nobody has left" if len(y) else "no account-month at risk"} for name in states}
    odds, columns = {}, {}
    for name, on in states.items():
        n_lost = int(y[on > 0].sum())
        if name != SLOPE and min(n_lost, y.sum() - n_lost) < TOO_FEW:
            odds[name] = {"note": f"{n_lost} lost in this state: too few for odds"}
        else:
            columns[name] = on.astype(float)
    # The states of this model take the place of the two that every other model holds equal.
    others = account_months.covariates(months).drop(columns=["change window", "stagnation"])
    columns = pd.DataFrame(columns, index=months.index)
    enough = y.sum() >= 5 * (columns.shape[1] + others.shape[1])
    x, unused = stats.screen(y, columns.join(others) if enough else columns)
    odds |= {name: {"note": f"no odds: {why}"} for name, why in unused.items() if name in states}
    names = [name for name in columns if name in x.columns]
    try:
        fit = stats.logit(y, x, months["account_id"].cat.codes.to_numpy()) if names else None
    except stats.UNESTIMABLE as error:
        return odds | {name: {"note": f"no odds: {error}"} for name in names}
    found = {name: (float(fit.estimate[name]), *fit.interval(name)) for name in names}
    return odds | {name: dict(zip(NUMBERS[3:], triple, strict=True)) for name, triple in found.items()}


def odds(states: pd.DataFrame) -> pd.DataFrame:
    """The states for readers: odds in place of their logarithms, with the interval in words.

    >>> row = pd.DataFrame({"state": ["a_b"], "log_odds": [0.0], "log_odds_low": [-0.7], "log_odds_high": [0.7]})
    >>> odds(row.reindex(columns=COLUMNS))[["state", "odds"]].values.tolist()
    [['a b', '×1.0 (0.5 to 2.0)']]
    """
    triples = np.exp(states[["log_odds", "log_odds_low", "log_odds_high"]]).itertuples(index=False)
    texts = ["" if np.isnan(middle) else f"×{middle:.1f} ({low:.1f} to {high:.1f})" for middle, low, high in triples]
    table = states.assign(state=states["state"].str.replace("_", " "), odds=texts)
    return table[[*COLUMNS[:7], "odds", "verdict", "note"]]
