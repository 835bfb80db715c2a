"""Sheets and exports that nobody wrote a source file for: `check --start` writes it, and reads them right or asks."""

from calendar import monthrange
from datetime import date

from shapes import Shape, csv

CUBE = "https://discern.io/?p=3334"
SNOWBALL = "https://framerusercontent.com/assets/rO7RrD0KKMCVTmNjbw5g1Gh8.txt"
LOG = "https://www.sheetxai.com/blog/how-to-calculate-mrr-in-a-spreadsheet"
SCHEDULE = "https://mrexcel.com/board/threads/categorizing-and-adding-data-with-multiple-conditions.1237563"
WATERFALL = "https://help.cubesoftware.com/hc/en-us/articles/360047058432-Create-an-ARR-Waterfall-in-Cube"
RAW = "https://jettisheets.com/blog/google-sheets-manual-customer-snowball"
CONTRACTS = "https://docs.recurly.com/recurly-subscriptions/docs/subscription-history-export"
STRIPE = "https://docs.stripe.com/api/subscriptions/object"
CHARGEBEE = "https://www.chargebee.com/docs/billing/2.0/reports-and-analytics/standard-subscriptions"
ZUORA = "https://docs.zuora.com/zuora-platform/data/reporting/data-sources-and-exports/data-source-reference/"
ZUORA += "rate-plan-charge-data-source"
CPQ = "https://www.demandblue.com/managing-subscription-products-with-salesforce-cpq-amendments/"
PAYMENTS = "https://support.stripe.com/questions/exporting-a-report-of-all-transactions"
GERMAN = "https://update.compugroup.at/webhelp/cgm-maxx/1819437019.html"
BIGQUERY = "https://github.com/bxparks/bigquery-schema-generator/issues/19"
PAYPAL = "https://trestlefinance.com/guides/paypal-activity-download-csv-quickbooks"

MONTHS = [date(2025 + (8 + n) // 12, (8 + n) % 12 + 1, 1) for n in range(14)]  # September 2025 to October 2026
NAMES = ["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Kapok", "Larch"]


def level(n: int, month: int) -> int:
    """What customer n pays in month 0, 1 …: the fourth leaves, the sixth grows, the eighth returns, the tenth joins."""
    if (n, month >= 6) == (3, True) or (n, month in (5, 6)) == (7, True) or (n, month < 4) == (9, True):
        return 0
    return 150 + 110 * n + (400 if n == 5 and month >= 8 else 0)


def whole(months=range(14), unit: float = 1) -> dict[str, float]:
    """MRR of the months, of all customers."""
    return {f"{MONTHS[m]:%Y-%m}": sum(level(n, m) for n in range(12)) * unit for m in months}


def cube(head=lambda day: f"{day:%b-%y}", cell=str, empty="", key="Customer", months=range(14)) -> list[list[str]]:
    """Customers in rows, months across."""
    body = [[name, *(cell(level(n, m)) if level(n, m) else empty for m in months)] for n, name in enumerate(NAMES)]
    return [[key, *(head(MONTHS[m]) for m in months)], *body]


def text(rows: list[list], sign: str = ",") -> str:
    return csv(*(sign.join(f'"{cell}"' if sign in str(cell) else str(cell) for cell in row) for row in rows))


def total(label: str, some=range(12)) -> list:
    return [label, *(sum(level(n, m) for n in some) for m in range(14))]


def wide(name: str, rows: list[list], asks=(), mrr=None, file="mrr_usd.csv", sign=",", source=CUBE, **more) -> Shape:
    told = [f"mrr.{each}".removesuffix(".") for each in asks]
    mrr = ({} if asks else whole()) if mrr is None else mrr
    return Shape(f"Months across: {name}", "", source, {file: text(rows, sign)}, mrr, asks=tuple(told), **more)


def sheet(name: str, sheets: dict[str, list[list]], asks=(), mrr=None, file="book.xlsx", **more) -> Shape:
    filled = {key: [[cell if cell != "" else None for cell in row] for row in rows] for key, rows in sheets.items()}
    told = tuple(f"mrr.{each}" for each in asks)
    return Shape(f"Workbook: {name}", "", SNOWBALL, {file: filled}, whole() if mrr is None else mrr, asks=told, **more)


def euro(amount: int) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def last(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def day(month: int) -> str:
    return f"{MONTHS[month]:%Y-%m-%d}"


HEADS = {
    "Oct-26": lambda day: f"{day:%b-%y}",
    "2026-10": lambda day: f"{day:%Y-%m}",
    "October 2026": lambda day: f"{day:%B %Y}",
    "202610": lambda day: f"{day:%Y%m}",
    "10/31/2026": lambda day: f"{last(day):%m/%d/%Y}",
    "31.10.2026": lambda day: f"{last(day):%d.%m.%Y}",
    "1-Oct-26": lambda day: f"1-{day:%b-%y}",
    "MRR Oct 2026": lambda day: f"MRR {day:%b %Y}",
}
UNITS = {
    "MRR by customer (USD in thousands)": 1000,
    "Recurring revenue, USD '000s, MRR": 1000,
    "MRR in USD m": 1_000_000,
}
PLAIN = cube()
SPLIT = {
    "capitals": ("Birch", "BIRCH"),
    "a point": ("Birch Inc", "Birch Inc."),
    "a comma and a legal form": ("Birch", "Birch, Inc."),
    "the legal form spelt out": ("Birch Ltd", "Birch Limited"),
}


def split(first: str, then: str) -> list[list]:
    birch = PLAIN[2]
    parts = [[first, *birch[1:6], *[""] * 9], [then, *[""] * 5, *birch[6:]]]
    return [*PLAIN[:2], *parts, *PLAIN[3:]]


def prepaid(n: int, m: int) -> str:
    return str(1200 + n) if (n + m) % 12 == 0 else ""


def running(n: int, m: int) -> str:
    return str(sum(level(n, each) for each in range(m + 1)))


def spans(n: int):
    """The stretches of a customer at one amount: from, until, amount."""
    begin = 0
    for m in range(1, 15):
        if m == 14 or level(n, m) != level(n, begin):
            if level(n, begin):
                yield begin, m if m < 14 else None, level(n, begin)
            begin = m


def contracts(head: str, row, extra: tuple[str, ...] = ()) -> str:
    rows = [
        row(f"K{n}{begin}", name, day(begin), day(end) if end else "", amount)
        for n, name in enumerate(NAMES)
        for begin, end, amount in spans(n)
    ]
    return csv(head, *rows, *extra)


def subscriptions(name: str, head: str, row, asks=(), mrr=None, file="subscriptions.csv", extra=(), **more) -> Shape:
    mrr = whole(range(8)) if mrr is None else mrr
    files = {file: contracts(head, row, extra)}
    return Shape(f"Subscriptions: {name}", "", more.pop("source", CONTRACTS), files, mrr, asks=tuple(asks), **more)


def invoices(name: str, head: str, row, asks=(), mrr=None, extra=(), source=RAW) -> Shape:
    rows = [
        row(f"{n}-{m}", NAMES[n], day(m)[:8] + "05", level(n, m)) for m in range(14) for n in range(12) if level(n, m)
    ]
    mrr = whole(range(13)) if mrr is None else mrr
    return Shape(f"Invoices: {name}", "", source, {"invoices.csv": csv(head, *rows, *extra)}, mrr, asks=tuple(asks))


def long(name: str, head: str, row, asks=(), mrr=None, file="mrr_usd.csv", extra=(), **more) -> Shape:
    rows = [row(NAMES[n], MONTHS[m], level(n, m)) for n in range(12) for m in range(14) if level(n, m)]
    asks, mrr = tuple(f"mrr.{each}" for each in asks), ({} if asks else whole()) if mrr is None else mrr
    return Shape(f"A row a month: {name}", "", LOG, {file: csv(head, *rows, *extra)}, mrr, asks=asks, **more)


def moves(name: str, head: str, row, asks=(), file="mrr_movements_usd.csv") -> Shape:
    rows = []
    for n, customer in enumerate(NAMES):
        for m in range(14):
            before, now = level(n, m - 1) if m else 0, level(n, m)
            kind = "new" if not before else "churn" if not now else "expansion" if now > before else "contraction"
            rows += [row(customer, day(m), kind, now - before)] * (now != before)
    mrr = {} if asks else whole(range(6))
    return Shape(f"Movements: {name}", "", WATERFALL, {file: csv(head, *rows)}, mrr, asks=tuple(asks))


HEAD = "id,customer,start_date,end_date,mrr,currency"
FIELDS = "{0},{1},{2},{3},{4},USD".format
BILLED = "invoice_id,line_id,customer,date,amount,currency"
SHAPES = [
    *(wide(f"headed {name}", cube(head)) for name, head in HEADS.items()),
    wide(
        "headed Q3 2026",
        cube(lambda day: f"Q{day.month // 3} {day.year}", months=(0, 3, 6, 9, 12)),
        mrr=whole((0, 3, 6, 9, 12)),
    ),
    wide("newest month first", [[row[0], *row[:0:-1]] for row in PLAIN]),
    wide("a title that fills its row, as a spreadsheet saves it", [["Acme Corp", *[""] * 14], *PLAIN]),
    wide("ARR in the file's name", cube(cell=lambda amount: str(12 * amount)), file="arr_cube_usd.csv"),
    wide("ARR in the title", [["ARR by customer, USD"], *cube(cell=lambda amount: str(12 * amount))], file="cube.csv"),
    *(
        wide(
            f"the title says {title}",
            [[title], *cube(cell=lambda amount, unit=unit: str(amount / unit))],
            ["mrr"],
            whole(),
        )
        for title, unit in UNITS.items()
    ),
    wide("no word for the currency or the time", PLAIN, ["currency", "mrr"], whole(), file="export.csv"),
    wide("a sign at the amounts", cube(cell=lambda amount: f"${amount:,}.00", empty="$ -"), file="mrr.csv"),
    wide("amounts like 1.234,50", cube(cell=euro), file="mrr_eur.csv", sign=";", currency="EUR"),
    wide(
        "amounts like 1.234",
        cube(cell=lambda amount: f"{amount:,}".replace(",", ".")),
        ["mrr"],
        whole(),
        file="mrr_eur.csv",
        sign=";",
        currency="EUR",
    ),
    *(wide(f"not paying is {word or 'empty'}", cube(empty=word)) for word in ("", "0", "-", "—")),
    *(wide(f"not paying is {word}", cube(empty=word), ["mrr"], whole()) for word in ("n/a", "churned", "NULL")),
    wide("customers below Row Labels", cube(key="Row Labels"), ["account_id"], whole()),
    wide("customers below Account Name (parent)", cube(key="Account Name (parent)"), ["account_id"], whole()),
    wide("customers below nothing", cube(key=""), ["account_id"], whole()),
    wide("a row of totals", [*PLAIN, total("Grand Total")]),
    wide("a row of totals of another name", [*PLAIN, total("Our company")], ["account_id"]),
    wide(
        "rows of subtotals",
        [*PLAIN[:7], total("SMB", range(6)), *PLAIN[7:], total("Enterprise", range(6, 12))],
        ["account_id"],
    ),
    wide("a row of averages", [*PLAIN, ["ARPA", *range(700, 714)]], ["account_id"]),
    wide(
        "a row that counts customers",
        [*PLAIN, ["Logos", *(sum(level(n, m) > 0 for n in range(12)) for m in range(14))]],
        ["account_id"],
    ),
    wide("a column of totals", [[*row, "Total" if not n else 1] for n, row in enumerate(PLAIN)]),
    wide("columns of years between", [[*row[:5], "2025" if not n else 1, *row[5:]] for n, row in enumerate(PLAIN)]),
    wide("the last two months are blank", [PLAIN[0], *([*row[:-2], "", ""] for row in PLAIN[1:])], ["month"]),
    wide(
        "the last month is half filled in",
        [PLAIN[0], *([*row[:-1], row[-1] if n % 2 else ""] for n, row in enumerate(PLAIN[1:]))],
        ["month"],
    ),
    wide(
        "months to come",
        [[*row, *(["Nov-26", "Dec-26", "Jan-27"] if not n else [row[-1]] * 3)] for n, row in enumerate(PLAIN)],
        ["month"],
        whole(),
    ),
    *(wide(f"a customer twice, {name}", split(*names), ["account_id"], whole()) for name, names in SPLIT.items()),
    wide(
        "paid a year in advance",
        [PLAIN[0], *([name, *(prepaid(n, m) for m in range(14))] for n, name in enumerate(NAMES))],
        ["mrr"],
    ),
    wide(
        "sums of the year to date",
        [PLAIN[0], *([name, *(running(n, m) for m in range(14))] for n, name in enumerate(NAMES))],
        ["mrr"],
    ),
    wide("a month is missing", [[*row[:6], *row[7:]] for row in PLAIN], [""], source=SCHEDULE),
    wide("a month twice", [[*row, row[-1]] for row in PLAIN], [""], source=SCHEDULE),
    wide("a credit below 0", [*PLAIN[:4], [*PLAIN[4][:3], "-50", *PLAIN[4][4:]], *PLAIN[5:]], ["mrr"], source=SCHEDULE),
    sheet("dates above, a title in row 1", {"MRR USD": [["Acme Corp"], [""], *cube(lambda day: day, int)]}),
    sheet("ARR in its title", {"Data": [["ARR snowball, USD"], *cube(lambda day: day, lambda amount: 12 * amount)]}),
    sheet("$k in the name of the sheet", {"MRR $k": cube(lambda day: day, lambda amount: amount / 1000)}, ["mrr"]),
    sheet("EUR in its title", {"MRR": [["Amounts in EUR"], *cube(lambda day: day, int)]}, currency="EUR"),
    sheet(
        "a sheet a year",
        {
            "MRR USD 2025": cube(lambda day: day, int, months=range(4)),
            "MRR USD 2026": cube(lambda day: day, int, months=range(4, 14)),
        },
        ["account_id"],
        whole(range(4)),
    ),
    long("2026-10", "customer,month,mrr", lambda name, day, amount: f"{name},{day:%Y-%m},{amount}"),
    long("10/31/2026", "customer,month,mrr", lambda name, day, amount: f"{name},{last(day):%m/%d/%Y},{amount}"),
    long(
        "a time behind the day",
        "customer,month,mrr",
        lambda name, day, amount: f"{name},{day:%Y-%m-%d}T00:00:00Z,{amount}",
    ),
    long("ARR", "customer,month,arr", lambda name, day, amount: f"{name},{day},{12 * amount}", file="export_usd.csv"),
    long("in thousands", "customer,month,MRR ($k)", lambda name, day, amount: f"{name},{day},{amount / 1000}"),
    long("in cents", "customer,month,mrr_cents", lambda name, day, amount: f"{name},{day},{100 * amount}"),
    long(
        "amounts like 1.234",
        "customer;month;mrr",
        lambda name, day, amount: f"{name};{day};{amount:,}".replace(",", "."),
        ["mrr"],
        whole(),
    ),
    long(
        "a customer twice",
        "customer,month,mrr",
        lambda name, day, amount: f"{name.upper() if name == 'Elm' and day.year == 2026 else name},{day},{amount}",
        ["account_id"],
        whole(),
    ),
    long(
        "the last month is not whole",
        "customer,month,mrr",
        lambda name, day, amount: (
            f"{name},{day},{amount}" if day < MONTHS[-1] or name < "F" else f"{name},2026-09-01,0"
        ),
        ["account_id, product, month"],
    ),
    moves("signed, with their kinds", "customer,date,type,mrr_change", "{},{},{},{}".format),
    moves(
        "in brackets",
        "customer,date,type,mrr_change",
        lambda name, day, kind, change: f"{name},{day},{kind},{change if change > 0 else f'({-change})'}",
    ),
    moves(
        "of ARR", "customer,date,type,arr_change", lambda name, day, kind, change: f"{name},{day},{kind},{12 * change}"
    ),
    moves(
        "two exports of the same months in one file",
        "customer,date,type,mrr_change",
        lambda *cells: "\n".join(2 * ["{},{},{},{}".format(*cells)]),
        ["mrr.mrr"],
    ),
    subscriptions("an amount a month", HEAD, FIELDS),
    subscriptions(
        "ARR in thousands",
        "id,customer,start_date,end_date,ARR ($000),currency",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x * 12 / 1000},USD",
    ),
    subscriptions(
        "ARR in the file's name alone",
        HEAD.replace("mrr", "amount"),
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{12 * x},USD",
        ["subscriptions.mrr"],
        {},
        "arr_contracts.csv",
    ),
    subscriptions(
        "a discount in a column of its own",
        f"{HEAD.replace('mrr', 'monthly_price')},Discount %",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x},USD,20",
        ["subscriptions.mrr"],
        {},
    ),
    subscriptions(
        "the end of a trial",
        f"{HEAD},trial_end",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x},USD,{a}",
        ["subscriptions.starts_on"],
        {},
        source=STRIPE,
    ),
    subscriptions(
        "a day of a pause",
        f"{HEAD},paused_at",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x},USD,{a if name == 'Fir' else ''}",
        ["subscriptions.mrr"],
        {},
        source=STRIPE,
    ),
    subscriptions(
        "a trial is a product",
        f"{HEAD},plan",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x},USD,Pro",
        ["subscriptions.product"],
        {},
        extra=("K99,Zed,2026-05-01,,500,USD,Free Trial",),
    ),
    subscriptions(
        "an account for tests",
        HEAD,
        FIELDS,
        ["accounts.account_id", "accounts.name"],
        {},
        extra=("K99,Test Account,2026-05-01,,500,USD",),
    ),
    subscriptions(
        "a flag says that it is a year's",
        f"{HEAD.replace('mrr', 'amount')},is_annual",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x},USD,{'yes' if name > 'F' else 'no'}",
        ["subscriptions.mrr"],
        {},
    ),
    subscriptions(
        "a number of months",
        f"{HEAD.replace('mrr', 'amount')},interval_months",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x},USD,{12 if name > 'F' else 1}",
        ["subscriptions.mrr"],
        {},
    ),
    subscriptions(
        "active, though its end has passed",
        f"{HEAD},Status",
        lambda i, name, a, b, x: f"{i},{name},{a},{b or '2026-03-01'},{x},USD,{'Ended' if b else 'Active'}",
        ["subscriptions.ends_on"],
        {},
    ),
    invoices("one a month", BILLED, "{0},1,{1},{2},{3},USD".format),
    invoices(
        "payments without an id, exported twice",
        "customer,date,amount,currency",
        lambda i, name, day, x: "\n".join(2 * [f"{name},{day},{x},USD"]),
        ["invoices.invoice_id"],
        {},
    ),
    invoices(
        "a tax in a column of its own",
        f"{BILLED},tax",
        lambda i, name, day, x: f"{i},1,{name},{day},{x * 1.2},USD,{x * 0.2}",
        ["invoices.amount"],
        {},
    ),
    invoices(
        "a tax that is another in every row",
        f"{BILLED},tax",
        lambda i, name, day, x: f"{i},1,{name},{day},{x * 1.2},USD,{x * 0.2 + float(i.replace('-', '.0'))}",
        ["invoices.amount"],
        {},
    ),
    invoices(
        "a fee that is paid once",
        f"{BILLED},description",
        lambda i, name, day, x: f"{i},1,{name},{day},{x},USD,Pro plan",
        ["invoices.amount"],
        {},
        ("x,1,Fir,2026-03-05,900,USD,Setup fee",),
    ),
    Shape(
        "Invoices: one a year without a service period",
        "",
        RAW,
        {
            "invoices.csv": csv(
                BILLED,
                *(
                    f"{n}{year},1,{name},{year}-0{n % 9 + 1}-05,1200,USD"
                    for n, name in enumerate(NAMES)
                    for year in (2025, 2026)
                ),
            )
        },
        asks=("invoices.invoiced_on",),
    ),
    subscriptions(
        "the end of the current term",
        HEAD.replace("end_date", "Current Term End"),
        FIELDS,
        ["subscriptions.ends_on"],
        {},
        source=CHARGEBEE,
    ),
    subscriptions(
        "an amendment that overlaps its contract",
        f"{HEAD},Contract Type",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x},USD,New",
        ["subscriptions.mrr"],
        {},
        extra=("K99,Alder,2026-02-01,,500,USD,Amendment",),
        source=CPQ,
    ),
    subscriptions(
        "an upgrade that follows what it replaces",
        f"{HEAD},Contract Type",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x},USD,{'New' if i.endswith('0') else 'Upgrade'}",
        source=CPQ,
    ),
    subscriptions(
        "charges of rate plans",
        "RatePlanCharge.ChargeNumber,Subscription.Id,Account.Id,RatePlanCharge.EffectiveStartDate,"
        "RatePlanCharge.EffectiveEndDate,RatePlanCharge.MRR,Currency",
        lambda i, name, a, b, x: f"C-{i},{i},{name},{a},{b},{x},USD",
        file="rate_plan_charges.csv",
        source=ZUORA,
    ),
    subscriptions(
        "charges of rate plans, one of them OneTime",
        "Subscription.Id,Account.Id,RatePlanCharge.EffectiveStartDate,RatePlanCharge.EffectiveEndDate,"
        "RatePlanCharge.MRR,Currency,RatePlanCharge.ChargeType",
        lambda i, name, a, b, x: f"{i},{name},{a},{b},{x},USD,{'OneTime' if name == 'Fir' else 'Recurring'}",
        ["subscriptions.mrr"],
        {},
        file="rate_plan_charges.csv",
        source=ZUORA,
    ),
    invoices(
        "refunds in a column of their own",
        f"{BILLED},Amount Refunded",
        lambda i, name, day, x: f"{i},1,{name},{day},{x},USD,{x if i == '5-3' else 0}.00",
        ["invoices.amount"],
        {},
        source=PAYMENTS,
    ),
    invoices(
        "what is left after a fee",
        "Transaction ID,Date,Customer,Gross,Fee,Net,Currency",
        lambda i, name, day, x: f"{i},{day},{name},{x}.00,-{x * 0.03:.2f},{x * 0.97:.2f},USD",
        ["invoices.amount"],
        {},
        source=PAYPAL,
    ),
    invoices(
        "what is charged by use",
        f"{BILLED},description",
        lambda i, name, day, x: f"{i},1,{name},{day},{x},USD,Pro plan",
        ["invoices.amount"],
        {},
        ("5-3,2,Fir,2026-03-05,90,USD,API overage",),
        source=ZUORA,
    ),
    Shape(
        "Invoices: headed in German",
        "",
        GERMAN,
        {
            "Rechnungen.csv": csv(
                "Rechnungsnummer;Rechnungsdatum;Kundennummer;Leistung von;Leistung bis;Nettobetrag;MwSt;Währung",
                *(
                    f"RE{m}-{n};{MONTHS[m]:%d.%m.%Y};{name};{MONTHS[m]:%d.%m.%Y};{MONTHS[m + 1]:%d.%m.%Y};"
                    f"{euro(level(n, m))};{euro(level(n, m) / 5)};EUR"
                    for m in range(13)
                    for n, name in enumerate(NAMES)
                    if level(n, m)
                ),
            )
        },
        whole(range(12)),
        currency="EUR",
    ),
    subscriptions(
        "days with a time and its zone",
        HEAD,
        lambda i, name, a, b, x: f"{i},{name},{a} 09:00:00 UTC,{b and b + ' 09:00:00 UTC'},{x},USD",
        source=BIGQUERY,
    ),
    subscriptions(
        "days with a time and the hours of its zone",
        HEAD,
        lambda i, name, a, b, x: f"{i},{name},{a} 09:00:00 -0500,{b and b + ' 09:00:00 -0500'},{x},USD",
        source=BIGQUERY,
    ),
]
