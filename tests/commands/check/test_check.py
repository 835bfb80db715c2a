"""`python -m helpers check` says in plain words what is there and what is wrong, and ends with 1 when anything is."""

import os
import re
import stat
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from packs import helpers
from small_company import ACCOUNTS, OTHERS, SUBSCRIPTIONS
from writing import stretches, write_source

from helpers import sources
from helpers.__main__ import main
from helpers.commands.check import check
from helpers.errors import NoRoom, Refused
from helpers.ledger import movements


@pytest.fixture
def checked(tmp_path, capsys):
    """Check a small source written from literal text; returns the exit code and what was said."""

    def run(**options) -> tuple[int, str]:
        given = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, "data_until": "2024-06-30"} | options
        code = main(["check", "--source", str(write_source(tmp_path, **given))])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_the_sample_is_whole(fresh_pack):
    done = helpers("check", "--source", "source.toml", cwd=fresh_pack.source.parent)
    assert done.stdout.count("✓") == 12 and "✗" not in done.stdout and done.stderr == ""
    assert "Every identity holds" in done.stdout and "2023-11 to 2026-10-31" in done.stdout


def test_what_is_there_and_what_is_not_is_said(checked):
    code, said = checked(tickets=OTHERS["tickets"])
    assert code == 0
    assert re.search("✓ subscriptions: (. of )?2 rows", said) and "✓ tickets: 2 of 3 rows as of 2024-06-30" in said
    assert "· usage: not in this source" in said
    assert "USD" in said and "shows 2024-06" in said


def test_what_cannot_be_read_has_a_line_to_paste_that_reads_it(checked, tmp_path):
    rows = [
        "subscription_id,account_id,starts_on,ends_on,mrr,currency",
        's1,A,31.01.2024,,"1.200,50",USD',
        's2,B,15.02.2024,,"7,00",USD',
    ]
    subscriptions = "\n".join(rows) + "\n"
    code, said = checked(subscriptions=subscriptions)
    assert code == 1
    lines = re.findall(r"Fix: correct them, or map them: (.+) under \[tables.subscriptions.columns\]", said)
    assert [line.split(" = ")[0] for line in lines] == ["starts_on", "mrr"]
    file = tmp_path / "source.toml"
    text = file.read_text(encoding="utf-8").replace(
        'from = "subscriptions.csv"', 'from = "subscriptions.csv"\n[tables.subscriptions.columns]\n' + "\n".join(lines)
    )
    file.write_text(text, encoding="utf-8")
    read = sources.open(file, "2024-05").frame("subscriptions")
    assert [f"{day:%Y-%m-%d}" for day in read["starts_on"]] == ["2024-01-31", "2024-02-15"]
    assert [float(amount) for amount in read["mrr"]] == [1200.5, 7]


def test_a_wrong_name_inside_an_expression_has_its_near_spelling(tmp_path):
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS)
    with file.open("a", encoding="utf-8") as toml:
        toml.write('\n[tables.subscriptions.columns]\nends_on = "cast(end_on as date) + 1"\n')
    with pytest.raises(Refused, match="column ends_on: there is no column 'end_on'; did you mean 'ends_on'"):
        sources.open(file, "2024-05")


def test_every_broken_rule_is_named_with_its_file_column_and_first_rows(checked):
    subscriptions = (
        stretches("A, 2024-01-10, 2024-01-01, 100", "B, 2024-13-01, , 50", "B, 2024-01-01, , -1", "X, 2024-01-01, , 5")
        + "s9,B,2024-01-01,,7,EUR\n"
    )
    tickets = OTHERS["tickets"].replace("defect", "defekt")
    code, said = checked(subscriptions=subscriptions, tickets=tickets)
    assert code == 1
    faults = [line for line in said.splitlines() if line.startswith("✗")]
    for column in ("ends_on", "starts_on", "mrr", "account_id", "currency"):
        assert [line for line in faults if "subscriptions.csv" in line and f"column {column}" in line], column
    assert [line for line in faults if "tickets.csv" in line and "column category" in line]
    for shown in ("2024-13-01", "-1", "X", "EUR", "two currencies", "defekt", "Fix"):
        assert shown in said
    assert re.search(rf"^{len(faults)} rules of the data contract broken", said, re.MULTILINE)
    assert "identity" not in said


def test_two_rows_of_one_key_are_named(checked):
    code, said = checked(accounts=f"{ACCOUNTS.strip()}\nA,Again,S,2024-01-01\n")
    assert code == 1 and re.search(r"✗.*accounts.csv.*account_id", said)


def test_a_query_without_room_is_a_failure_also_where_a_refusal_would_be_passed_over(checked, tmp_path, monkeypatch):
    """A doubt that cannot be asked beside a fault, and a table that cannot be read as suggested, go without a word."""

    def breaks(*_):
        raise NoRoom("a query needs more room")

    with pytest.raises(NoRoom):
        sources.connect_each(write_source(tmp_path, subscriptions=SUBSCRIPTIONS.replace("mrr", "fee", 1)), breaks)
    monkeypatch.setattr(check.doubts, "found", breaks)
    assert checked(subscriptions=SUBSCRIPTIONS.replace("USD", "", 1)) == (1, "failed: a query needs more room\n")


def test_an_empty_table_is_a_fault(checked):
    code, said = checked(accounts="account_id,name,segment\n")
    assert code == 1 and re.search(r"✗ accounts.csv.*empty", said)


def test_a_source_that_cannot_be_read_is_refused_with_exit_2(checked, tmp_path, capsys):
    assert main(["check", "--source", str(tmp_path / "nowhere.toml")]) == 2
    assert "nowhere.toml" in capsys.readouterr().err


# Identities


@pytest.fixture
def tables(tmp_path):
    lines = ["A, 2024-01-10, 2024-04-01, 100", "B, 2024-02-01, , 50", "A, 2024-05-01, , 70"]
    return sources.open(write_source(tmp_path, subscriptions=stretches(*lines), data_until="2024-06-30"))


def test_no_identity_is_broken_by_good_data(tables):
    assert check.broken_identities(tables) == []


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("new_cents", r"^2024-02: opening and movements do not add up"),
        ("closing_cents", r"^2024-02: the cohorts' revenue does not add up to MRR"),
    ],
)
def test_a_cent_that_is_missing_in_a_month_is_named_with_its_month(tables, monkeypatch, column, said):
    by_month = movements.by_month

    def one_cent_less(*arguments):
        table = by_month(*arguments)
        table.loc[table["month"] == "2024-02-01", column] -= 1
        return table

    monkeypatch.setattr(movements, "by_month", one_cent_less)
    broken = check.broken_identities(tables)
    assert [text for text in broken if re.search(said, text)]
    assert not [text for text in broken if "2024-01" in text]


def test_accounts_that_do_not_add_up_to_the_movements_are_named_with_both_sums(tables, monkeypatch):
    moved = movements.moved
    monkeypatch.setattr(movements, "moved", lambda *given: moved(*given).head(1))
    (text,) = check.broken_identities(tables)
    assert "7000 cents" in text and "12000" in text


def test_a_broken_identity_is_exit_1(checked, monkeypatch):
    monkeypatch.setattr(movements, "moved", lambda *given: pd.DataFrame({"closing_cents": [1]}))
    code, said = checked()
    assert code == 1 and re.search(r"^✗ the accounts' MRR", said, re.MULTILINE) and "Every identity" not in said


def test_a_company_without_revenue_is_no_fault(checked):
    assert checked(subscriptions=stretches("A, 2024-01-10, , 0"))[0] == 0


def test_check_refuses_by_the_same_word_as_the_report(tmp_path):
    with pytest.raises(Refused, match=r"nowhere.toml"):
        check.check(tmp_path / "nowhere.toml")


# What cannot be matched, and what is suspicious


def test_a_table_that_cannot_be_matched_does_not_hide_what_is_wrong_with_it_and_with_others(checked):
    foreign = "id,client,valid_from,valid_to,monthly_fee,ccy\ns1,A,2024-01-10,,100,USD\ns2,B,2024-02-30,,50,USD\n"
    code, said = checked(subscriptions=foreign, tickets=OTHERS["tickets"].replace("defect", "defekt"))
    assert code == 2 and "cannot be read as the source file stands (subscriptions)" in said
    for line in ('account_id = "client"', 'starts_on = "valid_from"', 'ends_on = "valid_to"', 'mrr = "monthly_fee"'):
        assert line in said
    assert re.search("✗ subscriptions.csv.*column starts_on: 1 row", said) and "starts_on=2024-02-30" in said
    assert re.search("✗ tickets.csv.*column category", said)


def test_what_no_column_looks_like_is_said_once(checked):
    code, said = checked(
        subscriptions="subscription_id,account_id,starts_on,mrr\ns1,A,2024-01-10,100\ns2,B,2024-02-01,5\n"
    )
    assert code == 2 and "# currency =" in said and "currency is missing\n" not in said


def test_a_table_without_its_amounts_raises_no_doubt(checked):
    code, said = checked(subscriptions="subscription_id,account_id,starts_on,currency\ns1,A,2024-01-10,USD\n")
    assert code == 2 and "# mrr =" in said and "has no subscription" not in said


def test_an_optional_column_under_another_name_is_suggested(checked):
    code, said = checked(subscriptions=SUBSCRIPTIONS.replace("ends_on", "valid_to"))
    assert code == 0 and 'ends_on = "valid_to"' in said


def test_a_warning_is_no_failure(checked):
    code, said = checked(subscriptions=stretches("A, 2024-01-10, 2024-01-10, 100", "B, 2024-01-01, , 5"))
    (warning,) = [line for line in said.splitlines() if line.startswith("!")]
    assert code == 0 and "column ends_on: 1 row: ends on the day it starts" in warning
    assert "Why it matters" in said and "What to do" in said


def test_the_notebooks_that_will_run_are_named(checked):
    said = checked()[1]
    assert "20_cohort_retention runs in full" in said
    assert "10_metrics runs in part: without surveys, touches, opportunities, advocacy" in said


# As a page


@pytest.fixture
def page(tmp_path):
    """Check a source with `--html`; returns the page."""

    def of(**options) -> BeautifulSoup:
        given = {"accounts": ACCOUNTS, "subscriptions": SUBSCRIPTIONS, "data_until": "2024-06-30"} | options
        file = tmp_path / "out" / "check.html"
        main(["check", "--source", str(write_source(tmp_path, **given)), "--html", str(file)])
        assert [path.name for path in file.parent.iterdir()] == ["check.html"]
        return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")

    return of


def test_the_page_says_what_the_terminal_says(page):
    found = page(subscriptions=stretches("A, 2024-01-10, 2024-01-10, 100", "B, 2024-01-01, , -5"))
    text = found.get_text(" ", strip=True)
    for words in ("Not yet.", "is negative", "mrr=-5", "ends on the day it starts", "Why it matters", "runs in part"):
        assert words in text
    assert len(found.find_all("h1")) == 1 and found.find("table").find("th")


@pytest.mark.parametrize("order", ["source first", "source last"])
def test_a_source_that_stands_behind_html_is_checked_and_not_overwritten(tmp_path, monkeypatch, capsys, order):
    from helpers.commands.check import check

    monkeypatch.setattr(check, "PAGE", tmp_path / "reports" / "check.html")
    file = write_source(tmp_path, accounts=ACCOUNTS, subscriptions=SUBSCRIPTIONS, data_until="2024-06-30")
    before = file.read_bytes()
    arguments = [str(file), "--html"] if order == "source first" else ["--html", str(file)]
    main(["check", *arguments])
    assert file.read_bytes() == before and check.PAGE.is_file() and str(check.PAGE) in capsys.readouterr().out


@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644)])
def test_the_page_may_be_read_by_whom_the_umask_says(page, tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        for _ in range(2):  # a page of ours is written anew
            page()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out" / "check.html").stat().st_mode) == mode


def test_a_good_source_has_a_good_page(page):
    text = page(data_until="2024-06-30", accounts=ACCOUNTS.replace("2024-07-05", "")).get_text(" ", strip=True)
    assert "Yes. Nothing to correct, and nothing suspicious." in text and "add up to MRR" in text


def test_what_an_attacker_writes_is_text_on_the_page(page):
    evil = "<script>alert(1)</script>"
    found = page(
        accounts=f'account_id,name,segment,"<img src=x onerror=alert(2)>"\nA,{evil},S,1\nB,{evil},{evil},2\n',
        source=f'name = "{evil}"',
        tickets=OTHERS["tickets"].replace("how_to", evil),
    )
    assert found.find("script") is None and not found.find_all("img")
    assert evil in found.get_text()


def test_nothing_that_steers_a_terminal_reaches_it(checked):
    said = checked(accounts='account_id,name,segment\nA,"\x1b[31mred",S\nB,"\x1b[31mred",S\n')[1]
    assert "red" in said and "\x1b" not in said


MONTHLY = stretches(
    *(f"{name}, 2023-{month:02d}-10, , 100" for month, name in enumerate("JKLMNOPQRSTU", 1)),
    *(f"{name}, 2024-{month:02d}-10, , 100" for month, name in enumerate("ABCDEFGHI", 1)),
)


def test_a_last_day_long_after_the_latest_row_is_asked_about_and_no_default_lies_there(checked, tmp_path):
    code, said = checked(accounts=None, subscriptions=MONTHLY, data_until="2025-10-31")
    assert code == 0 and "data_until is 2025-10-31, but no row of any table is later than 2024-09-10" in said
    assert "A report without a period shows 2024-08." in said


@pytest.mark.parametrize("until", ["2024-09-30", "2024-10-11"])
def test_a_last_day_within_a_month_of_the_latest_row_is_nothing(until, checked):
    assert "data_until is" not in checked(accounts=None, subscriptions=MONTHLY, data_until=until)[1]


def test_a_quiet_company_may_have_no_rows_for_months(checked):
    quiet = stretches("A, 2023-01-10, , 100", "B, 2024-01-10, , 100")
    said = checked(accounts=None, subscriptions=quiet, data_until="2024-10-31")[1]
    assert "data_until is" not in said and "shows 2024-10" in said


def test_nothing_is_green_while_a_question_is_open(tmp_path, capsys):
    doubtful = write_source(tmp_path, subscriptions=MONTHLY, data_until="2025-10-31")
    page = tmp_path / "check.html"
    main(["check", "--source", str(doubtful), "--html", str(page)])
    headline = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select_one(".headline").text
    assert headline.startswith("Yes, but decide first. ")


def test_bytes_that_would_act_on_a_terminal_are_written_as_their_codes(checked):
    acting = "subscription_id,account_id,starts_on,ends_on,mrr,currency\ns\x1b[31m1,A,2024-01-15,,x\x1b]0;hi\x07,USD\n"
    said = checked(subscriptions=acting)[1]
    assert "\x1b" not in said and "\x07" not in said and r"s\x1b[31m1" in said


def test_a_name_that_the_header_has_twice_is_refused(checked):
    twice = "subscription_id,account_id,starts_on,ends_on,mrr,mrr,currency\ns1,A,2024-01-15,,5,6,USD\n"
    assert "subscriptions.csv (table subscriptions): the header names 'mrr' twice" in checked(subscriptions=twice)[1]
    note = "subscription_id,account_id,starts_on,ends_on,mrr,currency,note,note\ns1,A,2024-01-15,,5,USD,x,y\n"
    assert "twice" not in checked(subscriptions=note)[1]


@pytest.mark.parametrize("time", ["23:00:00-05", "00:30+02:00", "23:00:00.123-0800"])
def test_a_time_with_a_zone_is_asked_about(time, checked):
    assert "has a time with a time zone" in checked(subscriptions=stretches(f"A, 2024-01-31T{time}, , 5"))[1]


@pytest.mark.parametrize("time", ["", "T23:00:00Z", "T23:00:00+00:00", " 23:00:00", "T10:00"])
def test_a_time_without_one_or_of_utc_is_not(time, checked):
    assert "time zone" not in checked(subscriptions=stretches(f"A, 2024-01-31{time}, , 5"))[1]


def test_a_code_of_something_else_is_not_offered_for_the_currency(checked):
    rows = "subscription_id,account_id,starts_on,ends_on,mrr,StockCode\ns1,A,2024-01-15,,5,X1\n"
    said = checked(subscriptions=rows)[1]
    assert "column currency" in said and "'StockCode' may be it" not in said


def test_a_folder_whose_name_is_not_utf8_is_refused(tmp_path, capsys):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    Path(os.fsdecode(folder)).mkdir()
    write_source(os.fsdecode(folder), subscriptions=SUBSCRIPTIONS, accounts=ACCOUNTS)
    assert main(["check", "--source", os.fsdecode(folder)]) == 2
    assert "is not UTF-8; rename it" in capsys.readouterr().err
    (tmp_path / os.fsdecode(b"caf\xe9") / "source.toml").unlink()
    assert main(["check", "--start", os.fsdecode(folder)]) == 2
    assert "not UTF-8" in capsys.readouterr().err
