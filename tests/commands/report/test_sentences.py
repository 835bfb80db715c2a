"""Every sentence of the rendered sample pack, read by the rules of plain American business English."""

import pytest
from english import HIGHEST_GRADE, INDEX_WORDS, faults, grade, outside, sentences, syllables, texts, words
from packs import SHIPPED

PAGES = ("index", *SHIPPED, "definitions")  # how a fork writes is its own affair


# What is still to be rewritten; this list ends empty.
NOT_YET = ()
LONGEST_TITLE = 12  # words


def text(pack, name: str) -> str:
    return (pack.folder / f"{name}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_each_sentence_of_a_page_is_plain_and_short(sample_pack, name):
    marked = faults(text(sample_pack, name))
    assert [mark for mark in marked if not any(words in mark for words in NOT_YET)] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_like_a_ninth_grade_text_at_most(sample_pack, name):
    assert grade(text(sample_pack, name)) <= HIGHEST_GRADE


def test_the_first_page_is_looked_at_not_read(sample_pack):
    main = sample_pack.page("index").main
    for apart in main(["figure", "style", "details", "nav"]):  # what is folded is looked up
        apart.decompose()
    assert len(words(main.get_text(" "))) <= INDEX_WORDS


@pytest.mark.parametrize("name", SHIPPED)
def test_the_summary_and_the_bottom_lines_are_plain_too(sample_pack, name):
    (entry,) = (entry for entry in sample_pack.manifest["notebooks"] if entry["name"] == name)
    page = "".join(f"<p>{line}</p>" for line in entry["headline"])
    assert faults(f"<main>{page}</main>") == []


@pytest.mark.parametrize("name", PAGES)
def test_a_chart_is_titled_by_a_short_finding(sample_pack, name):
    titles = [figure.h3.get_text() for figure in sample_pack.page(name)("figure", class_="figure")]
    assert [title for title in titles if len(title.split()) > LONGEST_TITLE] == []
    assert titles or name == "definitions"


# The reader itself, on sentences that one counts by hand


def test_a_sentence_ends_where_one_does():
    told = "Call Ember, Inc. (two of them) now. It pays $2.35 for $1. Who? “We.” 16 left."
    assert sentences(told) == [
        "Call Ember, Inc (two of them) now.",
        "It pays $2.35 for $1.",
        "Who?",
        "“We.”",
        "16 left.",
    ]
    assert outside("Ten (of 20 (or so)) left.") == "Ten  left." and words("2 ÷ 3, or so") == ["2", "3,", "or", "so"]


def test_what_is_wrong_is_marked():
    long = " ".join(["word"] * 26)
    page = (
        f"<main><p>Decide who calls whom. {long.capitalize()}. One; two; three.</p><pre>whom</pre><p>Fine.</p></main>"
    )
    assert [mark.split(":")[0] for mark in faults(page)] == ["“whom”", "26 words", "semicolons"]
    assert list(texts("<main><td><p>a</p></td><nav><p>b</p></nav></main>")) == ["a"]


@pytest.mark.parametrize(
    ("word", "n"), [("rate", 1), ("stayed", 1), ("wanted", 2), ("accounts", 2), ("revenue", 3), ("12", 1)]
)
def test_syllables_are_about_right(word, n):
    assert syllables(word) == n


def test_the_grade_is_that_of_the_formula():
    assert grade("<main><p>The cat sat on the mat.</p></main>") == pytest.approx(0.39 * 6 + 11.8 - 15.59)
