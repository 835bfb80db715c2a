"""The pages of the sample pack on the screens and on the paper that people have."""

import subprocess

import pytest
from browser import Browser, path
from packs import NOTEBOOKS, PROJECT, helpers

PAGES = ("index", *NOTEBOOKS, "definitions")
PHONE, DESK = 420, 1280
MOST_SHEETS = 24
needs_browser = pytest.mark.skipif(path() is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(params=[PHONE, DESK])
def width(request):
    return request.param


@pytest.fixture(params=PAGES)
def page(request, sample_pack, browser, width):
    """A page of the pack on a screen of that width, with everything unfolded."""
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser.visit(sample_pack.folder / f"{request.param}.html")
    browser.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    return browser


@needs_browser
def test_a_page_is_no_wider_than_its_screen(page, width):
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


@needs_browser
def test_no_text_of_a_chart_is_under_12_pixels(page):
    small = """[...document.querySelectorAll('svg text')].filter(text => text.getBoundingClientRect().width)
    .map(text => {
        const svg = text.closest('svg'), scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
        return [parseFloat(getComputedStyle(text).fontSize) * scale, text.textContent]
    }).filter(([size]) => size < 11.95)"""
    assert page.evaluate(small) == []


def test_the_pack_on_paper_is_short_enough_to_read(tmp_path):
    pytest.importorskip("weasyprint")
    helpers("report", "--pdf", "--out", tmp_path, cwd=PROJECT)
    (paper,) = tmp_path.glob("*/report.pdf")
    told = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
    assert int(told.partition("Pages:")[2].split()[0]) <= MOST_SHEETS
