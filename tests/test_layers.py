"""The floors of helpers/ (design: architecture): what may import what, how long things may be, and that nothing that
makes a number reads a clock. Each rule is a function of source text, tried on text that breaks it as well."""

import ast
import re
from pathlib import Path

import pytest

HELPERS = Path(__file__).resolve().parents[1] / "helpers"
TOP = 5
FLOORS = {
    **dict.fromkeys(["errors", "checkout", "rules", "periods", "columns", "schema", "formats", "stats",
                     "regression"], 0),
    **dict.fromkeys(["settings", "pseudonyms", "dialects", "rates", "mapping", "contract", "coverage", "sources",
                     "sample", "reference"], 1),
    **dict.fromkeys(["files", "engines", "duck", "spill", "database", "spark"], 1),
    **dict.fromkeys(["movements", "account_months", "invoices"], 2),
    **dict.fromkeys(
        ["benchmarks", "change", "cohorts", "comparison", "conventions", "measures", "metrics", "programs", "remorse",
         "scorecard", "survival"], 3),
    **dict.fromkeys(["plots", "display"], 4),
}  # fmt: skip
# Who may import whom on the same floor; the sample's parts are free among themselves, and so is the top floor.
SIDEWAYS = {
    **{module: {"errors"} for module in ("checkout", "periods", "formats", "stats")},
    "columns": {"errors", "rules"},
    "schema": {"errors", "columns"},
    "regression": {"stats"},
    "mapping": {"settings", "pseudonyms", "dialects", "rates"},
    "contract": {"settings", "mapping"},
    "files": {"settings"},
    "spill": {"settings"},
    "duck": {"settings", "files", "dialects", "mapping", "spill"},
    "spark": {"settings", "files", "dialects", "mapping", "database"},
    "database": {"settings", "dialects", "mapping", "duck", "engines"},
    "engines": {"settings", "mapping"},
    "sources": {"settings", "pseudonyms", "rates", "mapping", "contract", "coverage", "engines"},
    "invoices": {"movements"},
    "cohorts": {"survival"},
    "metrics": {"cohorts", "survival"},
    "scorecard": {"metrics"},
    "comparison": {"metrics"},
    "measures": {"metrics", "scorecard"},
    "remorse": {"survival", "metrics", "benchmarks"},
    "programs": {"survival"},
}
LONGEST_FILE, LONGEST_FUNCTION = 320, 40
CLOCKS = {"today", "now", "utcnow", "time", "time_ns", "localtime", "gmtime"}
SQL_CLOCK = re.compile(r"\b(current_(date|time|timestamp)\b|(now|today|getdate)\s*\()", re.IGNORECASE)


def module_of(path: Path) -> str:
    """A module that outgrew its file is a folder on its floor."""
    return path.relative_to(HELPERS).parts[0].removesuffix(".py")


def floor(module: str) -> int:
    return 1 if module.startswith("sample_") else FLOORS.get(module, TOP)


def imported(text: str) -> set[str]:
    """The modules of helpers that a text imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = "helpers." * bool(node.level) + (node.module or "")
            found |= {f"{start.rstrip('.')}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in found if name.startswith("helpers.")}


def upward(module: str, text: str) -> list[str]:
    """The imports of a module that its floor does not allow."""
    allowed = SIDEWAYS.get(module, set()) | {module}
    free = floor(module) == TOP or module.startswith("sample")
    return sorted(
        other
        for other in imported(text)
        if floor(other) > floor(module)
        or (floor(other) == floor(module) and other not in allowed and not (free and is_peer(module, other)))
    )


def is_peer(module: str, other: str) -> bool:
    return floor(module) == TOP or other.startswith("sample")


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, its docstring not counted."""
    doc = function.body[0] if ast.get_docstring(function) else None
    return function.end_lineno - function.lineno + 1 - (doc.end_lineno - doc.lineno + 1 if doc else 0)


def long_functions(text: str) -> list[str]:
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node.name for node in functions if length(node) > LONGEST_FUNCTION]


def clocks(text: str) -> list[str]:
    """Calls that read a clock: date.today(), datetime.now(), time.time() and the like, and SQL's own."""
    tree = ast.parse(text)
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    attributes = [call for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]
    found = [ast.unparse(call) for call in attributes if call.attr != "time" or ast.unparse(call.value) == "time"]
    return found + ["from time import"] * any(
        isinstance(node, ast.ImportFrom) and node.module == "time" for node in ast.walk(tree)
    )


MODULES = {path: path.read_text(encoding="utf-8") for path in sorted(HELPERS.rglob("*.py"))}
every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HELPERS)))


def test_there_are_modules_on_every_floor():
    assert {floor(module_of(path)) for path in MODULES} == {0, 1, 2, 3, 4, 5}


@every_module
def test_an_import_points_downward_or_to_a_listed_peer(path):
    assert upward(module_of(path), MODULES[path]) == []


@every_module
def test_a_file_is_of_a_length_that_one_reads(path):
    assert len(MODULES[path].splitlines()) <= LONGEST_FILE


@every_module
def test_a_function_fits_on_a_screen(path):
    assert long_functions(MODULES[path]) == []


@pytest.mark.parametrize("path", [path for path in MODULES if floor(module_of(path)) < TOP], ids=module_of)
def test_nothing_that_makes_a_number_reads_a_clock(path):
    assert clocks(MODULES[path]) == []


@pytest.mark.parametrize("path", sorted(HELPERS.glob("queries/**/*.sql")), ids=lambda path: path.name)
def test_no_query_reads_a_clock(path):
    assert SQL_CLOCK.search(path.read_text(encoding="utf-8")) is None


# The rules themselves, on text that breaks them


@pytest.mark.parametrize(
    "module, text, found",
    [
        ("stats", "from helpers import sources", ["sources"]),
        ("stats", "import helpers.sources as s", ["sources"]),
        ("stats", "def f():\n    from helpers.sources import open", ["sources"]),
        ("periods", "from . import formats", ["formats"]),
        ("metrics", "from helpers.plots import waterfall", ["plots"]),
        ("cohorts", "from helpers.metrics import Metric", ["metrics"]),
        ("contract", "from helpers.duck import Duck", ["duck"]),
        ("sources", "from helpers import sample_world", ["sample_world"]),
        ("sample_world", "from helpers import sources", ["sources"]),
        ("movements", "from helpers import report", ["report"]),
        ("metrics", "from helpers import cohorts, stats\nimport numpy", []),
        ("sample", "from helpers import sample_world, schema", []),
        ("report", "from helpers import pages, sources, plots", []),
    ],
)
def test_an_import_upward_or_sideways_is_found(module, text, found):
    assert upward(module, text) == found


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import date\ndate.today()",
        "import pandas as pd\npd.Timestamp.now()",
        "import datetime as d\nd.datetime.utcnow()",
        "import time\ntime.time()",
        "from time import time",
    ],
)
def test_a_clock_is_found(text):
    assert clocks(text)


def test_what_only_looks_like_a_clock_is_none():
    assert clocks("frame.dt.time()\nnow = 1\nrecord.today") == []
    assert SQL_CLOCK.search("select now(), x")
    assert SQL_CLOCK.search("where d < CURRENT_DATE")
    assert SQL_CLOCK.search("select x as now_open from current_dates") is None


def test_a_long_function_is_found():
    doc = '    """One\n    two"""'
    short, long = ["def f():", doc, *["    x = 1"] * 39], ["def f():", doc, *["    x = 1"] * 40]
    assert (long_functions("\n".join(short)), long_functions("\n".join(long))) == ([], ["f"])
