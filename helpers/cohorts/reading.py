"""Everything that the page on cohort retention shows, read from one source in one call."""

from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace

import pandas as pd

from helpers import formats
from helpers.cohorts import triangles, words
from helpers.cohorts.apart import compare, deviations
from helpers.cohorts.survival import observed, projection
from helpers.errors import Refused, did_you_mean
from helpers.formats import Shown
from helpers.ledger import movements
from helpers.sources import Tables

# What a grid can hold: the table it is cut from, and its column as a share, and counted.
GRIDS = {
    "accounts": ("accounts", "share", "n"),
    "net": ("revenue", "share", "cents"),
    "gross": ("revenue", "gross_share", "gross_cents"),
}


@dataclass(frozen=True)
class Cohorts(Shown):
    """How many accounts and how much revenue each cohort keeps, when customers leave, and how many will stay."""

    accounts: pd.DataFrame = field(metadata={"holds": "one row per cohort and age: accounts still paying"})
    revenue: pd.DataFrame = field(metadata={"holds": "one row per cohort and age: net and gross revenue"})
    accounts_by_segment: pd.DataFrame = field(metadata={"holds": "accounts, by segment"})
    revenue_by_segment: pd.DataFrame = field(metadata={"holds": "revenue, by segment"})
    in_force: pd.DataFrame = field(metadata={"holds": "one row per monthly cohort and age: accounts still paying"})
    never_lost: pd.DataFrame = field(metadata={"holds": "one row per monthly cohort and age: never left since"})
    net: pd.DataFrame = field(metadata={"holds": "one row per monthly cohort and age: revenue, growth included"})
    gross: pd.DataFrame = field(metadata={"holds": "one row per monthly cohort and age: revenue without growth"})
    compared: pd.DataFrame = field(metadata={"holds": "one row per cohort: share that never left, against all others"})
    bends: pd.DataFrame = field(metadata={"holds": "one row per span of age, cohort or month: odds of leaving"})
    drift: pd.DataFrame = field(metadata={"holds": "the straight trend of cohorts, or of calendar months"})
    losses: pd.DataFrame = field(metadata={"holds": "one row per month of life: first losses"})
    hazard: pd.DataFrame = field(metadata={"holds": "one row per month of life with 30 accounts or more: share lost"})
    stages: pd.DataFrame = field(metadata={"holds": "one row per contract and stage of life: rate of first losses"})
    curves: pd.DataFrame = field(metadata={"holds": "one row per segment and age: Kaplan–Meier curve"})
    curves_by_source: pd.DataFrame = field(metadata={"holds": "one row per acquisition source and age: the same"})
    medians: pd.DataFrame = field(metadata={"holds": "one row per segment: median life in months"})
    projection: pd.DataFrame = field(metadata={"holds": "one row per contract term and renewal: observed, projected"})
    backtest: pd.DataFrame = field(metadata={"holds": "one row per contract term and hidden month"})
    value: pd.DataFrame = field(metadata={"holds": "one row per contract term: expected value of paying accounts"})
    lives: pd.DataFrame = field(metadata={"holds": "accounts counted by cohort, month of first loss and group"})
    monthly: pd.DataFrame = field(metadata={"holds": "one row per month: movements of MRR"})
    drawn: dict[str, pd.DataFrame] = field(metadata={"holds": "accounts and revenue, by the cohorts of the charts"})
    chart_grain: str = field(metadata={"holds": "how long a cohort of the charts is: month, quarter or year"})
    currency: str = field(metadata={"holds": "currency of the amounts"})
    sentences: SimpleNamespace = field(metadata={"holds": "what the page says"})

    def grid(self, what: str, show: str = "share") -> dict:
        """What `plots.heatmap` draws: `accounts`, `net` or `gross` revenue by cohort and age, as share or count."""
        if show not in ("share", "count"):
            raise Refused(f"show {show!r} is not known; {did_you_mean(show, ('share', 'count'))}")
        name, share, count = GRIDS[what]
        table = self.drawn[name]
        first = table[table["age_months"] == 0]
        is_counted, money = what == "accounts", partial(formats.money, currency=self.currency)
        sizes = first["n"].map(formats.count) if is_counted else first["cents"].map(money)
        unit = "percent" if show == "share" else "count" if is_counted else "thousands"
        cells = triangles.wide(table, share if show == "share" else count, every=triangles.months_in(self.chart_grain))
        return {"wide": cells, "sizes": sizes.reset_index(drop=True).astype("str"), "unit": unit}

    @property
    def contracts(self) -> dict[str, pd.DataFrame]:
        """The rows of `projection` by the name of the contract, shortest first."""
        return {observed.contract_name(int(term)): rows for term, rows in self.projection.groupby("term_months")}

    @property
    def tests(self) -> list[pd.DataFrame]:
        """The rows of `backtest` by contract term, shortest first."""
        return [rows.reset_index(drop=True) for _, rows in self.backtest.groupby("term_months")]


def read(
    tables: Tables,
    grain: str = "month",
    segment: str = "",
    milestone: int = 12,
    horizon_months: int = 60,
    hidden_months: int = 12,
    term_months: int = 0,
    chart_grain: str = "quarter",
) -> Cohorts:
    """Everything on cohorts as of the period; see the parameters of notebook 20.

    `grain`: month, quarter or year; the charts use `chart_grain` where that is longer. `segment`: one of the accounts',
    or empty for all; `milestone`: the age in months at which cohorts and groups are compared; the projection reaches
    `horizon_months` and its test hides the last `hidden_months`; `term_months`: of a contract where the data states no
    renewal date. `Refused` for an unknown one.
    """
    months, chart_grain = triangles.months_in(grain), max(grain, chart_grain, key=triangles.months_in)
    last, first = min(tables.period.last, tables.coverage.last_complete_month), tables.coverage.first_month
    cube = triangles.only(movements.cube(tables), segment)
    lives = triangles.only(movements.lifetimes(tables, last, term_months), segment)
    frames = _triangles(cube, last, first, months) | _lives(lives, last)
    frames["compared"] = compare(triangles.grouped(frames["never_lost"], months), milestone)
    frames["bends"], frames["drift"] = deviations(frames["never_lost"])
    to_come, refusals = _projections(lives, last, horizon_months, hidden_months, tables.settings.economics)
    frames |= to_come | {"lives": lives, "monthly": movements.by_month(cube, first, last)}
    contrasts = [
        observed.contrast(lives, last, "segment"),
        observed.contrast(lives, last, "acquisition_source"),
        observed.contrast(lives, last, "acquisition_source", strata="segment")[1:],
    ]
    sentences = words.sentences(frames, milestone, contrasts, refusals, tables.currency)
    drawn = _grouped(frames, triangles.months_in(chart_grain))
    return Cohorts(**frames, drawn=drawn, chart_grain=chart_grain, currency=tables.currency, sentences=sentences)


def _triangles(cube: pd.DataFrame, last: int, first: int, months: int) -> dict[str, pd.DataFrame]:
    monthly = {measure: triangles.triangle(cube, last, measure, first) for measure in triangles.MEASURES}
    frames = dict(zip(("in_force", "never_lost", "net", "gross"), monthly.values(), strict=True))
    for what in triangles.TABLES:
        build = partial(triangles.table, what, last_month=last, first_month=first, months=months)
        frames[f"{what}_by_segment"] = movements.of_each_segment(cube, build)
    return frames | _grouped(frames, months) | {"losses": triangles.losses(frames["never_lost"])}


def _grouped(frames: dict[str, pd.DataFrame], months: int) -> dict[str, pd.DataFrame]:
    """Accounts and revenue by cohorts of so many months, from the monthly triangles."""
    return {
        "accounts": triangles.side_by_side(frames["in_force"], frames["never_lost"], months),
        "revenue": triangles.side_by_side(frames["net"], frames["gross"], months),
    }


def _lives(lives: pd.DataFrame, last: int) -> dict[str, pd.DataFrame]:
    curves = observed.by_group(lives, last, "segment")
    return {
        "hazard": observed.hazard(observed.life_table(lives, last), at_least=30),
        "stages": observed.stages(lives, last),
        "curves": curves,
        "curves_by_source": observed.by_group(lives, last, "acquisition_source"),
        "medians": observed.medians(curves, "segment"),
    }


def _projections(lives: pd.DataFrame, last: int, horizon_months: int, hidden_months: int, economics):
    """The frames on what is to come, and by contract term why nothing is projected, and why nothing is tested."""
    models, no_model = projection.each_term(projection.fit, lives, last)
    tests, no_test = projection.each_term(projection.backtest, lives, last, hidden_months)
    projected = {term: projection.project(fitted, horizon_months) for term, fitted in models.items()}
    frames = {
        "projection": projection.stacked(projected, projection.PROJECTION),
        "backtest": projection.stacked(tests, projection.BACKTEST),
        "value": projection.base_value(lives, models, economics.margin, economics.discount_rate),
    }
    # A test needs a projection: why there is none is said once.
    no_test = {term: why for term, why in no_test.items() if term in models} if models else {0: "nothing was projected"}
    return frames, (no_model, no_test)
