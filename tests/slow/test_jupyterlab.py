"""JupyterLab as an analyst uses it: opened from a terminal, read in a browser, Run All, errors that say what to do.

In a copy of the project, since a person who runs a notebook also saves it.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import browser
import nbformat
import pytest
from packs import NOTEBOOKS, PROJECT

EXECUTE = Path(sys.executable).with_name("jupyter-execute")
TOKEN = "a-token-of-this-test"
# What an analyst types, and what JupyterLab typesets: two dollar signs in one output that is not marked as money.
ADDED = (
    'display(tables.frame("accounts").head(3)[["account_id"]])',
    "from IPython.display import HTML\nHTML('<p class=\"formula\">from $7.77M to $8.88M</p>')",
)


def copy_of_project(folder: Path) -> Path:
    """What an analyst has of the project: notebooks, helpers, data."""
    root = folder / "project"
    left_out = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for part in ("helpers", "notebooks", "data"):
        shutil.copytree(PROJECT / part, root / part, ignore=left_out)
    return root


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """The copy in which an analyst has added two cells to 10_metrics: a frame to look at, and a formula."""
    made = copy_of_project(tmp_path_factory.mktemp("analyst"))
    file = made / "notebooks" / "10_metrics.ipynb"
    notebook = nbformat.read(file, as_version=4)
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in ADDED]
    nbformat.write(notebook, file)
    return made


def environment(home: Path, root: Path) -> dict[str, str]:
    """That of a person who never used Jupyter here; `pip install -e .` is stood in for by the path of Python."""
    theirs = {"HOME": str(home), "PYTHONPATH": str(root), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "JUPYTER", "IPYTHON"))}
    return kept | theirs


# Run All, without a browser


@pytest.mark.parametrize("name", ["00_template", *NOTEBOOKS])
def test_run_all_works_straight_after_opening(name, tmp_path):
    # As Jupyter does it: the notebook's folder is the kernel's, nobody injects a parameter, nothing is set up at home.
    file = PROJECT / "notebooks" / f"{name}.ipynb"
    before = file.read_bytes()
    done = subprocess.run(
        [EXECUTE, file.name],
        cwd=file.parent,
        env=environment(tmp_path, PROJECT),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == before


# Errors


def executed(root: Path, home: Path, old: str, new: str, python_path: Path | None = None) -> list[str]:
    """The lines of the error that the template shows in a kernel, after a slip of the keyboard in its parameters."""
    notebook = nbformat.read(root / "notebooks" / "00_template.ipynb", as_version=4)
    assert old in notebook.cells[1].source
    notebook.cells[1].source = notebook.cells[1].source.replace(old, new)
    file = root / "notebooks" / "99_slip.ipynb"
    nbformat.write(notebook, file)
    try:
        subprocess.run(
            [EXECUTE, "--allow-errors", "--inplace", file.name],
            cwd=file.parent,
            check=True,
            timeout=300,
            capture_output=True,
            env=environment(home, python_path or root),
        )
        cells = nbformat.read(file, as_version=4).cells
    finally:
        file.unlink()
    errors = [output for cell in cells for output in cell.get("outputs", []) if output.output_type == "error"]
    return errors[0].traceback


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('period = ""', 'period = "2026-13"', "Write a month as 2026-10"),
        ('period = ""', 'period = "1999-01"', "covers 2023-11 to 2026-10"),
        ("data/sample/source.toml", "data/smple/source.toml", "no such file"),
        ('metric = "churn_rate_12_months"', 'metric = "churn_rate_12_month"', "churn_rate_12_months"),
    ],
)
def test_an_error_is_two_lines_and_says_what_to_do(root, home, old, new, says):
    lines = executed(root, home, old, new)
    assert len(lines) == 2, lines
    assert lines[0].startswith("Stopped at line ")
    assert lines[1].startswith("Refused: ") and says in lines[1]


def test_the_helpers_of_another_checkout_are_refused_by_name(root, home, tmp_path):
    other = copy_of_project(tmp_path)
    lines = executed(root, home, 'period = ""', 'period = "2026-10"', python_path=other)
    assert str(root) in lines[-1] and str(other) in lines[-1]
    assert f"pip install -e {root}" in lines[-1] and "restart the kernel" in lines[-1]


# Through the user interface


@pytest.fixture(scope="module")
def lab(root, home):
    """The address of a JupyterLab started in the copy as the README says; its root is the folder of the notebooks."""
    if not browser.path():
        if os.environ.get("CI"):
            pytest.fail("no Chromium: .ci/install installs it")
        pytest.skip("no Chromium; get it with .ci/install")
    options = ["--no-browser", "--ip=127.0.0.1", "--port=0", f"--IdentityProvider.token={TOKEN}", "--allow-root"]
    log = (home / "lab.log").open("w")
    server = subprocess.Popen(
        [Path(sys.executable).with_name("jupyter-lab"), "notebooks/10_metrics.ipynb", *options],
        cwd=root,
        env=environment(home, root),
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield _address(server, home)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        log.close()


def _address(server: subprocess.Popen, home: Path) -> str:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and server.poll() is None:
        for file in (home / "runtime").glob("jpserver-*.json"):
            told = json.loads(file.read_text(encoding="utf-8") or "{}")
            if told.get("url"):
                return told["url"]
        time.sleep(0.3)
    raise AssertionError(f"JupyterLab did not start:\n{(home / 'lab.log').read_text(encoding='utf-8')}")


@pytest.fixture(scope="module")
def page(lab, tmp_path_factory):
    with browser.Browser(tmp_path_factory.mktemp("chromium"), hosts="127.0.0.1") as found:
        yield found


def is_idle(lab: str, name: str) -> bool:
    """Whether the kernel of a notebook is there and has nothing to do, by what the server says."""
    with urllib.request.urlopen(f"{lab}api/sessions?token={TOKEN}", timeout=30) as answer:
        return any(
            name in session["path"] and session["kernel"]["execution_state"] == "idle" for session in json.load(answer)
        )


def wait_until(holds) -> None:
    """A machine that does much else may be slow; what does not come at all is a failure."""
    deadline = time.monotonic() + 240
    while not holds():
        assert time.monotonic() < deadline, "it still does not hold"
        time.sleep(0.5)


def test_the_notebooks_are_listed_in_their_order(lab, page):
    page.open(f"{lab}lab/tree/00_template.ipynb?token={TOKEN}")
    page.wait_for("document.querySelectorAll('.jp-DirListing-itemText').length > 3")
    listed = [text for text in page.texts(".jp-DirListing-itemText") if text.endswith(".ipynb")]
    assert listed == [f"{name}.ipynb" for name in ("00_template", *NOTEBOOKS)]


@pytest.mark.parametrize("name", ["00_template", "10_metrics"])
def test_run_all_from_the_menu(lab, page, root, name):
    page.open(f"{lab}lab/tree/{name}.ipynb?token={TOKEN}")
    page.wait_for("document.querySelector('.jp-Notebook h1')?.innerText.includes('?')")
    # The parameters come first.
    page.wait_for(
        "document.querySelector('.jp-Notebook .jp-CodeCell .cm-content')?.innerText.startsWith('period = \"\"')"
    )
    wait_until(lambda: is_idle(lab, name))

    page.click(".lm-MenuBar-item", "Run")
    page.click(".lm-Menu-item[data-command='runmenu:run-all']")
    file = root / "notebooks" / f"{name}.ipynb"
    wait_until(lambda: _is_run_and_saved(page, file))

    cells = [cell for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error"] == []
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert sum("for-dark" in output.get("data", {}).get("text/html", "") for output in outputs) >= 1
    for is_light, shown, hidden in (("true", "for-light", "for-dark"), ("false", "for-dark", "for-light")):
        page.evaluate(f"document.body.dataset.jpThemeLight = '{is_light}'")
        assert seen(page, shown) and not seen(page, hidden)
    if name != "00_template":
        assert bottom_of_the_bottom_line(page) <= 870, "on the first screen of 1280 × 900, above the status bar"
    else:
        page.evaluate("document.querySelector('.headline').scrollIntoView()")
    assert any("95% interval" in text for text in page.texts(".jp-OutputArea-output .headline"))
    assert page.texts(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']") == []
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(Path(folder) / f"lab_{name}.png")
    # Two amounts in one output would be typeset as the formula between their dollar signs.
    if name == "10_metrics":
        says = re.compile(r"MRR went from \$\S+ to \$\S+ in ")
        wait_until(lambda: any(map(says.match, page.texts(".jp-OutputArea-output .headline"))))
    assert page.texts(".headline mjx-container, .headline .MathJax") == []


def seen(page, name: str) -> int:
    """How many pictures of a class are on the screen or could be scrolled to."""
    return page.evaluate(f"[...document.querySelectorAll('img.{name}')].filter(one => one.offsetParent).length")


def bottom_of_the_bottom_line(page) -> float:
    """Where the last sentence of the bottom line ends on a small screen, in pixels from its top, before one scrolls."""
    page.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
    shown = "document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)')"
    ends = []

    def is_at_its_top() -> bool:
        """Run All takes a while to follow its last cell down the notebook."""
        page.evaluate(f"{shown}.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)")
        time.sleep(1)
        tops = f"[...{shown}.querySelectorAll('.headline')].map(each => each.getBoundingClientRect().bottom)"
        ends[:] = page.evaluate(tops)
        return bool(ends) and min(ends) > 0

    wait_until(is_at_its_top)
    page.call("Emulation.clearDeviceMetricsOverride")
    return max(ends)


def _is_run_and_saved(page, file: Path) -> bool:
    """Save by the menu, as a person does, and see whether the last cell has run."""
    page.click(".lm-MenuBar-item", "File")
    page.click(".lm-Menu-item[data-command='docmanager:save']")
    time.sleep(1.5)
    code = [cell for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code"]
    failed = any(output.output_type == "error" for cell in code for output in cell.outputs)
    return failed or code[-1].execution_count is not None


def test_money_is_shown_as_money_and_a_frame_by_display(lab, page, root):
    """After Run All of 10_metrics (above): of all that stands between two dollar signs the formula alone is typeset."""
    shown = []

    def formula_is_typeset() -> bool:
        shown[:] = outputs_on_screen(page)
        return any(n_formulas for _, n_formulas in shown)

    wait_until(formula_is_typeset)
    typeset = [text for text, n_formulas in shown if n_formulas]
    assert typeset and all("7.77" in text for text in typeset), typeset
    money = [text for text, _ in shown if text.count("$") >= 2]
    assert any("MRR" in text for text in money) and len(money) >= 5
    assert any("A00001" in text and "account_id" in text for text, _ in shown)


def outputs_on_screen(page) -> list[tuple[str, int]]:
    """The text of every output of the notebook that is open, and how many formulas are in it, read while scrolling."""
    found, height = {}, 0
    scroller = "document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer')"
    look = """[...document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output')]
        .map(each => [each.innerText, each.querySelectorAll('mjx-container').length])"""
    while height <= page.evaluate(f"{scroller}.scrollHeight"):
        page.evaluate(f"{scroller}.scrollTo(0, {height})")
        time.sleep(0.4)
        found |= {text: n for text, n in page.evaluate(look) if text.strip()}
        height += 700
    return list(found.items())
