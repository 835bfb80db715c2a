"""What `check` asks about a source stands on the first page, in the mail and in `--json`, and is not asked twice."""

import json

import pytest
from packs import parsed
from tiny_project import Project, say

ASK = "Amount and Monthly Amount may both be it"
FIRST = f"subscriptions.mrr: a guess is open: {ASK}"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    made = Project(tmp_path_factory.mktemp("doubts"))
    made.write("10_runs", "headline: " + say("it ran"))
    source = made.root / "data" / "sample" / "source.toml"
    source.write_text(f"{source.read_text(encoding='utf-8')}\n# ? subscriptions.mrr: {ASK}\n", encoding="utf-8")
    accounts = source.with_name("accounts.csv")
    accounts.write_text(accounts.read_text(encoding="utf-8").replace("Bolt", "Acme"), encoding="utf-8")
    return made


def asked(done) -> list[str]:
    (period,) = json.loads(done.stdout)["periods"]
    return period["doubts"]


@pytest.mark.slow
def test_the_gravest_stands_in_words_on_the_first_page_and_in_the_mail(project):
    doubts = asked(project.report("--json"))
    assert doubts[0] == FIRST and any("accounts.name" in doubt for doubt in doubts[1:])
    index = parsed((project.pack() / "index.html").read_text(encoding="utf-8"))
    fold = index.find(id="doubts")
    assert FIRST in fold.summary.text and f"and {len(doubts) - 1} more" in fold.summary.text
    assert [line.text.strip() for line in fold.ul("li")] == doubts
    summary = (project.pack() / "summary.md").read_text(encoding="utf-8")
    assert "- Is the data right? subscriptions.mrr" in summary


@pytest.mark.slow
def test_an_unchanged_pack_repeats_them_and_an_answered_guess_is_gone(project):
    first = asked(project.report("--json", "--fresh"))
    assert asked(project.report("--json")) == first
    source = project.root / "data" / "sample" / "source.toml"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace(f"# ? subscriptions.mrr: {ASK}\n", ""), encoding="utf-8")
    try:
        assert asked(project.report("--json")) == first[1:]
    finally:
        source.write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_an_anonymized_report_names_the_column_and_nobody(project):
    doubts = asked(project.report("--json", "--anonymize"))
    assert doubts[0] == "subscriptions.mrr" and not any("Acme" in doubt or ":" in doubt for doubt in doubts)
