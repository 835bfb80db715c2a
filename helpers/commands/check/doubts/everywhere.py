"""Doubts that any table can give rise to: dates nobody meant, months with hardly a row, labels spelt two ways."""

from datetime import date
from statistics import median

from helpers import formats, periods
from helpers.commands.check.doubts.core import Doubt, Question, doubt
from helpers.sources import Tables, schema

_FEW_ROWS, _MANY_LABELS, _AROUND = 20, 300, 3
# A time with a zone that is not UTC: its day may be another one there than here.
_ZONED = "({0} like '____-__-__%:%+__%' or {0} like '____-__-__%:%-__%')"
_ZONED += " and {0} not like '%+00%' and {0} not like '%-00%'"
_STYLES = {"2026-10-31": "____-__-__%", "10/31/2026": "%/%/%", "31.10.2026": "%.%.%"}


def _dates(table: str) -> list[str]:
    return [column for column in schema.TABLES[table].columns if schema.kind(table, column) in ("date", "month")]


def later_than_its_rows(tables: Tables, today: date) -> list[Doubt]:
    """A `data_until` that no row supports."""
    latest, until = tables.latest_before_until(today), tables.settings.data_until
    if not latest:
        return []
    name = next(name for name in tables.names if schema.cut(name).known_on)
    says = f"data_until is {until}, but no row of any table is later than {latest}"
    why = "months without rows look like months in which nobody came, and contracts that end in them look like churn"
    fix = "write the last day that the export covers under [source]: data_until = …"
    place = tables.settings.file.name
    return [Doubt(place, name, schema.cut(name).known_on, says, 0, (), why, fix)]


def thin_months(tables: Tables, until: date) -> list[Doubt]:
    """Months with less than a tenth of the rows of the months around them (at least 20, up to three on either side)."""
    known = {name: schema.cut(name).known_on for name in tables.names if schema.cut(name).known_on}
    if not known:
        return []
    # The items of one questionnaire come together, so they count as one.
    counted = {name: "distinct response_id" if name == "surveys" else "*" for name in known}
    month = "cast(extract(year from {0}) * 12 + extract(month from {0}) - 1 as integer)"
    parts = [
        f"select '{name}' as what, {month.format(column)} as month_no, count({counted[name]}) as n_rows "
        f"from _all_{name} where {column} between date '1980-01-01' and date '{until}' "
        f"group by {month.format(column)}"
        for name, column in known.items()
    ]
    counts = tables.uncut(" union all ".join(parts))
    found = []
    for name, column in known.items():
        rows = counts[counts["what"] == name]
        of_month = dict(zip(rows["month_no"].astype(int), rows["n_rows"].astype(int), strict=True))
        thin = _thin(of_month, periods.last_complete_month(until))
        if thin:
            shown = tuple(
                f"{periods.month_text(month)}: {formats.plural(n, 'row')}, around it typically {usual:,.0f}"
                for month, (n, usual) in list(thin.items())[:3]
            )
            n = formats.plural(len(thin), "month")
            found.append(
                Doubt(
                    tables.mapped(name).place,
                    name,
                    column,
                    f"{n} with less than a tenth of the usual rows",
                    0,
                    shown,
                    "a part of the export is probably missing, and what rests on it drops in that month",
                    "export these months again",
                )
            )
    return found


def _thin(of_month: dict[int, int], last: int) -> dict[int, tuple[int, float]]:
    """Month → its rows and what is usual around it; none where many months are thin, since that is a rhythm."""
    if not of_month:
        return {}
    first, last = min(of_month), min(max(of_month), last)
    thin = {}
    for month in range(first + 1, last + 1):
        before = [of_month.get(other, 0) for other in range(max(first, month - _AROUND), month)]
        after = [of_month.get(other, 0) for other in range(month + 1, min(last, month + _AROUND) + 1)]
        usual = min(median(before), median(after)) if after else median(before)
        if usual >= _FEW_ROWS and of_month.get(month, 0) < usual / 10:
            thin[month] = (of_month.get(month, 0), usual)
    return thin if len(thin) <= max(1, (last - first) / 8) else {}


def spellings(tables: Tables) -> list[Doubt]:
    """Labels that are one but for capitals, blanks and points: SMB, smb, S.M.B."""
    parts = []
    for name in tables.names:
        for column, declared in schema.TABLES[name].columns.items():
            is_label = declared.metadata["kind"] == "text" and column not in ("name", "currency", "item")
            if is_label and column not in tables.mapped(name).absent:
                parts.append(
                    f"select '{name}' as what, '{column}' as which, {column} as label, count(*) as n_rows "
                    f"from _all_{name} where {column} is not null group by {column}"
                )
    counts = tables.uncut(" union all ".join(parts)) if parts else None
    found = []
    for (name, column), rows in counts.groupby(["what", "which"], sort=True) if counts is not None else ():
        if len(rows) > _MANY_LABELS:
            continue
        ways: dict[str, list] = {}
        for label, n in sorted(
            zip(rows["label"], rows["n_rows"].astype(int), strict=True), key=lambda row: (-row[1], row[0])
        ):
            ways.setdefault("".join(filter(str.isalnum, label.casefold())) or label, []).append((label, n))
        twice = [spelt for spelt in ways.values() if len(spelt) > 1]
        if twice:
            n_rows = sum(n for spelt in twice for _, n in spelt[1:])
            shown = tuple(", ".join(f"'{label}' ({n:,})" for label, n in spelt) for spelt in twice[:3])
            found.append(
                Doubt(
                    tables.mapped(name).place,
                    name,
                    column,
                    "one label spelt in more than one way",
                    n_rows,
                    shown,
                    "each spelling is a group of its own in every table and chart",
                    f'bring them to one: {column} = "case when … then … end" under [tables.{name}.columns]',
                )
            )
    return found


def date_styles(tables: Tables) -> list[Doubt]:
    """Columns of text that hold dates in more than one style."""
    places, parts = [], []
    for name in tables.names:
        for column in _dates(name):
            theirs = tables.mapped(name).columns[column]
            # What an expression makes of a text has one style; the text itself is not seen here.
            if theirs is not None and not theirs.startswith("("):
                raw = tables.mapped(name).dialect.raw(theirs)
                sums = ", ".join(
                    f"coalesce(sum(case when {raw} like '{like}' then 1 else 0 end), 0) as s_{n}"
                    for n, like in enumerate(_STYLES.values())
                )
                places.append((name, column, theirs))
                zoned = f"coalesce(sum(case when {_ZONED.format(raw)} then 1 else 0 end), 0) as n_zoned"
                parts.append(f"select {len(places) - 1} as place, {sums}, {zoned} from _raw_{name}")
    found = []
    for row in tables.uncut(" union all ".join(parts)).sort_values("place").to_dict("records") if parts else ():
        name, column, theirs = places[int(row["place"])]
        counts = {style: int(row[f"s_{n}"]) for n, style in enumerate(_STYLES)}
        seen = {style: n for style, n in counts.items() if n}
        if len(seen) > 1:
            found.append(_mixed(tables, name, column, theirs, seen))
        if row["n_zoned"]:
            place, n = tables.mapped(name).place, int(row["n_zoned"])
            says = "has a time with a time zone: the day is read as it is written there"
            why = "a day that begins in one zone is still the day before in another, so a month's end may move"
            fix = "export days, or times in one zone, and map the day that your books use"
            found.append(Doubt(place, name, column, says, n, (), why, fix))
    return found


def _mixed(tables: Tables, name: str, column: str, theirs: str, seen: dict[str, int]) -> Doubt:
    usual = max(seen, key=lambda style: seen[style])
    raw = tables.mapped(name).dialect.raw(theirs)
    rarer = " or ".join(f"{raw} like '{_STYLES[style]}'" for style in seen if style != usual)
    keys = [
        f"{source} as shown_{ours}"
        for ours, source in tables.mapped(name).columns.items()
        if ours in schema.key(name) and ours != column and source
    ]
    rows = f"select {', '.join([*keys, f'{theirs} as shown_{column}'])} from _raw_{name} where {rarer}"
    told = ", ".join(f"{n:,} like {style}" for style, n in seen.items())
    question = Question(
        name,
        column,
        rows.replace("shown_", ""),
        f"dates in more than one style: {told}",
        "only 2026-10-31 is read as a date; in 03/04/2026 nobody can tell the day from the month",
        "export the dates as 2026-10-31",
    )
    return doubt(tables, question, sum(n for style, n in seen.items() if style != usual))
