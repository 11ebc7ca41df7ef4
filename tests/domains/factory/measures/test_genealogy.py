"""Genealogy: from a tire back to its batches, mould, press and people, and from any of these forward to all tires."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.domains.factory.measures.genealogy import Genealogy, Origin

S = 1_000_000


def _week() -> Genealogy:
    """Two batches of compound, a tread lot of each, three tires of which the second has tread of both."""
    kept = Genealogy()
    kept.made(["batch-1", "batch-2"], ["mixing"] * 2, ["M1", "M1"], [0, 10 * S], [10 * S, 20 * S], operator=["zhao", "qian"])
    kept.made(["tread-1", "tread-2"], ["extrusion"] * 2, ["E1", "E1"], [30 * S, 40 * S], [40 * S, 50 * S])
    kept.used(["tread-1", "tread-2"], ["batch-1", "batch-2"])
    for n, treads in enumerate((["tread-1"], ["tread-1", "tread-2"], ["tread-2"]), 1):
        kept.made([f"green-{n}"], ["building"], ["B1"], [60 * n * S], [60 * n * S + 52 * S], operator=["sun"])
        kept.used([f"green-{n}"] * len(treads), treads)
        kept.made([f"tire-{n}"], ["curing"], ["P1L" if n < 3 else "P1R"], [600 * n * S], [(600 * n + 480) * S], tool=[f"mould-{1 + n // 3}"])
        kept.used([f"tire-{n}"], [f"green-{n}"])
    return kept


def test_from_a_tire_back_to_everything_in_it() -> None:
    origin = _week().origin("tire-2")
    assert [(o.item, o.step, o.asset) for o in origin.operations] == [
        ("batch-1", "mixing", "M1"), ("batch-2", "mixing", "M1"), ("tread-1", "extrusion", "E1"), ("tread-2", "extrusion", "E1"),
        ("green-2", "building", "B1"), ("tire-2", "curing", "P1L")]
    assert [o.operator for o in origin.operations[:2]] == ["zhao", "qian"]
    cured = origin.operations[-1]
    assert (cured.tool, cured.since, cured.until) == ("mould-1", 1200 * S, 1680 * S)
    assert set(origin.used) == {"batch-1", "batch-2", "tread-1", "tread-2", "green-2"}


def test_from_a_batch_forward_to_all_tires() -> None:
    week = _week()
    assert week.pieces("batch-1") == ("tire-1", "tire-2")
    assert week.pieces("batch-2") == ("tire-2", "tire-3")
    assert week.descendants("tread-2") == ("green-2", "tire-2", "green-3", "tire-3")


def test_by_press_mould_operator_and_span() -> None:
    week = _week()
    assert week.pieces_by(asset="P1L") == ("tire-1", "tire-2")
    assert week.pieces_by(tool="mould-2") == ("tire-3",)
    assert week.pieces_by(operator="zhao") == ("tire-1", "tire-2")
    assert week.pieces_by(asset="M1", since=15 * S, until=16 * S) == ("tire-2", "tire-3")
    assert week.pieces_by(asset="P1L", tool="mould-2") == ()


def test_what_is_not_known_gives_nothing() -> None:
    week = _week()
    assert week.origin("tire-99") == Origin((), ())
    assert week.pieces("batch-9") == () == week.pieces_by(operator="nobody")
    assert Genealogy().pieces_by(asset="P1") == ()


def test_rework_that_goes_round_ends() -> None:
    kept = Genealogy()
    kept.used(["a", "b"], ["b", "a"])
    assert kept.origin("a").used == ("b",)


def test_what_was_kept_is_found_again_and_goes_on() -> None:
    week = _week()
    again = Genealogy.of(week.names.addresses, {name: column.copy() for name, column in week.columns().items()})
    assert again.origin("tire-2") == week.origin("tire-2")
    again.made(["tire-4"], ["curing"], ["P1L"], [9000 * S], [9480 * S])
    again.used(["tire-4"], ["tread-1"])
    assert again.pieces("batch-1") == ("tire-1", "tire-2", "tire-4")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=40))
def test_both_ways_agree_with_walking_by_hand(pairs) -> None:
    kept = Genealogy()
    kept.used([f"t{a}" for a, _ in pairs], [f"t{b}" for _, b in pairs])

    def walked(start: str, ways: dict[str, set[str]]) -> set[str]:
        found, waiting = {start}, [start]
        while waiting:
            for name in ways.get(waiting.pop(), set()) - found:
                found.add(name)
                waiting.append(name)
        return found - {start}

    back: dict[str, set[str]] = {}
    forward: dict[str, set[str]] = {}
    for a, b in pairs:
        back.setdefault(f"t{a}", set()).add(f"t{b}")
        forward.setdefault(f"t{b}", set()).add(f"t{a}")
    for name in [*back, *forward]:
        assert set(kept.origin(name).used) == walked(name, back)
        assert set(kept.descendants(name)) == walked(name, forward)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        Genealogy().made(["a", "b"], ["x", "x"], ["M1", "M1"], [0], [1])


def test_a_large_week_is_searched_both_ways() -> None:
    tires, batches = 20_000, 500
    kept = Genealogy()
    kept.made([f"b{n}" for n in range(batches)], ["mixing"] * batches, ["M1"] * batches, np.arange(batches), np.arange(batches) + 1)
    kept.made([f"t{n}" for n in range(tires)], ["curing"] * tires, ["P1"] * tires, np.arange(tires), np.arange(tires) + 1)
    kept.used([f"t{n}" for n in range(tires)], [f"b{n % batches}" for n in range(tires)])
    assert len(kept.pieces("b7")) == tires // batches
    assert kept.origin("t507").used == ("b7",)
