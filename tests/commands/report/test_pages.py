"""The rendered sample pack, as a reader without a network, without eyes or with a spreadsheet meets it."""

import re
from itertools import pairwise

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from packs import NOTEBOOKS, SHIPPED, Pack, helpers, parsed
from writing import stretches, write_source

from helpers.commands import html, new, notebook_file
from helpers.page import FIGURE_TYPE

HEAD = {"period": "2026-10", "as_of": "2026-10-31", "company": ""}

PAGES = ("index", *NOTEBOOKS)
LOADS = re.compile(
    r"""(?:src|srcset|href|poster|data|action)\s*=\s*["']?\s*(?:https?:|//)|url\(\s*["']?(?!data:|#)|@import""", re.I
)
FORBIDDEN = ("script", "link", "iframe", "object", "embed", "base", "form", "video", "audio")


# Offline


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_nothing_and_runs_nothing(sample_pack, name):
    text = (sample_pack.folder / f"{name}.html").read_text(encoding="utf-8")
    # Links that a reader may click are no fetch, but there is none here either.
    assert LOADS.findall(text) == []
    page = parsed(text)
    assert [tag.name for tag in page(FORBIDDEN)] == []
    assert [tag for tag in page(True) if any(name.startswith("on") for name in tag.attrs)] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere_in_the_pack(sample_pack, name):
    page = sample_pack.page(name)
    links = [link["href"] for link in page("a", href=True)]
    assert links
    for link in links:
        file, _, anchor = link.partition("#")
        assert not file or (sample_pack.folder / file).is_file(), link
        there = page if not file else sample_pack.page(file.removesuffix(".html")) if anchor else None
        assert not anchor or there.find(id=anchor), link


@pytest.mark.parametrize("name", [*PAGES, "definitions"])
def test_a_page_is_light_enough_to_mail(sample_pack, name):
    assert (sample_pack.folder / f"{name}.html").stat().st_size < 400_000


# For everybody


@pytest.mark.parametrize("name", PAGES)
def test_headings_are_in_order_without_a_jump(sample_pack, name):
    levels = [int(heading.name[1]) for heading in sample_pack.page(name)(re.compile("^h[1-6]$"))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_its_language_its_title_and_its_place(sample_pack, name):
    page = sample_pack.page(name)
    assert page.html["lang"] == "en" and "October 2026" in page.title.text
    assert len(page("main")) == 1 and page.find("meta", charset=True)
    identifiers = [tag["id"] for tag in page(id=True)]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_figure_of_the_notebook_is_on_the_page_with_its_text(sample_pack, name):
    outputs = [output for cell in sample_pack.notebook(name).cells for output in cell.get("outputs", [])]
    drawn = [output for output in outputs if FIGURE_TYPE in output.get("data", {})]
    figures = sample_pack.page(name)("figure", class_="figure")
    assert len(figures) == len(drawn) >= 4
    said = [output.data["text/plain"] for output in drawn]
    for figure in figures:
        labels = [svg["aria-label"] for svg in figure("svg")]
        assert len(labels) == 2 and set(labels) <= {*said} and figure.figcaption.h3.text in labels[0]
        # It says what is to be seen, with a number, not just what kind of picture it is.
        assert len(labels[0]) > 40 and re.search(r"\d", labels[0])
    assert len({*said}) == len(said)


def test_every_table_has_headers_that_say_what_they_head(sample_pack):
    tables = [table for name in PAGES for table in sample_pack.page(name)("table")]
    assert len(tables) >= 5
    for table in tables:
        heads = table.thead("th")
        assert heads and all(head.get("scope") == "col" and head.text.strip() for head in heads)
        assert all(head.get("scope") == "row" for head in table.tbody("th"))
        assert {len(row(["th", "td"])) for row in table.tbody("tr")} == {len(heads)}


# What is said


@pytest.mark.parametrize("name", SHIPPED)
def test_the_bottom_line_stands_directly_under_the_question(sample_pack, name):
    main = sample_pack.page(name).main
    assert main.h1.text.strip().endswith("?")
    line = main.find(class_="bottom-line")
    assert 1 <= len(line("p", class_="headline")) <= 3
    assert re.search(r"95% interval .*n = [\d,]+", line.text)
    # Above it: the title and who asks; below: everything else.
    assert line.find_previous("h1") and not line.find_previous("h2") and not line.find_previous(["table", "img"])


@pytest.mark.parametrize("name", SHIPPED)
def test_the_contents_list_names_every_section(sample_pack, name):
    page = sample_pack.page(name)
    listed = [(link["href"], link.text) for link in page.find("nav", class_="contents")("a")]
    assert listed == [(f"#{heading['id']}", heading.text) for heading in page("h2")]
    assert len(listed) >= 5


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_code_is_hidden_but_all_of_it_is_one_click_away(sample_pack, name):
    page = sample_pack.page(name)
    hidden = "\n".join(block.text for block in page("details"))
    assert [block for block in page("details") if block.has_attr("open")] == []
    for cell in sample_pack.notebook(name).cells:
        if cell.cell_type == "code" and cell.source.strip():
            assert (cell.source.strip() in hidden) != ("author" in cell.metadata.get("tags", []))
    for block in page("details"):
        block.decompose()
    assert "from helpers import" not in page.main.text and "page." not in page.main.text


def test_what_is_for_whoever_edits_a_notebook_is_not_on_its_page():
    shown = new_output("display_data", {"text/html": "<table><tr><td>at hand</td></tr></table>", "text/plain": ""})
    author = {"tags": ["author"]}
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# Is it so?"),
            new_markdown_cell("*a note*", metadata=author),
            new_code_cell("page.tables_at_hand(tables)", metadata=author, outputs=[shown]),
            new_markdown_cell("## It is"),
        ]
    )
    page = html.notebook_page(notebook, "60_so", HEAD)
    assert "It is" in page and not any(text in page for text in ("a note", "at hand", "tables_at_hand"))


@pytest.mark.parametrize("title", ["Is <b>it</b> $5 & *more*_now_ [x](y)?", "`a` # b?", "<script>alert(1)</script>?"])
def test_a_question_stands_in_the_page_as_it_was_asked(title, tmp_path):
    notebook = new_notebook(cells=[new_markdown_cell(new.title(title))])
    page = parsed(html.notebook_page(notebook, "60_so", HEAD))
    assert notebook_file.title(notebook.cells, "") == title
    assert page.h1.text.strip() == title and "script" not in [tag.name for tag in page.h1.find_all(True)]


HEADLINE = ("net_revenue_retention", "gross_revenue_retention", "churn_rate_12_months")


def test_the_index_shows_the_headline_numbers_of_the_table_with_interval_and_n(sample_pack):
    table = sample_pack.table("metrics")
    own = table[(table["segment"] == "all") & (table["period"] == "2026-10")].set_index("metric")
    summary = (sample_pack.folder / "summary.md").read_text(encoding="utf-8")
    told = {number["metric"]: number for number in sample_pack.manifest["headline"]}
    for name in HEADLINE:
        metric, tile = own.loc[name], tile_of(sample_pack, told[name]["label"])
        # An interval wider than five points is written in whole percent.
        digits = 0 if metric["high"] - metric["low"] > 0.05 else 1
        value = f"{100 * metric['value']:.1f}%"
        low, high = (f"{100 * metric[column]:.{digits}f}%" for column in ("low", "high"))
        likely = f"{low.removesuffix('%')}–{high}"
        assert [tile.find(class_="value").text, *(line.text for line in tile("p")[:2])] == [
            value,
            f"likely {likely}",
            f"{metric['n']:,} accounts",
        ]
        assert f"{value} (likely {likely}, {metric['n']:,} accounts)" in summary
        assert (told[name]["value"], told[name]["shown"]) == (metric["value"], value)


def tile_of(pack, label: str):
    (tile,) = (tile for tile in pack.page("index")(class_="tile") if tile.h3.text == label)
    return tile


def test_the_index_shows_what_each_number_was_a_year_ago_and_how_it_moved_since(sample_pack):
    table = sample_pack.table("metrics")
    before = table[(table["segment"] == "all") & (table["period"] == "2025-10")].set_index("metric")["value"]
    told = {number["metric"]: number["label"] for number in sample_pack.manifest["headline"]}
    for name in HEADLINE:
        tile = tile_of(sample_pack, told[name])
        assert f"(Oct 2025: {100 * before[name]:.1f}%)" in tile.find(class_="change").text
        assert len(tile.svg("path")) == 2  # a line and its band


def test_each_tile_leads_to_the_place_that_explains_it_and_eight_stand_above_the_decisions(sample_pack):
    tiles = sample_pack.page("index")(class_="tile")
    above = [tile for tile in tiles if tile.find_next(class_="decisions")]
    assert len(above) == 8
    assert {"ARR", "Revenue per account (ARPA)", "Revenue churn, 12 months"} == {tile.h3.text for tile in tiles[8:]}
    for tile in tiles:
        page, _, anchor = tile["href"].partition("#")
        assert anchor and sample_pack.page(page.removesuffix(".html")).find(id=anchor), tile.h3.text


def test_the_index_has_a_card_for_each_page_and_at_most_three_decisions(sample_pack):
    index = sample_pack.page("index")
    for name in NOTEBOOKS:
        card = index.find(class_="card", href=f"{name}.html")
        question = card.h3.text.strip().removesuffix("?")
        assert sample_pack.page(name).h1.text.strip().startswith(question) and len(card.p.text) > 20
    assert 1 <= len(index.find(class_="decisions")("li", recursive=False)) <= 3


def test_the_summary_is_about_ten_lines_for_a_mail(sample_pack):
    lines = (sample_pack.folder / "summary.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Customer report, October 2026"
    assert 5 <= len(lines) <= 18
    assert all(line == "" or line.startswith("- ") for line in [*lines[3:]])


def test_the_manifest_says_how_the_pack_was_made(sample_pack):
    manifest = sample_pack.manifest
    assert (manifest["period"], manifest["as_of"], manifest["status"]) == ("2026-10", "2026-10-31", "ok")
    assert manifest["parameters"] == {} and manifest["source"]["currency"] == "USD"
    assert len(manifest["source"]["tables"]) == 11
    for name, table in manifest["source"]["tables"].items():
        assert re.fullmatch(r"[0-9a-f]{8,}", table["fingerprint"])
        rows = (sample_pack.source.parent / f"{name}.csv").read_text(encoding="utf-8").count("\n") - 1
        assert 0 < table["rows"] <= rows  # what was known at the period's end; onboarding keeps one snapshot an account
    assert {"python", "pandas", "duckdb", "papermill"} <= set(manifest["versions"])
    assert re.fullmatch(r"[0-9a-f]{40}", manifest["git_commit"])
    assert [entry["name"] for entry in manifest["notebooks"]] == list(NOTEBOOKS)
    for entry in manifest["notebooks"]:
        assert entry["status"] == "built" and entry["seconds"] > 0


# Names that would do harm


HOSTILE = {
    "A": "<script>alert(1)</script>",
    "B": '"><img onerror=x>',
    "C": "=cmd|' /C calc'!A0",
    "D": "$\\LaTeX$ and $5",
    "E": "@SUM(1+1)",
    "F": "{{ 7*7 }} **bold** </td></table>",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Pack:
    """A pack of a company whose accounts and segments are called what an attacker would call them."""
    folder = tmp_path_factory.mktemp("hostile")
    quoted = {account: '"' + name.replace('"', '""') + '"' for account, name in HOSTILE.items()}
    rows = [f"{account}{number},{name},{name}" for account, name in quoted.items() for number in range(6)]
    grown = [f"{row[:2]}, 2024-01-10, 2024-12-05, {100 + place}" for place, row in enumerate(rows)]
    grown += [f"{row[:2]}, 2024-12-05, , {200 + 3 * place}" for place, row in enumerate(rows)]
    source = write_source(
        folder, accounts="\n".join(["account_id,name,segment", *rows]), subscriptions=stretches(*grown)
    )
    helpers("report", "--source", source, "--only", "10", "-p", "largest=40", "--out", "packs", cwd=folder)
    return Pack(folder / "packs" / "2024-12", source)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE.values())
def test_a_hostile_name_comes_out_as_text(hostile, name):
    cells = [text for cell in hostile.page("10_metrics")(["th", "td"]) for text in cell.stripped_strings]
    assert cells.count(name) >= 6


@pytest.mark.slow
def test_hostile_names_bring_no_element_and_no_attribute_of_their_own(hostile, sample_pack):
    for name in ("index", "10_metrics"):
        bad, plain = hostile.page(name), sample_pack.page(name)
        for questions in bad(class_="doubts"):  # which the sample does not give rise to
            assert {tag.name for tag in questions(True)} <= {"summary", "strong", "em", "ul", "li"}
            questions.decompose()
        for mark in bad("wbr"):  # where a doubt beside its number may be broken
            mark.decompose()
        assert {tag.name for tag in bad(True)} <= {tag.name for tag in plain(True)}
        assert {key for tag in bad(True) for key in tag.attrs} <= {key for tag in plain(True) for key in tag.attrs}
        assert len(bad("img")) == len(plain("img"))


@pytest.mark.slow
def test_no_spreadsheet_runs_what_a_table_holds(hostile):
    names = [path.stem for path in (hostile.folder / "tables").glob("*.csv")]
    assert {"metrics", "movements_by_month"} <= set(names)
    for name in names:
        texts = hostile.table(name, dtype=str, keep_default_na=False).to_numpy().ravel()
        words = [text for text in texts if not re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text)]
        assert [text for text in words if text.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    # Neutralized, and still to be read.
    assert {f"'{HOSTILE['C']}", f"'{HOSTILE['E']}", HOSTILE["A"]} <= set(hostile.table("metrics")["segment"])


@pytest.mark.slow
def test_a_name_that_looks_like_mathematics_does_not_break_a_chart(hostile):
    assert hostile.manifest["status"] == "ok"


# A page made from a notebook of three cells


def shown(page: str) -> nbformat.NotebookNode:
    return new_output("display_data", {"text/html": page, "text/plain": ""})


@pytest.fixture(scope="module")
def small_page():
    cells = [
        new_markdown_cell("# Who stays?\n\nAsked by us."),
        new_code_cell("first()", outputs=[shown('<p class="headline">Ten.</p>')]),
        new_markdown_cell("## How many?"),
        new_code_cell("saves()", outputs=[shown('<p class="saved">tables/long.csv: 2 rows</p>')]),
        new_code_cell("last()", outputs=[shown("<p>Done\0\u202e.</p>")]),
    ]
    for cell in cells[1::2]:
        cell.execution_count = 1
    tables = {"long": 'name\n"two\nlines"\nb\n', "empty": "name\n"}
    return parsed(html.notebook_page(new_notebook(cells=cells), "10_x", HEAD | {"company": "A & <B>"}, tables))


def test_the_contents_come_after_the_bottom_line_and_before_the_first_section(small_page):
    contents = small_page.find("nav", class_="contents")
    assert contents.find_previous(class_="headline").text == "Ten." and not contents.find_previous("h2")
    assert [link.text for link in contents("a")] == ["How many?", "Which files hold these numbers?"]


def test_what_a_page_saved_is_listed_once_at_its_end_with_its_rows(small_page):
    listed = [(item.a["href"], " ".join(item.text.split())) for item in small_page.find(class_="files")("li")]
    assert listed == [("tables/empty.csv", "empty 0 rows"), ("tables/long.csv", "long 2 rows")]
    assert "tables/long.csv: 2 rows" not in small_page.text
    assert small_page.find(id="code").code.text == "first()\n\nsaves()\n\nlast()"


def test_a_page_names_the_company_and_locks_everything_out(small_page):
    assert small_page.header.strong.text == "A & <B>" and "A & <B>" in small_page.title.text
    policy = small_page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "Done\ufffd\ufffd." in small_page.main.text


# Layers, addresses, neighbors


def layered(*cells) -> list:
    notebook = new_notebook(cells=[new_markdown_cell("# Who stays?"), *cells])
    return parsed(html.notebook_page(notebook, "60_so", HEAD))


def test_a_page_folds_the_evidence_and_puts_what_is_for_analysts_at_its_end():
    evidence, table = {"tags": ["evidence"]}, shown("<table><caption>By month</caption></table>")
    page = layered(
        new_markdown_cell("## Provenance"),
        new_markdown_cell("## How much?"),
        new_code_cell("1", outputs=[shown("<p>Ten.</p>")]),
        new_code_cell("2", metadata=evidence, outputs=[table]),
        new_code_cell("3", metadata=evidence),
        new_markdown_cell("## How sure?\n\nVery.", metadata=evidence),
        new_code_cell("4", outputs=[shown("<p>Quite.</p>")]),
    )
    folds = page("details", class_="evidence")
    assert [fold.summary.text.strip() for fold in folds] == ["By month", "How sure?"]
    assert folds[0].table and folds[1].summary.h2 and "Very." in folds[1].text and "Quite." in folds[1].text
    analysts = page.find("details", class_="analysts")
    assert analysts.h2.text == "Provenance" and analysts.find_previous("h2").text == "How sure?"
    assert page.find("p", string="Ten.").find_parent("details") is None


def test_what_stands_below_the_heading_of_a_fold_within_an_answer_is_in_the_fold():
    """Its text was left out, and where nothing came after it the fold never ended."""
    evidence = {"tags": ["evidence"]}
    page = layered(
        new_markdown_cell("## How much?"),
        new_markdown_cell("### By month\n\nIn June.", metadata=evidence),
        new_markdown_cell("Ten."),
        new_markdown_cell("### By hand\n\nCounted.", metadata=evidence),
        new_code_cell("1", metadata=evidence, outputs=[shown("<p>Twice.</p>")]),
        new_markdown_cell("## Why?"),
    )
    folds = page("details", class_="evidence")
    assert [fold.summary.text.strip() for fold in folds] == ["By month", "By hand"]
    assert [" ".join(fold.text.split()) for fold in folds] == ["By month In June.", "By hand Counted. Twice."]
    assert page.find("p", string="Ten.").find_parent("details") is None and len(page("h2")) == 2


@pytest.mark.parametrize(
    ("kind", "text", "seen"),
    [
        ("text/html", "<table><tr><td>Ten</td></tr></table>", "Ten"),
        ("text/latex", "$x^2$", "$x^2$"),
        ("text/markdown", "*Ten*", "Ten"),
    ],
)
def test_what_is_a_picture_and_a_text_in_one_is_shown_as_the_text(kind, text, seen):
    """As SymPy's formulas and many charts are; such a page was refused for a picture that it had not."""
    both = new_output("display_data", {kind: text, "image/png": "iVBORw0KGgo=", "text/plain": "x**2"})
    page = layered(new_code_cell("show()", outputs=[both]), new_code_cell("1", outputs=[shown("<table></table>")]))
    assert page.find(class_="output").text.strip() == seen and not page("figure")
    assert len(page("table")) == 1 + text.count("<table")


def test_a_figure_whose_html_is_a_sentence_is_not_lost_without_a_word():
    both = new_output("display_data", {"text/html": "<p>See the figure.</p>", "image/png": "iVBORw0KGgo="})
    with pytest.raises(RuntimeError, match="a page shows the HTML alone"):
        layered(new_code_cell("show()", outputs=[both]))


INTERACTIVE = '<div><script src="https://cdn.example/plot.js"></script><div id="p" class="plot"></div></div>'


@pytest.mark.parametrize(
    "text", [INTERACTIVE, '<iframe src="https://example.com"></iframe>', "<canvas id='c'></canvas>"]
)
def test_an_interactive_figure_is_its_picture_or_is_said_to_be_left_out(text):
    """As Plotly's are: the page had a blank there."""
    alone, both = ({"text/html": text, "text/plain": "Figure"} | more for more in ({}, {"image/png": "iVBORw0KGgo="}))
    page = layered(*(new_code_cell("show()", outputs=[new_output("display_data", data)]) for data in (alone, both)))
    assert "needs a script or another page" in page.find(class_="output").text
    assert len(page("figure")) == 1 and len(page(class_="output")) == 1


@pytest.mark.parametrize(
    "text", ["<script>setUp()</script>", "<style>td {color: red}</style>", "<div>Ten<script></script></div>"]
)
def test_what_a_page_can_show_or_never_meant_to_show_is_not_said_to_be_left_out(text):
    assert "is not shown" not in layered(new_code_cell("show()", outputs=[shown(text)])).text


def test_a_raw_cell_holds_no_more_than_any_text():
    page = layered(new_raw_cell('<b>Ten</b><script>x()</script><img src="https://example.com/i.png">'))
    assert page.main.b.text == "Ten" and not page("script") and not page("img", src=True)


def test_a_notebook_without_tags_is_all_answer():
    page = layered(new_markdown_cell("## How much?\n\nTen."), new_markdown_cell("## Why?"))
    assert not page("details", class_=["evidence", "analysts"]) and "Ten." in page.main.text


def test_an_address_goes_through_any_mail_and_equal_headings_have_two():
    page = layered(
        new_markdown_cell("## What do R&D & sales say, and who?"),
        new_markdown_cell("## Why?\n\n[there](#Why?) and [that](#What-do-R&D-&-sales-say,-and-who?)"),
        new_markdown_cell("## Why?"),
        new_markdown_cell("## ¿؟"),
    )
    addresses = [heading["id"] for heading in page("h2")]
    assert addresses == ["what-do-r-d-sales-say-and-who", "why", "why-2", "section"]
    assert page.find("a", string="there")["href"] == "#why"
    assert len({link["href"] for link in page.find(class_="contents")("a")}) == 4


def test_a_page_leads_to_the_one_before_and_the_one_after(sample_pack):
    names = ["index", *NOTEBOOKS]
    for place, name in enumerate(NOTEBOOKS, start=1):
        links = {link["rel"][0]: link for link in sample_pack.page(name).find("nav", class_="turn")("a")}
        assert links["prev"]["href"] == f"{names[place - 1]}.html"
        assert ("next" in links) == (place < len(NOTEBOOKS))
        if "next" in links:
            assert sample_pack.page(names[place + 1]).h1.text in links["next"].text


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_answer_is_short(sample_pack, name):
    main = sample_pack.page(name).main
    for fold in main(["details", "table", "svg", "nav", "figcaption"]):
        fold.decompose()
    assert sum(len(text.get_text(" ").split()) for text in main(["p", "li"])) <= 250
    assert len(main("figure")) <= 3


def drawings(sample_pack, name) -> list:
    return sample_pack.page(name)("svg", class_=["wide", "narrow"])


@pytest.mark.parametrize("name", PAGES)
def test_no_text_of_a_chart_is_under_12_pixels(sample_pack, name):
    style = (html.TEMPLATES / "style.css").read_text(encoding="utf-8")
    # The wide drawing is shown down to this width of the screen, the narrow one down to the smallest phone's.
    (swap,) = re.findall(r"@media screen and \(max-width: (\d+)rem\) {\n  \.figure svg\.wide { display: none; }", style)
    least = {"wide": 16 * int(swap) - 2 * 24, "narrow": 360 - 2 * 16}
    for svg in drawings(sample_pack, name):
        scale = least[svg["class"][0]] / float(svg["viewbox"].split()[2])
        sizes = [float(size) for text in svg("text") for size in re.findall(r"font-size: ([\d.]+)px", text["style"])]
        assert len(sizes) == len(svg("text")) and min(sizes) * scale >= 12, svg["aria-label"]


@pytest.mark.parametrize("name", PAGES)
def test_a_chart_is_in_the_colors_of_the_page_and_its_texts_in_those_that_can_be_read(sample_pack, name):
    for svg in drawings(sample_pack, name):
        assert not re.search(r"(fill|stroke): #", str(svg)), svg["aria-label"]
        fills = {fill for text in svg("text") for fill in re.findall(r"fill: ([^;]+)", text["style"])}
        assert fills <= {f"var(--{color})" for color in ("ink", "muted", "c1", "c2", "c3", "c4")}, svg["aria-label"]
