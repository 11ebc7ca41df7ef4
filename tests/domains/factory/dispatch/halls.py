"""Tasks and workers of a small hall for the tests of dispatch, and a plain reckoning of a plan that the compiled one must match."""

import numpy as np

from qiantang.domains.factory.dispatch.planning import Plan
from qiantang.domains.factory.dispatch.situation import Situation
from qiantang.domains.factory.dispatch.tasks import MINUTE, Battery, Task, Worker
from qiantang.domains.factory.dispatch.travel import Travel

SKILLS = ("mechanic", "electrician", "moulds")
NOON = 1_800_000_000_000_000


def at(minutes: float) -> int:
    """An instant so many minutes after noon."""
    return NOON + round(minutes * MINUTE)


def job(name: str, priority: int = 3, *, skill: str = "mechanic", place: tuple[float, float] = (0.0, 0.0), minutes: float = 10.0, due: float = 60.0,
        parts: tuple[tuple[str, int], ...] = (), ready: float = 0.0) -> Task:
    return Task(name, f"asset of {name}", skill, priority, place, minutes, at(due), parts, f"finding of {name}", opened=NOON, ready=at(ready))


def person(name: str, *skills: str, place: tuple[float, float] = (0.0, 0.0), free: float = 0.0, until: float | None = None,
           breaks: tuple[tuple[float, float], ...] = (), battery: Battery | None = None, lead: bool = False) -> Worker:
    return Worker(name, frozenset(skills or ("mechanic",)), place, at(free), None if until is None else at(until),
                  tuple((at(a), at(b)) for a, b in breaks), battery, lead=lead)


def hall(seed: int, tasks: int = 40, workers: int = 8, *, ends: bool = False, pauses: bool = False, vehicles: bool = False) -> Situation:
    """A situation drawn at random: skills, places, dates; on request ends of duty, breaks, batteries."""
    draw = np.random.default_rng(seed)

    def place() -> tuple[float, float]:
        return float(draw.uniform(0, 300)), float(draw.uniform(0, 100))

    crew = [Worker(f"w{k}", frozenset(draw.choice(SKILLS, int(draw.integers(1, 3)), replace=False).tolist()), place(), at(float(draw.uniform(0, 5))),
                   at(float(draw.uniform(40, 120))) if ends else None, ((at(20), at(35)), (at(60), at(65))) if pauses else (),
                   Battery(1200.0, float(draw.uniform(300, 1200)), 200.0, (10.0, 10.0)) if vehicles and k % 2 else None) for k in range(workers)]
    jobs = [Task(f"t{i}", "a", str(draw.choice(SKILLS)), int(draw.integers(1, 5)), place(), float(draw.uniform(3, 30)), at(float(draw.uniform(5, 120))),
                 (("belt", 1),) if draw.uniform() < 0.2 else (), opened=NOON, ready=at(float(draw.uniform(-10, 10)))) for i in range(tasks)]
    return Situation(tuple(jobs), tuple(crew), NOON, Travel(stores={"belt": (150.0, 0.0)}))


def reckoned(plan: Plan) -> tuple[float, dict[str, tuple[float, float]]]:
    """Cost of what the plan assigns, and minutes of beginning and end of each task, in plain Python minute by minute of rules."""
    situation = plan.situation
    tasks = {t.id: t for t in situation.tasks}
    cost, times = 0.0, {}
    for worker in situation.workers:
        now, place = max(situation.minute(worker.free_at), 0.0), worker.place
        pauses = [(situation.minute(a), situation.minute(b)) for a, b in worker.breaks]
        pace = situation.travel.per_minute(worker)
        left = worker.battery.left_m if worker.battery else 0.0
        for name in plan.days[worker.id]:
            task = tasks[name]
            entry, inside = situation.travel.entry(task)
            metres = situation.travel.metres(place, entry) + inside
            gone = metres
            if worker.battery:
                home = worker.battery.charger
                if left < metres + situation.travel.metres(task.place, home):
                    back = situation.travel.metres(place, home)
                    now += back / pace + (worker.battery.full_m - max(left - back, 0.0)) / worker.battery.charge_m_per_minute
                    metres = situation.travel.metres(home, entry) + inside
                    gone, left = back + metres, worker.battery.full_m
                left -= metres
            begins = _over(pauses, max(_over(pauses, now, metres / pace), situation.minute(task.ready)), 0.0)
            now, place = _over(pauses, begins, task.minutes), task.place
            times[name] = (begins, now)
            cost += situation.weights.of(task) * max(now - situation.minute(task.due), 0.0) + situation.weights.travel * gone / pace
    return cost, times


def _over(pauses: list[tuple[float, float]], now: float, length: float) -> float:
    """When an activity of this length is over that rests in every pause."""
    for start, end in pauses:
        if start <= now < end:
            now = end
        elif now < start < now + length:
            length -= start - now
            now = end
    return now + length
