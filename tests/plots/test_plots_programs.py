"""Charts of programs and change: what a table says is on the axes, and an empty table draws without an error."""

import numpy as np
import pandas as pd
import pytest
from chart_tables import axes_of, texts_of

from helpers import plots
from helpers.change import attention, reading
from helpers.programs import core, lifecycle


def texts(chart) -> str:
    return " | ".join(texts_of(chart))


def test_effects_show_the_sound_figure_and_the_naive_one():
    rows = core.table(
        [
            core.Effect("a", "churn", "hazard", naive=-1.5, estimate=-0.4, low=-0.8, high=-0.1, verdict="ok"),
            core.Effect("b", "churn", "hazard", naive=None, estimate=0.1, low=-0.3, high=0.5, verdict="few"),
            core.Effect("c", "churn", "hazard", note="why"),
        ]
    )
    made = plots.effects(rows.assign(p_adjusted=[0.01, 0.6, np.nan]), {"a": "Alpha"}, "A title")
    assert made.title == "A title" and {"b", "Alpha", "33% lower", "too few to say"} <= set(texts_of(made))
    ax = axes_of(made)
    crosses = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "x"]
    assert crosses == [-1.5]
    low, high = ax.get_xlim()
    assert low < -1.5 and high > 0.5


def test_every_program_has_its_row_also_a_random_offer_and_one_that_cannot_be_judged():
    offer = core.Effect("b", "churn", "randomized offer", -0.2, -0.05, -0.09, -0.01, scale=core.RISK, verdict="ok")
    far = core.Effect("a", "churn", "hazard, SIMEX", naive=9.0, estimate=-0.4, low=-0.8, high=0.1, verdict="ok")
    rows = core.table([core.Effect("c", "churn", "hazard", note="why"), offer, far])
    made = plots.effects(rows.assign(p_adjusted=[np.nan, 0.01, 0.6]), {}, "t")
    assert "a | no clear effect | b | −5.0 points | random offer | c | cannot be judged" in texts(made)
    ax = axes_of(made)
    marks = [x for line in ax.lines if line.get_marker() in ("x", "o") for x in line.get_xdata() if not np.isnan(x)]
    assert len(marks) == 2 and all(ax.get_xlim()[0] < x < ax.get_xlim()[1] for x in marks)


@pytest.mark.parametrize(
    ("ratio", "p_adjusted", "written"),
    [(0.68, 0.01, "32% lower"), (1.35, 0.01, "35% higher"), (2.5, 0.01, "×2.5"), (0.68, 0.3, "no clear effect")],
)
def test_a_clear_effect_is_said_in_words(ratio, p_adjusted, written):
    estimate = np.log(ratio)
    row = core.Effect("a", "churn", "hazard", estimate=estimate, low=estimate - 0.1, high=estimate + 0.1, verdict="ok")
    assert written in texts_of(plots.effects(core.table([row]).assign(p_adjusted=p_adjusted), {}, "t"))


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
    assert "3 | $100, 25% go on within a year" in said and "1 | $50" in said


def test_kinds_without_a_story_are_outlined():
    cells = pd.DataFrame({"industry": ["E", "R"], "segment": "S", "n_accounts": [4, 2], "n_stories": [0, 3]})
    made = plots.stories(cells, "industry", "segment", "t")
    (backgrounds,) = axes_of(made).collections
    assert [alpha > 0 for *_, alpha in backgrounds.get_facecolor()] == [False, True]
    assert [alpha > 0 for *_, alpha in backgrounds.get_edgecolor()] == [True, False]
    assert {"none / 4", "3 / 2"} <= set(texts_of(made))


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
    assert "5.0% | odds ×3.0, n = 9, too few" in texts(plots.hazards(states, "t"))
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
    assert "Year 1 (n = 9) | 2.0% | 8.0 contacts" in texts(plots.years(years, "t"))
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
    assert "50% | existing base" in said and "not on record" in said


def test_nothing_to_draw_is_drawn():
    texts(plots.effects(core.table([]).assign(p_adjusted=[]), {}, "t"))
    texts(plots.standing(pd.DataFrame(columns=lifecycle.COLUMNS), "USD", "t"))
    texts(plots.hazards(pd.DataFrame(columns=reading.COLUMNS), "t"))
    texts(plots.destinations(pd.DataFrame(columns=attention.DESTINATIONS), "USD", "t"))
    months = pd.DataFrame({"account_id": [], "age_months": [], "is_left_truncated": [], "has_left": []}).astype(
        {"is_left_truncated": bool, "has_left": bool}
    )
    texts(plots.years(attention.by_year_of_life(months, None), "t"))
    cells = pd.DataFrame({"industry": [], "segment": [], "n_accounts": [], "n_stories": []})
    texts(plots.stories(cells, "industry", "segment", "t"))
