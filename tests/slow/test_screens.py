"""The pages of the sample pack on the screens and on the paper that people have."""

import subprocess

import pytest
from browser import Browser, path
from packs import NOTEBOOKS, PROJECT, helpers

PAGES = ("index", *NOTEBOOKS, "definitions")
PHONE, DESK = 420, 1280
MOST_SHEETS, MOST_BYTES = 24, 400_000
needs_browser = pytest.mark.skipif(path() is None, reason="no Chromium on this machine")

# Every text that is seen, its contrast to what is painted below it (WCAG 2.2), and the text itself, where it is low.
FAINT = r"""(() => {
    const rgba = text => {
        const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number)
        return [r, g, b, a]
    }
    const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1)
    const light = color => {
        const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4
        const [r, g, b] = color.slice(0, 3).map(v => linear(v / 255))
        return .2126 * r + .7152 * g + .0722 * b
    }
    const contrast = (one, other) => {
        const [high, low] = [light(one), light(other)].sort((a, b) => b - a)
        return (high + .05) / (low + .05)
    }
    const backdrop = element => {
        const layers = []
        for (let at = element; at; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor))
        return layers.reduce((below, top) => over(top, below), [255, 255, 255, 1])
    }
    const painted = (text, box) => {
        const x = box.x + box.width / 2, y = box.y + box.height / 2
        let below = backdrop(text.closest('svg').parentElement)
        for (const shape of text.closest('svg').querySelectorAll('path, rect')) {
            if (shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_PRECEDING) continue
            const style = getComputedStyle(shape)
            const place = new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse())
            if (style.fill === 'none' || !shape.isPointInFill(place)) continue
            const [r, g, b, a] = rgba(style.fill)
            below = over([r, g, b, a * style.fillOpacity * style.opacity], below)
        }
        return below
    }
    const faint = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement, range = document.createRange()
        range.selectNodeContents(node)
        const box = range.getBoundingClientRect()
        if (!node.textContent.trim() || box.width < 2 || parent.closest('style, .again, .skip')) continue
        const style = getComputedStyle(parent), svg = parent.closest('svg')
        const below = svg ? painted(parent, box) : backdrop(parent)
        let [r, g, b, a] = rgba(svg ? style.fill : style.color)
        for (let at = parent; at; at = at.parentElement) a *= getComputedStyle(at).opacity
        const ratio = contrast(over([r, g, b, a], below), below)
        if (ratio < 4.5) faint.push([ratio.toFixed(2), node.textContent.trim().slice(0, 60)])
    }
    return faint
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(
    params=[(PHONE, "light"), (DESK, "light"), (DESK, "dark")], ids=lambda screen: f"{screen[1]} {screen[0]}"
)
def width(request, browser):
    """A screen, set up, and its width."""
    width, scheme = request.param
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    return width


@pytest.fixture(params=PAGES)
def page(request, sample_pack, browser, width):
    """A page of the pack on that screen, with everything unfolded."""
    browser.visit(sample_pack.folder / f"{request.param}.html")
    browser.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    return browser


@needs_browser
def test_a_page_is_no_wider_than_its_screen(page, width):
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


@needs_browser
def test_every_text_stands_out_from_what_is_below_it(page):
    assert page.evaluate(FAINT) == []


@needs_browser
def test_no_text_of_a_chart_is_under_12_pixels(page):
    small = """[...document.querySelectorAll('svg text')].filter(text => text.getBoundingClientRect().width)
    .map(text => {
        const svg = text.closest('svg'), scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
        return [parseFloat(getComputedStyle(text).fontSize) * scale, text.textContent]
    }).filter(([size]) => size < 11.95)"""
    assert page.evaluate(small) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_enough_for_a_mail(sample_pack, name):
    assert (sample_pack.folder / f"{name}.html").stat().st_size <= MOST_BYTES


def test_the_pack_on_paper_is_short_enough_to_read(tmp_path):
    pytest.importorskip("weasyprint")
    helpers("report", "--pdf", "--out", tmp_path, cwd=PROJECT)
    (paper,) = tmp_path.glob("*/report.pdf")
    told = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
    assert int(told.partition("Pages:")[2].split()[0]) <= MOST_SHEETS
