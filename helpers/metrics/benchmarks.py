"""Published figures and the user's own targets, side by side in one file and never mixed up.

A published figure gives orientation: other companies, another question. Only what the user wrote is a target.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from helpers import formats
from helpers.errors import Refused, did_you_mean
from helpers.formats import Shown
from helpers.metrics.core import said
from helpers.sources import ROOT

COLUMNS = ["metric", "population", "value", "unit", "source", "year"]
OPTIONAL = ["low", "high", "url", "kind", "question", "data_year"]
NUMBERS = ["value", "low", "high", "year", "data_year"]
KINDS = ("benchmark", "target")
# Unit → lowest and highest, and what is probably meant when a value lies outside.
UNITS = {
    "share": (0, 1, "a share is 0–1: 91% is 0.91"),
    "ratio": (0, 10, "a ratio is 0–10: 102% is 1.02"),
    "score": (-1, 1, "a score is −1…1: an NPS of 30 is 0.30"),
    "count": (0, None, "a count is 0 or more"),
    "days": (0, None, "a number of days is 0 or more"),
}
SHOWN = 3


@dataclass(frozen=True)
class Published(Shown):
    """What others have published, and your own targets."""

    table: pd.DataFrame = field(metadata={"holds": "one row per figure of data/benchmarks.csv"})

    def band(self, name: str) -> tuple[float, float] | None:
        """From the lowest to the highest published figure of a metric, to be shaded in its chart."""
        return band(for_metric(self.table, name))

    def inside(self, rows: pd.DataFrame) -> str:
        """How many of our figures, shares or ratios, lie between the lowest and the highest published one.

        `rows` are `card.now`, one row per metric.

        >>> figures = pd.DataFrame({"metric": "churn_rate", "value": [0.01, 0.03], "low": None, "high": None})
        >>> figures = figures.assign(kind="benchmark", unit="share", year=2026)
        >>> Published(figures).inside(pd.DataFrame({"metric": ["churn_rate", "other"], "value": [0.02, 0.5]}))
        '1 of our 1 figure is inside the published range'
        """
        units = self.table[self.table["unit"].isin(["share", "ratio"])]
        ours = rows[rows["metric"].isin(units["metric"]) & rows["value"].notna()].set_index("metric")["value"]
        bands = {name: self.band(name) for name in ours.index}
        n = sum(ends is not None and ends[0] <= ours[name] <= ends[1] for name, ends in bands.items())
        return (
            f"{n} of our {formats.plural(len(ours), 'figure')} {'is' if n == 1 else 'are'} inside the published range"
        )

    @property
    def sentences(self) -> list[str]:
        """One paragraph per metric, then one per target."""
        said = []
        for name in self.table["metric"].unique():
            what = name.removesuffix("_12_months").replace("_", " ").capitalize()
            targets = target_sentence(for_metric(self.table, name, "target"))
            texts = [sentence(for_metric(self.table, name)), targets]
            said += [f"{what}. {text}" for text in texts if text]
        return said


def published(path: Path | str = ROOT / "data" / "benchmarks.csv") -> Published:
    """The published figures and your own targets of data/benchmarks.csv (`read`)."""
    return Published(read(path))


def read(path: Path | str) -> pd.DataFrame:
    """The file of benchmarks and targets, one row a figure, checked; years are whole numbers or missing.

    Columns: COLUMNS, then `low` and `high` (a band such as quartiles), `url`, `kind` (`benchmark`, also where empty,
    or `target`), `question`, and `data_year`, the year that the figures are of where it is not the year of publication
    (`year`); empty where the file has none. Raises Refused with the file, the column and the first bad rows.
    """
    path = Path(path)
    if not path.is_file():
        raise Refused(f"{path}: no such file; it holds the published figures and your own targets (data/README.md)")
    raw = pd.read_csv(path, dtype="str", encoding="utf-8-sig", skipinitialspace=True)
    for name in [*(name for name in COLUMNS if name not in raw), *raw.columns]:
        if name not in raw:
            raise Refused(f"{path}, column {name}: missing; the first columns are {', '.join(COLUMNS)}")
        if name not in COLUMNS + OPTIONAL:
            raise Refused(f"{path}, column {name}: unknown; {did_you_mean(name, COLUMNS + OPTIONAL)}")
    raw = raw.reindex(columns=COLUMNS + OPTIONAL).astype("str")
    numbers = {name: pd.to_numeric(raw[name], errors="coerce").astype("float64") for name in NUMBERS}
    frame = raw.assign(kind=raw["kind"].fillna("benchmark"), **numbers)
    for columns, says, wrong in _broken(raw, frame):
        if wrong.any():
            raise Refused(f"{path}, column {columns}: {_listed(raw[wrong], columns, says)}")
    return frame.astype({"year": "Int64", "data_year": "Int64"})


def _broken(raw: pd.DataFrame, frame: pd.DataFrame) -> Iterator[tuple[str, str, pd.Series]]:
    """Every rule in the order in which it is told: the columns, what is wrong, and which rows break it."""
    for name in NUMBERS:
        yield name, "is not a number", frame[name].isna() & raw[name].notna()
    for name in (*(name for name in COLUMNS if name != "year"), "kind"):
        yield name, "is missing", frame[name].isna()
    for name, allowed in (("unit", UNITS), ("kind", KINDS)):
        yield name, f"is none of {', '.join(allowed)}", ~frame[name].isin(list(allowed))
    for name in ("year", "data_year"):
        is_year = frame[name].between(1990, 2100) & (frame[name] % 1 == 0)
        yield name, "is not a year such as 2026", frame[name].notna() & ~is_year
    figures = frame[["low", "value", "high"]]
    for unit, (low, high, says) in UNITS.items():
        outside = figures.lt(low) | figures.gt(float("inf") if high is None else high)
        yield "value, low, high", says, (frame["unit"] == unit) & outside.any(axis=1)
    crossed = (frame["low"] > frame["value"]) | (frame["value"] > frame["high"])
    yield "low, value, high", "the band does not hold the value", crossed


def _listed(bad: pd.DataFrame, columns: str, says: str) -> str:
    """How many rows are wrong, and the first of them; a spreadsheet counts the header as row 1."""
    first = bad[list(dict.fromkeys(["metric", *columns.split(", ")]))].head(SHOWN).fillna("(empty)")
    rows = [
        f"\n    row {place + 2}: " + ", ".join(f"{name}={value}" for name, value in line.items())
        for place, line in first.iterrows()
    ]
    return f"{formats.plural(len(bad), 'row')}: {says}{''.join(rows)}"


def for_metric(frame: pd.DataFrame, name: str, kind: str = "benchmark") -> pd.DataFrame:
    """The rows of one metric and kind, the newest first; a figure without a year last.

    >>> rows = pd.DataFrame({"metric": "churn_rate", "kind": ["benchmark", "benchmark", "target"],
    ...                      "year": [2016, 2017, 2026]})
    >>> for_metric(rows, "churn_rate")["year"].tolist(), for_metric(rows, "churn_rate", "target")["year"].tolist()
    ([2017, 2016], [2026])
    """
    own = frame[(frame["metric"] == name) & (frame["kind"] == kind)]
    return own.sort_values("year", ascending=False, kind="stable", na_position="last").reset_index(drop=True)


def band(rows: pd.DataFrame) -> tuple[float, float] | None:
    """From the lowest to the highest of some rows' values and bands, in the metric's own unit; None without rows.

    >>> band(pd.DataFrame({"value": [1.02, 1.0], "low": [0.97, None], "high": [1.11, None]}))
    (0.97, 1.11)
    """
    values = rows[["low", "value", "high"]].stack()
    return (float(values.min()), float(values.max())) if len(values) else None


def sentence(rows: pd.DataFrame, at_most: int = 3) -> str:
    """What is published, each figure with its source, year and population, and that it is no target; "" without rows.

    `rows` come from `for_metric`; the first `at_most` of them are written out, the others counted.

    >>> rows = pd.DataFrame({"metric": "gross_revenue_retention", "value": [0.91], "low": None, "high": None,
    ...                      "source": "SaaS Capital", "year": 2023, "population": "median of 1,500 companies"})
    >>> sentence(rows).partition(". ")[0]
    'Published: SaaS Capital 2023, median of 1,500 companies: 91.0%'
    """
    figures = rows.head(at_most).to_dict("records")
    return said("published", rows=figures, more=len(rows) - at_most, write=formats.in_unit)


def target_sentence(rows: pd.DataFrame) -> str:
    """The user's own targets, each with who set it and for which customers; "" without rows.

    >>> rows = pd.DataFrame({"metric": "net_revenue_retention", "value": [1.05], "low": None, "high": None,
    ...                      "source": "Customer plan", "year": 2026, "population": "all accounts"})
    >>> target_sentence(rows)
    'Own target: Customer plan 2026, all accounts: 105.0%.'
    """
    return said("targets", rows=rows.to_dict("records"), write=formats.in_unit)
