"""Readings of the simulated plant: the same however spans are cut, following machines, phases and faults, with the noise that is stated."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from qiantang.domains.factory.measures.oee import oee_of
from qiantang.domains.factory.measures.pieces import Counts
from qiantang.domains.factory.measures.states import StateClock, state_events
from qiantang.domains.factory.simulation.noise import deviates, keys_of, quantiles
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.signals import Signals
from qiantang.domains.factory.simulation.truth import instant
from qiantang.kernel.readings import together
from tests.domains.factory.simulation.running import HOUR, its_signals, six_hours
from tests.domains.factory.simulation.test_running_plant import Nobody, quiet


def number(running: RunningPlant, tail: str) -> int:
    """The number of the signal whose address ends so."""
    return next(s.number for s in running.plant.signals if s.address.endswith(tail))


def values(span, signal: int):
    return span.readings.value[span.readings.signal == signal]


def test_a_span_is_the_same_however_it_is_cut():
    signals = its_signals()
    whole = signals.between(5000, 5120)
    cuts = [5000, 5001, 5037, 5100, 5120]
    parts = [signals.between(a, b) for a, b in pairwise(cuts)]
    again = together(part.readings for part in parts)
    for column in ("signal", "at", "received", "value", "quality", "sequence"):
        assert np.array_equal(getattr(whole.readings, column), getattr(again, column)), column
    assert np.array_equal(whole.phase, np.concatenate([part.phase for part in parts]))
    assert np.array_equal(whole.group, np.concatenate([part.group for part in parts]))


def test_looking_back_gives_the_same_readings():
    signals = its_signals()
    first = signals.between(9000, 9010).readings.value
    signals.between(3000, 3010)
    assert np.array_equal(signals.between(9000, 9010).readings.value, first)


def test_readings_are_in_the_order_of_their_instants_and_end_before_the_span_does():
    readings = its_signals().between(7000, 7060).readings
    assert (np.diff(readings.at) >= 0).all()
    assert instant(7000) <= readings.at[0]
    assert readings.at[-1] < instant(7060)


def test_every_ticking_signal_has_one_reading_a_second():
    signals = its_signals()
    readings = signals.between(7000, 7010).readings
    counts = np.bincount(readings.signal, minlength=len(signals.running.plant.signals))
    assert (counts[signals.ticking] == 10).all()
    assert len(signals.ticking) > 9_000


def test_readings_lie_within_the_physical_range():
    signals = its_signals()
    readings = signals.between(8000, 8060).readings
    least = np.array([-np.inf if s.least is None else s.least for s in signals.running.plant.signals])
    most = np.array([np.inf if s.most is None else s.most for s in signals.running.plant.signals])
    assert (readings.value >= least[readings.signal]).all()
    assert (readings.value <= most[readings.signal]).all()


def test_a_span_that_has_not_been_simulated_is_refused():
    with pytest.raises(ValueError, match="21600"):
        its_signals().between(6 * HOUR, 6 * HOUR + 1)


def test_deviates_are_standard_normal_and_independent():
    keys = keys_of(1, np.arange(200))
    found = np.stack([deviates(keys, np.full(200, t, np.uint64), quantiles()) for t in range(2000)])
    n = found.size
    assert abs(found.mean()) < 4 / np.sqrt(n)
    assert abs(found.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs((np.abs(found) > 3).mean() - 0.0026998) < 4 * np.sqrt(0.0027 / n)
    assert abs((found**4).mean() - 3) < 4 * np.sqrt(96 / n)
    assert abs((found[1:] * found[:-1]).mean()) < 4 / np.sqrt(n)
    assert abs((found[:, 1:] * found[:, :-1]).mean()) < 4 / np.sqrt(n)


def test_deviations_hang_together_as_their_kind_says():
    signals = its_signals()
    span = signals.between(1 * HOUR, 1 * HOUR + 1800)
    of = [s.number for s in signals.running.plant.signals if s.kind == "chamber_temperature"]
    series = np.stack([values(span, s) for s in of])
    series -= series.mean(axis=1, keepdims=True)
    correlation = (series[:, 1:] * series[:, :-1]).sum() / (series**2).sum()
    assert correlation == pytest.approx(0.95, abs=0.02)


def test_pressure_follows_the_phase_of_the_press():
    running, signals = six_hours(), its_signals()
    span = signals.between(2 * HOUR, 2 * HOUR + 1200)
    phase = values(span, number(running, "press-07/phase_number"))
    pressure = values(span, number(running, "press-07-L/nitrogen_pressure"))
    assert set(phase) <= {-1, 0, 1, 2, 3, 4}
    held = np.convolve(phase == 3, np.ones(60), "full")[:len(phase)] >= 60
    assert np.abs(pressure[held] - 2.2).max() < 0.1
    assert pressure[phase == 2].max() < 2.2


def test_phase_and_group_stand_beside_each_reading():
    running, signals = six_hours(), its_signals()
    span = signals.between(2 * HOUR, 2 * HOUR + 300)
    press = number(running, "press-07-L/plate_temperature_1")
    beside = span.phase[span.readings.signal == press]
    told = values(span, number(running, "press-07/phase_number"))
    recipe = values(span, number(running, "press-07/recipe_number"))
    assert np.array_equal(beside, np.where(told >= 0, recipe * 8 + told, -1))
    assert np.array_equal(span.group[span.readings.signal == press], values(span, number(running, "press-07/cycle_number")))


def test_readings_once_a_cycle_come_when_the_cycle_ends():
    running, signals = six_hours(), its_signals()
    span = signals.between(1 * HOUR, 1 * HOUR + 1800)
    which = span.readings.signal == number(running, "bld-05/build_time")
    course = running.repairs.machines["bld-05"].course
    ends = [instant(end) for end in course.end if HOUR <= end < HOUR + 1800]
    assert span.readings.at[which].tolist() == ends
    lengths = [end - start for start, end in zip(course.start, course.end, strict=True) if HOUR <= end < HOUR + 1800]
    assert np.abs(span.readings.value[which] - lengths).max() < 1.0


def test_a_fault_shows_on_its_signals_while_it_lasts_and_on_no_others():
    sick, well = (quiet(mender=Nobody()).run(HOUR) for _ in range(2))
    sick.inject("gauge_step", "cal-01")
    sick.run(HOUR + 600)
    sick.repair("cal-01", "t-01")
    sick.run(HOUR + 900)
    well.run(HOUR + 900)
    spans = [Signals(running).between(HOUR, HOUR + 900) for running in (sick, well)]
    for copy in (1, 12):
        found = values(spans[0], number(sick, f"cal-01/gauge_{copy}")) - values(spans[1], number(well, f"cal-01/gauge_{copy}"))
        assert found[:600] == pytest.approx(np.full(600, 0.03), abs=2e-3)
    other = number(sick, "ext-01/running_weight_1")
    assert np.array_equal(values(spans[0], other), values(spans[1], other))


def test_a_frozen_sensor_repeats_its_reading():
    running = quiet(mender=Nobody()).run(HOUR)
    running.inject("thermocouple_frozen", "press-11-R")
    running.run(HOUR + 120)
    span = Signals(running).between(HOUR + 1, HOUR + 120)
    assert len(set(values(span, number(running, "press-11-R/plate_temperature_2")))) == 1
    assert len(set(values(span, number(running, "press-11-R/plate_temperature_1")))) > 5


def test_an_eccentric_drum_shows_where_its_tires_are_tested():
    running = quiet(mender=Nobody()).run(HOUR)
    fault = running.inject("drum_eccentric", "bld-01")
    running.run(8 * HOUR)
    signals = Signals(running)
    tested = {tire.number for tire in running.tires} & set(fault.pieces)
    assert tested
    after: list[float] = []
    before: list[float] = []
    for span in signals.spans(int(6.5 * HOUR), 8 * HOUR, 300):
        for tester in range(1, 6):
            which = span.readings.signal == number(running, f"uni-{tester:02d}/radial_first_harmonic")
            marks = running.repairs.machines[f"uni-{tester:02d}"].course.marks
            for value, cycle in zip(span.readings.value[which], span.group[which], strict=True):
                (after if cycle in marks else before).append(value)
    assert len(after) > 5
    assert np.mean(after) - np.mean(before) == pytest.approx(24.0, abs=6.0)


def test_states_and_counters_tell_the_true_effectiveness():
    """Row 19 of the acceptance list, in little: what is worked out from one reading a second is the truth within 0.1 points."""
    running, signals = six_hours(), its_signals()
    start, end = 1 * HOUR, 3 * HOUR
    machines = ["press-01", "press-33", "bld-02", "mix-01", "uni-03", "ext-01"]
    state = {number(running, f"{m}/machine_state"): k for k, m in enumerate(machines)}
    pieces = {number(running, f"{m}/piece_count"): k for k, m in enumerate(machines)}
    rejects = {number(running, f"{m}/reject_count"): k for k, m in enumerate(machines)}
    clock = StateClock(len(machines))
    seen = np.zeros((2, 2, len(machines)))
    for place, span in enumerate(signals.spans(start, end, 300)):
        readings = span.readings
        mine = np.flatnonzero(np.isin(readings.signal, list(state)))
        clock.feed(state_events([state[int(s)] for s in readings.signal[mine]], readings.at[mine], readings.value[mine]))
        for row, of in enumerate((pieces, rejects)):
            for signal, k in of.items():
                found = values(span, signal)
                if place == 0:
                    seen[row, 0, k] = found[0]
                seen[row, 1, k] = found[-1]
    clock.until(instant(end))
    made = (seen[0, 1] - seen[0, 0]).astype(np.int64)
    bad = (seen[1, 1] - seen[1, 0]).astype(np.int64)
    counts = Counts(np.array([round((running.plant.asset[m].ideal_cycle_s or 0) * 1e6) for m in machines]))
    counts.produced += made
    counts.good += made - bad
    truth = running.oee(start, end - 1)
    for machine, found in zip(machines, oee_of(clock, counts), strict=True):
        assert found.availability is not None
        assert float(found.availability) == pytest.approx(truth[machine].production / truth[machine].busy, abs=1e-3)
        assert found.produced == truth[machine].produced
        assert found.good == truth[machine].good


def test_memory_of_a_span_does_not_grow_with_the_time_simulated():
    signals = its_signals()
    early, late = signals.between(600, 660), signals.between(5 * HOUR, 5 * HOUR + 60)
    assert abs(len(late.readings) - len(early.readings)) < 0.01 * len(early.readings)
