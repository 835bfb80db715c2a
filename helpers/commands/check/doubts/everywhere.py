"""Doubts that any table can give rise to: dates nobody meant, months with hardly a row, labels spelt two ways."""

from datetime import date

import pandas as pd

from helpers import formats, periods
from helpers.commands.check.doubts.core import SHOWN, Doubt, columns, said, words, written
from helpers.sources import Tables, queries, schema

_FEW_ROWS, _MANY_LABELS, _AROUND = 20, 300, 3
_STYLES = {"2026-10-31": "{0} like '____-__-__%'", "10/31/2026": "{0} like '%/%/%'", "31.10.2026": "{0} like '%.%.%'"}
# A time with a zone that is not UTC: its day may be another one there than here.
_ZONED = "({0} like '____-__-__%:%+__%' or {0} like '____-__-__%:%-__%')"
_ZONED += " and {0} not like '%+00%' and {0} not like '%-00%'"


def _counts(tables: Tables, parts: list[str]) -> pd.DataFrame:
    """What several queries with the columns `what` (a table) and `which` (a column) count, in one."""
    return tables.uncut(" union all ".join(parts)) if parts else pd.DataFrame(columns=["what", "which"])


def later_than_its_rows(tables: Tables, today: date) -> list[Doubt]:
    """A `data_until` that no row supports."""
    latest, until = tables.latest_before_until(today), tables.settings.data_until
    if not latest:
        return []
    name, known_on = next(iter(schema.dated(tables.names).items()))
    place = tables.settings.file.name
    return [said(place, "later_than_its_rows", name, known_on, until=until, latest=latest)]


def thin_months(tables: Tables, until: date) -> list[Doubt]:
    """Months with less than a tenth of the rows of the months around them (at least 20, up to three on either side)."""
    sql = queries.macros(__file__)
    parts = [sql.by_month(name, column, until) for name, column in schema.dated(tables.names).items()]
    found, row = [], words()["thin_months"]["row"]
    for (name, column), rows in _counts(tables, parts).groupby(["what", "which"]):
        of_month = dict(zip(rows["month_no"].astype(int), rows["n_rows"].astype(int), strict=True))
        if thin := _thin(of_month, periods.last_complete_month(until)):
            first = list(thin.items())[:3]
            shown = [row.format(periods.month_text(no), formats.plural(n, "row"), usual) for no, (n, usual) in first]
            n = formats.plural(len(thin), "month")
            found.append(said(tables.mapped(name).place, "thin_months", name, column, shown, n=n))
    return found


def _thin(of_month: dict[int, int], last: int) -> dict[int, tuple[int, float]]:
    """Month → its rows and what is usual around it; none where many months are thin, since that is a rhythm."""
    first, last = min(of_month, default=0), min(max(of_month, default=0), last)
    n_rows = pd.Series(of_month, dtype=float).reindex(range(first, last + 1), fill_value=0)
    before = n_rows.shift().rolling(_AROUND, min_periods=1).median()
    after = n_rows[::-1].shift().rolling(_AROUND, min_periods=1).median()[::-1]
    usual = before.where(after.isna() | (before <= after), after).where(before.notna())
    thin = n_rows[(usual >= _FEW_ROWS) & (n_rows < usual / 10)]
    is_rhythm = len(thin) > max(1, (last - first) / 8)
    return {} if is_rhythm else {month: (int(n), usual[month]) for month, n in thin.items()}


def spellings(tables: Tables) -> list[Doubt]:
    """Labels that are one but for capitals, blanks and points: SMB, smb, S.M.B."""
    texts = columns(tables, lambda _, column, kind: kind == "text" and column not in ("name", "currency", "item"))
    parts = [queries.macros(__file__).by_label(name, column) for name, column in texts]
    found = []
    for (name, column), rows in _counts(tables, parts).groupby(["what", "which"]):
        if len(rows) > _MANY_LABELS:
            continue
        rows = rows.astype({"n_rows": int}).sort_values(["n_rows", "label"], ascending=[False, True])
        bare = rows["label"].map(lambda label: "".join(filter(str.isalnum, label.casefold())) or label)
        if twice := [each for _, each in rows.groupby(bare, sort=False) if len(each) > 1]:
            shown = [", ".join(f"'{row.label}' ({row.n_rows:,})" for row in each.itertuples()) for each in twice[:3]]
            n_rows = sum(int(each["n_rows"][1:].sum()) for each in twice)
            found.append(said(tables.mapped(name).place, "spellings", name, column, shown, n_rows))
    return found


def date_styles(tables: Tables) -> list[Doubt]:
    """Columns of text that hold dates in more than one style, or with a time zone."""
    parts = []
    for name, column in columns(tables, lambda _, column, kind: kind in ("date", "month")):
        mapped = tables.mapped(name)
        # What an expression makes of a column has one style.
        if not mapped.columns[column].startswith("("):
            likes = [like.format(mapped.dialect.raw(mapped.columns[column])) for like in (*_STYLES.values(), _ZONED)]
            parts.append(queries.macros(__file__).by_style(len(parts), name, column, likes))
    found = []
    for row in (_counts(tables, parts).sort_values("place") if parts else pd.DataFrame()).itertuples():
        seen = {style: int(n) for style, n in zip(_STYLES, row[4:], strict=False) if n}
        if len(seen) > 1:
            found.append(_mixed(tables, row.what, row.which, seen))
        if row[-1]:
            found.append(said(tables.mapped(row.what).place, "zones", row.what, row.which, n_rows=int(row[-1])))
    return found


def _mixed(tables: Tables, name: str, column: str, seen: dict[str, int]) -> Doubt:
    mapped, usual = tables.mapped(name), max(seen, key=lambda style: seen[style])
    raw = mapped.dialect.raw(mapped.columns[column])
    rarer = " or ".join(_STYLES[style].format(raw) for style in seen if style != usual)
    shown = [ours for ours, theirs in mapped.columns.items() if ours in schema.key(name) and ours != column and theirs]
    named = ", ".join(f"{mapped.columns[ours]} as {ours}" for ours in (*shown, column))
    order = f"order by {'1, 2' if shown else '1'} limit {SHOWN}"
    rows = tables.uncut(f"select * from (select {named} from _raw_{name} where {rarer}) as found {order}")
    told = ", ".join(f"{n:,} like {style}" for style, n in seen.items())
    return said(mapped.place, "date_styles", name, column, written(rows), sum(seen.values()) - seen[usual], told=told)
