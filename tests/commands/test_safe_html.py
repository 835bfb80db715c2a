"""Somebody's own HTML on a page: what shows stays, what runs, loads, sends or leaves the page goes."""

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.commands import html, safe_html

HEAD = {"period": "2026-10", "as_of": "2026-10-31", "company": "Acme"}
EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='http://evil.example/i.png'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<iframe src='http://evil.example/'></iframe>",
    "<link rel=stylesheet href='http://evil.example/s.css'>",
    "<base href='http://evil.example/'>",
    "<form action='http://evil.example/'><input name=a><button>go</button></form>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<svg onload=alert(1)><script>alert(1)</script><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<svg><use href='http://evil.example/a.svg#b'/><image href='http://evil.example/i.png'/></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=alert(1)>'></table></math>",
    "<p style='background:url(http://evil.example/i.png)'>x</p>",
    "<p style='background:u\\72l(http://evil.example/i.png);position:fixed;inset:0'>x</p>",
    "<style>@import 'http://evil.example/s.css'; body{display:none}</style>",
    '<style>#T_a{color:red" onclick="alert(1)}</style><b id="T_a">x</b>',
    "<object data='http://evil.example/'></object><embed src='http://evil.example/'>",
    "<video src='http://evil.example/v'></video><audio src='http://evil.example/a' autoplay></audio>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
]


def page_of(*cells) -> BeautifulSoup:
    notebook = new_notebook(cells=[new_markdown_cell("# Title"), *cells])
    return BeautifulSoup(html.notebook_page(notebook, "60_mine", HEAD), "html.parser")


def shown(text: str, kind: str = "text/html") -> nbformat.NotebookNode:
    cell = new_code_cell("1", execution_count=1)
    cell.outputs = [new_output("display_data", data={kind: text, "text/plain": "x"})]
    return cell


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("way", ["html", "markdown", "cell"])
def test_nothing_runs_loads_sends_or_leaves(evil, way):
    text = f"before {evil} after"
    cell = {"html": shown(text), "markdown": shown(text, "text/markdown"), "cell": new_markdown_cell(text)}[way]
    page = page_of(cell)
    bad = {"script", "meta", "iframe", "link", "base", "form", "input", "button", "object", "embed", "video", "audio"}
    assert page.main.find(bad | {"image", "style"}) is None
    for tag in page.main(True):
        assert not any(name.startswith("on") for name in tag.attrs), tag
        assert "evil.example" not in " ".join(map(str, tag.attrs.values())), tag
        assert not str(tag.get("href", "")).lower().startswith(("javascript:", "data:"))
        assert "position" not in tag.get("style", "")
    assert "before" in page.main.text


def test_a_styled_frame_keeps_its_colors_and_its_names_are_text():
    names = ["Acme", "<b>Bolt</b>", "<meta http-equiv=refresh content=0>"]
    frame = pd.DataFrame({"name": names, "mrr": [1.0, 2.0, 3.0]})
    styled = frame.style.background_gradient(subset="mrr").set_caption("Ours").bar(subset="mrr", color="#5fba7d")
    page = page_of(shown(styled.to_html()))
    table = page.main.table
    assert table.caption.text == "Ours" and len(table("tr")) == 4 and page.main.meta is None
    cells = [cell for cell in table("td") if cell.get("style")]
    assert len(cells) == 3 and all("background" in cell["style"] and "color" in cell["style"] for cell in cells)


def test_a_plain_frame_and_markdown_stay_as_they_were():
    frame = pd.DataFrame({"name": ["Acme & Söhne", "<i>Bolt</i>"], "mrr": [1.0, 2.0]})
    page = page_of(
        shown(frame.to_html()), new_markdown_cell("## Why?\n\nA *point*, `code`, [a link](https://x.example)")
    )
    assert [cell.text for cell in page.main("td")] == ["Acme & Söhne", "1.0", "<i>Bolt</i>", "2.0"]
    assert page.main.em.text == "point" and page.main.code.text == "code"
    assert page.main.find("a", href="https://x.example").text == "a link"


def test_a_picture_in_the_page_itself_and_a_drawing_stay():
    picture = "data:image/png;base64,iVBORw0KGgo="
    drawing = '<svg viewBox="0 0 4 4"><g clip-path="url(#a)"><path d="M0 0" style="stroke: red"/></g></svg>'
    page = page_of(shown(f'<img src="{picture}" alt="ours">{drawing}'))
    assert page.main.img["src"] == picture and page.main.img["alt"] == "ours"
    assert page.main.svg["viewbox"] == "0 0 4 4" and page.main.path["style"] == "stroke:red"
    assert page.main.g["clip-path"] == "url(#a)"


def test_a_table_of_ours_loses_nothing():
    text = '<td class="number" style="text-align:left"><span class="bar" style="--part:0.5"></span>12</td>'
    table = f'<table data-rows="1"><thead><tr><th scope="col">n</th></tr></thead><tr>{text}</tr></table>'
    cell = BeautifulSoup(safe_html.cleaned(table), "html.parser")
    assert cell.th["scope"] == "col" and cell.table["data-rows"] == "1" and cell.td["style"] == "text-align:left"
    assert cell.span["style"] == "--part:0.5"


def test_what_is_left_open_ends_where_it_stands():
    page = page_of(shown("</div></section><table><tr><td>open"), shown("<p>later</p>"))
    assert page.main.find("p", string="later").find_parent("table") is None


def test_the_lists_hold_nothing_that_runs():
    assert not safe_html.ALLOWED["tags"] & {"script", "iframe", "object", "embed", "form", "meta", "link", "base"}
    assert not {name for name in safe_html.ALLOWED["attributes"] if name.startswith("on")}
    assert (
        not {"position", "display", "visibility", "behavior", "content"} & safe_html.ALLOWED["filter_style_properties"]
    )
