"""The table behind one notebook, from one run of it on the sample company: what must be true whatever it asks."""

import numpy as np
import pytest
from packs import rendered

NAME = "00_template"
TABLE = "retention_by_group"
pack = rendered(NAME)  # skips where the notebook was removed: then delete this file, too


@pytest.fixture
def table(pack):
    return pack.table(TABLE)


def test_the_page_answers_with_a_bottom_line_and_a_figure(pack):
    page = pack.page(NAME)
    assert page.h1.text.strip().endswith("?")
    assert 1 <= len(page("p", class_="headline")) <= 3
    assert page("svg") and all(drawing["aria-label"].strip() for drawing in page("svg"))


def test_there_is_one_row_a_metric_and_group_and_all_accounts_are_there(table):
    assert not table.duplicated(["metric", "segment", "period"]).any()
    assert (table.groupby("metric")["segment"].agg(set).map(lambda groups: "all" in groups)).all()
    assert set(table["verdict"]) <= {"ok", "few", "too few", "undefined"}


def test_the_groups_add_up_to_all_accounts(table):
    for _, of_metric in table.groupby("metric"):
        groups, pooled = of_metric[of_metric["segment"] != "all"], of_metric[of_metric["segment"] == "all"]
        for column in ("n", "numerator", "denominator"):
            assert groups[column].sum() == pooled[column].sum() > 0


def test_a_rate_is_its_numerator_by_its_denominator_inside_its_interval(table):
    given = table[table["value"].notna()]
    assert len(given) > 0
    assert np.allclose(given["value"], given["numerator"] / given["denominator"], rtol=1e-9, atol=0)
    known = given[given["low"].notna()]
    assert (known["low"].le(known["value"]) & known["value"].le(known["high"])).all()
