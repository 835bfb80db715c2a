"""What people take along, report.xlsx and report.eml: read back with another reader, and held to the first page."""

import base64
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy

import pandas as pd
import pytest
from packs import parsed
from python_calamine import CalamineWorkbook
from tiny_project import Project, say

from helpers import page as display
from helpers.commands.report import mail, workbook
from helpers.commands.report.front import page as first_page
from helpers.commands.report.front import tiles
from helpers.errors import Refused
from helpers.page import TABLE_TYPE

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
HOSTILE = "=cmd|' /C calc'!A0"
ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["00123", "00456", "7"],
        "name": [HOSTILE, "https://example.com/a", "123"],
        "segment": ["SMB", "<b>", "2"],
        "mrr_cents": [1_234_56, 0, 99],
        "probability": [0.25, 0.5, 0.125],
        "low": [0.1, 0.2, 0.1],
        "high": [0.5, 0.9, float("inf")],
        "since": ["2026-10-31", "", "2025-01-01"],
        "code": ["01", "2", "3"],
        "rank": [1, 2, 3],
    }
)
METRICS = pd.DataFrame(
    {
        "metric": ["mrr_cents", "net_promoter_score_relationship", "churn_rate"],
        "value": [1_000_00.0, 0.41, 0.05],
        "low": [None, 0.25, 0.01],
        "high": [None, 0.55, 0.09],
        "numerator": [1_000_00, 20, 5],
        "n": [9, 40, 100],
        "method": ["Σ", "x" * 40_000, ""],
    }
)


@pytest.fixture
def said() -> dict:
    """The parts of a first page, as `front.page.parts` has them."""
    numbers = {"value": 0.874, "low": 0.838, "high": 0.903, "n": 871}
    tile = tiles.Tile("gross_revenue_retention", "GRR", "87.4%", "83.8–90.3%", "871 accounts", "No clear change")
    chart = {"name": "movements", "title": "New <b> fell", "says": "New <b> fell", "png": PIXEL, "page": ""}
    todo = {"todo": "Call “Ünï & Co”.", "says": "It pays $3.", "owner": "Sales"}
    return {
        "heading": "Acme: customer report",
        "when": "October 2026",
        "until": "Oct 31, 2026",
        "day": date(2026, 10, 31),
        "lede": ("MRR grew.", "Good."),
        "tiles": [replace(tile, number=numbers)],
        "decisions": [todo],
        "nothing": "",
        "caveats": ["a <caveat>"],
        "doubts": ["subscriptions.mrr: odd", "another"],
        "figures": [chart, chart | {"name": "retention", "png": ""}],
    }


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tables").mkdir()
    for name, frame in {"accounts": ACCOUNTS, "metrics": METRICS, "a" * 40: ACCOUNTS.head(0)}.items():
        (tmp_path / "tables" / f"{name}.csv").write_text(display.csv_text(frame), encoding="utf-8")
    return tmp_path


MADE = {
    "as_of": "2026-10-31",
    "made": "2026-11-03T06:12:00+00:00",
    "source": {"currency": "EUR", "name": "Acme"},
    "notebooks": [{"tables": ["metrics", "accounts", "a" * 40]}],
}


def sheets(folder) -> dict[str, list[list]]:
    book = CalamineWorkbook.from_path(str(folder / workbook.FILE))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def parts(folder) -> dict[str, str]:
    with zipfile.ZipFile(folder / workbook.FILE) as book:
        return {name: book.read(name).decode() for name in book.namelist()}


# The workbook


def test_numbers_are_numbers_days_are_days_and_ids_and_names_stay_text(folder, said):
    workbook.write(folder, MADE, said)
    head, *rows = sheets(folder)["accounts"]
    assert head == [
        *("account id", "name", "segment", "mrr, EUR", "probability", "low", "high", "since", "code", "rank")
    ]
    assert rows[0] == ["00123", HOSTILE, "SMB", 1234.56, 0.25, 0.1, 0.5, date(2026, 10, 31), "01", 1.0]
    # A missing day is an empty cell; a column of which one value only looks like a number is text.
    assert rows[1][7:] == ["", "2", 2.0] and rows[2][:3] == ["7", "123", "2"]
    assert rows[2][6] == "no upper end"


@pytest.mark.parametrize(
    ("name", "cells", "seen"),
    [
        ("since", ["2026-02-30", "2026-01-31"], ["2026-02-30", "2026-01-31"]),
        ("since", ["2026-00-00"], ["2026-00-00"]),
        ("n", ["٣", "4"], ["٣", "4"]),
        ("n", ["9" * 23, "1"], [1e23, 1.0]),
    ],
)
def test_what_looks_like_a_day_or_a_number_and_is_none_is_text_and_stops_no_report(folder, said, name, cells, seen):
    (folder / "tables" / "accounts.csv").write_text("\n".join([name, *cells]), encoding="utf-8")
    workbook.write(folder, MADE, said)
    assert [row[0] for row in sheets(folder)["accounts"][1:]] == seen


def test_a_metric_is_in_the_unit_that_the_pages_show(folder, said):
    workbook.write(folder, MADE, said)
    mrr, nps, churn = (dict(zip(METRICS.columns, row, strict=True)) for row in sheets(folder)["metrics"][1:])
    assert (mrr["metric"], mrr["value"], mrr["numerator"], mrr["low"]) == ("mrr", 1000.0, 1000.0, "")
    assert (nps["value"], nps["low"], nps["numerator"]) == (41.0, 25.0, 20.0)
    assert (churn["value"], churn["n"]) == (0.05, 100.0)
    # A cell holds 32,767 characters; what is longer is cut and says so.
    assert len(nps["method"]) == 32_767 and nps["method"].endswith("…")


def test_no_cell_runs_and_none_is_a_link(folder, said):
    workbook.write(folder, MADE, said)
    text = "".join(content for name, content in parts(folder).items() if name.startswith("xl/worksheets"))
    assert "<f>" not in text and "<hyperlink" not in text
    assert not any("hyperlink" in content for name, content in parts(folder).items() if name.endswith(".rels"))


def test_every_sheet_has_a_head_that_stays_a_filter_and_a_name_that_excel_takes(folder, said):
    workbook.write(folder, MADE, said)
    named = parts(folder)
    pages = [content for name, content in named.items() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
    assert len(pages) == 5 and all("<autoFilter" in page and 'state="frozen"' in page for page in pages)
    names = list(sheets(folder))
    assert names == ["Headline numbers", "a" * 31, "accounts", "metrics", "About"]
    assert 'formatCode="0.0%"' in named["xl/styles.xml"]


def test_the_first_sheet_is_the_first_page_and_the_last_says_what_to_doubt(folder, said):
    workbook.write(folder, MADE, said)
    found = sheets(folder)
    head, row = found["Headline numbers"]
    told = dict(zip(head, row, strict=True))
    assert (told["value"], told["likely from"], told["likely to"], told["n"]) == (0.874, 0.838, 0.903, 871)
    assert (told["number"], told["shown as"], told["counts"]) == ("GRR", "87.4%", "871 accounts")
    about = [tuple(row) for row in found["About"]]
    assert ("In doubt", "subscriptions.mrr: odd") in about and ("Sheet accounts", "3 rows") in about


def test_the_same_pack_gives_the_same_bytes(folder, said):
    for write in (lambda: workbook.write(folder, MADE, said), lambda: mail.write(folder, MADE, said, "a@example.com")):
        write()
        first = {name: (folder / name).read_bytes() for name in (workbook.FILE, mail.FILE) if (folder / name).exists()}
        write()
        assert first == {name: (folder / name).read_bytes() for name in first}


def test_rows_beyond_what_a_sheet_holds_are_left_out_and_said(folder, said, monkeypatch):
    long = pd.concat([ACCOUNTS] * 20)
    (folder / "tables" / "accounts.csv").write_text(display.csv_text(long), encoding="utf-8")
    monkeypatch.setattr(workbook, "MOST_ROWS", 30)
    workbook.write(folder, MADE, said)
    found = sheets(folder)
    assert len(found["accounts"]) == 1 + 30
    assert ["Sheet accounts", "the first 30 of 60 rows"] in found["About"]


# The mail


def received(folder):
    return message_from_bytes((folder / mail.FILE).read_bytes(), policy=policy.default)


def test_a_mail_has_the_headers_that_sendmail_and_a_client_need(folder, said):
    mail.write(folder, MADE, said, mail.addressed("Ann <ann@example.com>, bo@example.com"))
    message, raw = received(folder), (folder / mail.FILE).read_bytes()
    assert [address.addr_spec for address in message["To"].addresses] == ["ann@example.com", "bo@example.com"]
    assert (message["From"], message["Subject"]) == ("Ann <ann@example.com>", "Acme: customer report, October 2026")
    # A date of the month's end would sort it below the mails of four days, and looks like spam.
    assert message["Date"].datetime.date() == date(2026, 11, 3) and message["Message-ID"] and not message.defects
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998 and not any(b"\n" in line or b"\r" in line for line in lines)
    assert raw.isascii()


def test_a_mail_to_nobody_yet_opens_as_a_draft(folder, said):
    mail.write(folder, MADE, said, mail.addressed(""))
    message = received(folder)
    assert message["To"] is None and message["X-Unsent"] == "1" and message["From"]


def test_a_company_whose_name_would_be_decoded_begins_no_header_of_its_own(folder, said):
    name = "=?utf-8?q?Acme=0d=0aBcc:_spy@example.com?=\r\nBcc: spy@example.com\n& Co"
    mail.write(folder, MADE, said | {"heading": f"{name}\0: customer report"}, "a@example.com")
    message = received(folder)
    assert message["Bcc"] is None and "Bcc:_spy@example.com" in message["Subject"]


def test_text_and_html_say_the_same_and_the_charts_are_inside(folder, said):
    mail.write(folder, MADE, said, "a@example.com")
    message = received(folder)
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()
    page = parsed(html)
    shown = " ".join(page.get_text(" ").split())
    for line in ("MRR grew. Good.", "87.4%", "83.8–90.3%", "Call “Ünï & Co”.", "a <caveat>", "subscriptions.mrr: odd"):
        assert line in shown and line in text.replace("\n", " ")
    # A chart without a PNG, as one of an older pack, is left out.
    (image,) = page("img")
    (png,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert image["src"] == f"cid:{png['Content-ID'].strip('<>')}" and image["alt"] == "New <b> fell"
    assert png.get_content() == base64.b64decode(PIXEL) and page.h1.text == "Acme: customer report, October 2026"
    assert not re.search(r"(?:src|href|url)\W+https?:", html) and not page(["script", "link", "svg"])


@pytest.mark.parametrize(
    "text", ["2026-10", "a@b", "a@example.com\nBcc: x@example.com", "ä@example.com", "@example.com"]
)
def test_what_is_no_address_is_refused_before_anything_is_built(text):
    with pytest.raises(Refused, match="no mail address"):
        mail.addressed(text)


# A whole run


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    made = Project(tmp_path_factory.mktemp("taken"))
    metrics = "metric,segment,period,value,low,high,numerator,denominator,n,method,verdict\n"
    metrics += "mrr_cents,all,2024-06,314159,,,314159,,9,sum,ok\n"
    metrics += "churn_rate_12_months,all,2024-06,0.1,0.05,0.2,1,10,10,x,ok\n"
    saved = {TABLE_TYPE: {"name": "metrics", "csv": metrics, "rows": 2}}
    show = f"from IPython.display import display\ndisplay({saved!r}, raw=True)"
    made.write("10_metrics", f"headline: {say('Ten stayed (95% interval 1–2, n = 3).')}", show)
    return made


@pytest.mark.slow
def test_page_summary_json_workbook_and_mail_agree_to_the_digit(project):
    done = project.report("--xlsx", "--email", "cmo@example.com", "--json")
    (period,) = json.loads(done.stdout)["periods"]
    pack = project.pack()
    made = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    assert period["headline"] == made["headline"] and {"report.xlsx", "report.eml"} <= set(made["files"])
    index = parsed((pack / "index.html").read_text(encoding="utf-8"))
    values = [value.text for value in index(class_="value")]
    assert values == ["$3.14k", "10.0%"] == [number["shown"] for number in period["headline"]]
    rows = sheets(pack)["Headline numbers"]
    assert [dict(zip(rows[0], row, strict=True))["shown as"] for row in rows[1:]] == values
    assert [row[1] for row in rows[1:]] == [3141.59, 0.1] and period["headline"][0]["value"] == 314159
    text = received(pack).get_body(("plain",)).get_content()
    lines = (pack / "summary.md").read_text(encoding="utf-8")
    for number in period["headline"]:
        assert f"{number['label']}: {number['shown']} (" in text and f"{number['label']}: {number['shown']} (" in lines
    assert {link["href"] for link in index("a", href=re.compile(r"\.(xlsx|eml)$"))} == {"report.xlsx", "report.eml"}


@pytest.mark.slow
def test_a_pack_that_is_not_asked_for_them_has_neither(project):
    project.report()
    assert not [path.name for path in project.pack().iterdir() if path.suffix in (".xlsx", ".eml")]


def test_the_summary_lines_are_those_of_the_mail(said):
    assert first_page.lines(said)[0] == "GRR: 87.4% (likely 83.8–90.3%, 871 accounts)"


UNSEEN = "\x07\x1b[31m\u200b\u202e\u2066</script><script>alert(1)</script>{{7*7}}\u2069 =1+1"


def test_a_text_that_acts_unseen_is_shown_in_workbook_mail_and_summary(folder, said):
    """A question about the data repeats what stands there, and a company's name is whatever its source file says."""
    texts = {"doubts": [UNSEEN], "caveats": [UNSEEN], "heading": UNSEEN, "lede": (UNSEEN, UNSEEN)}
    workbook.write(folder, MADE, said | texts)
    mail.write(folder, MADE, said | texts, "a@example.com")
    message = message_from_bytes((folder / mail.FILE).read_bytes(), policy=policy.default)
    bodies = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    written = [message["Subject"], first_page.summary(said | texts), *parts(folder).values()]
    written += [bodies["text/plain"], bodies["text/html"]]
    for text in written:
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    assert "<script" not in "".join([*parts(folder).values(), bodies["text/html"]])
    assert sum("{{7*7}}" in text for text in written) >= 5  # no template reads it, nor is it lost
