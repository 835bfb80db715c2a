"""A reader of English: the sentences of a page, words that we do not use, and how hard a text is to read.

python tests/company/english.py reports/2026-10     what it finds in the pages of a pack
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup

MOST_WORDS, MOST_SEMICOLONS, HIGHEST_GRADE, INDEX_WORDS = 25, 1, 9, 400
NOT_USED = re.compile(
    r"\b(whom|mend(s|ed)?|stands? (in|for|beside)|hangs? on|go(es)? with|by lot|for want of|put down to|told apart|"
    r"for good|be rid of|ways? out|na[iï]ve|deeds?|thereof|in force|no retention|undefined)\b|"
    r"[−-]0\.00\b|±0\.0|(?<![\d.])\+0(?![.\d,])",
    re.IGNORECASE,
)
_CELLS = ("td", "th")  # what people read in a cell may be a list
_BLOCKS = ("p", "li", "h1", "h2", "h3", "caption", "summary", "figcaption", *_CELLS)
_NAMES = re.compile(r"\b(Inc|Co|Ltd|S\.A|vs|e\.g|i\.e|U\.S|No)\.")
_END = re.compile(r"(?:(?<=[.?!])|(?<=[.?!][”’\"')]))\s+(?=[A-Z“\"'(\d−+$€])")
_PARENTHESES = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[^\W_]")


def words(text: str) -> list[str]:
    """The words of a text; a sign alone, such as ÷, is none."""
    return [word for word in text.split() if _WORD.search(word)]


def outside(sentence: str) -> str:
    """A sentence without what it says in parentheses."""
    while (shorter := _PARENTHESES.sub("", sentence)) != sentence:
        sentence = shorter
    return sentence


def sentences(text: str) -> list[str]:
    """The sentences of a text; the point of a name ends none."""
    return [sentence for sentence in _END.split(_NAMES.sub(r"\1", " ".join(text.split()))) if _WORD.search(sentence)]


def texts(page: str, *within: str) -> Iterator[str]:
    """The text of each innermost block of a page that people read; code and drawings are none."""
    soup = BeautifulSoup(page, "html.parser")
    for apart in soup.main.find_all(["pre", "code", "svg", "style", "nav"]):
        apart.decompose()
    for block in soup.main.select(", ".join(within or _BLOCKS)):
        if not block.select(", ".join(_BLOCKS)):
            yield block.get_text(" ")


def faults(page: str) -> list[str]:
    """What a reader of these rules marks in a page: words not used, sentences too long, semicolons too many."""
    marked, lists = [], {sentence for text in texts(page, *_CELLS) for sentence in sentences(text)}
    for sentence in (sentence for text in texts(page) for sentence in sentences(text)):
        if used := NOT_USED.search(sentence):
            marked.append(f"“{used[0]}”: {sentence}")
        if (length := len(words(outside(sentence)))) > MOST_WORDS:
            marked.append(f"{length} words: {sentence}")
        if outside(sentence).count(";") > MOST_SEMICOLONS and sentence not in lists:
            marked.append(f"semicolons: {sentence}")
    return list(dict.fromkeys(marked))


def syllables(word: str) -> int:
    """About how many syllables a word has: groups of vowels, without a silent e at its end; a number has one."""
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = bool(re.search(r"[^aeiouyl]e(s|d)?\W*$", word.lower())) and not re.search(r"[td]ed\W*$|[sxz]es\W*$", word)
    return max(1, groups - silent)


def grade(page: str) -> float:
    """The Flesch–Kincaid grade of the full sentences of a page, those in paragraphs and lists.

    0.39 × words per sentence + 11.8 × syllables per word − 15.59 (Kincaid and others 1975).
    """
    whole = [
        outside(each) for text in texts(page, "p", "li") for each in sentences(text) if each.rstrip().endswith(".")
    ]
    read = [word for sentence in whole for word in words(sentence)]
    return 0.39 * len(read) / len(whole) + 11.8 * sum(map(syllables, read)) / len(read) - 15.59


if __name__ == "__main__":
    for file in sorted(Path(sys.argv[1]).glob("*.html")):
        held = file.read_text(encoding="utf-8")
        print(f"{file.name}: grade {grade(held):.1f}", *faults(held), sep="\n    ")
