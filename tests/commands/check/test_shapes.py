"""Shapes that people bring, made up after public reports: each is right, or asked about by the name of its column."""

import json
import re
import tomllib
import zipfile
from datetime import date

import pytest
from workbooks import xlsx

from helpers import periods, sources
from helpers.__main__ import main
from helpers.commands.check import start
from helpers.commands.check.check import walk
from helpers.commands.check.findings import lines

NAMES = ["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Kapok", "Larch"]


def csv(head: str, *rows: str) -> str:
    return "\n".join([head, *rows]) + "\n"


def subscriptions(head: str, row: str, n: int = 12) -> str:
    """Rows of `row` for n customers: {n} counts, {name} is the customer, {month} one of the first four months."""
    rows = [
        row.format(n=n, name=NAMES[n % 12] + "2" * (n // 12), month=f"{n % 4 + 1:02d}", odd=n % 2) for n in range(n)
    ]
    return csv(head, *rows)


def cycle(days: int) -> str:
    import pandas as pd

    dates = pd.date_range("2025-01-01", "2026-05-31", freq=f"{days}D")
    return csv(
        "invoice_id,line_id,account_id,invoiced_on,amount,currency",
        *(f"{name}{n},1,{name},{day:%Y-%m-%d},100,USD" for name in NAMES[:4] for n, day in enumerate(dates)),
    )


HEAD = "id,customer_id,start_date,end_date,monthly_fee,currency"
ROW = "S{n},{name},2025-{month}-01,,100.00,USD"
# What a shape is, the file's name, its text, and what must come of it: MRR of 2025-04, or words in which it is asked.
SHAPES = {
    "two starts": (
        "subscriptions",
        subscriptions(
            "id,Customer ID,Start Date,Current Period Start,Amount,Currency",
            "S{n},{name},2024-{month}-03,2025-{month}-03,100,USD",
        ),
        "starts_on: Start Date is read; Current Period Start would fit",
    ),
    "two starts, a warehouse": (
        "subscriptions",
        subscriptions(
            "id,customer_id,current_period_start,start_date,amount,currency",
            "S{n},{name},2025-04-03,2024-{month}-03,100,USD",
        ),
        "starts_on: start_date is read; current_period_start would fit",
    ),
    "only the current period": (
        "subscriptions",
        subscriptions("id,customer_id,current_period_start,amount,currency", "S{n},{name},2025-{month}-03,100,USD"),
        "start of the latest period only",
    ),
    "two amounts": (
        "subscriptions",
        subscriptions(
            "id,customer_id,start_date,amount,monthly_amount,currency", "S{n},{name},2025-{month}-01,1200,100,USD"
        ),
        "mrr: monthly_amount is read; amount would fit",
    ),
    **{
        f"no end is {word}": (
            "subscriptions",
            subscriptions(HEAD, f"S{{n}},{{name}},2025-{{month}}-01,{word},100,USD")
            + "S99,Zed,2025-01-01,2025-03-01,7,USD\n",
            1200,
        )
        for word in ("NULL", "0", r"\N", "None", "NaT", "-", "Never", "9999-12-31", "0000-00-00", "n/a", "0001-01-01")
    },
    "only cancelled_at": (
        "subscriptions",
        subscriptions(
            "id,customer_id,start_date,cancelled_at,monthly_fee,currency",
            "S{n},{name},2025-{month}-01,2025-04-02,9,USD",
        ),
        "notice was given, but there is no end",
    ),
    "an end of an unknown name": (
        "subscriptions",
        subscriptions(
            "id,customer_id,start_date,last_served,monthly_fee,currency", "S{n},{name},2025-{month}-01,2025-04-02,9,USD"
        ),
        "is it last_served? Nobody ever leaves",
    ),
    "renewals as rows": (
        "contracts",
        csv(
            "contract,customer,start,monthly_fee,currency",
            *(f"K{n}{y},{NAMES[n]},202{y}-02-0{n + 1},100,USD" for n in range(6) for y in (4, 5)),
        ),
        "where renewals are rows of their own",
    ),
    "one id with two products": (
        "subscriptions",
        subscriptions(
            "id,customer_id,plan,start_date,end_date,monthly_fee,currency", "S{n},{name},Basic,2025-01-01,,100,USD", 8
        )
        + "S1,Birch,Pro,2025-03-01,,200,USD\n",
        "with another product before the same subscription_id has ended",
    ),
    "interval, all known": (
        "subscriptions",
        csv(
            "id,customer_id,start_date,amount,billing_term,currency",
            *(
                f"S{n},{NAMES[n]},2025-01-01,{amount},{label},USD"
                for n, (amount, label) in enumerate(
                    [(100, "Monthly"), (1200, "Annual"), (2400, "2-Year"), (3600, "3 years"), (300, "quarterly")]
                )
            ),
        ),
        500,
    ),
    "interval, one unknown": (
        "subscriptions",
        csv(
            "id,customer_id,start_date,amount,billing_period,currency",
            "S1,A,2025-01-01,100,Monthly,USD",
            "S2,B,2025-01-01,9,Olympiad,USD",
        ),
        "mrr=9 per Olympiad",
    ),
    "interval_count": (
        "subscriptions",
        csv(
            "id,customer_id,start_date,amount,interval,interval_count,currency",
            "S1,A,2025-01-01,300,month,3,USD",
            "S2,B,2025-01-01,1200,year,1,USD",
            "S3,C,2025-01-01,100,month,1,USD",
        ),
        300,
    ),
    "weekly": (
        "subscriptions",
        csv(
            "id,customer_id,start_date,amount,interval,currency",
            "S1,A,2025-01-01,12,weekly,USD",
            "S2,B,2025-01-01,1,month,USD",
        ),
        53,
    ),
    "price of one": (
        "subscriptions",
        subscriptions(
            "id,customer_id,start_date,unit_amount,quantity,currency", "S{n},{name},2025-{month}-01,50,2,USD"
        ),
        1200,
    ),
    "price of one, asked": (
        "subscriptions",
        subscriptions("id,customer_id,start_date,price,quantity,currency", "S{n},{name},2025-{month}-01,50,2,USD"),
        "if price is for one, multiply it by quantity",
    ),
    **{
        f"amounts like {text}": (
            "subscriptions",
            subscriptions(HEAD.replace("monthly_fee", "amount"), f'S{{n}},{{name}},2025-{{month}}-01,,"{text}",USD'),
            amount,
        )
        for text, amount in {
            "$1,200.50": 14406,
            "1'200.50": 14406,
            "1 200,50": 14406,
            "1.200,50": 14406,
            "1,200.50 USD": 14406,
            "R$ 1.200,50": 14406,
            "¥1,200": 14400,
            "CHF 1'200.50": 14406,
            "1,20,000.50": 1440006,
            "₹1,20,000": 1440000,
            "1.200": "holds amounts like 1.234",
            "100/mo": "amount might be meant, but reads 100/mo",
        }.items()
    },
    **{
        f"days like {day}": ("subscriptions", subscriptions(HEAD, f'S{{n}},{{name}},"{day}",,100,USD'), outcome)
        for day, outcome in {
            "28-01-2025": 1200,
            "03-04-2025": "starts_on: start_date may be read in more than one way",
            "1738022400": 1200,
            "1738022400000": 1200,
            "45685": 1200,
            "Jan-25": 1200,
            "2025-01": 1200,
            "Jan 2025": 1200,
            "28.01.25": 1200,
            "2025-1-28": 1200,
            "2025.01.28": 1200,
            "2025.1.28": 1200,
            "2025/1/28": 1200,
            "Jan 28 2025": 1200,
            "January 28 2025": 1200,
            "24-06-01": "starts_on: start_date may be read in more than one way",
            "03/04/2025": "starts_on: start_date may be read in more than one way",
        }.items()
    },
    "rounded ids": (
        "subscriptions",
        subscriptions(HEAD, "S{n},1.23457E+1{odd},2025-{month}-01,,100,USD"),
        "account_id: 12 rows: an id that a spreadsheet has rounded",
    ),
    "a total row": (
        "subscriptions",
        subscriptions(HEAD, ROW) + "Total,Total,2025-01-01,,1200,USD\n",
        "a row of totals",
    ),
    "last days of few rows": (
        "subscriptions",
        subscriptions(HEAD, "S{n},{name},2024-{month}-01,2025-{month}-28,100,USD", 5)
        .replace("-01-28", "-01-31")
        .replace("-03-28", "-03-31")
        .replace("-04-28", "-04-30"),
        "ends on the last day of a month",
    ),
    "all ends in one month": (
        "subscriptions",
        subscriptions(HEAD, "S{n},{name},2024-{month}-01,2025-04-1{odd},100,USD") + "S99,Zed,2025-04-01,,7,USD\n",
        "ends in the one month",
    ),
    "everybody leaves within a month": (
        "invoices",
        csv(
            "invoice_id,line_id,account_id,invoiced_on,amount,currency",
            *(f"{n},1,C{n % 60},2025-0{n // 10 + 1}-07,10,USD" for n in range(60)),
        ),
        "of the accounts or more leave within one month",
    ),
    **{
        f"invoices every {days} days": ("invoices", cycle(days), mrr)
        for days, mrr in {7: 4 * 434.52, 14: 4 * 217.26, 28: 4 * 108.63, 30: 4 * 101.39, 90: 4 * 33.80}.items()
    },
    # Among others one customer, who changes from weeks to months: 2 rows, of which the months would make 560.
    "a cycle of days that turns into months": (
        "invoices",
        cycle(365)
        + "".join(
            f"F{day},1,Four,2025-{day},280,USD\n"
            for day in ("01-06", "02-03", "03-03", "03-31", "04-28", "05-26", "06-23", "07-23", "08-23", "09-23")
        ),
        "comes 28 days after the invoice before it",
    ),
    "prorations": (
        "invoices",
        csv(
            "invoice_id,line_id,account_id,invoiced_on,service_starts_on,service_ends_on,amount,currency",
            "1,1,A,2025-03-01,2025-03-01,2025-04-01,100,USD",
            "2,1,A,2025-03-16,2025-03-16,2025-04-01,-51.61,USD",
            "2,2,A,2025-03-16,2025-03-16,2025-04-01,103.23,USD",
            "3,1,A,2025-04-01,2025-04-01,2025-05-01,200,USD",
        ),
        200,
    ),
    "payments": (
        "payments",
        csv("customer,date,amount,currency", *(f"{name},2025-0{m}-05,100,USD" for name in NAMES for m in range(1, 6))),
        "is read as an invoice of one month; is it?",
    ),
    "months across": (
        "cube",
        csv("Customer,Jan-25,Feb-25,Mar-25,Apr-25", "Alder,100,100,-,100", "Birch,50,50,50,50"),
        "USD is written under [source]",
    ),
    "rows of a month": (
        "arr_by_month",
        csv("customer,month,arr,currency", *(f"{name},2025-0{m}-01,1200,USD" for name in NAMES for m in range(1, 6))),
        1200,
    ),
    "movements": (
        "mrr_movements",
        csv(
            "customer,date,type,mrr_change,currency",
            "A,2025-01-05,new,100,USD",
            "B,2025-02-05,new,50,USD",
            "A,2025-03-05,churn,-100,USD",
        ),
        "",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_right_or_asked_about(shape, tmp_path):
    name, text, outcome = SHAPES[shape]
    (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    said: list[str] = []
    file = start.write(tmp_path, said.append)
    if isinstance(outcome, str):
        # What the first source file asks is there before anything is counted; only a doubt needs the whole check.
        text = "\n".join(said)
        assert outcome in text or outcome in "\n".join(lines(walk(file, date(2026, 11, 1))))
    else:
        tables = sources.connect(file)
        assert not tables.faults()
        tables = tables.at(periods.of_month(tables.coverage.last_month))
        changes = tables.query("select sum(change_cents) as cents from _levels")["cents"].iloc[0]
        # A whole amount is exact to the unit, as each shape's monthly amounts are rounded; any other, to the cent.
        assert round(float(changes) / 100, 0 if isinstance(outcome, int) else 2) == pytest.approx(outcome, abs=1e-9)
    suggested = re.findall(r"^# (\w+ = .+)$", (tmp_path / "source.toml").read_text(encoding="utf-8"), re.MULTILINE)
    for line in suggested:
        tomllib.loads(line)


@pytest.mark.parametrize("name", ["discounts", "coupons", "refunds"])
def test_discounts_are_no_subscriptions(name, tmp_path):
    (tmp_path / f"{name}.csv").write_text(subscriptions(HEAD, ROW))
    assert main(["check", "--start", str(tmp_path)]) == 2 and not (tmp_path / "source.toml").exists()


def test_charges_are_no_opportunities(tmp_path):
    (tmp_path / "subscriptions.csv").write_text(subscriptions(HEAD, ROW))
    (tmp_path / "charges.csv").write_text(
        "id,account_id,type,source,created,status,amount\n1,Alder,new,sales,2025-01-01,won,5\n"
    )
    main(["check", "--start", str(tmp_path)])
    assert "[tables.opportunities]" not in (tmp_path / "source.toml").read_text()


def test_of_two_full_exports_one_is_read_and_both_are_named(tmp_path, capsys):
    for month, n in (("2025-03", 11), ("2025-04", 12)):
        (tmp_path / f"subscriptions_{month}.csv").write_text(subscriptions(HEAD, ROW, n))
    assert main(["check", "--start", str(tmp_path)]) == 0
    assert "subscriptions_2025-03.csv and subscriptions_2025-04.csv hold the same rows" in capsys.readouterr().out
    assert len(sources.open(tmp_path / "source.toml", "2025-03").frame("subscriptions")) == 9


def test_a_question_stays_until_somebody_takes_its_line_out(tmp_path, capsys):
    name, text, _ = SHAPES["two amounts"]
    (tmp_path / f"{name}.csv").write_text(text)
    main(["check", "--start", str(tmp_path)])
    main(["check", str(tmp_path)])
    assert "column mrr: a guess is open" in capsys.readouterr().out
    file = tmp_path / "source.toml"
    file.write_text(re.sub("(?m)^# \\? .*\n", "", file.read_text()))
    capsys.readouterr()
    main(["check", str(tmp_path)])
    assert "a guess is open" not in capsys.readouterr().out


def test_a_first_look_writes_nothing_and_shows_columns_values_and_mrr(tmp_path, capsys):
    from helpers.commands.check import look

    (tmp_path / "subscriptions.csv").write_text(SHAPES["two amounts"][1])
    shown = look.look(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["subscriptions.csv"]
    (mrr,) = [column for column in shown.columns if column.ours == "mrr"]
    assert (
        (mrr.theirs, mrr.line) == ("monthly_amount", 'mrr = "monthly_amount"') and mrr.values == ("100.0",) and mrr.asks
    )
    page = shown._repr_html_()
    assert "mathjax_ignore" in page and "<svg" in page and "amount would fit as well" in page
    assert main(["check", str(tmp_path), "--html", str(tmp_path / "out" / "look.html")]) == 0
    assert "first look" in capsys.readouterr().out and (tmp_path / "out" / "look.html").is_file()


# Other kinds of files


def mrr_of(folder, month: str) -> float:
    tables = sources.open(folder / "source.toml", month)
    return float(tables.query("select sum(change_cents) as cents from _levels")["cents"].iloc[0]) / 100


def test_a_workbook_with_one_cube_is_read_without_a_line_by_hand(tmp_path, capsys):
    months = [date(2025, month, 1) for month in range(1, 5)]
    rows = [["Customers by month"], ["Customer", *months], ["Alder", 100, 100, None, 100], ["Birch", 50, 50, 50, 50]]
    xlsx(tmp_path / "cube.xlsx", {"ARR snowball": rows})
    assert main(["check", "--start", str(tmp_path)]) == 0
    assert "mrr ← cube.xlsx, sheet ARR snowball" in capsys.readouterr().out
    assert mrr_of(tmp_path, "2025-04") == 12.5


def test_sheets_of_a_workbook_are_tables(tmp_path):
    head = ["Customer ID", "Contract", "Start", "End", "MRR (USD)"]
    contracts = [["Contracts, all"], head, *([f"C{n}", f"K{n}", date(2025, 1, 5), None, 100] for n in range(5))]
    accounts = [["Customer ID", "Customer Name", "Tier"], *([f"C{n}", f"Name {n}", "S"] for n in range(5))]
    xlsx(tmp_path / "customers.xlsx", {"Accounts": accounts, "Contracts": contracts})
    assert main(["check", "--start", str(tmp_path)]) == 0
    assert mrr_of(tmp_path, "2025-01") == 500


@pytest.mark.parametrize("kind", ["zip", "jsonl", "windows-1252", "utf-16", "txt", "footer", "latin-1"])
def test_a_file_of_another_kind_is_read_and_its_accounts_are_made_up(kind, tmp_path):
    text = subscriptions(HEAD, ROW).replace(
        "Alder", "Alder’s" if kind == "windows-1252" else "Café" if kind != "txt" else "A"
    )
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            archive.writestr("subscriptions.csv", text)
    elif kind == "jsonl":
        head, *rows = [line.split(",") for line in text.splitlines()]
        lines = [json.dumps({name: value or None for name, value in zip(head, row, strict=True)}) for row in rows]
        (tmp_path / "subscriptions.jsonl").write_text("\n".join(lines))
    elif kind == "footer":
        (tmp_path / "subscriptions.csv").write_text(text + '\n"Confidential"\n"Generated by: Sam"\n')
    else:
        encoding = kind if kind != "txt" else "utf-8"
        (tmp_path / ("subscriptions.txt" if kind == "txt" else "subscriptions.csv")).write_text(text, encoding=encoding)
    assert main(["check", "--start", str(tmp_path)]) == 0
    assert mrr_of(tmp_path, "2025-04") == 1200
    assert len(sources.open(tmp_path / "source.toml", "2025-04").frame("accounts")) == 12


def test_what_is_doubtful_reaches_a_report_open_guesses_first(tmp_path):
    from helpers.commands.check import check

    name, text, _ = SHAPES["two amounts"]
    (tmp_path / f"{name}.csv").write_text(text)
    main(["check", "--start", str(tmp_path)])
    gravest, *_ = check.suspicions(sources.open(tmp_path / "source.toml"), date(2026, 1, 1))
    assert (gravest.table, gravest.column) == ("subscriptions", "mrr") and gravest.says.startswith("a guess is open")
