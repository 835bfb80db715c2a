"""The examples of notebooks/README.md run as they stand, in their order, on the sample company."""

import faces
import pandas as pd
import pytest
from packs import PROJECT

import helpers.plots.style as style
from helpers import change, cohorts, formats, ledger, metrics, page, plots, programs, remorse, sources, stats

MODULES = (change, cohorts, formats, ledger, metrics, page, plots, programs, remorse, sources, stats)


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg")
def test_every_example_runs_and_every_chart_draws(capsys, monkeypatch):
    monkeypatch.chdir(PROJECT)
    place = {"pd": pd} | {module.__name__.rpartition(".")[2]: module for module in MODULES}
    rows = [row for face in faces.sections(faces.FILE.read_text(encoding="utf-8")).values() for row in face]
    for example, _, _ in rows:
        is_value = not example.startswith("with ") and " = " not in example.partition("(")[0]
        value = eval(example, place) if is_value else exec(example, place)
        if isinstance(value, style.Chart):
            assert value.on().axes, example
    assert len(rows) > 100 and "Over all accounts it is" in capsys.readouterr().out
