#!/usr/bin/env bash
# Excel: a formula that was written by a program and never computed reads as a missing amount or as 0, depending on
# which library wrote the workbook. The reader cannot tell the second from a customer who pays nothing.
#
# Finance teams get workbooks from scripts: MRR = B2*C2, never opened in Excel. One would guess that every reader
# either computes the formula or finds an empty cell. openpyxl writes no cached value, so the cell is missing.
# XlsxWriter writes 0 as the cached value unless it is told one. Read with calamine (pandas' engine, or its own
# reader) and with openpyxl's data_only, the first workbook gives a missing amount, the second gives 0: an account
# that churned. Whoever reads amounts from workbooks has to look at the formulas as well.
#
# Seen with python-calamine 0.9.1, openpyxl 3.1.5, XlsxWriter 3.3.1, pandas 3.1.1: [100.0, nan] and [100, 0].
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q python-calamine==0.9.1 openpyxl==3.1.5 XlsxWriter==3.3.1 pandas==3.1.1
cd "$folder"
env/bin/python - <<'PY'
import openpyxl
import pandas as pd
import xlsxwriter

book = openpyxl.Workbook()
for row in (["seats", "price", "mrr"], [10, 10, 100], [20, 10, "=A3*B3"]):
    book.active.append(row)
book.save("openpyxl.xlsx")

with xlsxwriter.Workbook("xlsxwriter.xlsx") as book:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["seats", "price", "mrr"])
    sheet.write_row(1, 0, [10, 10, 100])
    sheet.write_row(2, 0, [20, 10])
    sheet.write_formula(2, 2, "=A3*B3")

for name in ("openpyxl.xlsx", "xlsxwriter.xlsx"):
    amounts = pd.read_excel(name, engine="calamine")["mrr"]
    cached = openpyxl.load_workbook(name, data_only=True).active["C3"].value
    print(f"{name}: calamine {amounts.tolist()}, openpyxl data_only {cached}")
    if name == "openpyxl.xlsx":
        assert pd.isna(amounts[1]) and cached is None
    else:
        assert amounts[1] == 0 and cached == 0
PY
