"""OEE after ISO 22400-2 from changes of state and pieces: exact, a ratio of sums, the same however the events are cut."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.domains.factory.measures.oee import NO_TIME, Oee, oee_of, together
from qiantang.domains.factory.measures.pieces import Counts, Fate, piece_events
from qiantang.domains.factory.measures.states import STATE_TITLES, MachineState, StateClock, state_events

MINUTE = 60_000_000
P, S, D, W, X = MachineState.PRODUCING, MachineState.SETUP, MachineState.DOWN, MachineState.WAITING, MachineState.PLANNED


def test_the_shift_of_a_textbook() -> None:
    # 480 min: 60 planned off, 47 down in two reasons; the ideal cycle is 1 min a piece; 271 made, 249 good.
    clock = StateClock(1, reasons=3)
    clock.feed(state_events([0] * 5, np.array([0, 200, 230, 290, 307]) * MINUTE, [P, D, X, D, P], [0, 1, 0, 2, 0]))
    clock.until(480 * MINUTE)
    counts = Counts(np.array([MINUTE]))
    counts.feed(piece_events(np.zeros(271, np.int32), np.arange(271), np.arange(271) * MINUTE, fate=np.where(np.arange(271) < 249, 1, 0)))
    found, = oee_of(clock, counts)
    assert (found.busy, found.production, found.down) == (420 * MINUTE, 373 * MINUTE, 47 * MINUTE)
    assert found.availability == Fraction(373, 420)
    assert found.effectiveness == Fraction(271, 373)
    assert found.quality == Fraction(249, 271)
    assert found.oee == Fraction(249, 420)  # what is good over what could have been: the parts cancel
    assert clock.why(D).tolist() == [0, 30 * MINUTE, 17 * MINUTE]


def test_set_up_counts_for_net_equipment_effectiveness_only() -> None:
    found = Oee(busy=100, production=60, setup=20, down=20, waiting=0, planned=0, unknown=0, timed=60, ideal=60, produced=10, good=10)
    assert (found.oee, found.nee) == (Fraction(3, 5), Fraction(4, 5))


def test_over_nothing_every_ratio_is_unknown_and_none_is_zero() -> None:
    assert (NO_TIME.availability, NO_TIME.effectiveness, NO_TIME.quality, NO_TIME.oee) == (None, None, None, None)
    idle = Oee(100, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0)
    assert idle.availability == 0
    assert idle.oee is None


def test_a_plants_oee_is_that_of_its_sums_and_not_the_mean_of_ratios() -> None:
    quick = Oee(100, 100, 0, 0, 0, 0, 0, 100, 100, 100, 100)
    slow = Oee(900, 90, 0, 810, 0, 0, 0, 90, 90, 9, 9)
    assert together([quick, slow]).availability == Fraction(190, 1000)
    assert (quick.availability or 0) + (slow.availability or 0) != 2 * Fraction(190, 1000)


def test_time_before_the_first_change_is_unknown_and_in_no_ratio() -> None:
    clock = StateClock(2)
    clock.feed(state_events([0], [5 * MINUTE], [P]))
    clock.until(8 * MINUTE)
    assert clock.spent[0, P] == 3 * MINUTE
    assert clock.spent[1].sum() == 0


def test_a_change_that_comes_after_a_later_one_is_counted_as_late() -> None:
    clock = StateClock(1)
    clock.feed(state_events([0, 0], [0, 10], [P, D]))
    clock.feed(state_events([0], [5], [W]))
    assert clock.late == 1
    assert clock.spent[0, P] == 10


def test_every_state_has_a_name_in_both_languages() -> None:
    assert set(STATE_TITLES) == set(MachineState)


_CHANGES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50), st.sampled_from((P, S, D, W, X)), st.integers(0, 2)), max_size=40)


@settings(max_examples=80, deadline=None)
@given(_CHANGES, st.integers(1, 9), st.randoms(use_true_random=False))
def test_batches_and_order_within_them_change_no_time(drawn, size, random) -> None:
    at = 0
    rows = []
    for asset, gap, state, reason in drawn:
        at += gap + 1  # at one instant the last change counts, whichever that is
        rows.append((asset, at, state, reason))
    end = at + 7
    expected = np.zeros((3, len(MachineState)), np.int64)
    for asset in range(3):
        own = [(t, s) for a, t, s, _ in rows if a == asset] + [(end, P)]
        for (since, state), (until, _) in pairwise(own):
            expected[asset, state] += until - since
    clock = StateClock(3, reasons=3)
    for begin in range(0, len(rows), size):
        batch = rows[begin:begin + size]
        random.shuffle(batch)
        clock.feed(state_events(*(np.array([row[k] for row in batch]) for k in range(4))))
    clock.until(end)
    assert (clock.spent == expected).all()
    assert (clock.reasons.sum(axis=1) == expected).all()
    assert clock.late == 0


def test_scrap_and_rework_are_told_apart_and_a_second_turn_is_no_first_pass() -> None:
    counts = Counts(np.array([0, MINUTE]))
    counts.feed(piece_events([1, 1, 1, 1], [1, 2, 3, 2], [1, 2, 3, 4], fate=[Fate.GOOD, Fate.REWORK, Fate.SCRAP, Fate.GOOD], turn=[1, 1, 1, 2]))
    assert (counts.produced[1], counts.good[1], counts.scrap[1], counts.rework[1]) == (4, 2, 1, 1)
    assert counts.first_pass_yield() == Fraction(1, 3)
    assert counts.first_pass_yield(np.array([0])) is None
    assert counts.ideal.tolist() == [0, 4 * MINUTE]
