"""What a simulated run says, and policies compared on the same faults."""

from __future__ import annotations

import math

import pytest

from qiantang.domains.factory.dispatch.tasks import Task, Worker
from qiantang.domains.factory.simulation.dispatched import Dispatched
from qiantang.domains.factory.simulation.figures import stated_figures
from qiantang.domains.factory.simulation.mending import FirstCome
from qiantang.domains.factory.simulation.week import compared, interval, simulated_week
from qiantang.kernel.errors import SubjectError


def task(name: str, priority: int, opened: int, place=(0.0, 0.0), due=600_000_000, skill="steam"):
    return Task(name, "press-01", skill, priority, place, 10.0, due, opened=opened)


def test_first_come_takes_the_oldest_whatever_its_priority():
    worker = Worker("a", frozenset(("steam",)))
    tasks = [task("old", 4, 1), task("urgent", 1, 2)]
    assert [t.id for t, _ in FirstCome().sends(tasks, [worker], 10)] == ["old"]


def test_first_come_asks_for_the_skill_and_for_time_enough():
    plumber, late = Worker("a", frozenset(("steam",)), until=500_000_000), Worker("b", frozenset(("mould",)))
    assert list(FirstCome().sends([task("t", 1, 1)], [plumber, late], 0)) == []


def test_dispatch_takes_the_urgent_one_first():
    worker = Worker("a", frozenset(("steam",)))
    tasks = [task("old", 4, 1, due=10**11), task("urgent", 1, 2, due=10**8)]
    assert [t.id for t, _ in Dispatched().sends(tasks, [worker], 10)] == ["urgent"]


def test_dispatch_sends_no_one_who_is_busy_or_lacks_the_skill():
    busy, other = Worker("a", frozenset(("steam",)), free_at=10**9), Worker("b", frozenset(("mould",)))
    assert list(Dispatched().sends([task("t", 1, 1)], [busy, other], 0)) == []


def test_an_interval_is_that_of_student():
    found = interval([1.0, 2.0, 3.0, 4.0])
    assert found.mean == 2.5
    assert found.high - found.mean == pytest.approx(3.182446 * 1.2909944 / 2, rel=1e-6)
    assert interval([1.0]).high == math.inf


def test_a_run_tells_its_figures():
    told: list[float] = []
    week = simulated_week(2, "dispatch", 0.25, told.append)
    assert told[-1] == 1.0
    assert told == sorted(told)
    assert week.takt_s == pytest.approx(21600 / week.good)
    assert week.blocks.n == 1
    assert 0 <= week.scrap < 0.1
    assert week.oee["press"].oee is not None
    assert sum(of.done for of in week.tasks.values()) <= sum(of.opened for of in week.tasks.values())
    assert 0.3 < week.work_share < 1.0


def test_the_same_faults_strike_whoever_is_sent():
    """What goes by the clock strikes at the same second; what goes by cycles has the same work to mend, one after the other."""
    by_clock, by_cycles = [], []
    for policy in ("dispatch", "off"):
        faults = simulated_week(4, policy, 0.1).plant.faults
        by_clock.append([(f.cause, f.asset, f.start) for f in faults if f.cause in ("network_loss", "clock_skew", "frames_repeated")])
        found: dict[tuple[str, str], list[float]] = {}
        for fault in faults:
            found.setdefault((fault.cause, fault.asset), []).append(fault.minutes)
        by_cycles.append(found)
    assert by_clock[0] == by_clock[1] != []
    both = by_cycles[0].keys() & by_cycles[1].keys()
    assert len(both) > 20
    for key in both:
        assert all(a == b for a, b in zip(by_cycles[0][key], by_cycles[1][key], strict=False))


def test_an_unknown_policy_is_refused():
    with pytest.raises(SubjectError, match="random"):
        simulated_week(1, "random", 0.1)  # type: ignore[arg-type]  # that is what is tested


def test_with_too_few_people_first_come_is_slower_than_dispatch():
    few = stated_figures().but({"people.per_shift": 6})
    found = compared((1, 2), ("dispatch", "first_come"), 1.0, figures=few)
    assert found.slower["first_come"].mean > 0
    assert found.seeds == (1, 2)
