"""The file of published figures and own targets: what it holds, what is refused, and what is said of it."""

from pathlib import Path

import pandas as pd
import pytest

from helpers.errors import Refused
from helpers.metrics import benchmarks, measures

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "benchmarks.csv"
NAMES = [*measures.RETENTION, *measures.VOICE, *measures.GROWTH]
HEADER = "metric,population,value,unit,source,year,low,high,kind"
GOOD = "churn_rate,all,0.1,share,Us,2026,,,target"


def written(tmp_path: Path, *lines: str, header: str = HEADER) -> Path:
    path = tmp_path / "benchmarks.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


# What is shipped


def test_every_shipped_figure_is_of_a_metric_that_the_report_has():
    frame = benchmarks.read(SHIPPED)
    assert set(frame["metric"]) <= set(NAMES)
    assert len(frame) >= 20


def test_every_shipped_figure_is_published_somewhere_and_none_is_a_target():
    frame = benchmarks.read(SHIPPED)
    assert frame["url"].str.fullmatch(r"https?://\S+").all()
    assert frame["question"].notna().all()
    assert set(frame["kind"]) == {"benchmark"}


def test_who_is_quoted_second_hand_is_marked_so_and_no_copier_stands_for_the_maker():
    frame = benchmarks.read(SHIPPED)
    makers = {"SaaS Capital": "saas-capital.com", "Benchmarkit": "benchmarkit.ai", "Gartner": "gartner.com"}
    for row in frame.itertuples():
        maker = row.source.partition(" (")[0]
        if maker in makers and makers[maker] not in row.url and "register" not in row.url:
            assert "(quoted second hand)" in row.source, row.url
    assert not frame["url"].str.contains("alexisfairbanks|pdo.aws").any()


def test_the_survey_behind_60_percent_regret_has_a_row():
    regret = benchmarks.for_metric(benchmarks.read(SHIPPED), "remorse_rate_12_months")
    (row,) = regret[(regret["year"] == 2023) & (regret["value"] == 0.6)].itertuples()
    assert "1,503" in row.population and "renewal decisions" in row.population and "2023-06-14-gartner" in row.url
    assert 0.79 in regret["value"].tolist() and 0.80 not in regret["value"].tolist()


def test_a_figure_says_which_year_it_is_of_where_that_is_not_the_year_of_publication():
    published = benchmarks.for_metric(benchmarks.read(SHIPPED), "gross_revenue_retention")
    said = benchmarks.sentence(published, at_most=9)
    assert "KBCM Technology Group 2019 (data of 2018), median of the 216 " in said
    assert "Benchmarkit (quoted second hand) 2026 (data of 2025)" in said


def test_the_first_six_columns_are_the_agreed_ones():
    assert SHIPPED.read_text(encoding="utf-8").startswith("metric,population,value,unit,source,year,")


# A user's own file


def test_own_targets_stand_in_the_same_file_and_apart_from_what_is_published(tmp_path):
    text = SHIPPED.read_text(encoding="utf-8") + "churn_rate_12_months,all accounts,0.08,share,Plan,2026,,,,target,\n"
    path = tmp_path / "benchmarks.csv"
    path.write_text(text, encoding="utf-8")
    frame = benchmarks.read(path)
    published = benchmarks.for_metric(frame, "churn_rate_12_months")
    own = benchmarks.for_metric(frame, "churn_rate_12_months", "target")
    assert published["value"].tolist() == [0.11, 0.10]
    assert benchmarks.band(published) == (0.10, 0.11)
    assert benchmarks.target_sentence(own) == "Own target: Plan 2026, all accounts: 8.0%."
    assert "Plan" not in benchmarks.sentence(published)


def test_six_columns_are_enough_and_a_row_without_a_kind_is_a_benchmark(tmp_path):
    path = written(tmp_path, "churn_rate,all,0.1,share,Us,", header=",".join(benchmarks.COLUMNS))
    frame = benchmarks.read(path)
    assert list(frame.columns) == benchmarks.COLUMNS + benchmarks.OPTIONAL
    assert frame["kind"].tolist() == ["benchmark"]
    assert frame["year"].isna().all()
    assert "Us (year not stated), all: 10.0%" in benchmarks.sentence(frame)


def test_a_file_saved_by_a_spreadsheet_is_read(tmp_path):
    path = written(tmp_path, GOOD)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert benchmarks.read(path)["value"].tolist() == [0.1]


def test_a_file_without_rows_says_nothing(tmp_path):
    frame = benchmarks.read(written(tmp_path))
    assert benchmarks.sentence(frame) == benchmarks.target_sentence(frame) == ""
    assert benchmarks.band(frame) is None


@pytest.mark.parametrize(
    "line, column, says, row",
    [
        (
            "churn_rate,all,10,share,Us,2026,,,",
            "value",
            "10% is 0.10|91% is 0.91",
            "row 3: metric=churn_rate, value=10",
        ),
        ("churn_rate,all,ten,share,Us,2026,,,", "value", "is not a number", "row 3: metric=churn_rate, value=ten"),
        ("churn_rate,all,,share,Us,2026,,,", "value", "is missing", "value=(empty)"),
        ("churn_rate,,0.1,share,Us,2026,,,", "population", "is missing", "population=(empty)"),
        ("churn_rate,all,0.1,percent,Us,2026,,,", "unit", "is none of share, ratio", "unit=percent"),
        ("nps,all,30,score,Us,2026,,,", "value", "an NPS of 30 is 0.30", "value=30"),
        ("nrr,all,102,ratio,Us,2026,,,", "value", "102% is 1.02", "value=102"),
        ("churn_rate,all,0.1,share,Us,26,,,", "year", "is not a year", "year=26"),
        ("churn_rate,all,0.1,share,Us,2026.5,,,", "year", "is not a year", "year=2026.5"),
        ("churn_rate,all,0.1,share,Us,2026,0.2,0.3,", "low", "does not hold the value", "low=0.2, value=0.1, high=0.3"),
        ("churn_rate,all,0.1,share,Us,2026,,,goal", "kind", "is none of benchmark, target", "kind=goal"),
    ],
)
def test_a_bad_row_is_refused_with_its_file_column_and_row(tmp_path, line, column, says, row):
    path = written(tmp_path, GOOD, line)
    with pytest.raises(Refused, match=says) as refused:
        benchmarks.read(path)
    message = str(refused.value)
    assert message.startswith(f"{path}, column {column}")
    assert "1 row: " in message
    assert "row 3: " in message and row in message


def test_only_the_first_bad_rows_are_shown_and_all_are_counted(tmp_path):
    path = written(tmp_path, *["churn_rate,all,10,share,Us,2026,,,"] * 7)
    with pytest.raises(Refused, match="7 rows") as refused:
        benchmarks.read(path)
    assert str(refused.value).count("\n    row ") == 3


def test_a_wrong_header_is_refused(tmp_path):
    with pytest.raises(Refused, match="column value: missing"):
        benchmarks.read(written(tmp_path, header="metric,population,unit,source,year"))
    with pytest.raises(Refused, match="column notes: unknown"):
        benchmarks.read(written(tmp_path, header=HEADER + ",notes"))
    with pytest.raises(Refused, match="no such file"):
        benchmarks.read(tmp_path / "absent.csv")


def test_a_sentence_names_the_newest_and_counts_the_rest():
    published = benchmarks.for_metric(benchmarks.read(SHIPPED), "net_revenue_retention")
    said = benchmarks.sentence(published, at_most=2)
    assert said.startswith("Published: SaaS Capital (quoted second hand) 2025, ")
    assert f". The file has {len(published) - 2} more figures. These companies and questions differ" in said
    assert said.endswith("for context, never a target.")


def test_the_frame_that_is_given_is_left_alone():
    frame = benchmarks.read(SHIPPED)
    before = frame.copy()
    rows = benchmarks.for_metric(frame, "remorse_rate_12_months")
    benchmarks.sentence(rows)
    benchmarks.band(rows)
    pd.testing.assert_frame_equal(frame, before)
