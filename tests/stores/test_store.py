"""The store keeps its log whole against tampering, killed writers and crowds, and opens at once."""

import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from qiantang.kernel.actions.audit import Act
from qiantang.kernel.actions.corrections import Correction
from qiantang.kernel.actions.desk import CaseDesk
from qiantang.kernel.actions.ledger import Ledger
from qiantang.kernel.actions.ports import CaseQuery, StateStore
from qiantang.kernel.actions.proof import prove_account, prove_case, verify_log
from qiantang.kernel.actions.records import record_corrections, record_run
from qiantang.kernel.actions.runs import RunRecord
from qiantang.kernel.errors import ActionError
from qiantang.stores.schema import TABLES, VERSION
from tests.house.plan import ROOT, said_by_a_fresh_python
from tests.kernel.actions.clearing import AT, CLEARING, apply, low, one_case

RUN = RunRecord("run-1", "mu/test", "a1b2", date(2022, 12, 31), date(2023, 4, 1), "2022", "duckdb", AT, "runs/run-1",
                {"A": 10, "unknown": 2})
CORRECTED = Correction("enterprise_years", "ent-1/2022", "tax_paid_wan", "3.20", "32.00", "receipt 17", "Li", AT)

WRITES_UNTIL_KILLED = """
import sys
from datetime import UTC, datetime
from qiantang.kernel.actions.ledger import Ledger
from qiantang.stores import open_store

ledger = Ledger(open_store(sys.argv[1]))
for number in range(1_000_000):
    reference = f"{sys.argv[2]}/{number}"
    ledger.draw("account", 1, reference, at=datetime.now(UTC), actor="killed")
    print(reference, flush=True)
"""
DRIES_UP_MID_WRITE = """
import sys, time
from datetime import UTC, datetime
from qiantang.kernel.actions.audit import Act
from qiantang.stores import open_store

with open_store(sys.argv[1]).writing() as writer:
    writer.log([Act(datetime.now(UTC), "killed", "half", "done", {})] * 2000)
    print("written, not committed", flush=True)
    time.sleep(600)
"""
APPLIES = """
import sys
from qiantang.kernel.actions.desk import CaseDesk
from qiantang.stores import open_store
from tests.kernel.actions.clearing import CLEARING, apply, low

desk = CaseDesk(open_store(sys.argv[1]), [CLEARING])
print(len(apply(desk, [low(f"ent-{n}") for n in range(200)]).opened))
"""
OPENS = "import sys; from qiantang.stores import open_store; open_store(sys.argv[1]).close()"


def _log_of_three(store: StateStore) -> None:
    apply(CaseDesk(store, [CLEARING]), [low("ent-1"), low("ent-2"), low("ent-3")])


@pytest.mark.parametrize("statement", [
    "UPDATE audit_log SET actor = 'nobody' WHERE seq = 2",
    "DELETE FROM audit_log WHERE seq = 3",
    "UPDATE case_events SET actor = 'nobody'",
    "DELETE FROM case_events",
])
def test_history_can_be_neither_changed_nor_removed(store: StateStore, raw, statement: str) -> None:
    _log_of_three(store)
    with pytest.raises(Exception, match="only grows"):
        raw(statement)
    assert verify_log(store).count == 3


@pytest.mark.parametrize("table", ["audit_log", "case_events", "movements", "runs", "corrections"])
def test_every_table_of_history_refuses_change_and_removal(store: StateStore, raw, table: str) -> None:
    _log_of_three(store)
    Ledger(store).open("account", unit="kg", scale=0, amount=1, reference="r", at=AT, actor="Li")
    record_run(store, RUN, actor="Li")
    record_corrections(store, [CORRECTED])
    column = {"corrections": "evidence", "runs": "path", "movements": "reference"}.get(table, "actor")
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(Exception, match="only grows"):
            raw(statement)


def test_an_entry_cannot_be_replaced_or_slipped_in_nor_the_log_emptied(store: StateStore, raw, address: str) -> None:
    _log_of_three(store)
    columns = "(seq, at, actor, action, subject, detail, previous, hash)"
    forged = "'2024-01-30T02:00:00.000000Z', 'x', 'x', 'x', '{}', 'x', 'x')"
    attempts = [f"INSERT INTO audit_log {columns} VALUES ({seq}, {forged}" for seq in (0, 4, 5)]
    if address.startswith("postgresql"):
        attempts.append("TRUNCATE audit_log CASCADE")
    else:
        attempts.append(f"INSERT OR REPLACE INTO audit_log {columns} VALUES (2, {forged}")
        attempts.append("REPLACE INTO case_events SELECT * FROM case_events")
    for attempt in attempts:
        with pytest.raises(Exception, match="only grows"):
            raw(attempt)
    assert verify_log(store).count == 3


@pytest.mark.parametrize(("statement", "broken_at"), [
    ("UPDATE audit_log SET actor = 'nobody' WHERE seq = 2", 2),
    ("UPDATE audit_log SET detail = 'not even JSON' WHERE seq = 1", 1),
    ("UPDATE audit_log SET hash = previous WHERE seq = 3", 3),
    ("DELETE FROM audit_log WHERE seq = 2", 3),
    ("DELETE FROM audit_log WHERE seq = 3", 3),
])
def test_an_entry_tampered_with_behind_the_triggers_is_found_and_named(store, tampered, statement, broken_at) -> None:
    _log_of_three(store)
    tampered(statement)
    check = verify_log(store)
    assert check.broken is not None
    assert check.broken.seq == broken_at
    proof = prove_case(store, "clearing-2024-000001")
    assert [fault.rule for fault in proof.faults] == ["chain-whole"]


def test_a_log_written_anew_from_the_cut_is_found_by_an_anchor(store: StateStore, tampered) -> None:
    _log_of_three(store)
    with store.reading() as reader:
        anchor = reader.head()
    assert verify_log(store, anchor).whole
    tampered("DELETE FROM case_events WHERE seq = 3", "DELETE FROM audit_log WHERE seq = 3")
    assert verify_log(store).whole, "a cut that takes everything with it shows only against an anchor"
    check = verify_log(store, anchor)
    assert check.broken is not None
    assert check.broken.seq == 3


def test_a_case_changed_behind_the_desks_back_is_not_proved(store: StateStore, tampered) -> None:
    case = one_case(CaseDesk(store, [CLEARING]))
    assert prove_case(store, case.id).holds
    tampered("UPDATE cases SET due_on = '2030-01-01'")
    proof = prove_case(store, case.id)
    assert [fault.rule for fault in proof.faults] == ["table-follows-log"]
    assert "2030-01-01" in proof.faults[0].said("zh")


def test_the_store_itself_refuses_an_open_case_without_owner_and_a_second_open_case(store: StateStore, raw) -> None:
    case = one_case(CaseDesk(store, [CLEARING]))
    with pytest.raises(Exception, match="cases_open_is_owned_and_due"):
        raw("UPDATE cases SET owner_role = NULL")
    with pytest.raises(Exception, match=r"(?i)unique"), store.writing() as writer:
        writer.add_cases([replace(case, id="clearing-2024-000002", basis=replace(case.basis, run="run-2"))])


def test_a_writer_that_fails_leaves_the_store_as_it_was(store: StateStore) -> None:
    case = one_case(CaseDesk(store, [CLEARING]))

    def half_done() -> None:
        with store.writing() as writer:
            writer.change_cases([replace(case, state="planned")])
            writer.log([Act(AT, "Li", "case.planned", case.id, {"land_mu": 1.5})])

    with pytest.raises(ActionError, match="cannot be kept"):
        half_done()
    with store.reading() as reader:
        assert reader.cases(CaseQuery()) == [case]


def test_a_reader_sees_one_moment_while_others_write(store: StateStore) -> None:
    with store.reading() as reader:
        before = reader.head()
        _log_of_three(store)
        assert reader.head() == before
    with store.reading() as reader:
        assert reader.head().seq == 3


def test_killing_a_writer_at_any_moment_leaves_the_chain_whole(store: StateStore, address: str) -> None:
    ledger = Ledger(store)
    ledger.open("account", unit="piece", scale=0, amount=1_000_000, reference="start", at=AT, actor="test")
    acknowledged: set[str] = set()
    for turn in range(3):
        with subprocess.Popen([sys.executable, "-c", WRITES_UNTIL_KILLED, address, f"turn-{turn}"],
                              stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged |= {line.strip() for line in islice(writer.stdout, 40)}
            writer.send_signal(signal.SIGKILL)
        assert len(acknowledged) == 40 * (turn + 1), "the writer must be killed while it writes"
        assert acknowledged <= {movement.reference for movement in ledger.movements("account")}
        assert verify_log(store).whole
        assert prove_account(store, "account").holds


def test_killing_a_writer_before_it_commits_leaves_nothing_of_it(store: StateStore, address: str) -> None:
    _log_of_three(store)
    with subprocess.Popen([sys.executable, "-c", DRIES_UP_MID_WRITE, address], stdout=subprocess.PIPE,
                          text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
    apply(CaseDesk(store, [CLEARING]), [low("ent-4")], run="run-2")
    check = verify_log(store)
    assert (check.whole, check.count) == (True, 4)


def test_two_programs_that_apply_the_same_run_at_once_open_each_case_once(store: StateStore, address: str) -> None:
    both = [subprocess.Popen([sys.executable, "-c", APPLIES, address], stdout=subprocess.PIPE, text=True, cwd=ROOT)
            for _ in range(2)]
    assert sorted(int(one.communicate()[0]) for one in both) == [0, 200]
    assert verify_log(store).count == 200


def test_programs_that_open_an_empty_store_at_once_make_it_together(address: str) -> None:
    all_of_them = [subprocess.Popen([sys.executable, "-c", OPENS, address], stderr=subprocess.PIPE, text=True)
                   for _ in range(4)]
    said = [one.communicate()[1] for one in all_of_them]
    assert [one.returncode for one in all_of_them] == [0] * 4, said


def test_the_migrations_make_exactly_the_tables_the_code_works_with(store: StateStore, address: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = create_engine(address if "://" in address else f"sqlite:///{address}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, TABLES) == []
        assert context.get_current_revision() == VERSION
    engine.dispose()


def test_the_version_the_code_works_with_is_the_newest_migration() -> None:
    from alembic.script import ScriptDirectory

    from qiantang import stores

    home = Path(stores.__file__).parent / "migrations"
    assert ScriptDirectory(str(home)).get_heads() == [VERSION]


def test_a_store_that_is_up_to_date_opens_without_the_migration_tool(store: StateStore, address: str) -> None:
    loaded = said_by_a_fresh_python(f"{OPENS}\nprint('alembic' in sys.modules)", address)
    assert loaded.strip() == "False"


def test_importing_the_package_of_stores_loads_no_driver() -> None:
    program = "import sys, qiantang.stores; print('sqlalchemy' in sys.modules, 'sqlite3' in sys.modules)"
    assert said_by_a_fresh_python(program).split() == ["False", "False"]


def test_a_run_is_recorded_once_and_found_by_its_key(store: StateStore) -> None:
    assert record_run(store, RUN, actor="Li") == RUN
    again = replace(RUN, created_at=RUN.created_at.replace(year=2025), path="elsewhere")
    assert record_run(store, again, actor="Li") == RUN
    with store.reading() as reader:
        assert reader.run("run-1") == RUN
        assert reader.runs("mu/test") == [RUN]
        assert reader.runs("mu/other") == []
        assert reader.run("run-2") is None
    assert verify_log(store).count == 1


def test_a_run_that_gives_another_answer_under_the_same_key_is_refused(store: StateStore) -> None:
    record_run(store, RUN, actor="Li")
    with pytest.raises(ActionError, match="another answer"):
        record_run(store, replace(RUN, counts={"A": 11}), actor="Li")


def test_a_fact_is_corrected_with_evidence_and_corrected_again_from_its_newest_value(store: StateStore) -> None:
    first, = record_corrections(store, [CORRECTED])
    second, = record_corrections(store, [replace(CORRECTED, old="32.00", new=None, evidence="receipt 18")])
    with store.reading() as reader:
        assert reader.corrections("enterprise_years", "ent-1/2022") == [first, second]
        assert reader.corrections("parcels") == []
        told = [entry.told() for entry in reader.entries("fact:enterprise_years/ent-1/2022")]
    assert (first.number, second.number) == (1, 2)
    assert (told[0]["old"], told[0]["new"], told[1]["new"]) == ("3.20", "32.00", None)


def test_faulty_corrections_are_refused_together_and_none_is_kept(store: StateStore) -> None:
    record_corrections(store, [CORRECTED])
    wrong = [replace(CORRECTED, old="32.00", new="31.00"), replace(CORRECTED, evidence=" "),
             replace(CORRECTED, key="ent-2/2022", new="3.20")]
    with pytest.raises(ActionError) as refused:
        record_corrections(store, wrong)
    assert {fault.rule for fault in refused.value.faults} == {"evidence-given", "newest-value", "value-changes"}
    assert verify_log(store).count == 1


def test_a_personal_value_stays_out_of_the_log_that_nobody_can_erase(store: StateStore) -> None:
    record_corrections(store, [replace(CORRECTED, column="birthday", old="1980-01-01", new="1981-01-01", personal=True)])
    with store.reading() as reader:
        entry, = reader.entries()
        kept, = reader.corrections()
    assert not re.search(r"198[01]", entry.detail)
    assert (kept.new, kept.personal) == ("1981-01-01", True)


def test_a_thousand_cases_open_in_one_go_each_with_its_link_in_the_chain(store: StateStore) -> None:
    desk = CaseDesk(store, [CLEARING])
    assert len(apply(desk, [low(f"ent-{n:04d}") for n in range(1001)]).opened) == 1001
    assert desk.cases(CaseQuery(limit=1, offset=1000))[0].id == "clearing-2024-001001"
    assert verify_log(store).count == 1001
