"""The pack on paper: one document whose links lead inside it; refused before anything runs where it cannot be made."""

import sys
from collections import Counter

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from packs import parsed

from helpers.__main__ import main
from helpers.commands.report import pdf
from helpers.errors import Refused

MANIFEST = {
    "period": "2026-10",
    "as_of": "2026-10-31",
    "source": {"name": "Söhne & <Co>"},
    "notebooks": [{"name": "10_metrics"}],
}
INDEX = (
    '<html><main><h1>Report</h1><h2 id="files">Files</h2><a class="tile" href="10_metrics.html">Metrics</a> '
    '<a href="definitions.html#data-files">data files</a> '
    '<a href="tables/metrics.csv">metrics</a> <a href="../2026-09/index.html">before</a></main></html>'
)
METRICS = (
    '<html><main><h1>Metrics</h1><nav class="contents"><a href="#files">Files</a></nav><h2 id="files">Files</h2>'
    '<p>id="x" stays as text</p><details class="evidence"><summary>Evidence</summary>'
    '<details class="more"><summary>More</summary>rows</details><a href="definitions.html#churn_rate">churn</a>'
    '</details><details class="analysts"><h2>Checks</h2><details class="code"><pre>import os</pre></details></details>'
    '<nav class="turn"><a href="x.html">next</a></nav></main></html>'
)
DEFINITIONS = (
    '<html><main><h1>Definitions</h1><h2 id="churn_rate">Churn</h2>'
    '<section class="on-screen"><h2 id="data-files">Data files</h2></section></main></html>'
)


@pytest.fixture
def paper(tmp_path):
    for name, text in (("index", INDEX), ("10_metrics", METRICS), ("definitions", DEFINITIONS)):
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    return parsed(pdf.paper(tmp_path, MANIFEST))


def test_every_page_is_a_chapter_in_the_order_of_the_index(paper):
    assert [heading.text for heading in paper("h1")] == ["Report", "Metrics", "Definitions"]
    assert paper.find(class_="running").text == "Söhne & <Co> · October 2026, data through Oct 31, 2026"


def test_each_id_stands_once_and_each_link_leads_to_one(paper):
    ids = Counter(tag["id"] for tag in paper(id=True))
    assert set(ids.values()) == {1}
    assert [link["href"] for link in paper("a")] == ["#10_metrics", "#definitions--churn_rate"]
    assert all(link["href"][1:] in ids for link in paper("a"))
    assert paper.find(class_="tile").text == "Metrics"


def test_what_a_link_to_a_file_says_stays_and_what_is_for_the_screen_goes(paper):
    assert "data files metrics before" in " ".join(paper.find(id="index").text.split())
    assert not paper("nav") and "import os" not in paper.text and "Checks" not in paper.text
    # Evidence is printed; the rest of a long table is not.
    assert [fold.text for fold in paper("details")] == ["Evidencechurn"]
    assert 'id="x" stays as text' in paper.text


def test_a_picture_from_the_network_is_named_with_its_notebook(tmp_path):
    (tmp_path / "notebooks").mkdir()
    shown = new_output("display_data", {"text/html": '<img src="https://example.com/b.png?a=1&amp;b=2" alt="Logo">'})
    ours = new_output("display_data", {"text/html": '<img src="data:image/png;base64,AAAA" alt="ours">'})
    cells = [new_markdown_cell("![logo](https://example.com/a.png)"), new_code_cell("x", outputs=[shown, ours, shown])]
    nbformat.write(new_notebook(cells=cells), tmp_path / "notebooks" / "10_metrics.ipynb")
    assert pdf.left_out(tmp_path, MANIFEST | {"notebooks": [{"name": "10_metrics"}, {"name": "20_failed"}]}) == [
        f"10_metrics: report.pdf leaves out the picture https://example.com/{name}, because nothing is loaded from "
        "the network; save the picture and attach it to the notebook"
        for name in ("a.png", "b.png?a=1&b=2")
    ]


def test_colors_and_marks_of_a_drawing_are_its_own_on_paper(tmp_path):
    drawing = '<svg><path id="m1" fill="var(--c1)"/><use href="#m1"/><g clip-path="url(#m1)"/></svg>'
    for name, text in (("index", f"<main>{drawing}</main>"), ("10_metrics", METRICS), ("definitions", DEFINITIONS)):
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    text = pdf.paper(tmp_path, MANIFEST)
    assert 'id="index--m1" fill="#0072b2"' in text
    assert 'href="#index--m1"' in text and "url(#index--m1)" in text and "var(--" not in text.partition("<body>")[2]


def test_without_weasyprint_the_pdf_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(Refused, match=r"WeasyPrint is not installed.*apt-get install libpango.*install -e '.\[pdf\]'"):
        pdf.refuse_if_absent()


def test_the_refusal_comes_before_anything_runs(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert main(["report", "--pdf", "--out", str(tmp_path / "packs")]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("refused: --pdf: ") and told.out == ""
    assert not (tmp_path / "packs").exists()
