#!/usr/bin/env bash
# Excel: the totals row of a formatted table is left out by one call of a reader and is a customer in the other.
#
# "Format as Table, Total Row" is how a customer list in Excel gets its sum. The file itself says which row that is.
# One would guess that a reader treats the sheet and its table alike. calamine's own `get_table_by_name` leaves the
# totals row out; the same package behind `pandas.read_excel`, which reads the sheet, gives it as a row of data, with
# the word Total where the customer's name is. MRR by the second is twice the truth. And only .xlsx knows such
# tables: the same sheet saved as .ods has none to ask for.
#
# Seen with python-calamine 0.9.1, XlsxWriter 3.3.1, pandas 3.1.1: 2 rows against 3, MRR 300 against 600.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q python-calamine==0.9.1 XlsxWriter==3.3.1 pandas==3.1.1
cd "$folder"
env/bin/python - <<'PY'
import pandas as pd
import python_calamine
import xlsxwriter

with xlsxwriter.Workbook("customers.xlsx") as book:
    columns = [
        {"header": "customer", "total_string": "Total"},
        {"header": "mrr", "total_function": "sum", "total_value": 300},
    ]
    data = [["Acme", 100], ["Bolt", 200]]
    book.add_worksheet("MRR").add_table("A1:B4", {"name": "mrr", "total_row": True, "columns": columns, "data": data})

book = python_calamine.load_workbook("customers.xlsx", load_tables=True)
table = book.get_table_by_name("mrr").to_python()
sheet = pd.read_excel("customers.xlsx", engine="calamine")
print("the table:", table)
print(sheet.to_string(index=False))
assert [row[0] for row in table] == ["Acme", "Bolt"], table
assert sheet["customer"].tolist() == ["Acme", "Bolt", "Total"] and sheet["mrr"].sum() == 600
PY
