"""A fork made with version 0.1 runs as it is, or stops with one sentence that says which import line to change."""

import importlib

import pandas as pd
import pytest
from packs import PROJECT

import helpers
from helpers.commands import notebook_file
from helpers.errors import Refused

# Written by `new` of version 0.1 for a question of ours.
FORK = PROJECT / "tests" / "company" / "fork_of_0_1.ipynb"


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg")
def test_a_fork_that_new_made_in_version_0_1_runs_to_its_end(capsys):
    place, source = {}, PROJECT / "data" / "sample" / "source.toml"
    cells = [cell for cell in notebook_file.cells(FORK) if cell["cell_type"] == "code"]
    for cell in cells:
        exec(cell["source"] + f"\nsource = {str(source)!r}" * ("parameters" in cell["tags"]), place)
    assert len(cells) == 10 and place["compared"]["n"].max() == place["pooled"].n > 800


@pytest.mark.parametrize("name", sorted(helpers._MOVED))
def test_each_old_name_is_found_under_a_new_one(name):
    old = getattr(helpers, name)
    assert importlib.import_module(f"helpers.{helpers._MOVED[name].split()[0]}")
    with pytest.raises(Refused) as stopped:
        old.nothing_of_this_name  # noqa: B018 - that it stops is the point
    assert str(stopped.value).startswith(
        f"{name}.nothing_of_this_name is gone: change the notebook's import of {name} to"
    )
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    "line", ["import helpers.survival", "from helpers.survival import sbg", "import helpers.display"]
)
def test_a_path_that_moved_says_what_to_write(line):
    with pytest.raises(Refused, match=r"has moved: change the notebook's import of \w+ to `from helpers"):
        exec(line, {})


def test_the_sentence_names_a_line_that_python_takes():
    for name in helpers._MOVED:
        exec(str(helpers._gone(name)).split("`")[1], {})


def test_display_of_an_old_fork_still_shows_a_frame(capsys):
    helpers.display(pd.DataFrame({"n": [7]}))
    assert "7" in capsys.readouterr().out


def test_what_never_was_is_no_name_of_helpers():
    assert not hasattr(helpers, "nothing")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("helpers.nothing")
