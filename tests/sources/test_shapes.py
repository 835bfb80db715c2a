"""MRR by month, months across, or as movements gives the same company, to the cent, or is asked about."""

import re

import pytest

from helpers import periods, sources
from helpers.errors import Refused

# Acme pays 100, 100, 50, nothing, 70; Beta 33.33 from the second month on.
LONG = """customer,month,mrr,name,segment
A,2026-01,100,Acme,S
A,2026-02,100,Acme,S
A,2026-03,50,Acme,S
A,2026-05,70,Acme,M
B,2026-02,33.33,Beta,S
B,2026-03,33.33,Beta,S
B,2026-04,33.33,Beta,S
B,2026-05,33.33,Beta,S
"""
WIDE = """customer,name,segment,{},Total
A,Acme,M,100,100,50,-,70,320
B,Beta,S,,33.33,33.33,33.33,33.33,133.32
"""
HEADS = [
    "2026-01,2026-02,2026-03,2026-04,2026-05",
    "Jan-26,Feb-26,Mar-26,Apr-26,May-26",
    "Jan 2026,Feb 2026,Mar 2026,Apr 2026,May 2026",
    "2026-01-01,2026-02-01,2026-03-01,2026-04-01,2026-05-01",
    "2026-01-31,2026-02-28,2026-03-31,2026-04-30,2026-05-31",
    "01/2026,02/2026,03/2026,04/2026,05/2026",
    "MRR Jan 26,MRR Feb 26,MRR Mar 26,MRR Apr 26,MRR May 26",
    "202601,202602,202603,202604,202605",
]
SIGNED = """customer,month,mrr
A,2026-01-05,100
B,2026-02-01,33.33
A,2026-03-09,-50
A,2026-04-30,-50
A,2026-05-01,70
"""
WORDS = """customer,month,mrr,movement
A,2026-01-05,100,New-Biz
B,2026-02-01,33.33,new
A,2026-03-09,50,Downgrade
A,2026-04-30,50,churn
A,2026-05-01,70,reactivation
"""
LEVELS = [("A", 1, 3, 100.0), ("A", 3, 4, 50.0), ("A", 5, 0, 70.0), ("B", 2, 0, 33.33)]


@pytest.fixture
def given(tmp_path):
    def of(rows: str, *keys: str, currency="USD", period="2026-05"):
        (tmp_path / "mrr.csv").write_text(rows, encoding="utf-8")
        lines = ['[source]\nkind = "files"', f'currency = "{currency}"' * bool(currency)]
        lines += ['[tables.mrr]\nfrom = "mrr.csv"', *keys, '[tables.mrr.columns]\naccount_id = "customer"']
        (tmp_path / "source.toml").write_text("\n".join(lines), encoding="utf-8")
        return sources.open(tmp_path / "source.toml", period)

    return of


def spells(tables) -> list[tuple]:
    months = "extract(month from starts_on) as s, coalesce(extract(month from ends_on), 0) as e"
    found = tables.query(f"select account_id, {months}, mrr from subscriptions order by account_id, starts_on")
    return [(row.account_id, int(row.s), int(row.e), row.mrr) for row in found.itertuples()]


def test_a_row_a_month_tells_of_spells(given):
    assert spells(given(LONG)) == LEVELS


@pytest.mark.parametrize("heads", HEADS)
def test_months_across_are_known_by_their_names(given, heads):
    assert spells(given(WIDE.format(heads), "months_across = true")) == LEVELS


@pytest.mark.parametrize("ledger", [SIGNED, WORDS], ids=["signed", "words"])
def test_a_ledger_adds_up_to_the_same_spells(given, ledger):
    assert spells(given(ledger, "movements = true").at(given(LONG).period)) == LEVELS


def test_months_written_in_words_are_read_in_a_column_too(given):
    words = {"2026-01": "Jan 26", "2026-02": "Feb 26", "2026-03": "Mar 26", "2026-04": "Apr 26", "2026-05": "May 26"}
    rows = LONG
    for month, word in words.items():
        rows = rows.replace(month, word)
    assert spells(given(rows)) == LEVELS


def test_a_year_is_a_twelfth_half_a_cent_upward(given):
    rows = "customer,month,mrr\nA,2026-04,1000\nA,2026-05,1000.02\nB,2026-05,0.06\n"
    assert [row[3] for row in spells(given(rows, 'amounts = "arr"'))] == [83.33, 83.34, 0.01]


def test_a_quarter_is_known_at_its_end_and_holds_until_the_next(given):
    rows = given("customer,2025-Q4,2026-Q1\nA,10,10\nB,20,\nC,,5\n", "months_across = true", period="2026-03")
    assert spells(rows) == [("A", 12, 0, 10.0), ("B", 12, 3, 20.0), ("C", 3, 0, 5.0)]
    assert spells(rows.at(periods.of_month(rows.period.last - 1)))[:2] == [("A", 12, 0, 10.0), ("B", 12, 0, 20.0)]


def test_products_are_subscriptions_of_their_own(given):
    rows = "customer,month,mrr,product\nA,2026-04,10,Core\nA,2026-04,5,Extra\nA,2026-05,10,Core\n"
    found = given(rows).query("select subscription_id, ends_on is null as runs from subscriptions order by 1")
    assert found.to_numpy().tolist() == [["A Core", True], ["A Extra", False]]


def test_accounts_come_from_the_sheet_with_their_latest_segment(given):
    found = given(LONG).frame("accounts")[["account_id", "name", "segment"]]
    assert found.to_numpy().tolist() == [["A", "Acme", "M"], ["B", "Beta", "S"]]


def test_what_the_sheet_cannot_say_is_said(given):
    notes = " ".join(given(SIGNED, "movements = true").notes)
    assert "name" in notes and "terms" in notes


@pytest.mark.parametrize(
    ("rows", "keys", "says"),
    [
        (WIDE.format(HEADS[0]) + "Total,,,100,133.33,83.33,33.33,103.33,\n", ["months_across = true"], "row of totals"),
        (LONG + "A,2026-02-15,1,Acme,S\n", [], "a duplicate key"),
        (LONG.replace("100,", "-100,"), [], "is negative"),
        (LONG.replace("100,", "n/a,"), [], "cannot be read as an amount"),
        (
            WIDE.format(HEADS[0].replace("2026-03", "Mar")),
            ["months_across = true"],
            "1 of the months between have no column",
        ),
        (WIDE.format(HEADS[0].replace("2026-03", "Feb-26")), ["months_across = true"], "name one month"),
        (WIDE.format(HEADS[0].replace("2026-03", "2026-Q1")), ["months_across = true"], "side by side"),
        ("customer,2026-04,2026-05\nA,-,0\nB,,-\n", ["months_across = true"], "every amount is 0 or empty"),
        (LONG, ["months_across = true"], "fewer than two columns name a month"),
        (WORDS.replace("churn", "sunset"), ["movements = true"], "is no word that is known"),
        (WORDS.replace("50,churn", "-50,churn"), ["movements = true"], "its change is above 0"),
        (SIGNED.replace("-50", "50"), ["movements = true"], "no word says which"),
        (SIGNED.replace("-01-05,100", "-01-05,90"), ["movements = true"], "more is taken"),
        (LONG, ["months_across = true", "movements = true"], "two shapes"),
        (LONG, ['amounts = "year"'], "amounts = 'year' is not known"),
    ],
)
def test_what_could_be_counted_wrong_is_asked(given, rows, keys, says):
    with pytest.raises(Refused, match=says):
        given(rows, *keys)


def test_a_row_that_is_the_sum_of_all_others_is_asked_about_whatever_it_is_called(given):
    rows = "customer,2026-03,2026-04,2026-05\n" + "".join(f"C{n},{n},{n * 2},{n + 1}\n" for n in range(1, 6))
    with pytest.raises(Refused, match="as a row of totals"):
        given(rows + "Everyone,15,30,20\n", "months_across = true")
    assert len(spells(given(rows, "months_across = true"))) == 14


def test_what_is_wrong_in_a_row_of_the_sheet_is_named_by_that_row_and_counted_once(given):
    sheet = WIDE.format(HEADS[0]) + "Total,,,100,133.33,83.33,33.33,103.33,\nC,Cy,S,x,1_0,-5,,,\nA,Twice,S,,,1,,,\n"
    with pytest.raises(Refused) as refused:
        given(sheet, "months_across = true")
    told = str(refused.value).splitlines()
    assert [line.split("column ")[1].split(": ")[:2] for line in told if "column " in line] == [
        ["mrr", "1 row"],
        ["account_id, product, month", "2 rows"],
        ["account_id", "1 row"],
        ["mrr", "1 row"],
    ]
    rows = [line.strip() for line in told if line.strip().startswith("row ")]
    assert [row.split(":")[0] for row in rows] == ["row 5", "row 2", "row 6", "row 4", "row 5"]
    assert rows[0].endswith("month=2026-01-01, mrr=x") and rows[-1].endswith("month=2026-03-01, mrr=-5")


def test_blanks_around_a_month_and_an_amount_are_none_of_it(given):
    rows = "customer,month,mrr\nA, Apr 26 ,\u00a010\t\nA,May 26,\t-\u202f\nB,May 26, 3 \n"
    assert spells(given(rows)) == [("A", 4, 5, 10.0), ("B", 5, 0, 3.0)]


def test_a_currency_is_needed_from_somewhere(given):
    with pytest.raises(Refused, match=r'write currency = "…" under \[source\]'):
        given(LONG, currency="")


def test_nothing_after_the_period_is_seen(given):
    later = given(LONG + "A,2026-06,999,Acme,S\nB,2026-06,0,Beta,S\n")
    assert spells(later) == LEVELS


@pytest.mark.parametrize(
    ("key", "rows", "columns"),
    [
        ("customer", "{},name\nA,3,Ay\nB,4,Bee\n,7,Total\n", 'name = "name"'),  # a total without an id
        ("Order", "{}\nA,3\nB,4\nTotal:,7\n", ""),
        ('odd ""{labels}""', '{}\n"A`b",3\nB,4\nC,5\nD,6\n"Big`{{labels}}\nx",18\n', ""),
    ],
    ids=["no id", "a word of SQL", "a label of two lines"],
)
def test_the_line_that_leaves_out_totals_can_be_pasted(tmp_path, key, rows, columns):
    head, *body = rows.format(f'"{key}",2026-03').splitlines(keepends=True)
    months = "".join(f",2026-0{n}" for n in (3, 4, 5))
    sheet = head.replace(",2026-03", months) + re.sub(r",(\d+)", r",\1,\1,\1", "".join(body))
    (tmp_path / "mrr.csv").write_text(sheet, encoding="utf-8")
    name = key.replace('""', '"')
    tables = '[source]\ncurrency = "USD"\n[tables.mrr]\nfrom = "mrr.csv"\nmonths_across = true\n'
    mapped = f"[tables.mrr.columns]\naccount_id = '{name}'\n{columns}\n"

    def faults(line: str) -> list:
        (tmp_path / "source.toml").write_text(f"{tables}{line}\n{mapped}", encoding="utf-8")
        return sources.connect(tmp_path / "source.toml").faults()

    fix = next(fault.way_out for fault in faults("") if "totals" in fault.says)
    assert faults(re.search(r'where = "(\\.|[^"\\])*"', fix)[0]) == []


def test_a_row_without_a_customer_is_not_left_out_with_the_totals(tmp_path):
    sheet = "customer,2026-03,2026-04,2026-05\nA,3,3,3\n,4,4,4\nTotal,7,7,7\n"
    (tmp_path / "mrr.csv").write_text(sheet, encoding="utf-8")
    source = '[source]\ncurrency = "USD"\n[tables.mrr]\nfrom = "mrr.csv"\nmonths_across = true\n{}\n'
    source += '[tables.mrr.columns]\naccount_id = "customer"\n'
    (tmp_path / "source.toml").write_text(source.format(""), encoding="utf-8")
    found = sources.connect(tmp_path / "source.toml").faults()
    line = re.search(r'where = ".+"', next(fault.way_out for fault in found if "totals" in fault.says))[0]
    (tmp_path / "source.toml").write_text(source.format(line), encoding="utf-8")
    assert [fault.says for fault in sources.connect(tmp_path / "source.toml").faults()] == ["account_id is missing"]
