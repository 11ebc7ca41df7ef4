"""How charts are judged on a public process: what is learnt, set and counted, on a small process of our own."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.factory import tennessee
from benchmarks.factory.tables import charts
from benchmarks.factory.tennessee import (
    EVERY_S,
    ONSET,
    TRAINED,
    WEIGHT,
    Detected,
    Process,
    calibrated,
    detected,
    false_share,
    plain,
)

VARIABLES = 8


def run(random: np.random.Generator, rows: int) -> np.ndarray:
    """Rows of eight variables driven by two causes, around levels of their own."""
    mixed = np.random.default_rng(1).standard_normal((2, VARIABLES))
    found: np.ndarray = 10.0 * np.arange(1, VARIABLES + 1) + random.standard_normal((rows, 2)) @ mixed + 0.5 * random.standard_normal((rows, VARIABLES))
    return found


@pytest.fixture(scope="module")
def made() -> Process:
    """A process with a great change (1), a small one that lasts (2), none at all (3), and a shutdown after a hundred rows of a change (4)."""
    random = np.random.default_rng(2)
    disturbed = {fault: run(random, 960) for fault in (1, 2, 3, 4)}
    for fault, shift in ((1, 6.0), (2, 0.6), (4, 6.0)):
        disturbed[fault][ONSET:, 2] += shift
    disturbed[4] = disturbed[4][:ONSET + 100]
    return Process(run(random, TRAINED), tuple(run(random, 960) for _ in range(3)), tuple(run(random, 960) for _ in range(3)), disturbed)


def test_charts_with_a_memory_find_what_is_small_and_lasts(made: Process):
    judge, alpha = calibrated(made.learnt, made.calibrating, WEIGHT)
    assert 1e-4 < alpha < 0.02
    assert 0.005 <= false_share(judge, made.calibrating) <= 0.01
    found = detected(judge, made)
    assert found.false_share < 0.04
    assert found.shares[1] > 0.99
    assert found.shares[4] > 0.97
    assert found.shares[3] < 0.05
    points = detected(calibrated(made.learnt, made.calibrating, 1.0)[0], made)
    assert points.shares[1] > 0.99
    assert found.shares[2] > 0.8 > 0.1 > points.shares[2]


def test_plain_components_find_what_charts_of_single_points_find(made: Process):
    judge = plain(made.learnt, made.calibrating)
    assert false_share(judge, made.calibrating) == pytest.approx(0.01, abs=0.001)
    reference, points = detected(judge, made), detected(calibrated(made.learnt, made.calibrating, 1.0)[0], made)
    for fault in made.disturbed:
        assert points.shares[fault] == pytest.approx(reference.shares[fault], abs=0.1)


def test_a_row_bears_an_alarm_from_the_next_rows_first_reading_on(made: Process):
    rows = made.checking[0].copy()
    rows[500, 2] += 40.0
    marks = charts(made.learnt, EVERY_S, 1.0, 1e-7)(rows)
    assert list(np.flatnonzero(marks)) == [501]


def test_each_run_is_judged_anew(made: Process):
    judge = charts(made.learnt, EVERY_S, WEIGHT, 1e-3)
    first = judge(made.disturbed[1])
    judge(made.disturbed[2])
    assert (judge(made.disturbed[1]) == first).all()


def test_what_is_never_found_is_as_late_as_the_run_is_long():
    found = Detected(0.0, {1: 1.0, 3: 0.0}, {1: 2, 3: 800})
    assert found.mean() == 0.5
    assert found.mean(tennessee.HARD) == 1.0
    assert found.median_delay_min == 3 * 401


def test_without_the_simulator_the_report_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tennessee, "there", lambda: False)
    (row,) = tennessee.rows()
    assert row.held is None
    assert "make bench-tennessee" in row.said()
