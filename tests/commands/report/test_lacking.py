"""A notebook whose tables the source does not have: a sentence on its page and on the first page, and a good pack."""

import json

import pytest
from packs import parsed
from tiny_project import Project, say

from helpers.commands import needs

MISSING = needs.sentence(["advocacy", "usage"])


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    made = Project(tmp_path_factory.mktemp("lacking"))
    made.write("10_runs", "headline: " + say("it ran"))
    made.write("60_lacks", "tables.query('select * from advocacy')")
    file = made.root / "notebooks" / "60_lacks.ipynb"
    title = "# Title of 60_lacks"
    told = f"{title}\\n\\nNeeds: accounts, subscriptions, advocacy, usage."
    file.write_text(file.read_text(encoding="utf-8").replace(title, told), encoding="utf-8")
    return made


@pytest.mark.slow
def test_report_says_what_is_missing_where_check_says_so_too(project):
    done = project.report()
    assert f"60_lacks: built in 0.0 s: {MISSING}" in done.stdout
    page, index = (
        parsed((project.pack() / f"{name}.html").read_text(encoding="utf-8")) for name in ("60_lacks", "index")
    )
    assert [line.text for line in page("p", class_="headline")] == [MISSING]
    assert page.h1.text.strip() == "Title of 60_lacks" and "select" not in page.text
    assert MISSING in index.text and "it ran" in index.text
    told = json.loads((project.pack() / "manifest.json").read_text(encoding="utf-8"))
    assert {each["name"]: each["status"] for each in told["notebooks"]} == {"10_runs": "built", "60_lacks": "built"}


def test_a_misspelt_table_is_refused_before_anything_runs(project):
    file = project.root / "notebooks" / "60_lacks.ipynb"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("advocacy, usage.", "advocasy."), encoding="utf-8")
    try:
        done = project.report("--only", "60", code=2)
        assert "60_lacks: Needs: advocasy is not one of our tables; did you mean 'advocacy'" in done.stderr
    finally:
        file.write_text(text, encoding="utf-8")
