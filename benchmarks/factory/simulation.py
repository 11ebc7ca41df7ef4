"""The simulated plant measured: takt by policy with intervals, how it depends on staffing, charts against true faults, readings made, memory."""

from __future__ import annotations

import multiprocessing
import os
import resource
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.factory.rows import Row
from qiantang.domains.factory.simulation.figures import stated_figures
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.signals import Signals
from qiantang.domains.factory.simulation.watching import Watch, Watched
from qiantang.domains.factory.simulation.week import POLICIES, Interval, Policy, interval, simulated_week

SEEDS = tuple(range(1, 9))
TAKT_S = 7.0
HOUR, DAY = 3600, 86_400
LEARN_H = 30
"""Hours of phase I: a hundred cycles of a press."""
LEARNING = 100
WATCH_SEEDS = (1, 2, 3)


class Run(NamedTuple):
    """One run of the plant, as it is asked for."""

    seed: int
    policy: Policy
    days: float
    per_shift: int | None = None


def takt(run: Run) -> float:
    """Seconds per good tire."""
    figures = stated_figures().but({} if run.per_shift is None else {"people.per_shift": run.per_shift})
    return simulated_week(run.seed, run.policy, run.days, figures=figures).takt_s


def takts(runs: list[Run]) -> list[float]:
    """Seconds per good tire of each run, by two processes."""
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=4) as pool:
        return pool.map(takt, runs, chunksize=1)


def told(found: Interval) -> str:
    """An interval in words."""
    return f"95 % {found.low:.3f} to {found.high:.3f}, {found.n} seeds"


def by_policy(seeds: tuple[int, ...], days: float) -> Iterator[Row]:
    """The loop's proof: the bar holds with dispatch and does not without, on the same faults."""
    runs = [Run(seed, policy, days) for policy in POLICIES for seed in seeds]
    found = takts(runs)
    of = {policy: [t for run, t in zip(runs, found, strict=True) if run.policy == policy] for policy in POLICIES}
    mean = {policy: interval(values) for policy, values in of.items()}
    yield Row("takt over a simulated week, dispatch on", mean["dispatch"].mean, "s", TAKT_S, "6.85 without faults", False, told(mean["dispatch"]))
    for policy in POLICIES[1:]:
        slower = interval([other - dispatched for dispatched, other in zip(of["dispatch"], of[policy], strict=True)])
        yield Row(f"takt over a simulated week, {policy}", mean[policy].mean, "s", TAKT_S, "must not hold 7.0", True,
                  f"{told(mean[policy])}; paired with dispatch {slower.mean:+.3f} s, {told(slower)}")


def by_staff(seeds: tuple[int, ...], days: float) -> Iterator[Row]:
    """How takt depends on the number of technicians: enough people make any policy do."""
    for policy in POLICIES[:2]:
        staffs = (6, 7, 8, 9, 10)
        runs = [Run(seed, policy, days, staff) for staff in staffs for seed in seeds]
        found = takts(runs)
        means = {staff: interval([t for run, t in zip(runs, found, strict=True) if run.per_shift == staff]).mean for staff in staffs}
        yield Row(f"takt by technicians a shift, {policy}", means[8], "s", None, "", False, ", ".join(f"{k}: {v:.2f}" for k, v in means.items()))


def readings_made(seconds: int) -> Iterator[Row]:
    """Readings a second of CPU of one core, and how far they are from a day of all signals."""
    running = RunningPlant(1).run(seconds + 120)
    signals = Signals(running)
    signals.between(0, 60)
    before, made = os.times(), 0
    for span in signals.spans(60, 60 + seconds, 60):
        made += len(span.readings)
    after = os.times()
    spent = after.user + after.system - before.user - before.system
    yield Row("readings made, one core, a minute at a time", made / spent / 1e6, "M/s", 20.0, "", True,
              f"{len(running.plant.signals)} signals, {made / seconds:,.0f} readings a simulated second, a day in {spent * DAY / seconds:.0f} s of CPU")


def _week_of_readings(days: float) -> tuple[float, float, int]:
    running = RunningPlant(1)
    signals = Signals(running)
    made, early = 0, 0.0
    end = round(days * DAY)
    for at in range(0, end, 60):
        running.run(at + 60)
        made += len(signals.between(at, at + 60).readings)
        if at == end // 7 // 60 * 60:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return early, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, made


def memory(days: float) -> Iterator[Row]:
    """The most memory of a process that simulates a week and makes all its readings."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        early, late, made = pool.apply(_week_of_readings, (days,))
    yield Row(f"memory, {days:g} days simulated, all signals", late, "MiB", 500.0, "", False,
              f"{early:.0f} MiB after a seventh of it; {made / 1e9:.2f} thousand million readings")


def watched(seed: int, learning: int, learn_h: int, judge_h: int) -> Watched:
    """What charts make of so many hours after phase I, with faults found by them or by people on their rounds, mended by dispatch."""
    watch = Watch(seed, learning=learning)
    watch.run(learn_h * HOUR)
    return watch.run((learn_h + judge_h) * HOUR)


def charts_on_faults(seeds: tuple[int, ...], learning: int, learn_h: int, judge_h: int) -> Iterator[Row]:
    """Acceptance row 18: real charts on all signals, for each seed."""
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=1) as pool:
        found = pool.starmap(watched, [(seed, learning, learn_h, judge_h) for seed in seeds], chunksize=1)
    for seed, of in zip(seeds, found, strict=True):
        yield from rows_of(of, seed)


def rows_of(found: Watched, seed: int) -> Iterator[Row]:
    """The rows of what charts made of a span."""
    causes = "; ".join(f"{cause} {of[1]} of {of[0]} in {of[2]:.0f} s" for cause, of in found.by_cause().items())
    yield Row(f"charts, seed {seed}: injected faults found", found.found * 100, "%", 90.0, "must 90, limit 97", True,
              f"{len(found.findings)} faults in {found.hours:g} h: {causes}")
    yield Row(f"charts, seed {seed}: median delay of all faults", found.median_delay_s, "s", 180.0, "3 min or 2 cycles", False,
              f"{found.in_time:.1%} within 3 min or 2 cycles of their machine")
    yield Row(f"charts, seed {seed}: alarms an operator and hour", found.per_operator_hour, "/h", 6.0, "must 6, limit 3", False,
              f"{found.told} told; {found.false_per_operator_hour:.2f} an operator and hour ({found.idle}) without a fault of the machine, "
              f"{found.per_operator_hour - found.false_per_operator_hour:.2f} with one; {found.by_rule}")
    yield Row(f"charts, seed {seed}: most alarms of one operator in 10 min", found.most_in_ten_minutes, "", 10.0, "", False)


def rows(quick: bool = False) -> Iterator[Row]:
    """Every row; ``quick``: a day instead of a week, two seeds, and charts on one hour after two."""
    seeds, days = (SEEDS[:2], 1.0) if quick else (SEEDS, 7.0)
    yield from by_policy(seeds, days)
    yield from by_staff(seeds[:4], days)
    yield from readings_made(600 if quick else HOUR)
    yield from memory(0.1 if quick else 7.0)
    yield from charts_on_faults(*(((1,), 26, 2, 1) if quick else (WATCH_SEEDS, LEARNING, LEARN_H, 24)))
