"""OEE, takt and yield reckoned from readings alone agree with what the simulated plant truly did."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from qiantang.domains.factory.measures.oee import together
from qiantang.domains.factory.measures.reckoning import Reckoning, last_machines
from qiantang.domains.factory.measures.states import MachineState
from qiantang.domains.factory.plant import Asset, Plant, Signal
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.signals import Signals
from qiantang.domains.factory.simulation.truth import instant
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.readings import readings
from qiantang.kernel.words import same

SECOND = 1_000_000
KINDS = ("machine_state", "piece_count", "reject_count", "active_power")
TWO = Plant("two", same("two"), (
    Asset("site", same("site"), "site"), *(Asset(m, same(m), "cell", "site", "last", ideal_cycle_s=10.0) for m in ("A", "B"))),
    tuple(Signal(4 * m + k, f"g/e/{name}/{kind}", name, kind, kind, same(kind), "1") for m, name in enumerate("AB") for k, kind in enumerate(KINDS)))
P, D = float(MachineState.PRODUCING), float(MachineState.DOWN)


@pytest.fixture(scope="module")
def hour() -> tuple[RunningPlant, Reckoning]:
    """An hour of the simulated plant after half an hour of warming up, reckoned from its readings minute by minute."""
    running = RunningPlant(3, begin_s=-1800.0).run(3600.0)
    reckoned = Reckoning(running.plant)
    for span in Signals(running).spans(0, 3600, 60):
        reckoned.feed(span.readings)
    return running, reckoned


def test_oee_is_the_true_one_within_a_tenth_of_a_point(hour: tuple[RunningPlant, Reckoning]) -> None:
    running, reckoned = hour
    true = running.oee(0.0, 3599.0)  # from the first reading to the last
    mine = dict(zip(reckoned.machines, reckoned.oee(), strict=True))
    whole, found = together(true.values()).oee, together(mine[machine] for machine in true).oee
    assert whole is not None
    assert found is not None
    assert abs(whole - found) <= 0.001


def test_what_the_simulated_plant_tells_of_its_pieces_counts_none_twice() -> None:
    running = RunningPlant(3, begin_s=-1800.0)
    told: list[PieceEvent] = []
    running.repairs.on_piece.append(told.append)
    reckoned = Reckoning(running.plant)
    assert running.plant.piece_sources
    reckoned.feed(Signals(running.run(600.0)).between(0, 600).readings)
    before = reckoned.figures()
    within = [event for event in told if event.until > instant(0.0)]
    assert {event.step for event in within} >= {"building", "curing", "inspection"}
    assert all(reckoned.told(event) for event in within)
    assert reckoned.figures() == before


def test_takt_and_good_pieces_are_the_true_ones(hour: tuple[RunningPlant, Reckoning]) -> None:
    running, reckoned = hour
    assert last_machines(running.plant) == ("bal-01", "bal-02", "bal-03", "bal-04")
    true = sum(tire.good for tire in running.tires if 0.0 < tire.done <= 3599.0)
    assert reckoned.good == true
    takt = reckoned.takt_s()
    assert takt is not None
    assert abs(float(takt) * true / 3600.0 - 1.0) < 0.001


def test_figures_are_told_and_everything_is_connected(hour: tuple[RunningPlant, Reckoning]) -> None:
    figures = hour[1].figures()
    assert figures["equipment_connected"] == figures["equipment"]
    assert all(value is not None and value > 0 for value in figures.values())


def test_counters_that_start_again_and_a_silent_machine() -> None:
    reckoned = Reckoning(TWO)
    at = np.arange(5) * SECOND + 1
    reckoned.feed(readings([0, 0, 1, 1, 1, 1, 1, 2, 2, 2], [1, 3 * SECOND + 1, *at, *at[:3]], [P, D, 8, 9, 10, 1, 2, 0, 0, 1]))
    assert reckoned.made.tolist() == [4, 0]  # 8 → 10, then the counter began anew: 1, 2
    assert reckoned.good == 3
    assert reckoned.states() == [MachineState.DOWN, MachineState.UNKNOWN]
    figures = reckoned.figures()
    assert figures["equipment_connected"] == 1.0
    assert reckoned.clock.spent[0, MachineState.PRODUCING] == 3 * SECOND


def test_power_is_held_until_the_next_reading_and_never_longer_than_a_minute() -> None:
    reckoned = Reckoning(TWO)
    reckoned.feed(readings([3, 3, 3], np.array([1, 31, 631]) * SECOND, [120.0, 60.0, 0.0]))
    assert reckoned.kwh[0] == pytest.approx((120 * 30 + 60 * 60) / 3600)


def test_nothing_read_is_nothing_known() -> None:
    figures = Reckoning(TWO).figures()
    assert (figures["oee"], figures["takt_s"], figures["energy_per_piece"]) == (None, None, None)


def test_batches_and_a_restart_change_nothing(hour: tuple[RunningPlant, Reckoning]) -> None:
    running = hour[0]
    whole, cut = Reckoning(running.plant), Reckoning(running.plant)
    span = Signals(running).between(0, 60).readings
    whole.feed(span)
    rng = np.random.default_rng(1)
    ends = [*sorted(rng.integers(0, len(span), 20).tolist()), len(span)]
    for begin, end in zip([0, *ends], ends, strict=False):
        cut.feed(span.taken(slice(begin, end)))
        again = Reckoning(running.plant)
        again.restore(cut.snapshot())
        cut = again
    assert cut.figures() == pytest.approx(whole.figures())
    assert cut.oee() == whole.oee()


def test_a_plant_that_grew_keeps_the_figures_of_the_machines_it_had() -> None:
    before = Reckoning(TWO)
    before.feed(readings([0, 1, 1, 4, 5, 5], np.array([1, 1, 9, 1, 1, 9]) * SECOND, [P, 0, 3, P, 0, 5]))
    third = tuple(Signal(8 + k, f"g/e/C/{kind}", "C", kind, kind, same(kind), "1") for k, kind in enumerate(KINDS))
    new = Asset("C", same("C"), "cell", "site", "last", ideal_cycle_s=10.0)
    grown = replace(TWO, assets=(TWO.assets[0], new, *TWO.assets[1:]), signals=(*TWO.signals, *third))
    after = Reckoning(grown)
    after.restore(before.snapshot())
    assert after.machines == ("C", "A", "B")
    assert after.made.tolist() == [0, 3, 5]
    after.feed(readings([1, 5], np.array([12, 12]) * SECOND, [4, 7]))
    assert after.made.tolist() == [0, 4, 7]
    only = Reckoning(replace(TWO, assets=(TWO.assets[0], TWO.assets[2]), signals=TWO.signals[4:]))
    only.restore(before.snapshot())
    assert only.made.tolist() == [5]


def test_asking_for_oee_does_not_lose_a_change_of_state_that_becomes_known_later() -> None:
    asked, never = Reckoning(TWO), Reckoning(TWO)
    for reckoned in (asked, never):
        reckoned.feed(readings([0, 4], np.array([1, 1]) * SECOND, [P, P]))
        reckoned.feed(readings([4], [20 * SECOND], [P]))
        if reckoned is asked:
            reckoned.figures()
        # The other machine's gateway is slower: its change of ten seconds ago comes now.
        reckoned.feed(readings([0], [10 * SECOND], [D]))
    assert asked.oee() == never.oee()
    assert asked.oee()[0].down == 10 * SECOND


def test_the_piece_begun_before_the_span_is_in_no_comparison_with_the_ideal_so_that_effectiveness_never_passes_one() -> None:
    # Ten seconds a piece, without a pause; the node begins to listen two seconds before the end of one.
    instants = np.array([8, 10, 20, 30]) * SECOND
    whole, cut = Reckoning(TWO), Reckoning(TWO)
    values = readings([0, 1, 1, 1, 1], [8 * SECOND, *instants.tolist()], [P, 4, 5, 6, 7])
    whole.feed(values)
    for row in range(len(values)):
        cut.feed(values.taken(slice(row, row + 1)))
        again = Reckoning(TWO)
        again.restore(cut.snapshot())
        cut = again
    for reckoned in (whole, cut):
        of = reckoned.oee()[0]
        assert (of.produced, of.ideal, of.timed, of.production) == (3, 20 * SECOND, 20 * SECOND, 22 * SECOND)
        assert reckoned.left == 3
    # While its state is not known it may do anything; the piece after that is of unknown duration too.
    whole.feed(readings([0, 1, 0, 1, 1], np.array([31, 40, 48, 50, 60]) * SECOND, [float(MachineState.UNKNOWN), 8, P, 9, 10]))
    of = whole.oee()[0]
    assert (of.produced, of.ideal, of.timed, of.production) == (6, 30 * SECOND, 30 * SECOND, (23 + 12) * SECOND)
    assert of.effectiveness == 1


def test_a_machine_that_claims_to_produce_and_makes_nothing_is_not_at_its_best() -> None:
    reckoned = Reckoning(TWO)
    reckoned.feed(readings([0, 1, 1, 1, 1], np.array([1, 1, 5, 15, 25]) * SECOND, [P, 0, 1, 2, 3]))
    assert reckoned.oee()[0].effectiveness == 1
    reckoned.feed(readings([0], [425 * SECOND], [P]))
    of = reckoned.oee()[0]
    assert of.effectiveness == Fraction(20, 20 + 400 - 200)
    reckoned.feed(readings([1], [425 * SECOND], [4]))
    assert reckoned.oee()[0].effectiveness == Fraction(30, 420)


def test_a_piece_that_is_told_of_is_compared_by_the_part_of_it_that_lies_in_the_span() -> None:
    plant = replace(TWO, signals=tuple(s for s in TWO.signals if s.kind == "machine_state"))
    reckoned = Reckoning(plant)
    reckoned.feed(readings([0, 0], np.array([8, 32]) * SECOND, [P, P]))
    for n, (since, until) in enumerate(((2, 12), (12, 22), (22, 32)), 1):
        assert reckoned.told(PieceEvent(f"p{n}", "last", since * SECOND, until * SECOND, "A"))
    of = reckoned.oee()[0]
    assert (of.produced, of.ideal, of.timed) == (3, 24 * SECOND, 24 * SECOND)
    # Without a duration nobody knows when the first of them was begun.
    instants = Reckoning(plant)
    instants.feed(readings([0, 0], np.array([8, 32]) * SECOND, [P, P]))
    for n in (12, 22, 32):
        assert instants.told(PieceEvent(f"p{n}", "last", n * SECOND, n * SECOND, "A"))
    assert instants.oee()[0].ideal == 20 * SECOND


def test_a_state_from_before_the_last_one_changes_nothing_of_whole_cycles() -> None:
    reckoned = Reckoning(TWO)
    reckoned.feed(readings([0, 1, 1], np.array([1, 1, 5]) * SECOND, [P, 0, 1]))
    reckoned.feed(readings([0], [8 * SECOND], [P]))
    reckoned.feed(readings([0], [3 * SECOND], [D]))
    reckoned.feed(readings([1], [15 * SECOND], [2]))
    of = reckoned.oee()[0]
    assert (of.ideal, of.timed) == (10 * SECOND, 10 * SECOND)


def test_what_a_machine_did_that_is_gone_stays_in_the_plants_sums() -> None:
    """Twice gone: A with the first snapshot, B with the second, while C came in between; nothing that was done is ever undone."""
    draws = np.random.default_rng(4)

    def fed(reckoned: Reckoning, plant: Plant, start_s: int) -> Reckoning:
        """Ten minutes in which every machine makes a piece each ten seconds, now and then a reject."""
        rows = [(s.number, start_s + t, {"machine_state": P if t % 100 < 80 else D, "piece_count": float((start_s + t) // 10),
                                         "reject_count": float((start_s + t) // 90), "active_power": 30.0 + draws.random()}[s.kind])
                for t in range(600) for s in plant.signals]
        reckoned.feed(readings([r[0] for r in rows], [(1_000_000 + r[1]) * SECOND for r in rows], [r[2] for r in rows]))
        return reckoned

    def without(plant: Plant, machine: str) -> Plant:
        return replace(plant, assets=tuple(a for a in plant.assets if a.id != machine), signals=tuple(s for s in plant.signals if s.asset != machine))

    sums = ("busy_h", "pieces_left", "pieces_first", "pieces_first_good", "energy_kwh", "line_h")
    first = fed(Reckoning(TWO), TWO, 0)
    extra = tuple(Signal(8 + k, f"g/e/C/{kind}", "C", kind, kind, same(kind), "1") for k, kind in enumerate(KINDS))
    grown = replace(without(TWO, "A"), signals=(*without(TWO, "A").signals, *extra),
                    assets=(*without(TWO, "A").assets, Asset("C", same("C"), "cell", "site", "last", ideal_cycle_s=10.0)))
    second = Reckoning(grown)
    second.restore(first.snapshot())
    before, after = first.figures(), second.figures()
    assert {name: after[name] for name in sums} == pytest.approx({name: before[name] for name in sums})
    assert after["oee"] == pytest.approx(before["oee"])
    assert after["equipment"] == 2.0
    fed(second, grown, 600)
    grew = second.figures()
    assert all(grew[name] > after[name] for name in sums)  # type: ignore[operator]  # none of these is unknown here
    third = Reckoning(without(grown, "B"))
    third.restore(second.snapshot())
    assert {name: third.figures()[name] for name in sums} == pytest.approx({name: grew[name] for name in sums})
    again = Reckoning(without(grown, "B"))
    again.restore(third.snapshot())
    assert again.gone == third.gone
    assert again.gone.timed.produced > second.gone.timed.produced > 0
