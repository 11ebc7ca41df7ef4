"""A simulated week and what it says: takt with its interval, effectiveness, scrap, lateness; and policies compared on the same faults."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal, get_args

from qiantang.domains.factory.measures.oee import Oee, together
from qiantang.domains.factory.simulation.causes import Cause
from qiantang.domains.factory.simulation.figures import Figures
from qiantang.domains.factory.simulation.making import family_of
from qiantang.domains.factory.simulation.mending import FirstCome, Mender
from qiantang.domains.factory.simulation.repairs import DAY
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.truth import instant
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.words import Text, same

Policy = Literal["dispatch", "first_come", "off"]
"""Charts find and the planner sends; charts find and the oldest task goes first; people find on their rounds, oldest first."""
POLICIES: tuple[Policy, ...] = get_args(Policy)
WARM_UP_S = DAY / 2
"""The plant runs half a day before the week begins; nothing of it is counted."""
BLOCK_S = DAY / 3
"""Blocks of a shift: the takts of blocks are far less correlated than those of tires, so that their spread gives an interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval by Student's t over ``n`` values; an infinite interval where n is 1."""

    mean: float
    low: float
    high: float
    n: int


def interval(values: Sequence[float]) -> Interval:
    """The mean of independent values and its 95 % interval."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]  # scipy has no types

    n, mean = len(values), fmean(values)
    half = float(stdtrit(n - 1, 0.975)) * stdev(values) / math.sqrt(n) if n > 1 else math.inf
    return Interval(mean, mean - half, mean + half, n)


@dataclass(frozen=True, slots=True)
class Lateness:
    """The tasks of one priority: how many were opened, done, done late; mean minutes from opening to beginning of work."""

    opened: int
    done: int
    late: int
    wait_minutes: float


@dataclass(frozen=True)
class Week:
    """What a run of ``days`` came to. ``takt_s`` seconds per good tire; ``blocks`` its interval over shifts.

    ``oee`` by family of machines, of their sums; ``scrap`` rejected ÷ judged; ``rejected`` tires by cause;
    ``tasks`` by priority; ``work_share`` time at work ÷ time of duty of the technicians; ``faults`` how many began by cause.
    """

    seed: int
    policy: Policy
    days: float
    good: int
    takt_s: float
    blocks: Interval
    oee: Mapping[str, Oee]
    scrap: float
    rejected: Mapping[str, int]
    tasks: Mapping[int, Lateness]
    work_share: float
    faults: Mapping[str, int]
    plant: RunningPlant


def _mender(policy: Policy, moves: int) -> Mender:
    if policy == "dispatch":
        from qiantang.domains.factory.simulation.dispatched import Dispatched

        return Dispatched(moves)
    return FirstCome()


def simulated_week(seed: int = 1, policy: Policy = "dispatch", days: float = 7.0, progress: Callable[[float], None] | None = None, *,
                   figures: Figures | None = None, causes: Mapping[str, Cause] | None = None, moves: int = 120) -> Week:
    """Run the plant for ``days`` (default: a week) after half a day of warming up.

    The seed decides every fault, the same for each policy. ``progress`` is told the share done, 0 to 1, every simulated hour.
    ``moves`` of the planner's search at each call. SubjectError for a policy that does not exist.
    """
    if policy not in POLICIES:
        raise SubjectError.of(f"没有这种派工策略：{policy}", f"There is no such policy: {policy}", value=policy,
                              remedy=Text("可选：{all}。", "Choose one of {all}.").filled(all=same(", ".join(POLICIES))))
    plant = RunningPlant(seed, mender=_mender(policy, moves), watch="rounds" if policy == "off" else "stated", begin_s=-WARM_UP_S,
                         figures=figures, causes=causes)
    end = days * DAY
    while plant.now < end:
        plant.run(min(plant.now + 3600.0, end))
        if progress is not None:
            progress((plant.now + WARM_UP_S) / (end + WARM_UP_S))
    return told(plant, policy, end)


def told(plant: RunningPlant, policy: Policy, end_s: float) -> Week:
    """The figures of a plant that ran from before 0 to ``end_s``."""
    tires = [tire for tire in plant.tires if tire.done > 0.0]
    good = sum(tire.good for tire in tires)
    blocks = max(1, math.floor(end_s / BLOCK_S))
    length = end_s / blocks
    by_block = Counter(min(int(tire.done // length), blocks - 1) for tire in tires if tire.good)
    by_family: dict[str, list[Oee]] = {}
    for machine, one in plant.oee(0.0, end_s).items():
        by_family.setdefault(family_of(machine), []).append(one)
    hands = plant.repairs.hands.values()
    duty = sum(hand.shift.end_s - hand.shift.start_s for hand in hands) / DAY
    return Week(
        plant.seed, policy, end_s / DAY, good, end_s / good if good else math.inf,
        interval([length / by_block[b] for b in range(blocks)] if len(by_block) == blocks else [math.inf]),
        {family: together(ones) for family, ones in by_family.items()},
        1.0 - good / len(tires) if tires else 0.0,
        dict(Counter(tire.cause for tire in tires if tire.cause).most_common()),
        _lateness(plant, end_s),
        sum(hand.worked_s for hand in hands) / (duty * (plant.now - plant.begin_s)) if duty else 0.0,
        dict(Counter(fault.cause for fault in plant.faults if fault.start >= 0.0)),
        plant,
    )


def _lateness(plant: RunningPlant, end_s: float) -> Mapping[int, Lateness]:
    found: dict[int, Lateness] = {}
    end = instant(end_s)
    for priority in (1, 2, 3, 4):
        done = [job for job in plant.jobs if job.task.priority == priority and job.task.opened >= instant(0.0)]
        waiting = [job for job in plant.repairs.waiting.values() if job.task.priority == priority]
        late = sum(instant(job.ended) > job.task.due for job in done) + sum(end > job.task.due for job in waiting)
        waits = [(instant(job.begun) - job.task.opened) / 6e7 for job in done]
        found[priority] = Lateness(len(done) + len(waiting), len(done), late, fmean(waits) if waits else 0.0)
    return found


@dataclass(frozen=True)
class Compared:
    """Policies over the same seeds: takt of each, and by how many seconds each other policy's takt exceeds that of the first, paired by seed."""

    seeds: tuple[int, ...]
    takt: Mapping[Policy, Interval]
    slower: Mapping[Policy, Interval]


def compared(seeds: Sequence[int], policies: Sequence[Policy] = POLICIES, days: float = 7.0,
             progress: Callable[[float], None] | None = None, *, figures: Figures | None = None) -> Compared:
    """Run every policy on every seed; 95 % intervals over seeds, differences paired because a seed's faults are the same."""
    takts: dict[Policy, list[float]] = {policy: [] for policy in policies}
    runs = [(seed, policy) for seed in seeds for policy in policies]
    for done, (seed, policy) in enumerate(runs):
        takts[policy].append(simulated_week(seed, policy, days, figures=figures).takt_s)
        if progress is not None:
            progress((done + 1) / len(runs))
    first = takts[policies[0]]
    return Compared(tuple(seeds), {policy: interval(found) for policy, found in takts.items()},
                    {policy: interval([b - a for a, b in zip(first, takts[policy], strict=True)]) for policy in policies[1:]})
