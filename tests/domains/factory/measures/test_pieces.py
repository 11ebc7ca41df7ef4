"""Takt, cycle, energy and yield of pieces: ratios of sums, unknown where there is nothing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from qiantang.domains.factory.measures.pieces import cycles, energy_per_piece, metered, rolled_yield, takt, takt_by_span

SECOND = 1_000_000


def test_takt_is_the_span_over_the_pieces_that_left_in_it() -> None:
    at = np.arange(0, 700, 7) * SECOND
    assert takt(at, 0, 700 * SECOND) == 7
    assert takt(at, 0, 705 * SECOND) == Fraction(705, 100)
    assert takt(at, 800 * SECOND, 900 * SECOND) is None


def test_a_piece_on_the_boundary_belongs_to_the_later_span() -> None:
    at = np.array([0, 10, 20, 29, 30]) * SECOND
    assert takt_by_span(at, 0, 35 * SECOND, 10 * SECOND) == [10, 10, 5]
    assert takt_by_span(at, 0, 5 * SECOND, 10 * SECOND) == []


def test_cycle_times_leave_out_what_was_not_timed() -> None:
    found = cycles(np.array([0, 50, 52, 54, 90]) * SECOND)
    assert found is not None
    assert (found.timed, found.mean, found.median) == (4, 61.5, 53.0)
    assert found.slow == pytest.approx(84.6)
    assert cycles(np.zeros(3, np.int64)) is None


def test_a_meter_that_starts_again_goes_on_from_nothing() -> None:
    assert metered(np.array([100.0, 104.0, 110.0, 2.0, 5.0])) == 15.0
    assert metered(np.array([7.0])) == 0.0


def test_energy_a_piece_is_over_good_pieces_and_unknown_without_any() -> None:
    assert energy_per_piece(1200.0, 300) == 4.0
    assert energy_per_piece(1200.0, 0) is None


def test_the_rolled_yield_is_the_product_and_unknown_where_a_step_is() -> None:
    assert rolled_yield([Fraction(9, 10), Fraction(98, 100)]) == Fraction(882, 1000)
    assert rolled_yield([Fraction(9, 10), None]) is None
