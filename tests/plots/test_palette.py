"""Every color of a text can be read (WCAG 2.2, AA: 4.5 to 1) on whatever a page or a chart puts it, light and dark."""

import re

import pytest

from helpers.plots import cohorts, palette, style

MODES = ("light", "dark")
TEXTS = ("ink", "muted", "c1", "c1_text", "c2", "c2_text", "c3", "c4")
AREAS = ("c1", "c2", "c3", "c4")


def rgb(color: str) -> list[float]:
    return [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def luminance(parts: list[float]) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: list[float], other: list[float]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def blended(name: str, opacity: float, mode: int) -> list[float]:
    """A color of some opacity on paper."""
    over, under = (rgb(palette.COLORS[each][mode]) for each in (name, "paper"))
    return [opacity * one + (1 - opacity) * other for one, other in zip(over, under, strict=True)]


def test_the_formula_is_that_of_wcag():
    assert contrast(rgb("#000000"), rgb("#ffffff")) == pytest.approx(21)
    assert contrast(rgb("#767676"), rgb("#ffffff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("mode", [0, 1], ids=MODES)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_can_be_read_on_paper(name, mode):
    assert contrast(rgb(palette.COLORS[name][mode]), rgb(palette.COLORS["paper"][mode])) >= 4.5


@pytest.mark.parametrize("mode", [0, 1], ids=MODES)
@pytest.mark.parametrize("name", ["ink", "muted", "c1_text", "c2_text"])
def test_a_text_can_be_read_on_a_panel(name, mode):
    assert contrast(rgb(palette.COLORS[name][mode]), rgb(palette.COLORS["panel"][mode])) >= 4.5


@pytest.mark.parametrize("mode", [0, 1], ids=MODES)
@pytest.mark.parametrize("name", ["c1", "c2"])
def test_the_number_in_the_strongest_cell_of_a_heatmap_can_be_read(name, mode):
    cell = blended(name, cohorts.STRONGEST, mode)
    assert contrast(rgb(palette.COLORS["ink"][mode]), cell) >= 4.5


@pytest.mark.parametrize("mode", [0, 1], ids=MODES)
@pytest.mark.parametrize("name", ["ink", "muted", "c1"])
def test_what_stands_over_the_published_range_can_be_read(name, mode):
    assert contrast(rgb(palette.COLORS[name][mode]), blended("band", style.BEHIND, mode)) >= 4.5


@pytest.mark.parametrize("mode", [0, 1], ids=MODES)
@pytest.mark.parametrize("name", AREAS)
def test_a_line_or_a_bar_is_seen_on_paper(name, mode):
    assert contrast(rgb(palette.COLORS[name][mode]), rgb(palette.COLORS["paper"][mode])) >= 3


def test_every_light_value_is_one_name_and_none_is_left_in_a_drawing():
    lights = [pair[0] for pair in palette.COLORS.values()]
    assert len(set(lights)) == len(lights)
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for pair in palette.COLORS.values() for color in pair)
    assert "#" not in palette.variables(" ".join(lights))
