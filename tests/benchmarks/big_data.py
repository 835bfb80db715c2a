"""Made-up data of any size, written by DuckDB to Parquet: the one place where the benchmarks' data comes from.

    python tests/benchmarks/big_data.py /tmp/big --accounts 1_000_000

`billing` makes accounts and subscriptions only, `usage` adds a usage table to them, `company` all eleven tables: the
sample company many times over, every copy of an account with an id, amounts and dates of its own.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))  # run as a script, from anywhere

STRETCHES = 5  # of one account, one after the other; one in ten ends in a gap
MONTHS = 25  # of usage of an account
UNTIL = "2027-06-30"
BASE = 5_000  # accounts of the sample company that is copied


def session(memory_limit: str = "") -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set preserve_insertion_order = false")
    if memory_limit:
        con.execute(f"set memory_limit = '{memory_limit}'")
    con.execute("create macro pick(i, k, n) as cast(hash(i, k) % n as integer)")
    return con


def source(folder: Path, tables: list[str], until: str, memory_limit: str = "") -> Path:
    """The source file for Parquet tables that lie beside it."""
    lines = ['[source]\nkind = "files"\npath = "."\ncurrency = "USD"', f"data_until = {until}"]
    lines += [f'memory_limit = "{memory_limit}"'] if memory_limit else []
    lines += [f'[tables.{name}]\nfrom = "{name}.parquet"' for name in tables]
    file = folder / ("limited.toml" if memory_limit else "source.toml")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def billing(folder: Path, subscriptions: int) -> None:
    """Accounts that start over 60 months and change their price every half year or so; one in ten pauses."""
    accounts, con = subscriptions // STRETCHES, session()
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
    source(folder, ["accounts", "subscriptions"], UNTIL)


def usage(folder: Path, rows: int) -> None:
    """A usage table of `rows` rows: 25 months in a row for each of the first accounts of `billing`."""
    session().execute(f"""copy (
        select 'A' || i as account_id, cast(date '2022-01-01' + to_months(cast(k as integer)) as date) as month,
            pick(i, k + 50, 40) as n_active_users, 40 as n_licensed_seats, pick(i, k + 90, 20) as n_features_used,
            pick(i, k + 130, 12) as n_help_searches, pick(i, k + 130, 12) // 3 as n_failed_help_searches,
            case when pick(i, k + 170, 20) = 0 then 1 else 0 end as n_new_use_cases
        from range({rows // MONTHS}) t(i), range({MONTHS}) u(k)
    ) to '{folder}/usage.parquet' (format parquet)""")
    source(folder, ["accounts", "subscriptions", "usage"], UNTIL)


# What is another in each copy: an account's id, its amounts by up to a quarter, its days by up to two months.
_OWN = {
    "account_id": "own(account_id, copy)",
    "referred_account_id": "own(referred_account_id, copy)",
    "name": "name || ' ' || copy",
    "mrr": "cast(mrr * factor as decimal(12, 2))",
    "annual_cost": "cast(annual_cost * factor as decimal(12, 2))",
    **{name: f"{name} || '-' || copy" for name in ("subscription_id", "response_id", "contact_id", "ticket_id")},
    **{name: f"{name} || '-' || copy" for name in ("touch_id", "opportunity_id", "act_id", "change_id")},
}


def company(folder: Path, accounts: int, base: int = BASE, memory_limit: str = "2GB") -> Path:
    """All eleven tables of a company of about `accounts` accounts; returns its source file."""
    base = min(base, accounts)
    con = session(memory_limit)
    con.execute(f"set temp_directory = '{folder}/spill'")
    con.execute("create macro own(id, copy) as 'A' || substr(md5(id || '/' || copy), 1, 16)")
    with tempfile.TemporaryDirectory() as name:
        sample = ["-m", "helpers", "sample", name, "--accounts", str(base), "--seed", "7"]
        subprocess.run([sys.executable, *sample], cwd=PROJECT, check=True, capture_output=True)
        files = {path.stem: path for path in sorted(Path(name).glob("*.csv"))}
        del files["reference"]
        for table, path in files.items():
            _copies(con, table, path, folder, max(1, round(accounts / base)))
        (folder / "reference.csv").write_bytes((Path(name) / "reference.csv").read_bytes())
    return source(folder, sorted(files), "2026-10-31")


def _copies(con, table: str, path: Path, folder: Path, n: int) -> None:
    known = con.execute(f"describe select * from read_csv('{path}', sample_size = -1)").fetchall()
    columns = [name for name, *_ in known]
    days = {name: f"cast({name} + to_months(late) as date)" for name, kind, *_ in known if kind == "DATE"}
    if table == "programs":
        con.execute(f"copy (from read_csv('{path}')) to '{folder}/{table}.parquet' (format parquet)")
        return
    own = {**dict.fromkeys(columns), **days, **_OWN}
    shown = ", ".join(f"{own[name] or name} as {name}" for name in columns)
    con.execute(f"""copy (
        select {shown} from (
            select *, 0.8 + 0.45 * pick(account_id, copy, 1000) / 1000 as factor, pick(account_id, copy + 7, 3) as late
            from read_csv('{path}', sample_size = -1), range({n}) as copies(copy)
        )
    ) to '{folder}/{table}.parquet' (format parquet)""")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--accounts", type=int, default=100_000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    print(company(given.folder, given.accounts))


if __name__ == "__main__":
    main()
