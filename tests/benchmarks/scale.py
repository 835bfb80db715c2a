"""How cost grows with the data: the helpers beside a bare DuckDB query, and beside what one would write in pandas.

    python tests/benchmarks/scale.py                                             # subscriptions: 1e5, 1e6, 1e7
    python tests/benchmarks/scale.py --sizes 10_000_000 --memory-limit 400MB     # the same, held to little memory
    python tests/benchmarks/scale.py --usage 50_000_000                          # one year of use cases, from usage
    python tests/benchmarks/scale.py --plot growth.png

Each run is a process of its own, the kinds in turn; printed are medians of wall seconds (`query`, and the `check` of
the contract, which a report makes once), CPU seconds (`query_cpu` of the query alone) and peak memory. By hand: what
movements.sql of `helpers/sources/queries/` computes, and nothing else. The helpers: mapping, cut, cube and all four
triangles; snapshot: the same once more, as each kernel of a report reads it from what the run has kept (`check` is then
all that goes before: contract, snapshot, opening). pandas: net changes by account and month, running sums, the name of
each movement, the same cube. All must give the same number of rows.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import big_data
import duckdb

PANDAS_UP_TO = 10_000_000  # subscriptions; beyond, this machine's memory is not enough
SIZES = (100_000, 1_000_000, 10_000_000)

BY_HAND = """
with events as (
    select account_id, year(starts_on) * 12 + month(starts_on) - 1 as m, cast(round(mrr * 100) as bigint) as c
    from s
    union all
    select account_id, year(ends_on) * 12 + month(ends_on) - 1, -cast(round(mrr * 100) as bigint) from s
    where ends_on is not null
), netted as (
    select account_id, m, cast(sum(c) as bigint) as c from events group by all having sum(c) <> 0
), levels as (
    select account_id, m, c, cast(sum(c) over w as bigint) as level, min(m) over w as cohort,
        first_value(c) over w as first_c
    from netted window w as (partition by account_id order by m rows between unbounded preceding and current row)
), named as (
    select *, least(level, first_c) - least(level - c, first_c) as capped,
        case when m = cohort then 'new' when level = c then 'reactivation' when level = 0 then 'churn'
            when c > 0 then 'expansion' else 'contraction' end as movement,
        case when level = 0 and 1 = sum(case when level = 0 then 1 else 0 end) over (
            partition by account_id order by m rows between unbounded preceding and current row) then 1 else 0 end lost
    from levels
)
select cohort, segment, m, movement, count(*) as n, cast(sum(c) as bigint) as c, cast(sum(capped) as bigint) as capped,
    cast(sum(lost) as bigint) as lost
from named join a using (account_id) group by all order by all
"""
USAGE_BY_HAND = """
select u.account_id, cast(sum(u.n_new_use_cases) as bigint) as n_begun
from u
join (select account_id, min(starts_on) as paid_on from s where mrr > 0 group by account_id) as t using (account_id)
where u.month <= t.paid_on + 365 and u.month + interval '1' month > t.paid_on
group by u.account_id order by u.account_id
"""


def hand_duckdb(folder: Path, limit: str, query: str) -> int:
    con = big_data.session(limit)
    con.execute(f"set temp_directory = '{folder}/spill'")
    for name, table in (("s", "subscriptions"), ("a", "accounts"), ("u", "usage")):
        if (folder / f"{table}.parquet").exists():
            con.execute(f"create view {name} as from '{folder}/{table}.parquet'")
    return len(con.execute(query).df())


def hand_pandas(folder: Path) -> int:
    import numpy as np
    import pandas as pd

    con = duckdb.connect()
    sold = con.execute(f"select account_id, starts_on, ends_on, mrr from '{folder}/subscriptions.parquet'").df()
    accounts = con.execute(f"select account_id, segment from '{folder}/accounts.parquet'").df()
    cents = (sold["mrr"] * 100).round().astype("int64")
    parts = []
    for column, sign in (("starts_on", 1), ("ends_on", -1)):
        month = sold[column].dt.year * 12 + sold[column].dt.month - 1
        known = month.notna()
        parts.append(pd.DataFrame({"account_id": sold["account_id"], "m": month, "c": sign * cents})[known])
    net = pd.concat(parts).groupby(["account_id", "m"], as_index=False)["c"].sum()
    net = net[net["c"] != 0]
    by_account = net.groupby("account_id")
    net["level"], net["cohort"] = by_account["c"].cumsum(), by_account["m"].transform("min")
    net["first"] = by_account["c"].transform("first")
    before = net["level"] - net["c"]
    net["capped"] = np.minimum(net["level"], net["first"]) - np.minimum(before, net["first"])
    names = ["new", "reactivation", "churn", "expansion"]
    tests = [net["m"] == net["cohort"], net["level"] == net["c"], net["level"] == 0, net["c"] > 0]
    net["movement"] = np.select(tests, names, "contraction")
    net["lost"] = (net["level"] == 0) & ((net["level"] == 0).groupby(net["account_id"]).cumsum() == 1)
    named = net.merge(accounts, on="account_id")
    cube = named.groupby(["cohort", "segment", "m", "movement"], observed=True)
    return len(cube.agg(n=("c", "size"), c=("c", "sum"), capped=("capped", "sum"), lost=("lost", "sum")))


def by_helpers(source: Path, is_usage: bool, is_snapshot: bool) -> tuple[int, float, float]:
    """Rows of the result; the wall and CPU seconds before it: the check, and the snapshot where one is read."""
    from helpers import cohorts, periods, sources
    from helpers.ledger import movements

    start = time.perf_counter()
    with sources.held(source) if is_snapshot else nullcontext() as run:
        if run:
            run.at(periods.parse("2027-06")).hand_over()
        tables = sources.open(source, "2027-06")
        before = time.perf_counter() - start, time.process_time()
        if is_usage:
            return len(tables.run("first_year", days=365, every=1, part=0)), *before
        cube = movements.cube(tables)
        for measure in cohorts.MEASURES:
            cohorts.triangle(cube, tables.period.last, measure)
        return len(cube), *before


def peak_gb() -> float:
    """Most memory that this process held at once, GB.

    Not `ru_maxrss`: Linux carries it over `exec`, so a child starts with the peak of the process that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 2**20


def child(kind: str, source: Path, limit: str, is_usage: bool) -> None:
    # Imports are not what is measured; DuckDB needs pandas to hand over its result.
    import pandas  # noqa: F401

    if kind in ("helpers", "snapshot"):
        import helpers.cohorts
        import helpers.sources  # noqa: F401
    start, before, used = time.perf_counter(), 0.0, time.process_time()
    if kind in ("helpers", "snapshot"):
        rows, before, used = by_helpers(source, is_usage, kind == "snapshot")
    else:
        by_hand = hand_pandas if kind == "pandas" else hand_duckdb
        given = () if kind == "pandas" else (limit, USAGE_BY_HAND if is_usage else BY_HAND)
        rows = by_hand(source.parent, *given)
    wall, cpu = time.perf_counter() - start, time.process_time()
    seconds = {"query": wall - before, "check": before, "query_cpu": cpu - used, "cpu": cpu}
    print(json.dumps({"rows": rows, **seconds, "peak_gb": peak_gb()}))


def measured(kind: str, source: Path, limit: str, is_usage: bool) -> dict:
    """One run, in a process of its own: rows, seconds (query, check, cpu) and peak memory."""
    command = [sys.executable, __file__, "--child", kind, "--source", str(source), "--memory-limit", limit]
    command += ["--usage", "1"] if is_usage else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=big_data.PROJECT)
    return json.loads(done.stdout)


def medians(source: Path, kinds: list[str], given: argparse.Namespace) -> dict[str, dict]:
    """kind → what its runs took, the kinds in turn."""
    found: dict[str, list] = {kind: [] for kind in kinds}
    for _ in range(given.runs):
        for kind, rows in found.items():
            rows.append(measured(kind, source, given.memory_limit, bool(given.usage)))
    return {
        kind: {name: statistics.median(row[name] for row in rows) for name in rows[0]} for kind, rows in found.items()
    }


def at(size: int, given: argparse.Namespace) -> dict[str, dict]:
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        folder = Path(name)
        big_data.billing(folder, size)
        tables = ["accounts", "subscriptions"]
        if given.usage:
            big_data.usage(folder, given.usage)
            tables.append("usage")
        source = big_data.source(folder, tables, big_data.UNTIL, given.memory_limit)
        kinds = ["hand", "helpers", "snapshot"]
        kinds += ["pandas"] * (size <= PANDAS_UP_TO and not given.usage and given.pandas)
        found = medians(source, kinds, given)
    assert len({row["rows"] for row in found.values()}) == 1, f"not the same result: {found}"
    what = f"{given.usage:,} usage rows" if given.usage else f"{size:,} subscriptions"
    for kind, row in found.items():
        shown = ", ".join(f"{name} {value:,.2f}" for name, value in row.items() if name != "rows")
        print(f"{what}  {kind:8} {shown} (medians of {given.runs})")
    for kind in ("helpers", "snapshot"):
        wall, cpu = (found[kind][name] / found["hand"][name] for name in ("query", "query_cpu"))
        print(f"{what}  {kind} ÷ by hand: {wall:.2f} of wall, {cpu:.2f} of CPU, without the check")
    return found


def plot(found: dict[int, dict], file: Path) -> None:
    """Seconds and peak memory against the number of subscriptions, both axes logarithmic."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 3, figsize=(16, 4.5), sharex=True)
    titles = {
        "query": "seconds on the clock",
        "cpu": "CPU seconds, helpers with the check",
        "peak_gb": "peak memory, GB",
    }
    names = {"hand": "DuckDB by hand", "helpers": "helpers", "pandas": "pandas"}
    for axes, (column, title) in zip(panels, titles.items(), strict=True):
        ends = []
        for color, (kind, label) in zip(("#888888", "#0b5394", "#b45f06"), names.items(), strict=True):
            points = [(size, rows[kind][column]) for size, rows in sorted(found.items()) if kind in rows]
            if points:
                axes.plot(*zip(*points, strict=True), marker="o", color=color)
                ends.append((points[-1][1], points[-1][0], label, color))
        axes.set(xscale="log", yscale="log", xlabel="subscriptions", title=title)
        axes.spines[["top", "right"]].set_visible(False)
        # Labels at least a fifth apart, or they lie on one another.
        lowest = 0.0
        for value, size, label, color in sorted(ends):
            lowest = max(value, lowest * 1.2)
            place = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "annotation_clip": False}
            axes.annotate(label, (size, lowest), color=color, **place)
        for which in ("set_major_formatter", "set_minor_formatter"):
            getattr(axes.yaxis, which)(lambda value, _: f"{value:g}" if f"{value:.0e}"[0] in "125" else "")
        axes.margins(x=0.12)
    figure.tight_layout()
    figure.savefig(file, dpi=130, bbox_inches="tight")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="subscriptions")
    parser.add_argument("--usage", type=int, default=0, help="rows of usage, of as many accounts as have them")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory-limit", default="", help="of DuckDB, such as 400MB")
    parser.add_argument("--no-pandas", dest="pandas", action="store_false")
    parser.add_argument("--plot", type=Path, help="where to draw how cost grows")
    parser.add_argument("--scratch", help="a folder with room for the data")
    parser.add_argument("--child", choices=["hand", "helpers", "snapshot", "pandas"], help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        return child(given.child, given.source, given.memory_limit, bool(given.usage))
    of_usage = given.usage // big_data.MONTHS * big_data.STRETCHES
    found = {size: at(size, given) for size in ([of_usage] if given.usage else given.sizes)}
    if given.plot:
        plot(found, given.plot)


if __name__ == "__main__":
    main()
