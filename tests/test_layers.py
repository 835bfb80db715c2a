"""The floors of helpers/ (design: architecture): what may import what, how long things may be, and that nothing that
makes a number reads a clock. Each rule is a function of source text, tried on text that breaks it as well."""

import ast
import re
from pathlib import Path

import pytest

HELPERS = Path(__file__).resolve().parents[1] / "helpers"
# A line a room, from the ground up, with those that it may import; a folder is a room, and the folder is the floor.
GROUND = "errors periods formats"
ROOMS = {
    "errors": "",
    "periods": "errors",
    "formats": "errors periods",
    "stats": GROUND,
    "sources": f"{GROUND} stats",
    "ledger": f"{GROUND} stats sources",
    "metrics": f"{GROUND} stats sources ledger",
    "cohorts": f"{GROUND} stats sources ledger",
    "remorse": f"{GROUND} stats sources ledger metrics cohorts",
    "programs": f"{GROUND} stats sources ledger metrics cohorts",
    "change": f"{GROUND} stats sources ledger metrics cohorts",
    "plots": f"{GROUND} stats",
    "tabular": f"{GROUND} metrics",
    "page": f"{GROUND} sources plots tabular",
    "sample": "errors sources.schema",
    "commands": f"{GROUND} stats sources ledger metrics cohorts remorse programs change plots tabular page sample",
    "__main__": "errors sources commands sample",
}
# The same inside the two folders that are houses of their own: a room may import those above it in the list.
SOURCES = "refusals project queries schema settings pseudonyms dialects rates months shapes mapping unstated contract"
SOURCES += " coverage engines snapshot tables reading"
COMMANDS = "stopping files notebook_file needs new safe_html html check report"
CHECK = "guesses doubts matched findings start check look"
REPORT = "manifest log parameters kernels execute reuse pack pdf revisions front workbook mail"
REPORT += " build run"
INSIDE = {"sources": SOURCES, "commands": COMMANDS, "commands.check": CHECK, "commands.report": REPORT}
LONGEST_FILE, LONGEST_FUNCTION = 320, 40
CLOCKS = {"today", "now", "utcnow", "time", "time_ns", "localtime", "gmtime"}
SQL_CLOCK = re.compile(r"\b(current_(date|time|timestamp)\b|(now|today|getdate)\s*\()", re.IGNORECASE)


def module_of(path: Path) -> str:
    """The dotted name of a module below helpers; a folder's face bears the folder's name."""
    return ".".join(path.relative_to(HELPERS).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def is_module(name: str) -> bool:
    place = HELPERS.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").is_file()


def imported(text: str) -> set[str]:
    """The modules of helpers that a text imports, wherever in it, dotted: `sources.mapping`."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = "helpers." * bool(node.level) + (node.module or "")
            found |= {f"{start.rstrip('.')}.{alias.name}" for alias in node.names}
    names = {name.removeprefix("helpers.") for name in found if name.startswith("helpers.")}
    return {name if is_module(name) else name.rpartition(".")[0] for name in names} - {""}


def is_allowed(module: str, other: str) -> bool:
    """Whether a module may import another: by the list of rooms, and inside a house by the order of its own."""
    room, target = module.split(".")[0], other.split(".")[0]
    if room != target:
        # The package itself, which only knows where things are, may say what went wrong.
        return any(f"{other}.".startswith(f"{name}.") for name in ROOMS.get(room, "errors").split())
    for house, order in INSIDE.items():
        inner = [name.removeprefix(f"{house}.").split(".")[0] for name in (module, other)]
        if all(name.startswith(f"{house}.") for name in (module, other)) and inner[0] != inner[1]:
            return order.split().index(inner[1]) < order.split().index(inner[0])
    return True


def upward(module: str, text: str) -> list[str]:
    """The imports of a module that its room does not allow."""
    return sorted(other for other in imported(text) if not is_allowed(module, other))


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


def test_every_room_is_in_the_list_and_every_folder_says_what_it_holds():
    rooms = {path.stem if path.suffix == ".py" else path.name for path in HELPERS.iterdir()} - {
        "__init__",
        "__pycache__",
    }
    assert rooms == set(ROOMS)
    assert len(rooms | {"__init__"}) <= 18
    for house, order in INSIDE.items():
        folder = HELPERS.joinpath(*house.split("."))
        inside = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
        assert inside - {"__init__"} == set(order.split()), house
    for path, text in MODULES.items():
        assert path.name != "__init__.py" or ast.get_docstring(ast.parse(text)).splitlines()[0].endswith((".", "`")), (
            path
        )


@every_module
def test_an_import_points_downward(path):
    assert upward(module_of(path), MODULES[path]) == []


@every_module
def test_a_file_is_of_a_length_that_one_reads(path):
    assert len(MODULES[path].splitlines()) <= LONGEST_FILE


@every_module
def test_a_function_fits_on_a_screen(path):
    assert long_functions(MODULES[path]) == []


@pytest.mark.parametrize(
    "path", [path for path in MODULES if module_of(path).split(".")[0] not in ("commands", "__main__")], ids=module_of
)
def test_nothing_that_makes_a_number_reads_a_clock(path):
    assert clocks(MODULES[path]) == []


@pytest.mark.parametrize("path", sorted(HELPERS.rglob("*.sql")), ids=lambda path: path.name)
def test_no_query_reads_a_clock(path):
    assert SQL_CLOCK.search(path.read_text(encoding="utf-8")) is None


# The rules themselves, on text that breaks them


@pytest.mark.parametrize(
    "module, text, found",
    [
        ("stats", "from helpers import sources", ["sources"]),
        ("stats.curves", "import helpers.sources as s", ["sources"]),
        ("stats", "def f():\n    from helpers.sources import open", ["sources"]),
        ("periods", "from . import formats", ["formats"]),
        ("metrics", "from helpers.plots import waterfall", ["plots"]),
        ("metrics.lifetime", "from helpers.cohorts import survival", ["cohorts.survival"]),
        ("cohorts", "from helpers.metrics import Metric", ["metrics"]),
        ("programs", "from helpers import remorse", ["remorse"]),
        ("sources.contract", "from helpers.sources.engines import duck", ["sources.engines.duck"]),
        ("sources.tables", "from helpers.sample import world", ["sample.world"]),
        ("sample.world", "from helpers import sources", ["sources"]),
        ("ledger.movements", "from helpers.commands.report import build", ["commands.report.build"]),
        ("commands.html", "from helpers.commands.check import findings", ["commands.check.findings"]),
        ("commands.report.pack", "from helpers.commands.report.run import render", ["commands.report.run"]),
        ("remorse", "from helpers import metrics, cohorts, stats\nimport numpy", []),
        ("sample.company", "from helpers.sources import schema\nfrom helpers.sample import world", []),
        ("commands.report.build", "from helpers import page, sources, plots", []),
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
