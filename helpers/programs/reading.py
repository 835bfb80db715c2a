"""Everything that the page on programs shows, read from one source in one call, and the sentences of words.toml."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from helpers.formats import Shown
from helpers.formats.sentences import Sentences
from helpers.ledger import account_months
from helpers.metrics import core as metric
from helpers.metrics import measures
from helpers.programs import contribution, lifecycle, randomized
from helpers.programs.contribution import is_shown
from helpers.programs.core import OUTCOMES, RISK
from helpers.sources import Tables


@dataclass(frozen=True)
class Programs(Shown):
    """What programs contributed, where customers stand, who speaks for us, and what the next random offer needs."""

    quoted: pd.DataFrame = field(
        metadata={"holds": "one row per program and outcome: the figure to quote, or why there is none"}
    )
    designs: pd.DataFrame = field(metadata={"holds": "one row per program, outcome and design: every estimate"})
    next_offer: pd.DataFrame = field(metadata={"holds": "one row per horizon and difference: accounts, months needed"})
    steps: pd.DataFrame = field(metadata={"holds": "one row per stage: who goes on, how fast, who is there"})
    standing: pd.DataFrame = field(metadata={"holds": "one row per active account: furthest stage, and since when"})
    milestones: pd.DataFrame = field(metadata={"holds": "one row per account and milestone reached: play and owner"})
    touched: pd.DataFrame | None = field(metadata={"holds": "one row per program: contacts by stage"})
    growth: pd.DataFrame = field(metadata={"holds": "one row per metric and period: pipeline, now and a year before"})
    advocacy: pd.DataFrame = field(metadata={"holds": "one row per metric: who speaks for us, how often we ask"})
    asked_too_often: pd.DataFrame = field(metadata={"holds": "one row per account asked more often than the cap"})
    stories: pd.DataFrame = field(metadata={"holds": "one row per industry and segment: accounts, and stories to show"})
    costs: pd.DataFrame = field(metadata={"holds": "one row per program and outcome: cost and effect in MRR"})
    names: dict[str, str] = field(metadata={"holds": "short name of each program → what people call it"})
    active: pd.DataFrame = field(repr=False)
    is_sampled: bool = field(repr=False)
    sentences: Sentences = field(repr=False)

    def said(self, outcome: str) -> pd.DataFrame:
        """The sentence that may be quoted for each program on one outcome, `churn` or `expansion`, and what the simple
        comparison would have said. Columns: program, what_may_be_quoted, what_a_simple_comparison_says.
        """
        rows = self.effects(outcome)
        said = sentences(rows, self.names, n_compared=int(self.quoted["estimate"].notna().sum()))
        columns = {"what_may_be_quoted": said.quotable, "what_a_simple_comparison_says": said.simple}
        return pd.DataFrame({"program": rows["program"].map(self.names).to_list()} | columns)

    def effects(self, outcome: str) -> pd.DataFrame:
        """The rows of `quoted` for one outcome."""
        return self.quoted[self.quoted["outcome"] == outcome]

    def title(self, outcome: str) -> str:
        """The finding on one outcome."""
        return sentences(self.effects(outcome), self.names, outcome=outcome).title

    @property
    def milestones_to_celebrate(self) -> pd.DataFrame:
        """The three largest paying accounts of each milestone."""
        return self.milestones.groupby("milestone", sort=False).head(3)

    @property
    def stories_on_record(self) -> pd.DataFrame:
        """`stories`, or no row where the source does not record what customers do for us."""
        return self.stories if len(self.advocacy) else self.stories.head(0)


def read(tables: Tables, health, asks_cap: int = lifecycle.CAP) -> Programs:
    """Everything on programs as of the period. `health` is `remorse.health.read`, `asks_cap` the acts asked of one
    account in 12 months above which it is asked too often.
    """
    history = account_months.history(tables)
    active, acts = account_months.held(tables, history.last), tables.optional("advocacy")
    touches = tables.run("touch_counts", last_month=history.last) if tables.has("touches") else None
    names, scores, frames = _effects(tables, history, health, touches)
    frames |= _stages(tables, history, acts, active) | _advocates(tables, acts, active, asks_cap)
    frames["touched"] = None if touches is None else lifecycle.touched(touches)
    risk, n_new = randomized.rates(history.months, history.last)
    frames["next_offer"] = randomized.plan(risk or 0.0, len(active), history.every * n_new)
    brought = tables.run("referred_levels", last_month=history.last) if acts is not None else None
    said = sentences(
        names=names,
        **frames,
        sampling=history.sampling,
        scores=scores,
        basis=health.basis,
        touches=touches,
        ended=account_months.only_first_year(touches) if touches is not None else [],
        risk=risk,
        n_eligible=len(active),
        detectable=randomized.detectable(risk or 0.0, len(active)),
        referrals=lifecycle.referrals(acts, brought, history.last),
        is_recorded=acts is not None,
        cap=asks_cap,
        period=tables.period.name,
        currency=tables.currency,
    )
    return Programs(**frames, names=names, active=active, is_sampled=history.every > 1, sentences=said)


def _effects(tables: Tables, history: account_months.History, health, touches):
    """What people call the programs, the scores that their models used, and the frames on effects and costs."""
    months, last = history.months, history.last
    enrolments, lots = (part(tables, history.every) for part in (account_months.enrolments, account_months.lots))
    listed, scores = tables.optional("programs"), contribution.scores_of(health.latent, health.known_on)
    designs = [
        contribution.designs(months, last, enrolments, lots, outcome, scores, health.noise) for outcome in OUTCOMES
    ]
    quoted = contribution.quoted(*designs)
    recent = touches[touches["is_recent"] == 1] if touches is not None else None
    costs = contribution.costs(quoted, months, enrolments, listed, lots, recent, last, history.every)
    names = called(listed, {*enrolments["program"], *lots["program"]})
    return names, scores, {"quoted": quoted, "designs": contribution.together(*designs), "costs": costs}


def _stages(tables: Tables, history: account_months.History, acts, active: pd.DataFrame) -> dict[str, pd.DataFrame]:
    won = tables.run("won_expansions", every=history.every) if tables.has("opportunities") else None
    onboarded = tables.run("onboarded") if tables.has("onboarding") else None
    paid = tables.run("first_paid", every=history.every)
    days = lifecycle.milestones(paid, onboarded, history.levels, won, acts)
    standing = lifecycle.standing(days, account_months.level_at(history.levels, history.last))
    return {
        "standing": standing,
        "steps": lifecycle.transitions(days, standing, tables.as_of, account_months.truncated(history.months)),
        "milestones": lifecycle.celebrated(tables, active, onboarded, acts),
    }


def _advocates(tables: Tables, acts, active: pd.DataFrame, cap: int) -> dict[str, pd.DataFrame]:
    """Pipeline and advocacy as metrics of all accounts, who was asked too often, and where stories are missing."""
    period, accounts = tables.period, tables.frame("accounts")
    everyone = accounts.assign(segment="all")
    span = {"first_month": period.year_before.first, "last_month": period.last}
    opportunities = tables.run("expansions", **span) if tables.has("opportunities") else None
    touches = tables.run("expansion_touches", **span) if tables.has("opportunities", "touches") else None
    pipeline = measures.pipeline_rows(opportunities, touches, everyone, [period, period.year_before])
    advocacy = measures.paying_rows("advocacy", acts, {period: active.assign(segment="all")})
    advocacy += measures.rows("advocacy", acts, everyone, [period])
    return {
        "growth": _tidy(pipeline, [name for name in measures.GROWTH if name.startswith("expansion_pipeline")]),
        "advocacy": _tidy(advocacy, list(measures.MEASURES["advocacy"])),
        "asked_too_often": lifecycle.asked_too_often(acts, active, period, cap),
        "stories": lifecycle.coverage(acts, accounts, active["account_id"]),
    }


def _tidy(rows: list[dict], names: list[str]) -> pd.DataFrame:
    table = metric.table([row for name in names for row in rows if row["metric"] == name])
    return table.loc[table["segment"] == "all", ["metric", "period", "value", "low", "high", "n", "verdict"]]


class Facts:
    """Facts of the templates: rows of `contribution.quoted`, names (short name of a program → what people call it), and
    `others` by name: outcome of a title, and frames and counts of `reading.read`.
    """

    is_shown = staticmethod(is_shown)

    def __init__(self, quoted: pd.DataFrame, names: dict[str, str], **others):
        rows = quoted.rename(columns={"naive": "simple"}).to_dict("records")
        judged = [row for row in rows if pd.notna(row["estimate"])]
        clear = [row for row in judged if is_shown(row)]
        self.quoted, self.rows, self.judged, self.clear = quoted, rows, judged, clear
        self.names = {row["program"]: plain(row["program"]) for row in rows} | names
        self.n_programs, self.n_judged, self.n_clear = (
            len({row["program"] for row in some}) for some in (rows, judged, clear)
        )
        self.n_compared = len(judged)
        self.strongest = min(clear, key=lambda row: (row["scale"] != RISK, row["p_adjusted"]), default=None)
        self.explained = [row for row in clear if pd.notna(row["e_value"])]
        self.why_none = "; ".join(dict.fromkeys(row["note"].partition(":")[0] for row in rows))
        drawn = {row["program"] for row in rows if row["scale"] == RISK}
        self.drawn = self.called(sorted(drawn))
        ranked = quoted.sort_values("p_adjusted", kind="stable")["program"].unique()
        self.unsettled = self.called(name for name in ranked if name not in drawn | {row["program"] for row in clear})
        self.__dict__ |= others

    def called(self, programs) -> list[str]:
        """What people call programs, given by short name."""
        return [self.names.get(program) or plain(program) for program in programs]


def sentences(quoted: pd.DataFrame, names: dict[str, str], **others) -> Sentences:
    """The sentences of words.toml on effects, by name; those on other things need their facts among `others`.

    >>> sentences(pd.DataFrame(columns=["program", "p_adjusted"]), {}).headline
    ['No program can be judged: no contact of a program with an account is on record.']
    """
    return Sentences(Path(__file__).with_name("words.toml"), Facts(quoted, names, **others))


def plain(program: str) -> str:
    """A program's short name as words.

    >>> plain("value_coaching")
    'Value coaching'
    """
    text = str(program).replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def called(programs: pd.DataFrame | None, known) -> dict[str, str]:
    """What people call each program: its name on record, else its short name as words. `known`: the short names met.

    >>> called(None, ["value_coaching"])
    {'value_coaching': 'Value coaching'}
    """
    recorded = programs.set_index("program")["name"].dropna().to_dict() if programs is not None else {}
    return {program: str(recorded.get(program) or plain(program)) for program in sorted(known)}
