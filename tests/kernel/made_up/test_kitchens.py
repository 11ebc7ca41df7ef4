"""A domain whose findings arrive as a stream and amend earlier ones: nothing that was said is ever lost or replaced."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.kernel.actions.ports import StateStore
from qiantang.kernel.actions.proof import verify_log
from qiantang.kernel.actions.streams import record_findings
from qiantang.kernel.errors import ActionError
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.stream import StreamedFinding, current, read_values, streamed, written_values
from qiantang.stores import open_store
from tests.kernel.made_up.kitchens import MORNING, RULEBOOK, judged_reading, outcomes

_NUMBERS = count()
FIRST = judged_reading("room-1", 0, 52)
CALIBRATED = judged_reading("room-1", 5, 38, amends=FIRST)
AGAIN = judged_reading("room-1", 9, 41, amends=CALIBRATED)
OTHER = judged_reading("room-2", 1, None)


def _rules(findings: list[StreamedFinding]) -> set[str]:
    with pytest.raises(ActionError) as refused:
        current(findings)
    return {f.rule for f in refused.value.faults}


def test_the_latest_amendment_holds_and_its_history_keeps_every_word() -> None:
    found = current([FIRST, OTHER, CALIBRATED, AGAIN])
    assert found.latest == (OTHER, AGAIN)
    assert found.history == {OTHER.id: (OTHER,), AGAIN.id: (FIRST, CALIBRATED, AGAIN)}
    assert outcomes(found.history[AGAIN.id]) == ["too_warm", "cold", "too_warm"]
    assert OTHER.outcome is None, "a sensor that says nothing gives unknown"


def test_what_held_at_an_earlier_instant_can_still_be_asked() -> None:
    everything = [FIRST, OTHER, CALIBRATED, AGAIN]
    assert current(everything, MORNING + timedelta(minutes=4)).latest == (FIRST, OTHER)
    assert current(everything, MORNING + timedelta(minutes=5)).latest == (OTHER, CALIBRATED)
    assert current(everything, MORNING - timedelta(minutes=1)).latest == ()


@given(st.randoms(), st.integers(1, 30))
def test_the_order_of_arrival_and_doubles_change_nothing(draw: random.Random, many: int) -> None:
    made: list[StreamedFinding] = []
    open_ends: list[StreamedFinding] = []
    for minute in range(many):
        before = draw.choice([None, *open_ends])
        room = before.subject if before else f"room-{draw.randrange(3)}"
        finding = judged_reading(room, minute, draw.choice([None, 30, 40, 41]), amends=before)
        open_ends = [f for f in open_ends if f is not before] + [finding]
        made.append(finding)
    arrived = made + draw.choices(made, k=3)
    draw.shuffle(arrived)
    found = current(arrived)
    assert {f.id for f in found.latest} == {f.id for f in open_ends}
    told = [f for chain in found.history.values() for f in chain]
    assert sorted(f.id for f in told) == sorted(f.id for f in made), "every finding stands in exactly one history"


def test_the_same_finding_has_the_same_id_everywhere_and_any_other_has_another() -> None:
    values: dict[str, Stored] = {"b": 1, "a": True, "day": date(2024, 5, 6), "text": "2024-05-06", "none": None}
    at = datetime(2024, 5, 6, 8, tzinfo=timezone(timedelta(hours=8)))
    one = streamed("r", "s", at, "x", values)
    assert one.id == "f9a4669e7ac9fdee89b77ba28bbae1c134434ed36e3c5a2df05e4d1e6aa2f259"
    assert one.id == streamed("r", "s", at.astimezone(UTC), "x", dict(reversed(values.items()))).id
    others = [streamed("r2", "s", at, "x", values), streamed("r", "s2", at, "x", values), streamed("r", "s", at + timedelta(microseconds=1), "x", values),
              streamed("r", "s", at, None, values), streamed("r", "s", at, "x", values | {"text": date(2024, 5, 6)}),
              streamed("r", "s", at, "x", values | {"b": True}), streamed("r", "s", at, "x", values, amends=one)]
    assert len({one.id, *(f.id for f in others)}) == 8
    assert read_values(written_values(values)) == values


def test_a_finding_changed_after_the_fact_is_found_and_so_is_every_amendment_that_cannot_stand() -> None:
    assert _rules([replace(FIRST, outcome="cold")]) == {"finding-unchanged"}
    assert _rules([CALIBRATED]) == {"amended-known"}
    assert _rules([FIRST, CALIBRATED, judged_reading("room-1", 6, 37, amends=FIRST)]) == {"amended-once"}
    assert _rules([OTHER, judged_reading("room-1", 6, 37, amends=OTHER)]) == {"amended-same"}
    assert _rules([CALIBRATED, FIRST, judged_reading("room-1", 4, 37, amends=CALIBRATED)]) == {"amended-earlier"}
    assert _rules([replace(OTHER, subject="room-3"), CALIBRATED]) == {"finding-unchanged", "amended-known"}


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ActionError, match="no time zone"):
        streamed("r", "s", datetime(2024, 5, 6), "x", {})  # noqa: DTZ001 # that is the very fault


# --- on record ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StateStore]:
    """An empty store in a file, or in a new database of a real server."""
    if request.param == "sqlite":
        opened = open_store(tmp_path / "state.sqlite")
    else:
        import psycopg

        server = request.getfixturevalue("postgresql")
        name = f"stream_{next(_NUMBERS)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        host = psycopg.conninfo.conninfo_to_dict(server)["host"]
        opened = open_store(f"postgresql+psycopg://qiantang@/{name}?host={host}")
    yield opened
    opened.close()


@pytest.fixture
def record(store: StateStore) -> Callable[..., list[StreamedFinding]]:
    return lambda *findings: record_findings(store, findings, at=MORNING, actor="sensor")


def _kept(store: StateStore, **limits: str) -> list[StreamedFinding]:
    with store.reading() as reader:
        return reader.findings(**limits)


def test_findings_are_kept_as_they_were_said_and_come_back_the_same(store: StateStore, record) -> None:
    assert record(AGAIN, CALIBRATED, FIRST) == [AGAIN, CALIBRATED, FIRST], "in one batch an amendment may come before what it amends"
    record(OTHER)
    assert _kept(store) == [FIRST, OTHER, CALIBRATED, AGAIN]
    assert current(_kept(store)).latest == (OTHER, AGAIN)
    assert _kept(store, subject="room-2") == [OTHER]
    assert _kept(store, rulebook="another") == []
    assert len(_kept(store, rulebook=RULEBOOK)) == 4


def test_a_batch_that_arrives_again_leaves_no_second_trace(store: StateStore, record) -> None:
    record(FIRST, OTHER)
    assert record(FIRST, OTHER) == []
    assert record(FIRST, CALIBRATED) == [CALIBRATED]
    assert verify_log(store).count == 2
    with store.reading() as reader:
        assert [entry.told()["ids"] for entry in reader.entries("findings")] == [[FIRST.id, OTHER.id], [CALIBRATED.id]]


def test_a_batch_with_one_fault_leaves_nothing_behind(store: StateStore, record) -> None:
    record(FIRST, CALIBRATED)
    rival = judged_reading("room-1", 6, 37, amends=FIRST)
    with pytest.raises(ActionError) as refused:
        record(OTHER, rival, replace(OTHER, subject="room-3", id="0" * 64))
    assert {f.rule for f in refused.value.faults} == {"amended-once", "finding-unchanged"}
    assert _kept(store) == [FIRST, CALIBRATED]
    with pytest.raises(ActionError, match="already amended"):
        record(AGAIN, judged_reading("room-1", 10, 1, amends=CALIBRATED))


def test_a_finding_on_record_can_be_neither_changed_nor_removed(store: StateStore, record) -> None:
    from sqlalchemy import text

    record(FIRST)
    for statement in ("UPDATE streamed_findings SET outcome = 'cold'", "DELETE FROM streamed_findings"):
        with pytest.raises(Exception, match="only grows"), store.writing() as writer:
            writer._connection.execute(text(statement))  # type: ignore[attr-defined] # past the port's own door
    assert _kept(store) == [FIRST]


def test_a_store_of_the_version_before_takes_findings_once_it_is_opened(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from qiantang import stores
    from qiantang.kernel.actions.ledger import Ledger

    engine = create_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(stores.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    opened = open_store(tmp_path / "old.sqlite")
    Ledger(opened).open("a", unit="kg", scale=0, amount=1, reference="r", at=MORNING, actor="x")
    record_findings(opened, [FIRST], at=MORNING, actor="sensor")
    assert (_kept(opened), verify_log(opened).count) == ([FIRST], 2)
    opened.close()
