"""One metric has one value: on every page of the sample company's report, in its summary, and in its tables."""

import re
from collections import defaultdict

import pandas as pd
import pytest

PERIOD = "Oct 2026"


def in_tables(page) -> list[tuple]:
    """(metric, period, value, interval) of each row of a table that names metrics."""
    found = []
    for table in page.find_all("table"):
        names = [cell.get_text(" ", strip=True) for cell in table.find("thead").find_all("th")]
        if not {"Metric", "Value"} <= {*names}:
            continue
        for row in table.find("tbody").find_all("tr"):
            cells = dict(
                zip(names, (cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])), strict=False)
            )
            value = cells["Value"].partition(" small sample")[0]
            found.append((cells["Metric"], cells.get("Period", PERIOD), value, cells.get("95% interval", "")))
    return found


def on_tiles(page) -> list[tuple]:
    """The same of the tiles of the first page; their interval is `likely …`."""
    found = []
    for tile in page.find_all("a", class_="tile"):
        likely = re.search(r"likely ([^<\n]+)", tile.get_text("\n"))
        value = tile.find(class_="value").get_text(" ", strip=True)
        found.append((tile.find("h3").get_text(" ", strip=True), PERIOD, value, likely[1].strip() if likely else ""))
    return found


@pytest.mark.slow
def test_a_metric_that_two_pages_show_has_one_value_and_one_interval(sample_pack):
    shown = defaultdict(lambda: defaultdict(set))
    for path in sample_pack.pages():
        page = sample_pack.page(path.stem)
        for metric, period, value, interval in in_tables(page) + on_tiles(page):
            shown[metric, period][value, interval].add(path.stem)
    places = {key: values for key, values in shown.items() if len(set().union(*values.values())) > 1}
    assert len(places) >= 12
    assert {key: dict(values) for key, values in places.items() if len(values) > 1} == {}


@pytest.mark.slow
def test_a_metric_in_two_tables_of_a_report_has_one_value(sample_pack):
    keys, numbers = ["metric", "segment", "period"], ["value", "low", "high"]
    rows = [pd.read_csv(path) for path in sorted((sample_pack.folder / "tables").glob("*.csv"))]
    rows = [frame[[*keys, *numbers]] for frame in rows if {*keys, *numbers} <= {*frame.columns}]
    together = pd.concat(rows, ignore_index=True).drop_duplicates()
    assert len(rows) > 1 and not together.duplicated(keys).any()


@pytest.mark.slow
def test_the_value_of_a_tile_stands_on_the_page_that_it_leads_to(sample_pack):
    tiles = sample_pack.page("index").find_all("a", class_="tile")
    texts = {path.stem: sample_pack.page(path.stem).get_text(" ") for path in sample_pack.pages()}
    missing = [
        tile.find("h3").get_text()
        for tile in tiles
        if tile.find(class_="value").get_text(" ", strip=True) not in texts[tile["href"].partition(".html")[0]]
    ]
    assert len(tiles) >= 8 and missing == []
