"""Charts of programs and change: what a table says is on the axes, and an empty table draws without an error."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import plots
from helpers.change import attention, hazards, lost
from helpers.programs import core, lifecycle


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def texts(ax) -> str:
    return " ".join(text.get_text() for text in [*ax.texts, *ax.get_yticklabels(), *ax.get_xticklabels()])


def test_effects_show_the_sound_figure_and_the_naive_one():
    rows = core.table(
        [
            core.Effect("a", "churn", "hazard", naive=-1.5, estimate=-0.4, low=-0.8, high=-0.1, verdict="ok"),
            core.Effect("b", "churn", "hazard", naive=None, estimate=0.1, low=-0.3, high=0.5, verdict="few"),
            core.Effect("c", "churn", "hazard", note="why"),
        ]
    )
    ax = plots.effects(rows.assign(p_adjusted=[0.01, 0.6, np.nan]), {"a": "Alpha"}, "A title")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b", "Alpha"]
    crosses = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "x"]
    assert crosses == [-1.5]
    low, high = ax.get_xlim()
    assert low < -1.5 and high > 0.5 and ax.get_title(loc="left") == "A title"


def test_standing_writes_accounts_and_money():
    table = pd.DataFrame(
        {
            "stage": ["onboarding", "expansion"],
            "n_standing": [3, 1],
            "mrr_cents": [100_00, 50_00],
            "share_12_months": [0.25, np.nan],
        }
    )
    said = texts(plots.standing(table, "USD", "t"))
    assert "3 accounts, $100 a month" in said and "25.0% of those" in said and "1 account, $50 a month" in said


def test_kinds_without_a_story_are_hatched():
    cells = pd.DataFrame({"industry": ["E", "R"], "segment": "S", "n_accounts": [4, 2], "n_stories": [0, 3]})
    ax = plots.stories(cells, "industry", "segment", "t")
    assert sum(patch.get_hatch() == "///" for patch in ax.patches) == 1
    assert "none, 4 accounts" in texts(ax) and "3 stories, 2 accounts" in texts(ax)


def test_states_destinations_years_and_sides_carry_their_numbers():
    states = pd.DataFrame(
        {
            "state": ["neither", "budget_cut"],
            "n_accounts": [50, 9],
            "hazard": [0.01, 0.05],
            "low": [0.0, 0.01],
            "high": [0.02, 0.1],
            "log_odds": [np.nan, np.log(3)],
            "verdict": ["ok", "few"],
        }
    )
    assert "5.0%, odds ×3.0, n = 9 (few)" in texts(plots.hazards(states, "t"))
    where = pd.DataFrame(
        {
            "went_to": ["status_quo"],
            "n_accounts": [2],
            "mrr_cents": [900_00],
            "share_mrr": [1.0],
            "low": [np.nan],
            "high": [np.nan],
        }
    )
    assert "status quo" in texts(plots.destinations(where, "USD", "t"))
    years = pd.DataFrame(
        {
            "life_year": [1, 2],
            "hazard": [0.02, 0.01],
            "low": [0.01, 0.0],
            "high": [0.03, 0.02],
            "n_accounts": [9, 5],
            "touches_per_account_year": [8.0, 2.0],
        }
    )
    assert "2.0%, n = 9" in texts(plots.years(years, "t"))
    sides = pd.DataFrame(
        {
            "side": ["new logos", "existing base"],
            "n_touches": [0, 10],
            "pipeline_cents": [None, None],
            "at_stake_cents": [None, 100],
            "gained_cents": [50, 50],
        }
    )
    said = texts(plots.sides(sides, "t"))
    assert "existing base 50%" in said and "not on record" in said


def test_nothing_to_draw_is_drawn():
    plots.effects(core.table([]).assign(p_adjusted=[]), {}, "t")
    plots.standing(pd.DataFrame(columns=lifecycle.COLUMNS), "USD", "t")
    plots.hazards(pd.DataFrame(columns=hazards.COLUMNS), "t")
    plots.destinations(pd.DataFrame(columns=lost.COLUMNS), "USD", "t")
    months = pd.DataFrame({"account_id": [], "age_months": [], "is_left_truncated": [], "has_left": []}).astype(
        {"is_left_truncated": bool, "has_left": bool}
    )
    plots.years(attention.by_year_of_life(months, None), "t")
    cells = pd.DataFrame({"industry": [], "segment": [], "n_accounts": [], "n_stories": []})
    plots.stories(cells, "industry", "segment", "t")
