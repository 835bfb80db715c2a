"""What a parameters cell may hold, and which values of the command line fit it."""

import json

import pytest
from packs import PROJECT

from helpers import cohorts
from helpers.commands.report import parameters
from helpers.errors import Refused

CELL = """
period = ""  # a month
source = "x.toml"
code = "7"  # a text of digits
largest = 10  # how many
share = 0.5
is_gross = False
ages = [1, 2]
"""


@pytest.fixture
def known():
    return {"10_metrics": parameters.parse(CELL, "10_metrics")}


def written(folder, *cells: tuple[str, list[str]]):
    file = folder / "10_x.ipynb"
    made = [
        {"cell_type": "code", "source": source.splitlines(True), "metadata": {"tags": tags}} for source, tags in cells
    ]
    file.write_text(json.dumps({"cells": made}), encoding="utf-8")
    return file


# Reading


def test_a_cell_is_read_in_its_order_with_the_comment_beside_each_value(tmp_path):
    found = parameters.read(written(tmp_path, ("a = 1", []), (CELL, ["parameters"])))
    assert list(found) == ["period", "source", "code", "largest", "share", "is_gross", "ages"]
    assert (found["largest"].default, found["largest"].about) == (10, "how many")
    assert (found["share"].default, found["share"].about) == (0.5, "")


def test_a_value_over_several_lines_keeps_its_comment():
    assert parameters.parse("ages = [\n    1,\n    2,\n]  # in months", "x")["ages"].about == "in months"


@pytest.mark.parametrize("cells", [[], [(CELL, [])], [(CELL, ["parameters"]), (CELL, ["parameters"])]])
def test_a_notebook_needs_exactly_one_tagged_cell(tmp_path, cells):
    with pytest.raises(Refused, match=r"10_x.ipynb.*one cell tagged"):
        parameters.read(written(tmp_path, *cells))


@pytest.mark.parametrize("missing", ["period", "source"])
def test_period_and_source_must_be_there(tmp_path, missing):
    lines = [f'{name} = ""' for name in ("period", "source") if name != missing]
    with pytest.raises(Refused, match=missing):
        parameters.read(written(tmp_path, ("\n".join(lines), ["parameters"])))


@pytest.mark.parametrize(
    "line", ["import os", "n = 1 + x", "n = f()", "print(1)", "a, b = 1, 2", "x.y = 1", "n += 1", "a = b = 1", "'text'"]
)
def test_anything_but_a_name_and_a_literal_is_refused(line):
    with pytest.raises(Refused, match="name = literal"):
        parameters.parse(line, "10_x")


def test_a_cell_that_is_no_python_is_refused_by_name():
    with pytest.raises(Refused, match="10_x"):
        parameters.parse('period = "2026', "10_x")


def test_a_file_that_is_no_notebook_is_refused_by_name(tmp_path):
    file = tmp_path / "10_x.ipynb"
    for text in ("not JSON", "[]", "{}"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(Refused, match="10_x"):
            parameters.read(file)


# Choosing


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("code=00123", "00123"),
        ("code=", ""),
        ("code=a=b", "a=b"),
        ("largest=5", 5),
        ("largest=-1", -1),
        ("share=1", 1.0),
        ("share=1e-3", 0.001),
        ("is_gross=true", True),
        ("is_gross=False", False),
        ("ages=[3]", [3]),
    ],
)
def test_a_value_takes_the_type_of_its_default(known, given, value):
    found = parameters.chosen([given], known)[given.partition("=")[0]]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "given",
    [
        "largest=many",
        "largest=1.5",
        "largest=",
        "largest=True",
        "share=half",
        "share=nan",
        "share=inf",
        "is_gross=1",
        "is_gross=yes",
        "ages=3",
        "ages=[",
        "ages=f()",
    ],
)
def test_a_value_of_another_type_is_refused_with_its_name_and_itself(known, given):
    name, _, value = given.partition("=")
    with pytest.raises(Refused) as refusal:
        parameters.chosen([given], known)
    assert name in str(refusal.value) and repr(value) in str(refusal.value)


def test_an_unknown_name_is_refused_with_the_near_spelling(known):
    with pytest.raises(Refused, match=r"'largst'.*did you mean 'largest'"):
        parameters.chosen(["largst=5"], known)


def test_a_text_without_an_equals_sign_is_refused(known):
    with pytest.raises(Refused, match="NAME=VALUE"):
        parameters.chosen(["largest"], known)


@pytest.mark.parametrize("name", ["period", "source"])
def test_period_and_source_have_their_own_place_on_the_command_line(known, name):
    with pytest.raises(Refused, match=f"the {name} is given as"):
        parameters.chosen([f"{name}=x"], known)


def test_a_name_that_means_two_types_is_refused_rather_than_guessed():
    both = {"10_a": parameters.parse("n = 1", "10_a"), "20_b": parameters.parse('n = "1"', "20_b")}
    with pytest.raises(Refused, match="n"):
        parameters.chosen(["n=2"], both)


# Choices


def test_a_comment_that_lists_the_only_values_is_a_choice():
    cell = parameters.parse(
        'grain = "month"  # one of month, quarter, year: how long\nshow = "a"  # one of a, b\n'
        'segment = ""  # one segment of all: or none\nn = 1\n',
        "x",
    )
    assert cell["grain"].choices == ("month", "quarter", "year") and cell["show"].choices == ("a", "b")
    assert cell["segment"].choices == () and cell["n"].choices == ()


def test_a_value_that_the_notebook_does_not_list_is_refused_before_anything_runs():
    known = {"20_x": parameters.parse('grain = "month"  # one of month, quarter, year: how long', "20_x")}
    assert parameters.chosen(["grain=quarter"], known) == {"grain": "quarter"}
    for value, hint in (("quater", "did you mean 'quarter'"), ("", "month"), ("Month", "did you mean 'month'")):
        with pytest.raises(Refused, match=rf"parameter grain: '{value}' is not allowed.*{hint}"):
            parameters.chosen([f"grain={value}"], known)


def test_what_the_cohort_notebook_lists_is_what_its_helpers_know():
    cell = parameters.read(PROJECT / "notebooks" / "20_cohort_retention.ipynb")
    assert cell["grain"].choices == tuple(cohorts.GRAINS) and cell["grain"].default in cohorts.GRAINS
    assert cell["show"].choices == ("share", "count") and cell["show"].default == "share"
