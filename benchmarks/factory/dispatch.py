"""Dispatch measured: the static and the rolling scenario of the reference, every rule and the search in one run.

The reference states the scenarios in words (500 tasks, 200 people, 6 skills, 4 priorities, travel; 14 arrivals a minute) but
not their random numbers. The generators here follow the words; what is left open was set so that the rules stand to each
other as in the reference, before the search was run on them: FIFO 2.7 and nearest 2.4 times EDD in the static scenario; in the
rolling one EDD at about 7,000 with 5,800 minutes of travel and two fifths of priority 1 late. Costs compare within a run, as ratios.
"""

from __future__ import annotations

import heapq
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.factory.rows import Row
from qiantang.domains.factory.dispatch.dispatcher import Dispatcher
from qiantang.domains.factory.dispatch.job_shop import Job, Step, schedule
from qiantang.domains.factory.dispatch.planning import Plan, assign, improve, insert
from qiantang.domains.factory.dispatch.policies import RULES, Rule
from qiantang.domains.factory.dispatch.policy import Policy
from qiantang.domains.factory.dispatch.situation import Situation
from qiantang.domains.factory.dispatch.states import Change, Event
from qiantang.domains.factory.dispatch.tasks import MINUTE, Task, Weights, Worker
from qiantang.domains.factory.dispatch.travel import Travel

SKILLS = ("mechanic", "electrician", "instruments", "hydraulics", "moulds", "quality")
HALL_M = (400.0, 200.0)
SHARES = (0.1, 0.2, 0.4, 0.3)
"""How many of the tasks have priority 1 to 4."""


FT10 = (
    0, 29, 1, 78, 2, 9, 3, 36, 4, 49, 5, 11, 6, 62, 7, 56, 8, 44, 9, 21, 0, 43, 2, 90, 4, 75, 9, 11, 3, 69, 1, 28, 6, 46, 5, 46, 7, 72, 8, 30,
    1, 91, 0, 85, 3, 39, 2, 74, 8, 90, 5, 10, 7, 12, 6, 89, 9, 45, 4, 33, 1, 81, 2, 95, 0, 71, 4, 99, 6, 9, 8, 52, 7, 85, 3, 98, 9, 22, 5, 43,
    2, 14, 0, 6, 1, 22, 5, 61, 3, 26, 4, 69, 8, 21, 7, 49, 9, 72, 6, 53, 2, 84, 1, 2, 5, 52, 3, 95, 8, 48, 9, 72, 0, 47, 6, 65, 4, 6, 7, 25,
    1, 46, 0, 37, 3, 61, 2, 13, 6, 32, 5, 21, 9, 32, 8, 89, 7, 30, 4, 55, 2, 31, 0, 86, 1, 46, 5, 74, 4, 32, 6, 88, 8, 19, 9, 48, 7, 36, 3, 79,
    0, 76, 1, 69, 3, 76, 5, 51, 2, 85, 9, 11, 6, 40, 7, 89, 4, 26, 8, 74, 1, 85, 0, 13, 2, 61, 6, 7, 8, 64, 9, 76, 5, 47, 3, 52, 4, 90, 7, 45)
"""Machine and minutes, step by step, twenty figures a job."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the words leave open: minutes of work, minutes until due by priority (each ± half), how many skills a person has."""

    work: tuple[float, float]
    due: tuple[float, float, float, float]
    skills: tuple[int, int] = (1, 2)


NOTHING: frozenset[int] = frozenset()
"""The reference's scenario interrupts nobody."""
STATIC = Scene((5.0, 60.0), (20.0, 80.0, 320.0, 1280.0))
ROLLING = Scene((3.0, 14.5), (15.0, 22.5, 33.75, 50.625))


def people(scene: Scene, draw: np.random.Generator, number: int = 200) -> tuple[Worker, ...]:
    """Workers at random places."""
    least, most = scene.skills
    return tuple(Worker(f"w{k:03d}", frozenset(draw.choice(SKILLS, int(draw.integers(least, most + 1)), replace=False).tolist()), _place(draw))
                 for k in range(number))


def task(scene: Scene, draw: np.random.Generator, name: str, opened: int) -> Task:
    """A task at a random place, opened at an instant."""
    priority = int(draw.choice(4, p=SHARES)) + 1
    due = opened + round(scene.due[priority - 1] * draw.uniform(0.5, 1.5) * MINUTE)
    return Task(name, "asset", str(draw.choice(SKILLS)), priority, _place(draw), float(draw.uniform(*scene.work)), due, opened=opened)


def static(seed: int) -> Situation:
    """D1a: 500 tasks that were opened within the last five minutes, 200 people who are all free."""
    draw = np.random.default_rng(seed)
    crew = people(STATIC, draw)
    tasks = [task(STATIC, draw, f"t{i:03d}", -round(draw.uniform(0, 5) * MINUTE)) for i in range(500)]
    return Situation(tuple(tasks), crew, 0)


def _place(draw: np.random.Generator) -> tuple[float, float]:
    return float(draw.uniform(0, HALL_M[0])), float(draw.uniform(0, HALL_M[1]))


@dataclass(slots=True)
class Rolled:
    """What came of a rolling scenario: cost, minutes of travel, share of priority 1 finished late, milliseconds of each call."""

    cost: float
    travel: float
    late_1: float
    calls: list[float]
    finished: int


def rolling(policy: Policy, seed: int, minutes: float = 120.0, open_first: int = 500, a_minute: float = 14.0, every_s: float = 30.0) -> Rolled:
    """D1b through the real dispatcher: everybody accepts at once, walks, works as long as planned; new decisions at each tick only.

    Cost is weighted lateness of all tasks that came (unfinished ones as late as they are at the end) plus weighted travel.
    """
    draw = np.random.default_rng(seed)
    travel, weights = Travel(), Weights()
    dispatcher = Dispatcher(people(ROLLING, draw), travel, policy)
    first = [task(ROLLING, draw, f"t{i:05d}", -round(draw.uniform(0, 20) * MINUTE)) for i in range(open_first)]
    at, came = 0.0, list(first)
    while (at := at + draw.exponential(1.0 / a_minute)) < minutes:
        came.append(task(ROLLING, draw, f"t{len(came):05d}", round(at * MINUTE)))
    by_id = {t.id: t for t in came}
    coming = list(reversed(came))
    ends: dict[str, int] = {}
    events: list[tuple[int, int, str, str, int]] = []
    offered: dict[str, int] = {}
    result = Rolled(0.0, 0.0, 0.0, [], 0)
    now, last = 0, round(minutes * MINUTE)
    while now < last:
        while events and events[0][0] <= now:
            moment, kind, name, worker, since = heapq.heappop(events)
            if offered[name] != since or dispatcher.book.holds.get(worker) != name:
                continue
            if kind == 0:
                dispatcher.started(name, worker, moment)
            else:
                dispatcher.finished(name, worker, moment)
                ends[name] = moment
        while coming and coming[-1].opened <= now:
            new = coming.pop()
            dispatcher.open(new, max(new.opened, 0))
        began = time.perf_counter()
        changes = dispatcher.tick(now)
        result.calls.append((time.perf_counter() - began) * 1000.0)
        for change in changes:
            if change.event is Event.OFFER:
                offered[change.task] = now
                result.travel += _set_out(dispatcher, travel, by_id[change.task], change, events, now)
        now += round(every_s * 1_000_000)
    for t in came:
        late = max(ends.get(t.id, last) - t.due, 0) / MINUTE
        result.cost += weights.of(t) * late
    urgent = [t for t in came if t.priority == 1]
    result.late_1 = sum(ends.get(t.id, last + t.due) > t.due for t in urgent if t.due <= last or t.id in ends) / len(urgent)
    result.cost += weights.travel * result.travel
    result.finished = len(ends)
    return result


def _set_out(dispatcher: Dispatcher, travel: Travel, job: Task, change: Change, events: list[tuple[int, int, str, str, int]], now: int) -> float:
    """Accepts at once and knows when the worker arrives and is done; gives the minutes of travel."""
    person = dispatcher.book.workers[change.worker]
    way = travel.minutes(person, person.place, job)
    dispatcher.accepted(job.id, change.worker, now)
    arrives, left = now + round(way * MINUTE), dispatcher.book.entries[job.id].left
    heapq.heappush(events, (arrives, 0, job.id, change.worker, now))
    heapq.heappush(events, (arrives + round(left * MINUTE), 1, job.id, change.worker, now))
    return way


PLANNERS: dict[str, Callable[[Situation], Plan]] = {
    **{rule: partial(assign, rule=rule) for rule in RULES},
    "insertion": insert,
    "search 0.2 s": lambda s: improve(insert(s), 200.0),
    "search 1 s": lambda s: improve(insert(s), 1000.0),
}


def static_costs(seeds: tuple[int, ...] = (1, 2, 3)) -> dict[str, tuple[float, float, float]]:
    """D1a: mean cost, minutes of travel and milliseconds of each planner; the arrays are made within the time."""
    found: dict[str, tuple[float, float, float]] = {}
    for name, planner in PLANNERS.items():
        planner(static(99))
        rows = []
        for seed in seeds:
            situation = static(seed)
            began = time.perf_counter()
            plan = planner(situation)
            rows.append((plan.cost, plan.travel, (time.perf_counter() - began) * 1000.0))
        found[name] = tuple(statistics.mean(column) for column in zip(*rows, strict=True))
    return found


def rolling_costs(seeds: tuple[int, ...] = (1, 2, 3), rules: tuple[Rule, ...] = RULES, minutes: float = 120.0) -> dict[str, list[Rolled]]:
    """D1b: each rule and the search on the same seeds."""
    found: dict[str, list[Rolled]] = {rule: [rolling(Policy(rule=rule, interruptible=NOTHING), seed, minutes) for seed in seeds] for rule in rules}
    return {**found, "search": [rolling(Policy(budget_ms=100.0, interruptible=NOTHING), seed, minutes) for seed in seeds]}


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds: median and 99th percentile of wall time, median of CPU time (what it is on a machine with nothing else to do)."""

    p50: float
    p99: float
    cpu: float


def latency(prepared: Callable[[int], Callable[[], object]], times: int) -> Latency:
    """Of what ``prepared`` gives for each seed; the first two are not counted."""
    wall, cpu = [], []
    for seed in range(times + 2):
        work = prepared(seed)
        began, spent = time.perf_counter(), time.process_time()
        work()
        wall.append((time.perf_counter() - began) * 1000.0)
        cpu.append((time.process_time() - spent) * 1000.0)
    return Latency(float(np.percentile(wall[2:], 50)), float(np.percentile(wall[2:], 99)), statistics.median(cpu[2:]))


def sending_at_once(seed: int) -> Callable[[], object]:
    """200 free people get 500 open tasks by matched urgency, offers and reasons written."""
    situation = static(seed)
    dispatcher = Dispatcher(situation.workers)
    for t in situation.tasks:
        dispatcher.open(t, 0)
    return partial(dispatcher.at_once, 0)


def matching(seed: int) -> Callable[[], object]:
    """The whole plan by matched urgency alone, 500 tasks and 200 people, arrays made within the time."""
    return partial(assign, static(seed), "lap_atc")


def proving_ft10() -> tuple[int, float, float]:
    """The ten-by-ten job shop of Fisher and Thompson (1963), whose best is 930: length found, bound proved, seconds."""
    rows = (FT10[k:k + 20] for k in range(0, 200, 20))
    jobs = [Job(str(n), tuple(Step(str(m), t) for m, t in zip(row[::2], row[1::2], strict=True))) for n, row in enumerate(rows)]
    began = time.perf_counter()
    found = schedule(jobs, seconds=60.0)
    return found.length, found.bound, time.perf_counter() - began


def rows(quick: bool = False) -> list[Row]:
    """The scenarios' bars; the notes hold every rule of the same run."""
    fixed = static_costs((1,) if quick else (1, 2, 3))
    edd = fixed["edd"][0]
    told = "; ".join(f"{name} {cost / edd:.3f} of EDD in {ms:.0f} ms" for name, (cost, _, ms) in fixed.items())
    found = rolling_costs((1,) if quick else (1, 2, 3), RULES, 60.0 if quick else 120.0)
    mean = {name: statistics.mean(r.cost for r in runs) for name, runs in found.items()}
    ways = {name: statistics.mean(r.travel for r in runs) for name, runs in found.items()}
    late = {name: statistics.mean(r.late_1 for r in runs) for name, runs in found.items()}
    calls = [c for run in found["search"] for c in run.calls]
    rolled = "; ".join(f"{name} {mean[name]:,.0f}, travel {ways[name]:,.0f} min, priority 1 late {late[name]:.0%}" for name in found)
    once, plan = (latency(work, 20 if quick else 60) for work in (sending_at_once, matching))
    length, bound, seconds = proving_ft10()
    return [
        Row("dispatch D1a, 500 × 200: search 0.2 s / EDD", fixed["search 0.2 s"][0] / edd, "×", 7_850 / 8_111, "0.945", False, told),
        Row("dispatch D1a, 500 × 200: search 1 s / EDD", fixed["search 1 s"][0] / edd, "×", 7_700 / 8_111, "0.936", False, f"EDD {edd:,.0f}"),
        Row("dispatch D1b, rolling: search 0.1 s / EDD, cost", mean["search"] / mean["edd"], "×", 0.69, "0.686", False, rolled),
        Row("dispatch D1b, rolling: search 0.1 s / best rule, cost", mean["search"] / min(mean[r] for r in RULES), "×", None, "0.699", False),
        Row("dispatch D1b, rolling: search / EDD, travel", ways["search"] / ways["edd"], "×", 0.17, "0.171", False),
        Row("dispatch D1b, rolling: a call, p50", float(np.percentile(calls, 50)), "ms", 150.0, "106", False,
            f"p99 {np.percentile(calls, 99):.0f}, most {max(calls):.0f} ms"),
        Row("dispatch at once, 500 tasks × 200 free people, offers and reasons, p99", once.p99, "ms", 250.0, "", False,
            f"p50 {once.p50:.0f} ms, CPU {once.cpu:.0f} ms"),
        Row("job shop ft10, known best 930: seconds until proved", seconds, "s", None, "reference: 930 in 30 s", False, f"found {length}, at least {bound}"),
        Row("dispatch, whole plan by matched urgency, 500 × 200, p99", plan.p99, "ms", 30.0, "13 to 30", False,
            f"p50 {plan.p50:.0f} ms, CPU {plan.cpu:.0f} ms"),
    ]


if __name__ == "__main__":
    import sys

    for row in rows("--quick" in sys.argv):
        print(row.said(), flush=True)
