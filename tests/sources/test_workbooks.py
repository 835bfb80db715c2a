"""Workbooks, packed files, JSON lines and Windows-1252 say what the same rows in a CSV file say, or are asked about."""

import gc
import gzip
import io
import json
import zipfile
from datetime import date

import pandas as pd
import pytest
from workbooks import Raw, ods, xlsx

from helpers import sources
from helpers.errors import Refused

HEADER = ["id", "customer", "from", "to", "fee", "code"]
ROWS = [
    [1001, "A", date(2025, 1, 1), None, 100.5, "USD"],
    [1002, "B", date(2025, 2, 1), date(2025, 6, 1), 0.1 + 0.2, "USD"],
    [1003, "A", date(2025, 3, 1), None, 40, "USD"],
]
ACCOUNTS = [["account_id", "name", "segment"], ["A", "Acme", "S"], ["B", "Beta’s Café", "M"]]
COLUMNS = """[tables.subscriptions.columns]
subscription_id = "id"
account_id = "customer"
starts_on = "from"
ends_on = "to"
mrr = "fee"
currency = "code"
"""


@pytest.fixture
def opened(tmp_path):
    def of(file: str, *keys: str, accounts="accounts.csv", of_accounts=()):
        if accounts == "accounts.csv" and not (tmp_path / accounts).exists():
            text = "\n".join(",".join(row) for row in ACCOUNTS)
            (tmp_path / accounts).write_text(text, encoding="utf-8")
        lines = ['[source]\nkind = "files"', f'[tables.accounts]\nfrom = "{accounts}"', *of_accounts]
        lines += [f'[tables.subscriptions]\nfrom = "{file}"', *keys, COLUMNS]
        (tmp_path / "source.toml").write_text("\n".join(lines), encoding="utf-8")
        return sources.open(tmp_path / "source.toml", "2025-03")

    return of


def rows(tables) -> list[list]:
    text = "subscription_id, account_id, cast(starts_on as varchar) as s, cast(ends_on as varchar) as e, mrr"
    found = tables.uncut(f"select {text} from _all_subscriptions order by 1").astype(object)
    return found.where(found.notna(), None).to_numpy().tolist()


RIGHT = [
    ["1001", "A", "2025-01-01", None, 100.5],
    ["1002", "B", "2025-02-01", "2025-06-01", 0.3],
    ["1003", "A", "2025-03-01", None, 40.0],
]


def test_a_sheet_below_its_title_and_above_its_footer(opened, tmp_path):
    above, below = [["Contracts as of", date(2026, 9, 30)], []], [[], ["Exported by", "Jane"], ["Confidential"]]
    xlsx(tmp_path / "book.xlsx", {"Notes": [["read me"]], "Contracts": [*above, HEADER, *ROWS, *below]}, hidden=(5,))
    tables = opened("book.xlsx", 'sheet = "Contracts"')
    assert rows(tables) == RIGHT
    notes = " ".join(tables.notes)
    assert "2 lines below the table are left out, from row 7 on: 'Exported by'" in notes and "1 hidden rows" in notes


def test_several_sheets_are_several_tables_and_one_alone_needs_no_name(opened, tmp_path):
    xlsx(tmp_path / "one.xlsx", {"Accounts": ACCOUNTS})
    xlsx(tmp_path / "book.xlsx", {"Accounts": ACCOUNTS, "Contracts": [HEADER, *ROWS]})
    tables = opened("book.xlsx", 'sheet = "Contracts"', accounts="one.xlsx")
    assert rows(tables) == RIGHT and tables.frame("accounts")["name"].tolist() == ["Acme", "Beta’s Café"]
    with pytest.raises(Refused, match=r'which sheet\? .* sheet = "Accounts"; there are Accounts, Contracts'):
        opened("book.xlsx")
    with pytest.raises(Refused, match=r"sheet = 'Contract' is not there; did you mean 'Contracts'"):
        opened("book.xlsx", 'sheet = "Contract"')


def test_a_sheet_of_libreoffice(opened, tmp_path):
    ods(tmp_path / "book.ods", "Contracts", [HEADER, *ROWS])
    tables = opened("book.ods")
    assert rows(tables) == RIGHT and "errors such as #N/A look like empty cells" in " ".join(tables.notes)


@pytest.mark.parametrize(
    ("cell", "is_open", "says"),
    [
        (Raw("e|<v>#N/A</v>"), False, r"Contracts!D2 \(#N/A\) hold an error"),
        (Raw("e|<f>1/0</f><v>#DIV/0!</v>"), False, r"Contracts!D2 \(#DIV/0!\) hold an error"),
        (Raw("|<f>TODAY()</f>"), False, "the formulas in Contracts!D2 were never computed"),
        (Raw("|<f>TODAY()</f><v></v>"), False, "the formulas in Contracts!D2 were never computed"),
        (Raw("|<f>TODAY()</f><v>0</v>"), True, "the formulas in Contracts!D2 were never computed"),
    ],
)
def test_a_cell_without_a_value_is_named(opened, tmp_path, cell, is_open, says):
    bad = [*ROWS[0][:3], cell, *ROWS[0][4:]]
    xlsx(tmp_path / "book.xlsx", {"Contracts": [HEADER, bad, *ROWS[1:]]}, is_open=is_open)
    with pytest.raises(Refused, match=says):
        opened("book.xlsx")


def test_a_cell_without_a_value_matters_only_where_it_is_read(opened, tmp_path):
    rows_ = [[*HEADER, "note"], *([*row, Raw("e|<v>#REF!</v>")] for row in ROWS)]
    xlsx(tmp_path / "book.xlsx", {"Contracts": rows_})
    assert rows(opened("book.xlsx")) == RIGHT


@pytest.mark.parametrize(
    "text", ["<is><t>Acme:food</t></is>", "<is><r><rPr><family val='1'/></rPr><t>Acme</t></r></is>"]
)
def test_a_text_that_is_written_into_its_cell_is_no_formula(opened, tmp_path, text):
    bold = [*ACCOUNTS[:2], ["B", Raw(f"inlineStr|{text}"), "M"]]
    xlsx(tmp_path / "one.xlsx", {"Accounts": bold})
    xlsx(tmp_path / "book.xlsx", {"Contracts": [HEADER, *ROWS]})
    assert opened("book.xlsx", accounts="one.xlsx").frame("accounts")["name"].str.startswith("Acme").all()


def test_a_faulty_row_is_named_by_its_row_in_the_sheet(opened, tmp_path):
    xlsx(tmp_path / "book.xlsx", {"Contracts": [["Title"], [], HEADER, ROWS[0], [*ROWS[1][:4], "free", "USD"]]})
    with pytest.raises(Refused, match=r"(?s)book.xlsx \(table subscriptions\), column mrr.*row 5: .*mrr=free"):
        opened("book.xlsx")


def test_what_is_no_workbook_says_so(opened, tmp_path):
    (tmp_path / "book.xls").write_text("id;customer\n1;A\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"cannot be read as a workbook.*a CSV under another name"):
        opened("book.xls")


def test_months_across_may_be_real_dates(tmp_path):
    heads = ["Customer", "Name", *(date(2026, month, 1) for month in (1, 2, 3))]
    xlsx(
        tmp_path / "cube.xlsx",
        {"MRR": [["MRR by customer"], heads, ["A", "Acme", 10, 10, None], ["B", "Beta", None, 5, 5]]},
    )
    (tmp_path / "source.toml").write_text(
        '[source]\nkind = "files"\ncurrency = "EUR"\n[tables.mrr]\nfrom = "cube.xlsx"\nmonths_across = true\n'
        '[tables.mrr.columns]\naccount_id = "Customer"\nname = "Name"\n',
        encoding="utf-8",
    )
    found = sources.open(tmp_path / "source.toml").query("select account_id, mrr, ends_on is null from subscriptions")
    assert sorted(found.to_numpy().tolist()) == [["A", 10.0, False], ["B", 5.0, True]]


def as_csv() -> str:
    lines = [HEADER, *([str(value if value is not None else "") for value in row] for row in ROWS)]
    return "\n".join(",".join(line) for line in lines) + "\n"


def test_json_lines(opened, tmp_path):
    lines = [json.dumps(dict(zip(HEADER, row, strict=True)), default=str) for row in ROWS]
    (tmp_path / "s.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert rows(opened("s.jsonl")) == RIGHT


def test_a_zip_of_one_file_or_of_several(opened, tmp_path):
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("out/subscriptions.csv", as_csv())
    assert rows(opened("one.zip")) == RIGHT
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("subscriptions.csv", as_csv())
        archive.writestr("accounts.csv", "\n".join(",".join(row) for row in ACCOUNTS))
    assert rows(opened("two.zip/subscriptions.csv", accounts="two.zip/accounts.csv")) == RIGHT
    with pytest.raises(Refused, match=r'say which one: from = "two\.zip/subscriptions\.csv"'):
        opened("two.zip")
    with pytest.raises(Refused, match=r"there is no sub\.csv; allowed: subscriptions\.csv"):
        opened("two.zip/sub.csv")


def zipped(text: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("subs.csv", text)
    return file.getvalue()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda text: zipped(text.encode("utf-16")), 'say encoding = "utf-16"'),
        (lambda text: zipped(text.replace("A", "\xc4").encode("windows-1252")), 'say encoding = "windows-1252"'),
        (lambda text: zipped(text.replace("A", "A\0").encode()), "holds NUL bytes"),
        (lambda text: zipped(text.encode())[:45] + b"\xff" * 15 + zipped(text.encode())[60:], "cannot be unpacked"),
        (lambda text: b"PK\5\6" + b"\0" * 18, "it holds no file of data"),
    ],
    ids=["utf-16", "windows-1252", "NUL", "damaged", "empty"],
)
def test_a_packed_file_is_looked_at_like_a_plain_one(opened, tmp_path, change, match):
    (tmp_path / "one.zip").write_bytes(change(as_csv()))
    with pytest.raises(Refused, match=match):
        opened("one.zip")


def test_two_tables_may_be_packed_under_one_name(opened, tmp_path):
    frames = {"a.zip": pd.DataFrame(ROWS, columns=HEADER), "b.zip": pd.DataFrame(ACCOUNTS[1:], columns=ACCOUNTS[0])}
    for name, frame in frames.items():
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("data.jsonl", frame.to_json(orient="records", lines=True, date_format="iso"))
    tables = opened("a.zip", accounts="b.zip")
    assert len(tables.frame("subscriptions")) == len(ROWS) and len(tables.frame("accounts")) == len(ACCOUNTS) - 1


def test_json_lines_are_no_csv_packed_or_not(opened, tmp_path):
    lines = [json.dumps(dict(zip(HEADER, row, strict=True)), default=str) for row in ROWS]
    (tmp_path / "s.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    assert rows(opened("s.jsonl.gz")) == RIGHT
    (tmp_path / "s.jsonl").write_text("\n".join([*lines, "{"]), encoding="utf-8")
    with pytest.raises(Refused, match="Malformed JSON"):
        opened("s.jsonl")


@pytest.mark.parametrize("said", ["windows-1252", "cp1252"])
def test_windows_1252(opened, tmp_path, said):
    text = "\n".join(",".join(row) for row in ACCOUNTS).encode("windows-1252")
    (tmp_path / "accounts.csv").write_bytes(text)
    (tmp_path / "s.csv").write_text(as_csv(), encoding="utf-8")
    with pytest.raises(Refused, match=r'encoding = "windows-1252" under .tables.accounts.'):
        opened("s.csv")
    tables = opened("s.csv", of_accounts=[f'encoding = "{said}"'])
    assert tables.frame("accounts")["name"].tolist() == ["Acme", "Beta’s Café"]
    (tmp_path / "accounts.csv").write_bytes(text + b"\nC,\x81,S\n")
    with pytest.raises(Refused, match=r"not in windows-1252 \(byte 0x81"):
        opened("s.csv", of_accounts=[f'encoding = "{said}"'])


def test_a_packed_file_in_windows_1252(opened, tmp_path):
    with gzip.open(tmp_path / "accounts.csv.gz", "wb") as file:
        file.write("\n".join(",".join(row) for row in ACCOUNTS).encode("windows-1252"))
    (tmp_path / "s.csv").write_text(as_csv(), encoding="utf-8")
    tables = opened("s.csv", accounts="accounts.csv.gz", of_accounts=['encoding = "windows-1252"'])
    assert tables.frame("accounts")["name"].tolist() == ["Acme", "Beta’s Café"]


def test_a_footer_is_named_and_can_be_left_out(opened, tmp_path):
    (tmp_path / "s.csv").write_text(
        as_csv() + '\n"Subscriptions with Customers"\n"Generated by: Jane"\n', encoding="utf-8"
    )
    with pytest.raises(Refused, match=r"(?s)the last 2 lines are a footer.*Fix: footer = 2 under"):
        opened("s.csv")
    assert rows(opened("s.csv", "footer = 2")) == RIGHT


def test_copies_are_gone_with_the_session(opened, tmp_path):
    xlsx(tmp_path / "book.xlsx", {"Contracts": [HEADER, *ROWS]})
    tables = opened("book.xlsx")
    copies = tables._engine.scratch
    assert list(copies.glob("*.csv"))
    del tables
    gc.collect()
    assert not copies.exists()
