"""What a notebook shows is escaped, what it saves is exact, and a bottom line stays short."""

import base64
import io
import re
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from chart_tables import hazards
from matplotlib.figure import Figure
from packs import parsed
from writing import stretches, write_source

from helpers import formats, plots, sources
from helpers import page as display
from helpers.formats import FOR_PAGES
from helpers.page import csv_text
from helpers.plots import palette, style
from helpers.tabular import LONGEST_CELL

HOSTILE = '<img src=x onerror="alert(1)"> & more'


@pytest.fixture
def shown(monkeypatch):
    """Everything that is displayed, as in a report: its mime types and its metadata."""
    monkeypatch.setenv(FOR_PAGES, "1")
    found = []
    monkeypatch.setattr(
        display, "display", lambda data, raw, metadata=None: found.append(SimpleNamespace(data=data, meta=metadata))
    )
    return found


# The CSV of a table


def column(values, dtype=None) -> str:
    """The cells of one column as the CSV has them."""
    text = csv_text(pd.DataFrame({"c": pd.Series(values, dtype=dtype)}))
    assert text.startswith("c\n") and text.endswith("\n")
    return text.split("\n")[1:-1]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\n"])
@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_a_text_that_a_spreadsheet_would_run_is_made_text(first, dtype):
    frame = pd.DataFrame({"c": pd.Series([f"{first}1+1", "safe"], dtype=dtype)})
    read = pd.read_csv(io.StringIO(csv_text(frame), newline=""), dtype=str)
    assert read["c"].tolist() == [f"'{first}1+1", "safe"]


def test_a_carriage_return_begins_no_row_of_its_own():
    # The second half of the name would stand at the start of a row, where a spreadsheet runs it.
    for text in ("Acme\r=1+1", "Acme\r\n=1+1", "\r=1+1"):
        read = pd.read_csv(io.StringIO(csv_text(pd.DataFrame({"c": [text], "n": [1]})), newline=""), dtype=str)
        assert len(read) == 1 and read["n"].tolist() == ["1"]
        assert "\r" not in read["c"][0] and not read["c"][0].startswith(("=", "\n"))


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "object"])
def test_a_negative_number_stays_a_number(dtype):
    assert column([-3, 4], dtype) == ["-3", "4"]


def test_cents_stay_exact_however_many():
    big = 123_456_789_012_345
    assert column([big]) == [str(big)]
    assert column([float(big), 0.5]) == [str(big), "0.5"]
    assert column([10**20], "object") == [str(10**20)]


def test_a_rate_has_ten_digits_and_no_noise():
    assert column([1 / 3, 0.1 + 0.2, 1.0]) == ["0.3333333333", "0.3", "1"]
    assert column([1e-12, 0.0, -0.25]) == ["1e-12", "0", "-0.25"]


def test_days_are_iso_dates_and_flags_are_words():
    assert column(pd.to_datetime(["2026-10-01"])) == ["2026-10-01"]
    assert column([date(2026, 10, 1)], "object") == ["2026-10-01"]
    assert column([True, False]) == ["true", "false"]
    assert column([True, False], "boolean") == ["true", "false"]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
def test_what_is_missing_is_empty(missing):
    assert csv_text(pd.DataFrame({"a": ["x"], "c": pd.Series([missing], dtype="object")})) == "a,c\nx,\n"


def test_a_text_comes_back_as_it_was():
    texts = ['The "Blue" Door, Inc.', "Łódź; 東海", "two\nlines", HOSTILE, "007"]
    read = pd.read_csv(io.StringIO(csv_text(pd.DataFrame({"c": texts}))), dtype=str)
    assert read["c"].tolist() == texts


def test_a_frame_without_rows_keeps_its_header():
    assert csv_text(pd.DataFrame({"a": pd.Series(dtype="str"), "b": pd.Series(dtype="float64")})) == "a,b\n"


def test_the_frame_is_not_changed():
    frame = pd.DataFrame(
        {"a": ["=1", None], "b": [True, False], "c": [0.1, np.nan], "d": pd.to_datetime(["2026-01-01"] * 2)}
    )
    before = frame.copy(deep=True)
    csv_text(frame)
    pd.testing.assert_frame_equal(frame, before)


# Sentences


@pytest.mark.parametrize("count", [0, 4])
def test_a_bottom_line_has_one_to_three_sentences(shown, count):
    with pytest.raises(ValueError, match="one to 3"):
        display.headline(*["So it is."] * count)
    assert shown == []


def test_a_bottom_line_is_escaped_on_the_page_and_plain_in_the_mail(shown):
    display.headline(HOSTILE, "Two.", "Three.")
    (output,) = shown
    assert output.data["text/html"].count("<p class=") == 3 and "<img" not in output.data["text/html"]
    assert output.data["text/plain"] == f"{HOSTILE}\nTwo.\nThree."


def test_a_sentence_is_escaped(shown):
    display.say(HOSTILE, "caveat")
    assert "<img" not in shown[0].data["text/html"] and 'class="caveat mathjax_ignore"' in shown[0].data["text/html"]


# Tables


def test_names_heads_and_captions_of_a_table_are_escaped(shown):
    display.table(pd.DataFrame({HOSTILE: [HOSTILE]}), caption=HOSTILE)
    page = shown[0].data["text/html"]
    assert "<img" not in page and page.count("&lt;img") == 3
    assert page.count('<th scope="col" class="prose" style="text-align:left">') == 1


def test_what_show_returns_is_escaped_too(shown):
    display.table(pd.DataFrame({"a": [1]}), show={"a": lambda value: f"<b>{value}</b>"})
    assert "<b>" not in shown[0].data["text/html"]


def test_a_missing_value_is_an_empty_cell_or_what_its_unit_says(shown):
    frame = pd.DataFrame({"name": ["x", None], "rate": [0.5, np.nan]})
    display.table(frame)
    display.table(frame, show={"rate": formats.percent})
    assert "></td>" in shown[0].data["text/html"] and "nan" not in shown[0].data["text/html"].lower()
    assert ">undefined<" in shown[1].data["text/html"]


def test_a_long_table_is_cut_on_the_page_and_whole_in_its_file(shown):
    display.table(pd.DataFrame({"n": range(50)}), name="many", rows=7)
    (output,) = shown
    assert output.data["text/html"].count("<tr>") == 8 and "43 more rows in tables/many.csv" in output.data["text/html"]
    saved = output.data[display.TABLE_TYPE]
    assert (saved["name"], saved["rows"], saved["csv"].count("\n")) == ("many", 50, 51)


def test_a_table_longer_than_a_file_may_be_says_where_the_file_ends(shown, monkeypatch):
    monkeypatch.setattr(display, "MOST_SAVED", 20)
    display.table(pd.DataFrame({"n": range(50)}), name="many", rows=7)
    display.save(pd.DataFrame({"n": range(50)}), "many")
    assert "43 more rows in tables/many.csv, which ends at row 20." in shown[0].data["text/html"]
    assert "tables/many.csv: the first 20 of 50 rows" in shown[1].data["text/html"]
    assert [output.data[display.TABLE_TYPE]["csv"].count("\n") for output in shown] == [21, 21]


def test_a_table_without_a_name_is_not_saved(shown):
    display.table(pd.DataFrame({"n": [1]}))
    assert display.TABLE_TYPE not in shown[0].data


def test_an_empty_table_is_shown_with_its_heads(shown):
    frame = pd.DataFrame({"a_cents": pd.Series(dtype="int64"), "b": pd.Series(dtype="str")})
    display.table(frame, name="none", currency="USD")
    assert "<th" in shown[0].data["text/html"] and shown[0].data[display.TABLE_TYPE]["csv"] == "a_cents,b\n"


# Figures


def drawn(title: str = "It fell from 1 to 0"):
    with plots.house():
        axes = Figure().add_subplot(title=title)
        axes.plot([0, 1], [1, 0])
    return axes


SEGMENTS = {"segment": ["all", "<b>"], "value": 0.5, "low": 0.4, "high": 0.6, "n": 20, "verdict": "ok"}


def intervals(title: str = "It is 50%") -> style.Chart:
    return plots.intervals(pd.DataFrame(SEGMENTS), title, "churn of $1 and $2")


def figure(shown) -> str:
    """The last figure that was displayed, as a page has it."""
    return shown[-1].data[display.FIGURE_TYPE]


def test_a_figure_has_its_finding_what_is_measured_two_drawings_and_how_to_read_it(shown):
    display.figure(intervals(), caption="Made up.", name="churn", data="metrics")
    page = parsed(figure(shown))
    assert page.figure["id"] == "figure-churn" and shown[0].meta == {"figure": "churn"}
    assert page.figcaption.h3.text == "It is 50%"
    assert page.find("p", class_="deck").text == "Churn of $1 and $2. Bars: 95% intervals."
    assert [svg["class"] for svg in page("svg")] == [["wide"], ["narrow"]]
    assert page.details.p.text == "Made up." and page.a["href"] == "tables/metrics.csv"
    label = "It is 50% Churn of $1 and $2. Bars: 95% intervals."
    assert shown[0].data["text/plain"] == label
    assert all(svg["role"] == "img" and svg["aria-label"] == label for svg in page("svg"))
    assert base64.b64decode(shown[0].data["image/png"]).startswith(b"\x89PNG")


def test_without_a_report_a_figure_is_drawn_once_as_jupyterlab_shows_it(shown, monkeypatch):
    monkeypatch.delenv(FOR_PAGES)
    widths, drawn = [], plots.intervals(pd.DataFrame(SEGMENTS), "It is 50%", "churn")
    counted = style.Chart(drawn.title, lambda canvas: (widths.append(canvas.width), drawn.draw(canvas)))
    display.figure(counted, caption="Made up.", name="churn", data="metrics")
    assert sorted(shown[0].data) == ["text/html", "text/plain"] and widths == [style.WIDE]
    assert [picture["class"] for picture in parsed(shown[0].data["text/html"])("img")] == [["for-light"], ["for-dark"]]


def test_a_figure_without_a_name_has_no_anchor_and_no_picture_for_mails(shown):
    display.figure(intervals())
    assert "id=" not in figure(shown).partition("<svg")[0] and "image/png" not in shown[0].data
    assert not parsed(figure(shown))("details")


def test_a_chart_without_a_row_is_its_finding_as_a_sentence(shown):
    none = pd.DataFrame(columns=["industry", "segment", "n_accounts", "n_stories"])
    display.figure(plots.stories(none, "industry", "segment", "No account is active"), caption="Made up.")
    (output,) = shown
    assert "<p" in output.data["text/html"] and output.data["text/plain"] == "No account is active."
    assert "svg" not in output.data["text/html"]


def test_a_chart_of_ones_own_is_drawn_for_pages_and_phones(shown):
    display.figure(drawn(), caption="Made up.")
    page = parsed(figure(shown))
    assert page.h3.text == "It fell from 1 to 0" and page.find("p", class_="deck").text == "Made up."
    wide, narrow = (svg["viewbox"].split()[2] for svg in page("svg"))
    assert float(wide) == 9 * 72 and float(narrow) == pytest.approx(3.9 * 72)
    assert figure(shown).count("It fell from 1 to 0") == 3 and "var(--c1)" in figure(shown)


def test_a_figure_without_a_title_is_refused(shown):
    with pytest.raises(ValueError, match="text alternative"):
        display.figure(drawn(title=""), caption="Twelve months.")
    assert shown == []


def test_jupyterlab_has_a_picture_for_each_of_its_themes(shown):
    display.figure(intervals())
    light, dark = (
        base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,")).decode()
        for image in parsed(shown[0].data["text/html"])("img")
    )
    for drawing, place in ((light, 0), (dark, 1)):
        assert "var(" not in drawing and f"background: {palette.COLORS['paper'][place]}" in drawing
        assert palette.COLORS["c1"][place] in drawing and palette.COLORS["c1"][1 - place] not in drawing
        ElementTree.fromstring(drawing)


def test_what_is_written_in_a_figure_is_escaped(shown):
    rows = {"segment": [HOSTILE], "value": 0.5, "low": 0.4, "high": 0.6, "n": 20, "verdict": "ok"}
    display.figure(plots.intervals(pd.DataFrame(rows), HOSTILE, HOSTILE), caption=HOSTILE)
    for text in (figure(shown), shown[0].data["text/html"]):
        assert not [tag for tag in parsed(text)("img") if tag["src"] == "x"]


def test_a_character_that_xml_has_no_place_for_stops_no_figure(shown):
    display.figure(drawn("It\x01 is \x1b[31mred\ufffe"), caption="a\x0bb")
    assert parsed(figure(shown)).h3.text == "It\ufffd is \ufffd[31mred\ufffd"
    assert len(parsed(figure(shown))("svg")) == 2


def test_a_figure_is_the_same_twice_and_shares_no_id_with_another(shown):
    for title in ("It is 50%", "It is 50%", "It is not 60%"):
        display.figure(intervals(title))
    one, two, other = (output.data[display.FIGURE_TYPE] for output in shown)
    assert one == two
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (one, other)]
    assert all(ids) and not ids[0] & ids[1]
    assert len(re.findall(r'\bid="', one)) == len(ids[0])
    display.figure(plots.hazard(hazards(24), "It is 2%"))
    one, ids = figure(shown), [set(re.findall(r'\bid="([^"]+)"', figure(shown)))]
    for target in re.findall(r'(?:href="#|url\(#)([^")]+)', one):
        assert target in ids[0]


def test_a_drawing_says_nothing_of_the_rest_of_the_page(shown):
    display.figure(intervals())
    assert not re.search("<style|<metadata|font-family|DejaVu|Liberation", figure(shown))


# Tables are written by the names of their columns


def cells(page: str) -> list[list[str]]:
    """The texts of a table's rows, its heads first."""
    rows = re.findall("<tr>(.*?)</tr>", page)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_a_table_is_written_by_the_names_of_its_columns(shown):
    frame = pd.DataFrame(
        {
            "month": pd.to_datetime(["2026-10-01", None]),
            "mrr_cents": [120_000_00, None],
            "change_cents": [5_000_00, -100],
            "lost_share": [0.125, np.nan],
            "low": [0.1, np.nan],
            "high": [0.15, np.nan],
            "n_accounts": [1200, 3],
        }
    )
    before = frame.copy(deep=True)
    display.table(frame, currency="EUR")
    assert cells(shown[0].data["text/html"]) == [
        ["Month", "MRR", "Change", "Lost share", "95% interval", "Accounts"],
        ["Oct 2026", "€120k", "+€5.00k", "12.5%", "10.0–15.0%", "1,200"],
        ["", "", "−€1", "", "", "3"],
    ]
    pd.testing.assert_frame_equal(frame, before)


def test_values_and_intervals_of_a_row_are_in_the_unit_of_its_metric(shown):
    rows = [("churn_rate", 0.05, 0.04, 0.06), ("pipeline_cents", 500.0, 0.0, 2_000_00.0), ("quick_ratio", 2.5, 2, 3)]
    display.table(pd.DataFrame(rows, columns=["metric", "value", "low", "high"]), currency="USD")
    assert cells(shown[0].data["text/html"])[1:] == [
        ["Logo churn in the period", "5.0%", "4.0–6.0%"],
        ["pipeline", "$5", "$0–$2.00k"],
        ["Quick ratio", "2.5", "2–3"],
    ]


def test_an_amount_without_its_currency_is_refused_and_what_show_says_holds(shown):
    frame = pd.DataFrame({"mrr_cents": [100], "share": [0.5], "low": [0.4], "high": [0.6]})
    with pytest.raises(ValueError, match="mrr_cents is money"):
        display.table(frame)
    display.table(frame, show={"mrr_cents": str, "low": formats.percent, "high": formats.percent})
    assert cells(shown[0].data["text/html"])[1] == ["100", "50.0%", "40.0%", "60.0%"]


def test_text_in_a_column_of_numbers_stays_as_it_is(shown):
    display.table(pd.DataFrame({"share": ["few"], "mrr_cents": ["$1"]}), currency="USD")
    assert cells(shown[0].data["text/html"])[1] == ["few", "$1"]


def test_nothing_that_is_shown_is_typeset_as_a_formula(shown):
    # JupyterLab reads $…$ as LaTeX, but not inside this class.
    display.headline("From $1 to $2.")
    display.say("From $1 to $2.")
    display.explore("book.monthly")
    display.table(pd.DataFrame({"x": ["$1", "$2"]} | {"y": range(2)}), caption="$1 $2", rows=1)
    outside = re.sub(
        r'<(p|table) class="[^"]*mathjax_ignore"[^>]*>.*?</\1>', "", "".join(o.data["text/html"] for o in shown)
    )
    assert outside == ""


@dataclass(frozen=True)
class Book(formats.Shown):
    """What is in the ledger.

    More."""

    monthly: pd.DataFrame = field(metadata={"holds": "one row per month, <b>"})
    surveys: pd.DataFrame | None = None


def test_what_a_face_returns_says_what_is_in_it():
    page = Book(pd.DataFrame({"a": range(3)}))._repr_html_()
    assert "<caption>What is in the ledger.</caption>" in page and page.startswith('<table class="mathjax_ignore">')
    assert cells(page)[1:] == [
        [".monthly", "one row per month, &lt;b&gt;", "3"],
        [".surveys", "not in this source", ""],
    ]


def test_a_sentence_in_a_cell_is_whole_and_what_would_fill_the_page_is_cut_there_but_not_in_its_file(shown):
    sentence, endless = "Ten of them stayed, and why. " * 20, "x" * 10_000
    display.table(pd.DataFrame({"why": [sentence, endless]}), name="why")
    content = shown[0].data
    assert f'<th scope="row" class="prose" style="text-align:left">{sentence}</th>' in content["text/html"]
    assert (
        f'<th scope="row" class="long" style="text-align:left">{"x" * (LONGEST_CELL - 1)}…</th>' in content["text/html"]
    )
    assert endless in content[display.TABLE_TYPE]["csv"]


def test_characters_that_act_unseen_are_shown_as_unreadable_everywhere(shown):
    display.table(pd.DataFrame({"a\0": ["b\u202ec"]}), name="x", caption="d\x1b[31m")
    display.say("e\u2066f")
    told = "".join(str(value) for output in shown for value in output.data.values())
    assert not any(sign in told for sign in ("\0", "\u202e", "\x1b", "\u2066")) and "b\ufffdc" in told


def test_a_head_that_a_spreadsheet_would_run_is_made_text():
    assert csv_text(pd.DataFrame({"=1+1": [1]})).startswith("'=1+1\n")


def test_the_tables_at_hand_are_named_with_their_columns_and_those_that_are_not_there(shown, tmp_path):
    opened = sources.open(write_source(tmp_path, subscriptions=stretches("A, 2024-01-15, , 100")), "2024-12")
    display.tables_at_hand(opened)
    page = shown[0].data["text/html"]
    for word in ("accounts", "account_id, name, segment", "subscriptions", "subscription_id, account_id, product"):
        assert word in page
    assert "Not in this source: surveys" in shown[1].data["text/plain"]


def test_the_first_rows_are_shown_and_the_rest_is_a_fold_that_says_how_many(shown):
    display.table(pd.DataFrame({"n": range(60)}), rows=30)
    display.table(pd.DataFrame({"n": range(13)}))
    first, rest = shown[0].data["text/html"].split("<details")
    assert (first.count("<tr>"), rest.count("<tr>")) == (11, 21)
    assert "<summary>Show 20 more rows</summary>" in rest and "30 more rows." in rest
    assert "details" not in shown[1].data["text/html"]


def test_few_is_no_column_but_a_gray_row_that_says_so(shown):
    frame = pd.DataFrame(
        {"metric": ["quick_ratio"] * 3, "value": [1.5, 2.5, None], "verdict": ["ok", "few", "undefined"]}
    )
    display.table(frame)
    page = shown[0].data["text/html"]
    assert "erdict" not in page and page.count('<tr class="few">') == 2
    assert "2.5 <small>small sample</small>" in page and " <small>too few to say</small>" in page
    # The name is there in each row, and shown once.
    assert page.count("Quick ratio") == 3 and page.count('<span class="again">Quick ratio</span>') == 2
    display.table(pd.DataFrame({"program": ["a"], "verdict": ["no clear effect"]}))
    assert "no clear effect" in shown[1].data["text/html"]


def test_cells_name_a_period_and_an_owner_and_say_yes_or_no_as_people_do(shown):
    frame = pd.DataFrame(
        {
            "period": ["2026-10", "2026-Q3", "first year"],
            "owner": ["success", "sales", None],
            "is_enough": [True, False, True],
        }
    )
    display.table(frame, caption="All of them are in tables/plays.csv", rows=2)
    page = shown[0].data["text/html"]
    cells = re.findall("<t[dh](?: scope=.row.)? [^>]*>([^<]*)</t[dh]>", page.partition("<tbody>")[2])
    assert cells == ["Oct 2026", "Customer success", "yes", "Q3 2026", "Sales", "no"]
    assert "1 more row in tables/plays.csv." in page
    display.table(frame.tail(1))
    assert ">first year</th>" in shown[1].data["text/html"]


def test_an_amount_an_interval_and_a_count_stay_on_one_line(shown):
    display.say("Marketing: ask A (−$2.59k; 34.4–48.3%, n = 187) <why>", "action")
    page = shown[0].data["text/html"]
    assert re.findall('<span style="white-space: nowrap">(.*?)</span>', page) == ["−$2.59k", "34.4–48.3%", "n = 187"]
    assert page.startswith('<p class="action mathjax_ignore"><strong>Marketing</strong>:') and "&lt;why&gt;" in page


def test_accounts_are_few_columns_with_a_bar_that_a_phone_shows_as_cards(shown):
    frame = pd.DataFrame(
        {
            "account_id": ["A1", "A2"],
            "name": ["<b>", "Two"],
            "segment": ["SMB", ""],
            "chance": [0.5, 0.25],
            "low": [0.4, 0.2],
            "high": [0.6, 0.3],
            "mrr_at_risk_cents": [100_00, 50_00],
        }
    )
    display.table(frame, show={"chance": formats.percent}, currency="USD")
    page = shown[0].data["text/html"]
    assert page.startswith('<table class="accounts mathjax_ignore">') and "A1" not in page
    assert re.findall("<th scope=.col[^>]*>(.*?)</th>", page) == ["Name", "Chance", "MRR at risk"]
    assert (
        "&lt;b&gt; <small>SMB</small></th>" in page
        and 'class="bar risk"' in page
        and '"width:3.75rem"></span></td>' in page
    )
    assert 'data-head="MRR at risk">$50' in page and 'class="bar risk"' in page
