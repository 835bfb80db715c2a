"""The tiles of the first page: each headline number with its likely range, its trend, and whether it changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from helpers import formats, periods
from helpers.commands.report.front import signals
from helpers.commands.report.front.signals import Signal
from helpers.metrics import definitions
from helpers.metrics.core import ALL, WAVE
from helpers.periods import Period

AT_RISK = "mrr_at_risk_cents"
_OF_AT_RISK = {AT_RISK: "value", "low_cents": "low", "high_cents": "high", "n_accounts": "n"}
TREND_MONTHS, FEWEST_POINTS, WIDTH, HEIGHT = 13, 3, 220, 44
_ID = re.compile(r'\bid="([^"]+)"')


@dataclass(frozen=True)
class Tile:
    """A headline number: `value`, `likely` (its 95% interval) and `of` (what it counts) as shown; `number` as computed.

    `change` says what is known of a change, `mood` whether that is better, worse or a mere signal. `is_small`: the
    value rests on too few; `is_missing`: there is none, and `likely` says why. `doubt` is a column that `check` asks
    about and that can move it. `trend` is a drawing.
    """

    metric: str
    label: str
    value: str
    likely: str = ""
    of: str = ""
    change: str = ""
    mood: str = ""
    is_small: bool = False
    is_missing: bool = False
    doubt: str = ""
    link: str = ""
    trend: str = ""
    number: dict[str, float | None] = field(default_factory=dict)

    @property
    def basis(self) -> list[str]:
        """What the value rests on, for a line of text."""
        range_ = self.likely if self.is_missing else self.likely and f"likely {self.likely}"
        small = "small sample" if self.is_small and not self.is_missing else ""
        return [part for part in (range_, self.of, small, self.doubt and f"in doubt: {self.doubt}") if part]

    def as_json(self) -> dict:
        """The tile for a program: the number itself, and what the page shows of it."""
        names = ("metric", "label", "value", "likely", "of", "change", "doubt")
        return {{"value": "shown"}.get(name, name): getattr(self, name) for name in names} | self.number


@dataclass(frozen=True)
class Shelf:
    """What tiles are made from: a pack's folder, its period and currency, `signals.known`, and the doubts of check."""

    folder: Path
    period: Period
    currency: str
    known: Sequence[Signal]
    doubts: Sequence[str] = ()

    def table(self, name: str) -> pd.DataFrame:
        """One of the pack's saved tables."""
        return signals.read(self.folder / "tables", name)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """The tidy table, which every tile asks for its rows."""
        return self.table("metrics")

    def history(self, metric: str) -> pd.DataFrame:
        """What metrics.csv holds of a metric for all accounts, by period; of MRR at risk, the total of page 30."""
        if metric == AT_RISK:
            total = self.table("accounts_at_risk_total").rename(columns=_OF_AT_RISK)
            return total.set_axis([str(self.period)] * len(total)).assign(method="", verdict="ok")
        table = self.metrics
        if table.empty:
            return table
        return table[(table["segment"] == ALL) & (table["metric"] == metric)].set_index("period").sort_index()


def tiles(shelf: Shelf) -> list[Tile]:
    """The tiles that the tables of a pack have a number for: those of tiles.toml, then those of definitions.toml."""
    names = (*signals.texts()["tiles"], *definitions.tiles())
    histories = {name: shelf.history(name) for name in names}
    return [_tile(name, rows, shelf) for name, rows in histories.items() if str(shelf.period) in rows.index]


def _tile(name: str, rows: pd.DataFrame, shelf: Shelf) -> Tile:
    now, about = rows.loc[str(shelf.period)], signals.about(name)
    number = {part: None if pd.isna(now[part]) else now[part].item() for part in ("value", "low", "high", "n")}
    shown = {"doubt": _doubt(about, shelf.doubts), "link": _link(shelf.folder, *about.get("place", ()))}
    shown |= {"is_small": now["verdict"] != "ok", "number": number}
    if pd.isna(now["value"]):
        why = f"No figure: {formats.why_none(now)}"
        return Tile(name, about["label"], formats.DASH, why, is_missing=True, **shown | {"is_small": True})
    is_count = formats.unit_of(name) == "number" and number["n"] == number["value"]  # its n would repeat it
    return Tile(
        name,
        about["label"],
        formats.in_unit(name, now["value"], shelf.currency),
        likely(name, now["low"], now["high"], shelf.currency, now["value"]),
        "" if is_count else formats.plural(number["n"], about.get("of", "account")),
        *_change(name, now, rows, shelf),
        trend="" if shown["is_small"] else drawing(*_months(name, rows, shelf)),
        **shown,
    )


def likely(metric: str, low: float, high: float, currency: str, *values: float) -> str:
    """A 95% interval as the pages write it, the `values` in it, without the words; empty where there is none.

    >>> likely("churn_rate", 0.004, 0.016, "USD"), likely("arpa_cents", 1000_00, 2000_00, "EUR")
    ('0.4–1.6%', '€1.00k–€2.00k')
    >>> likely("churn_rate", 0.006, 0.0634, "USD"), likely("churn_rate", 0.006, 0.0634, "USD", 0.063)
    ('1–6%', '0.6–6.3%')
    """
    write = partial(formats.in_unit, metric, currency=currency)
    return "" if pd.isna(low) else formats.between(low, high, write, *values)


def _change(name: str, now: pd.Series, rows: pd.DataFrame, shelf: Shelf) -> tuple[str, str]:
    """What a tile says of change, and its mood; of MRR, whether growth is outside its normal range."""
    year_before, is_mrr = str(shelf.period.year_before), name == "mrr_cents"
    value, wave = rows["value"].get(year_before), now["method"].partition(WAVE)[2]
    # Who asks twice a year has no answer in most months; a lifetime value's method begins with the months it covers.
    is_apart = bool(wave) or name in (AT_RISK, "customer_lifetime_value_observed_cents")
    signal = None if is_apart else signals.of("mrr_growth" if is_mrr else name, shelf.known)
    facts = {"metric": name, "wave": wave, "method": now["method"], "signal": signal}
    facts["is_trusted"] = name == AT_RISK and is_trusted(shelf.table("accounts_at_risk"))
    facts |= {"growth": growth(shelf) if is_mrr else None, "previous": periods.short_name(str(shelf.period.previous))}
    facts["before"] = "" if pd.isna(value) else formats.in_unit(name, value, shelf.currency)
    says = signals.words(facts | {"when": periods.short_name(year_before)}).change
    return says, signal.mood if signal and says else ""


def is_trusted(table: pd.DataFrame) -> bool:
    """Whether accounts at risk may be called: a play is named for them only where the score passed its test."""
    return len(table) > 0 and bool((table["play"] != "").any())


def growth(shelf: Shelf) -> float | None:
    """MRR of the period ÷ that of the period before − 1; None where one of the two is not there."""
    values = shelf.history("mrr_cents").get("value", {})
    now, before = (values.get(str(which)) for which in (shelf.period, shelf.period.previous))
    return now / before - 1 if before and pd.notna(now) and pd.notna(before) else None


def _months(name: str, rows: pd.DataFrame, shelf: Shelf) -> list[pd.Series]:
    """The last months of a metric, oldest first: its values, and both ends of their intervals where it has them."""
    if name == "mrr_cents":
        monthly = shelf.table("movements_by_month")
        until = monthly[monthly["month"].str[:7] <= f"{shelf.period.as_of:%Y-%m}"] if len(monthly) else monthly
        return [until.get("closing_cents", pd.Series(dtype=float)).tail(TREND_MONTHS)]
    own = rows["value"].notna() & ~rows["method"].str.contains(WAVE, regex=False)
    months = rows[rows.index.str.fullmatch(r"\d{4}-\d{2}") & own].tail(TREND_MONTHS)
    # A line says that its points are evenly apart: a year ago, last month, and this one are not.
    gaps = pd.PeriodIndex(months.index, freq="M").astype("int64").to_series().diff()[::-1]
    n_even = int((gaps == gaps[:1].sum()).cumprod().sum()) + 1
    months = months.tail(n_even)
    return [months[part] for part in ("value", "low", "high") if months[part].notna().all()]


def drawing(values: Sequence[float], low: Sequence[float] = (), high: Sequence[float] = ()) -> str:
    """A line of a few months with the band of its intervals, in the page's colors; empty where there are too few.

    >>> drawing([1, 2]), drawing([1, 2, 3]).count("<path"), drawing([1, 2, 3], [0, 1, 2], [2, 3, 4]).count("<path")
    ('', 1, 2)
    """
    if len(values) < FEWEST_POINTS:
        return ""
    ends = [*values, *low, *high]
    room = max(max(ends) - min(ends), 0.1 * abs(max(ends)) or 1.0)  # what hardly moves is a line that hardly moves
    base, step = (min(ends) + max(ends) - room) / 2, WIDTH / (len(values) - 1)

    def points(series: Sequence[float]) -> list[str]:
        heights = (HEIGHT - 3 - (HEIGHT - 6) * (value - base) / room for value in series)
        return [f"{place * step:.1f},{height:.1f}" for place, height in enumerate(heights)]

    lines = {"band": [*points(high), *points(low)[::-1]], "line": points(values)}
    paths = "".join(f'<path class="{kind}" d="M{" ".join(line)}"/>' for kind, line in lines.items() if line)
    opening = f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(f"{opening}{paths}</svg>")


def _doubt(about: dict, doubts: Sequence[str]) -> str:
    """The first column that `check` asks about and that can move a number by more than its interval."""
    places = (doubt.partition(":")[0] for doubt in doubts)
    moving = set(about.get("moved_by", ()))
    return next((place for place in places if {place, place.partition(".")[0]} & moving), "")


def _link(folder: Path, page: str = "", *words: str) -> str:
    """The heading or chart that explains a number: the first id of its page that holds one of `words`."""
    file = folder / f"{page}.html"
    if not page or not file.is_file():
        return ""
    ids = {re.sub(r"\W+", "-", each).lower(): each for each in _ID.findall(file.read_text(encoding="utf-8"))}
    anchors = [f"#{each}" for word in words for name, each in ids.items() if word in name]
    return f"{page}.html{next(iter(anchors), '')}"
