"""The record of pieces: from a tire back to its batches, mould, press and people, and from any of these forward to all tires."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.kernel.pieces import PieceEvent
from qiantang.stores.piece_record import PieceRecord

S = 1_000_000


@pytest.fixture
def record(tmp_path: Path) -> Iterator[PieceRecord]:
    made = PieceRecord(tmp_path / "pieces.sqlite")
    yield made
    made.close()


def _week() -> list[PieceEvent]:
    """Two batches of compound, a tread lot of each, three tires of which the second has tread of both."""
    events = [PieceEvent("batch-1", "mixing", 0, 10 * S, "M1", operator="zhao"), PieceEvent("batch-2", "mixing", 10 * S, 20 * S, "M1", operator="qian"),
              PieceEvent("tread-1", "extrusion", 30 * S, 40 * S, "E1", materials=("batch-1",)),
              PieceEvent("tread-2", "extrusion", 40 * S, 50 * S, "E1", materials=("batch-2",))]
    for n, treads in enumerate((("tread-1",), ("tread-1", "tread-2"), ("tread-2",)), 1):
        events += [PieceEvent(f"green-{n}", "building", 60 * n * S, (60 * n + 52) * S, "B1", operator="sun", materials=treads),
                   PieceEvent(f"tire-{n}", "curing", 600 * n * S, (600 * n + 480) * S, "P1L" if n < 3 else "P1R", f"mould-{1 + n // 3}",
                              materials=(f"green-{n}",))]
    return events


def test_from_a_tire_back_to_everything_in_it(record: PieceRecord) -> None:
    record.keep(_week(), 0)
    operations, used = record.origin("tire-2")
    assert [(o.piece, o.step, o.asset) for o in operations] == [
        ("batch-1", "mixing", "M1"), ("batch-2", "mixing", "M1"), ("tread-1", "extrusion", "E1"), ("tread-2", "extrusion", "E1"),
        ("green-2", "building", "B1"), ("tire-2", "curing", "P1L")]
    assert [o.operator for o in operations[:2]] == ["zhao", "qian"]
    assert (operations[-1].tool, operations[-1].since, operations[-1].until) == ("mould-1", 1200 * S, 1680 * S)
    assert set(used) == {"batch-1", "batch-2", "tread-1", "tread-2", "green-2"}


def test_from_a_batch_a_press_a_mould_a_person_or_a_span_forward_to_all_tires(record: PieceRecord) -> None:
    record.keep(_week(), 0)
    assert record.pieces("batch-1") == ("tire-1", "tire-2")
    assert record.pieces("batch-2") == ("tire-2", "tire-3")
    assert record.pieces_by(asset="P1L") == ("tire-1", "tire-2")
    assert record.pieces_by(tool="mould-2") == ("tire-3",)
    assert record.pieces_by(operator="zhao") == ("tire-1", "tire-2")
    assert record.pieces_by(asset="M1", since=15 * S, until=16 * S) == ("tire-2", "tire-3")
    assert record.pieces_by(asset="P1L", tool="mould-2") == ()


def test_what_is_not_known_gives_nothing(record: PieceRecord) -> None:
    assert record.pieces_by(asset="P1") == ()
    record.keep(_week(), 0)
    assert record.origin("tire-99") == ((), ())
    assert record.pieces("batch-9") == () == record.pieces_by(operator="nobody")


def test_rework_that_goes_round_ends(record: PieceRecord) -> None:
    record.keep([PieceEvent("a", "repair", 0, S, materials=("b",)), PieceEvent("b", "repair", S, 2 * S, materials=("a",))], 0)
    assert record.origin("a")[1] == ("b",)


_RUNS = count()


@settings(max_examples=40, deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=40))
def test_both_ways_agree_with_walking_by_hand(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int]]) -> None:
    record = PieceRecord(tmp_path_factory.getbasetemp() / f"walked-{next(_RUNS)}.sqlite")
    record.keep([PieceEvent(f"t{a}", "assembly", n * S, n * S, materials=(f"t{b}",)) for n, (a, b) in enumerate(pairs)], 0)

    def walked(start: str, ways: dict[str, set[str]]) -> set[str]:
        found, waiting = {start}, [start]
        while waiting:
            for name in ways.get(waiting.pop(), set()) - found:
                found.add(name)
                waiting.append(name)
        return found

    back: dict[str, set[str]] = {}
    forward: dict[str, set[str]] = {}
    for a, b in pairs:
        back.setdefault(f"t{a}", set()).add(f"t{b}")
        forward.setdefault(f"t{b}", set()).add(f"t{a}")
    for name in {*back, *forward}:
        assert set(record.origin(name)[1]) == walked(name, back) - {name}
        assert set(record.pieces(name)) == {one for one in walked(name, forward) if one not in forward}
    record.close()


def test_a_large_week_is_searched_both_ways(record: PieceRecord) -> None:
    tires, batches = 20_000, 500
    record.keep([PieceEvent(f"b{n}", "mixing", n, n + 1, "M1") for n in range(batches)], 0)
    record.keep([PieceEvent(f"t{n}", "curing", n, n + 1, "P1", materials=(f"b{n % batches}",)) for n in range(tires)], 0)
    assert len(record.pieces("b7")) == tires // batches
    assert record.origin("t507")[1] == ("b7",)
