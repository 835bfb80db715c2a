"""Hostile text in every column of every table, read by a real browser and printed; and nothing secret gets out."""

import importlib.util
import json
import re
import shutil
import subprocess

import browser
import hostile_company
import nbformat
import pandas as pd
import pytest
from packs import PROJECT, Pack, helpers, parsed
from tiny_project import Project, say

needs_chromium = pytest.mark.skipif(not browser.path(), reason="SAFETY NOT SHOWN: there is no Chromium (.ci/install)")
HAS_WEASYPRINT = importlib.util.find_spec("weasyprint") is not None
needs_weasyprint = pytest.mark.skipif(not HAS_WEASYPRINT, reason="THE PDF IS NOT TESTED: no WeasyPrint (.ci/install)")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Pack:
    """The pack of the hostile company; on paper as well, where WeasyPrint is there."""
    folder = tmp_path_factory.mktemp("hostile-pack")
    source = hostile_company.write(folder)
    paper = ["--pdf"] if HAS_WEASYPRINT else []
    helpers("report", "--source", source, "--out", folder / "packs", *paper, cwd=PROJECT)
    return Pack(folder / "packs" / "2026-10", source)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser.Browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@needs_chromium
def test_the_browser_tells_of_a_script_a_dialog_and_a_request(chromium, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text("<script>alert(1)</script><img src='http://evil.example/x.png'><img src=x onerror='1'>")
    did = chromium.visit(bad)
    assert (len(did["scripts"]), did["dialogs"]) == (2, ["1"])
    assert {"http://evil.example/x.png", (tmp_path / "x").as_uri()} == set(did["requests"])


@needs_chromium
def test_no_page_of_a_hostile_company_runs_says_or_fetches_anything(chromium, hostile):
    pages = hostile.pages()
    assert len(pages) >= 5
    for page in pages:
        assert chromium.visit(page) == {"scripts": [], "dialogs": [], "requests": []}, page.name


def test_without_the_policy_the_pages_would_still_be_safe(hostile):
    """The policy in a page's head is a second lock; the first is that no text becomes an element or an attribute."""
    allowed = "html head meta title style body header strong span a div main nav ul ol li section h1 h2 h3 p em"
    allowed += " code pre details summary figure figcaption svg defs clippath g path rect use text table caption"
    allowed += " thead tbody tr th td small wbr"
    for page in hostile.pages():
        found = parsed(page.read_text(encoding="utf-8"))
        assert {tag.name for tag in found(True)} <= set(allowed.split())
        assert not any(key.startswith("on") for tag in found(True) for key in tag.attrs)
        assert all(
            re.match(r"#|[\w./-]+\.(html|csv|md|json|ipynb|pdf)", link["href"]) for link in found("a", href=True)
        )
        assert all(re.fullmatch("#[\\w-]+", shape["href"]) for shape in found("use"))
        assert len(found("style")) == 1


def test_the_texts_are_there_to_be_read(hostile):
    cells = " ".join(cell.text for cell in hostile.page("10_metrics")(["th", "td"]))
    missing = [text for text in hostile_company.SEEN if " ".join(text.split()) not in " ".join(cells.split())]
    assert missing == []


def test_no_file_of_the_pack_holds_a_character_that_acts_unseen(hostile):
    files = [path for path in hostile.folder.rglob("*") if path.suffix in (".html", ".csv", ".md")]
    for path in files:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", path.read_text(encoding="utf-8"))
    for path in hostile.folder.rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    for path in (hostile.folder / "notebooks").glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))


def test_no_spreadsheet_runs_a_cell_or_a_head(hostile):
    tables = sorted((hostile.folder / "tables").glob("*.csv"))
    assert len(tables) >= 20
    for path in tables:
        frame = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
        words = [text for text in frame.to_numpy().ravel() if not re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text)]
        assert [text for text in words if text.startswith(tuple("=+-@\t\r\n＝＋－＠"))] == [], path.name


def test_the_summary_is_text_that_markdown_does_not_act_on(hostile):
    text = (hostile.folder / "summary.md").read_text(encoding="utf-8")
    assert "alert(2)" in text
    assert re.findall(r"(?<!\\)(<|\]\()", text) == []  # a backslash takes the meaning from what follows


@needs_weasyprint
def test_the_paper_has_pages_no_script_and_no_address(hostile):
    if not shutil.which("pdfinfo"):
        pytest.skip("THE PDF IS NOT READ: there is no pdfinfo (.ci/install)")
    file = hostile.folder / "report.pdf"

    def told(*command) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert int(re.search(r"Pages:\s+(\d+)", told("pdfinfo", file))[1]) > 10
    assert told("pdfinfo", "-js", file).strip() == "" and "http" not in told("pdfinfo", "-url", file)
    text = told("pdftotext", "-layout", file, "-")
    assert "<script>alert(1)</script>" in " ".join(text.split()) and re.search(r"\b3 of \d+", text)


# Pseudonyms


def test_an_anonymized_pack_holds_no_real_name_or_id_and_the_same_pseudonyms_in_each_period(tmp_path):
    helpers("sample", "company", "--accounts", 300, "--seed", 7, cwd=tmp_path)
    given = ("--anonymize", "--source", "company/source.toml", "--out", "packs")
    helpers("report", "2026-09", "--only", "10", *given, cwd=tmp_path)
    helpers("report", "2026-10", *given, cwd=tmp_path)
    accounts = pd.read_csv(tmp_path / "company" / "accounts.csv", dtype=str)
    assert len(accounts) == 300 and accounts["account_id"].str.fullmatch(r"A\d{5}").all()
    for path in (tmp_path / "packs").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert [name for name in accounts["name"] if name in text or name.replace("&", "&amp;") in text] == []
            assert set(re.findall(r"\bA\d{5}\b", text)) & set(accounts["account_id"]) == set()
    packs = [Pack(tmp_path / "packs" / period, tmp_path) for period in ("2026-09", "2026-10")]
    names = [dict(pack.table("switchboard_accounts")[["account_id", "name"]].to_numpy()) for pack in packs]
    both = names[0].keys() & names[1].keys()
    assert len(both) > 20 and all(names[0][account] == names[1][account] for account in both)
    assert all(re.fullmatch(r"Account [0-9a-f]{8}", name) for name in names[0].values())
    assert "cannot compare" not in packs[1].page("index").text and "pseudonyms" in packs[1].page("index").text
    # The two reports are compared only because both are anonymized by one key.
    assert packs[1].manifest["source"]["pseudonyms"] == packs[0].manifest["source"]["pseudonyms"] != ""


# Secrets

CANARY = "canary-7f3a9"


def test_a_secret_of_the_environment_or_of_the_source_file_never_reaches_a_pack_or_a_log(tmp_path):
    project = Project(tmp_path)
    toml = project.root / "data" / "sample" / "source.toml"
    toml.write_text(f"# the old password was {CANARY}\n{toml.read_text(encoding='utf-8')}", encoding="utf-8")
    project.write("10_good", f"headline: {say('Ten stayed.')}")
    opens = "from helpers import sources\ntables = sources.open(source, period)"
    project.write("20_fails", opens, "tables.query('select nothing from accounts')")
    secrets = dict.fromkeys(("CRM_PASSWORD", "AWS_SECRET_ACCESS_KEY", "AFTER_THE_DEAL_KEY", "API_TOKEN"), CANARY)
    done = helpers("report", "--anonymize", cwd=project.root, code=1, **secrets)
    assert CANARY not in done.stdout + done.stderr
    files = [path for path in project.reports.rglob("*") if path.is_file()]
    assert any(path.name == "20_fails.html" for path in files)
    assert [path.name for path in files if CANARY.encode() in path.read_bytes()] == []


def test_a_secret_written_into_the_source_file_is_refused_without_repeating_it(tmp_path):
    project = Project(tmp_path)
    project.write("10_good", say("Ten stayed."))
    toml = project.root / "data" / "sample" / "source.toml"
    before = toml.read_text(encoding="utf-8")
    for line in (f'password = "{CANARY}"', f'path = "postgresql://analyst:{CANARY}@host/crm"', f'token = ["{CANARY}"]'):
        toml.write_text(before.replace("[source]", f"[source]\n{line}"), encoding="utf-8")
        done = project.report(code=2)
        assert "plain text" in done.stderr and CANARY not in done.stdout + done.stderr, line
    assert not project.reports.exists()


# Folders


def test_no_folder_above_the_project_is_in_a_pack_or_its_log(tmp_path):
    """They often hold the name of a user; what a notebook warns of, and an error, names files, too."""
    project = Project(tmp_path / "jane-doe")
    project.write("10_good", "import warnings\nwarnings.warn('odd')\nfrom helpers import page", say("Ten stayed."))
    opens = "from helpers import sources\ntables = sources.open(source, period)"
    project.write("20_fails", opens, "tables.query('select nothing from accounts')")
    for place in ("data/sample", "elsewhere"):
        shutil.copytree(project.root / "data" / "sample", tmp_path / place, dirs_exist_ok=True)
        source = tmp_path / place / "source.toml"
        project.report("--anonymize", "--source", source, "--out", tmp_path / "packs", code=1)
        files = [path for path in (tmp_path / "packs").rglob("*") if path.is_file()]
        assert len(files) > 8 and tmp_path.name.encode() not in b"".join(path.read_bytes() for path in files)
        assert b"jane-doe" not in b"".join(path.read_bytes() for path in files)


# A fork's own HTML

STYLED = """
import pandas as pd
from IPython.display import HTML, Markdown, display
evil = "<img src=x onerror=alert(1)><meta http-equiv=refresh content='0;url=http://evil.example/'><script>alert(2)</script>"
names = pd.DataFrame({"name": ["Acme", evil], "mrr": [1.0, 2.0]})
display(names.style.background_gradient(subset="mrr"), Markdown(f"Call **{evil}**"), HTML(f"<b>{evil}</b>"))
"""


@needs_chromium
def test_a_forks_styled_frame_and_markdown_run_load_and_leave_nothing(chromium, tmp_path):
    project = Project(tmp_path)
    project.write("60_mine", f"headline: {say('Ten stayed.')}", STYLED, "# Call <script>alert(3)</script> them")
    project.report()
    page = project.pack() / "60_mine.html"
    unguarded = tmp_path / "unguarded.html"  # the second lock is off: the page itself is safe
    unguarded.write_text(re.sub("<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8")), encoding="utf-8")
    for place in (page, unguarded):
        assert chromium.visit(place, wait=1) == {"scripts": [], "dialogs": [], "requests": []}
        assert chromium.evaluate("location.href") == place.as_uri()
    cells = parsed(page.read_text(encoding="utf-8")).main("td")
    assert any(cell.text == "Acme" for cell in cells) and any("background" in cell.get("style", "") for cell in cells)
