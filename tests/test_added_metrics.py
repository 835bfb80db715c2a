"""The three metrics of CONTRIBUTING, as they stand, in a copy of the package: their tests pass, and all follows."""

import re
import shutil
import subprocess
import sys

import pytest
from packs import PROJECT

GUIDE = (PROJECT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTION = GUIDE[GUIDE.index("## Add a metric") :].partition("\n## ")[0]
BLOCKS = re.findall(r"^```\w+\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
NAMES = ("case_study_volume", "accounts_with_a_ticket_rate", "expansion_won_cents")

SHOWS = """
from helpers import formats, ledger, metrics, sources
from helpers.commands.report.front import signals
from helpers.metrics import definitions
tables = sources.open("data/sample/source.toml", "2026-10")
book = ledger.read(tables)
card = metrics.card(tables, book)
for name in {names}:
    print(name, formats.in_unit(name, card[name].value), len(card.rows(name)), name in definitions.tiles())
print(sorted(set(metrics.process_charts(card, book).table["metric"]) & set({names})))
print(sorted(set(metrics.changes(card).table["metric"]) & set({names})))
print(signals.about({names}[1]))
print(set({names}) <= set(card.voice["metric"]) | set(card.growth["metric"]))
"""


@pytest.fixture(scope="module")
def fork(tmp_path_factory):
    root = tmp_path_factory.mktemp("fork")
    for part in ("helpers", "data", "tests/company"):
        shutil.copytree(PROJECT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(PROJECT / name, root / name)
    functions, entries, tests = BLOCKS
    (root / "helpers" / "metrics" / "ours.py").write_text(functions, encoding="utf-8")
    with (root / "helpers" / "metrics" / "definitions.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{entries}")
    (root / "tests" / "metrics").mkdir()
    (root / "tests" / "metrics" / "test_ours.py").write_text(tests, encoding="utf-8")
    return root


def run(root, *arguments):
    return subprocess.run([sys.executable, *arguments], cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_their_own_tests_pass(fork):
    made = run(fork, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/metrics/test_ours.py")
    assert "3 passed" in made.stdout, made.stdout + made.stderr


@pytest.mark.slow
def test_everything_follows_from_the_entry(fork):
    made = run(fork, "-c", SHOWS.format(names=NAMES))
    assert made.returncode == 0, made.stderr
    count, share, amount, charts, differences, about, shown = made.stdout.splitlines()
    # A count is a number, never a percentage; four rows: all accounts and three segments.
    assert re.fullmatch(r"case_study_volume \d+ 4 True", count)
    assert re.fullmatch(r"accounts_with_a_ticket_rate \d+\.\d% 4 True", share)
    assert re.fullmatch(r"expansion_won_cents \$[\d.]+k 4 False", amount)
    # And a change of each is tested as it says.
    assert charts == "['case_study_volume']" and differences == "['accounts_with_a_ticket_rate']" and shown == "True"
    assert about == "{'label': 'Customer ticket rate', 'better': 'lower', 'owner': 'Customer success'}"


def test_an_example_is_ten_lines_or_less():
    functions = re.findall(r"^def .*?(?=^\n*^def |\Z)", BLOCKS[0], re.DOTALL | re.MULTILINE)
    assert len(functions) == 3 and all(len(text.strip().splitlines()) <= 10 for text in functions)
