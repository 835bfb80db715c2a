"""Pseudonyms: the same for the same account everywhere, of no use without the key, and no way around them."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from writing import stretches, write_source

from helpers import sources
from helpers.commands.report.run import anonymize
from helpers.errors import Refused
from helpers.sources import pseudonyms

ACCOUNTS = "account_id,name,segment\nA1,Acme Ltd,SMB\nB2,Beta Inc,SMB"
TICKETS = "ticket_id,account_id,opened_on,closed_on,category,priority\nT1,A1,2024-03-01,,how_to,2"
ADVOCACY = (
    "act_id,account_id,contact_id,kind,requested_on,done_on,referred_account_id\n"
    "X1,A1,jane@acme.example,referral,2024-03-01,2024-03-02,B2"
)
PROGRAMS = "program,name,owner\nclub,The Acme club,marketing"


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.delenv(pseudonyms.FLAG, raising=False)
    monkeypatch.delenv(pseudonyms.KEY, raising=False)
    return write_source(
        tmp_path,
        accounts=ACCOUNTS,
        subscriptions=stretches("A1, 2024-01-01, , 100", "B2, 2024-01-01, , 50"),
        tickets=TICKETS,
        advocacy=ADVOCACY,
        programs=PROGRAMS,
    )


@pytest.fixture
def hidden(source, monkeypatch):
    """The same source under pseudonyms with a key from the environment."""
    monkeypatch.setenv(pseudonyms.FLAG, "1")
    monkeypatch.setenv(pseudonyms.KEY, "a key")
    return source


def ids(tables) -> dict[str, str]:
    return dict(tables.query("select name, account_id from accounts order by name").itertuples(index=False))


def test_no_table_has_a_real_id_or_name_and_all_of_them_still_join(hidden):
    tables = sources.open(hidden, "2024-06")
    text = "".join(tables.frame(name).to_csv() for name in tables.names)
    assert not any(real in text for real in ("A1", "B2", "Acme Ltd", "Beta", "jane", "T1", "X1", "s1"))
    joined = tables.query(
        "select a.name, b.name as referred from advocacy as v join accounts as a on a.account_id = v.account_id "
        "join accounts as b on b.account_id = v.referred_account_id join tickets as t on t.account_id = a.account_id"
    )
    assert len(joined) == 1 and joined.iloc[0, 0] != joined.iloc[0, 1]
    # A program is ours, and keeps its name.
    assert tables.frame("programs")[["program", "name"]].iloc[0].tolist() == ["club", "The Acme club"]


def test_a_pseudonym_is_the_start_of_the_digest_of_key_and_id(hidden):
    import hashlib

    digest = hashlib.md5((hashlib.sha256(b"a key").hexdigest() + "A1").encode()).hexdigest()
    assert ids(sources.open(hidden, "2024-06"))[f"Account {digest[:8]}"] == f"id-{digest[:16]}"


def test_an_account_has_the_same_pseudonym_in_every_period_and_another_with_another_key(hidden, monkeypatch):
    june, march = (sources.open(hidden, period) for period in ("2024-06", "2024-03"))
    assert ids(june) == ids(march)
    monkeypatch.setenv(pseudonyms.KEY, "another")
    other = sources.open(hidden, "2024-06")
    assert not set(ids(other)) & set(ids(june)) and other.pseudonyms != june.pseudonyms


def test_the_numbers_are_those_of_the_report_with_names(source, monkeypatch):
    counted = (
        "select segment, count(*) as n, sum(mrr) as mrr from accounts join subscriptions using (account_id) group by 1"
    )
    plain = sources.open(source, "2024-06").query(counted)
    monkeypatch.setenv(pseudonyms.FLAG, "1")
    monkeypatch.setenv(pseudonyms.KEY, "a key")
    pd.testing.assert_frame_equal(sources.open(source, "2024-06").query(counted), plain)


def test_levels_that_a_session_holds_are_never_those_of_the_other_names(hidden):
    shown = sources.open(hidden, "2024-06")
    real = shown.without().at(shown.period)
    levels = "select account_id, name from accounts join _levels using (account_id) order by name"
    for _ in range(2):
        assert dict(real.query(levels).itertuples(index=False)) == {"A1": "Acme Ltd", "B2": "Beta Inc"}
        assert {name: key for key, name in shown.query(levels).itertuples(index=False)} == ids(shown)


def test_the_key_is_made_once_beside_the_source_for_its_owner_alone(source, monkeypatch):
    monkeypatch.setenv(pseudonyms.FLAG, "")  # turn_on sets it, and this takes it back
    pseudonyms.turn_on(source)
    file = source.parent / pseudonyms.FILE
    first = file.read_text(encoding="ascii")
    assert len(first.strip()) == 64 and stat.S_IMODE(file.stat().st_mode) == 0o600
    pseudonyms.turn_on(source)
    assert file.read_text(encoding="ascii") == first


def test_a_key_that_a_killed_run_had_only_begun_to_write_is_written_by_the_next(source, monkeypatch):
    monkeypatch.setenv(pseudonyms.FLAG, "")
    (source.parent / pseudonyms.FILE).touch(mode=0o600)
    pseudonyms.turn_on(source)
    assert len(pseudonyms.key(source)) == 64 and len((source.parent / pseudonyms.FILE).read_text().strip()) == 64


def test_a_key_is_written_for_its_owner_alone_and_through_no_link(source, monkeypatch, tmp_path_factory):
    monkeypatch.setenv(pseudonyms.FLAG, "")
    file, elsewhere = source.parent / pseudonyms.FILE, tmp_path_factory.mktemp("elsewhere") / "key"
    file.symlink_to(elsewhere)
    with pytest.raises(Refused, match="the key of the pseudonyms cannot be written"):
        pseudonyms.turn_on(source)
    assert not elsewhere.exists()
    file.unlink()
    file.touch()
    file.chmod(0o644)
    pseudonyms.turn_on(source)
    assert file.read_text() and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_runs_that_begin_at_once_all_use_one_key(source, monkeypatch):
    monkeypatch.setenv(pseudonyms.FLAG, "")

    def key(_) -> str:
        pseudonyms.turn_on(source)
        return pseudonyms.key(source)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(key, range(40)))) == 1


def test_a_key_that_is_no_text_is_refused_by_its_file(source, monkeypatch):
    monkeypatch.setenv(pseudonyms.FLAG, "1")
    (source.parent / pseudonyms.FILE).write_bytes(b"\xff\xfe\x00k")
    with pytest.raises(Refused, match=r"pseudonyms\.key: the key of the pseudonyms is no text"):
        sources.open(source, "2024-06")


def test_without_the_flag_names_are_real_and_with_it_a_key_is_needed(source, monkeypatch):
    assert set(ids(sources.open(source, "2024-06"))) == {"Acme Ltd", "Beta Inc"}
    monkeypatch.setenv(pseudonyms.FLAG, "1")
    with pytest.raises(Refused, match="no key"):
        sources.open(source, "2024-06")


@pytest.mark.parametrize("sql", ["select * from _raw_accounts", 'select * from "_held_accounts"'])
def test_a_query_past_the_pseudonyms_is_refused(hidden, sql):
    with pytest.raises(Refused, match="anonymized"):
        sources.open(hidden, "2024-06").query(sql)


def test_a_broken_query_does_not_show_the_key(hidden):
    with pytest.raises(Refused) as refused:
        sources.open(hidden, "2024-06").query("select nothing_like_it from accounts")
    assert pseudonyms.key(hidden)[:12] not in str(refused.value)


def test_data_that_breaks_the_contract_is_refused_without_its_rows(hidden):
    (hidden.parent / "tickets.csv").write_text(TICKETS.replace("A1", "Zeta"), encoding="utf-8")
    with pytest.raises(Refused, match="breaks the contract") as refused:
        sources.open(hidden, "2024-06")
    assert "Zeta" not in str(refused.value)


@pytest.mark.parametrize("value", ["A1", "Beta Inc"])
def test_a_parameter_that_is_a_real_account_is_refused_without_repeating_it(source, value):
    with pytest.raises(Refused, match="-p account=…") as refused:
        anonymize(source, {"account": value, "largest": 5})
    assert value not in str(refused.value)
