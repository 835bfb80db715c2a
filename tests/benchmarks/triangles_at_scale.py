"""Triangles of millions of subscriptions: the helpers against the same query written by hand in DuckDB.

    python tests/benchmarks/triangles_at_scale.py --subscriptions 10_000_000 --runs 3

Each run is a process of its own, the two kinds in turn; printed are medians of wall seconds (query, check), CPU seconds
of the process, peak memory, and the ratio of the queries. By hand: one query over the Parquet files, what
`helpers/queries/movements.sql` computes, and nothing else. The helpers: mapping, cut, cube and all four triangles; the
check of the contract, which every report makes once, is printed beside it.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
STRETCHES = 5  # of one account, one after the other; one in ten ends in a gap

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


def make(folder: Path, subscriptions: int) -> None:
    """Accounts that start over 60 months and change their price every half year or so; one in ten pauses."""
    accounts = subscriptions // STRETCHES
    con = duckdb.connect()
    con.execute("create macro pick(i, k, n) as cast(hash(i, k) % n as integer)")
    con.execute("create macro month(i, k) as cast(date '2020-01-01' + to_months(pick(i, 0, 60) + k) as date)")
    con.execute(f"""copy (
        select 'A' || i as account_id, 'Account ' || i as name,
            ['SMB', 'Mid-market', 'Enterprise'][1 + pick(i, 9, 3)] as segment
        from range({accounts}) t(i)
    ) to '{folder}/accounts.parquet' (format parquet)""")
    con.execute(f"""copy (
        select 'S' || i || '-' || k as subscription_id, 'A' || i as account_id, 'USD' as currency,
            month(i, 6 * k) as starts_on,
            case when pick(i, k, 10) = 0 then month(i, 6 * k + 3)
                when k < {STRETCHES - 1} then month(i, 6 * k + 6) end as ends_on,
            cast(100 + pick(i, k + 20, 5000) as decimal(12, 2)) as mrr
        from range({accounts}) t(i), range({STRETCHES}) u(k)
    ) to '{folder}/subscriptions.parquet' (format parquet)""")
    (folder / "source.toml").write_text(
        '[source]\nkind = "files"\npath = "."\ncurrency = "USD"\ndata_until = 2027-06-30\n'
        '[tables.accounts]\nfrom = "accounts.parquet"\n[tables.subscriptions]\nfrom = "subscriptions.parquet"\n',
        encoding="utf-8",
    )


def by_hand(folder: Path) -> int:
    con = duckdb.connect()
    con.execute(f"create view s as from '{folder}/subscriptions.parquet'")
    con.execute(f"create view a as from '{folder}/accounts.parquet'")
    return len(con.execute(BY_HAND).df())


def by_helpers(folder: Path) -> tuple[int, float]:
    """Rows of the cube, and the seconds that the contract check took before it."""
    from helpers import cohorts, movements, sources

    start = time.perf_counter()
    tables = sources.open(folder / "source.toml", "2027-06")
    checked = time.perf_counter() - start
    cube = movements.cube(tables)
    for measure in cohorts.MEASURES:
        cohorts.triangle(cube, tables.period.last, measure)
    return len(cube), checked


def measure(kind: str, folder: Path) -> dict:
    command = [sys.executable, __file__, "--child", kind, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT)
    return json.loads(done.stdout)


def child(kind: str, folder: Path) -> None:
    if kind == "helpers":
        import helpers.cohorts
        import helpers.sources  # noqa: F401  (imports are not what is measured)
    start = time.perf_counter()
    rows, checked = by_helpers(folder) if kind == "helpers" else (by_hand(folder), 0.0)
    wall, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20
    print(json.dumps({"rows": rows, "query": wall - checked, "check": checked, "cpu": cpu, "peak_gb": peak}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subscriptions", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--child", choices=["hand", "helpers"])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.child:
        return child(given.child, given.folder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, given.subscriptions)
        found = {"hand": [], "helpers": []}
        for _ in range(given.runs):
            for kind, rows in found.items():
                rows.append(measure(kind, folder))
    middle = {}
    for kind, rows in found.items():
        middle[kind] = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
        shown = ", ".join(f"{name} {value:,.2f}" for name, value in middle[kind].items())
        print(f"{kind}: {shown} (medians of {given.runs})")
    assert middle["hand"]["rows"] == middle["helpers"]["rows"], "the two do not compute the same cube"
    ratio = middle["helpers"]["query"] / middle["hand"]["query"]
    print(f"helpers ÷ by hand: {ratio:.2f} for the cube and four triangles; the contract check comes before it")


if __name__ == "__main__":
    main()
