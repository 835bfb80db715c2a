#!/usr/bin/env bash
# DuckDB: the median of two prices is one of them when the column is a decimal, and their middle when it is a double.
#
# Prices and MRR are kept as DECIMAL(18, 2), so that sums are exact. One would guess that median(price) of 1.00 and
# 1.01 is 1.005, as for doubles, or at least rounded to the nearest cent. It stays in the column's own type and is
# cut: 1.00, for median() as for quantile_cont(0.5), while avg() of the same column gives 1.005. A median deal size
# from an even number of deals is therefore low by up to half a unit of the last digit, and by half a unit of
# currency where amounts are whole. Cast to double, or count in cents and divide afterwards.
#
# Seen with duckdb 2.0.0: 1.00, 1.00, 1.005, 1.005 and the type DECIMAL(18,2); whole amounts 1 and 2 give 1, not 1.5.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q duckdb==2.0.0
"$folder/env/bin/python" - <<'PY'
import duckdb

prices = "(values (1.00::decimal(18, 2)), (1.01)) t(price)"
row = duckdb.sql(
    f"select median(price), quantile_cont(price, 0.5), avg(price), median(price::double), typeof(median(price)) from {prices}"
).fetchall()[0]
whole = duckdb.sql("select median(x) from (values (1::decimal(18, 0)), (2)) t(x)").fetchall()[0][0]
print("median, quantile_cont, avg, median of double, type:", *row)
print("median of the whole amounts 1 and 2:", whole)
assert [str(value) for value in row[:2]] == ["1.00", "1.00"], "the median of decimals is no longer cut"
assert row[2:4] == (1.005, 1.005) and row[4] == "DECIMAL(18,2)"
assert str(whole) == "1"
PY
