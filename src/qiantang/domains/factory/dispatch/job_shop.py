"""Which order on which press or mould and when: a job shop with changeovers, planned by CP-SAT up to about twenty by twenty.

Every job is a row of steps, each on one machine; a machine does one step at a time and needs a changeover between families
(moulds, compounds). The solver of OR-Tools is loaded when a schedule is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.words import Text, joined, same

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job: the machine, whole minutes, and the family whose tool must be on the machine (empty: any)."""

    machine: str
    minutes: int
    family: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """Steps in their order. ``ready`` is the earliest minute; ``by`` the minute by which it must be done (None: no bound)."""

    id: str
    steps: tuple[Step, ...]
    ready: int = 0
    by: int | None = None


@dataclass(frozen=True, slots=True)
class Changeovers:
    """Minutes from one family to another; pairs that are not named take ``usual``, the same family none.

    ``mounted`` is the family on each machine at minute 0.
    """

    usual: int = 0
    minutes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    mounted: Mapping[str, str] = field(default_factory=dict)

    def between(self, a: str, b: str) -> int:
        """Minutes of changing from family ``a`` to ``b``."""
        return 0 if a == b or not a or not b else self.minutes.get((a, b), self.usual)


@dataclass(frozen=True, slots=True)
class Placed:
    """A step of a job (counted from 0) on its machine, from minute to minute, and the minutes of changeover just before it."""

    job: str
    step: int
    machine: str
    begins: int
    ends: int
    changeover: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Steps by machine and time. ``length`` is the minute at which all is done, ``bound`` the minute before which it is
    proved impossible; equal where the schedule is proved best."""

    placed: tuple[Placed, ...]
    length: int
    bound: int

    @property
    def proved(self) -> bool:
        """Whether no shorter schedule exists."""
        return self.length == self.bound

    @property
    def told(self) -> Text:
        """The schedule in one sentence."""
        head = Text("{n} 道工序，{m} 分钟完成", "{n} steps done in {m} minutes").filled(n=len(self.placed), m=self.length)
        return head + (Text("，已证明最短。", ", proved shortest.") if self.proved else
                       Text("；限时内最好，下界 {b} 分钟。", "; the best found in time, at least {b} minutes are needed.").filled(b=self.bound))


def schedule(jobs: Sequence[Job], changeovers: Changeovers | None = None, *, seconds: float = 10.0, seed: int = 1, strategies: int = 8) -> Schedule:
    """The shortest schedule found in ``seconds``; ``strategies`` of the solver run side by side.

    Raises FactsError where the bounds cannot be kept, naming jobs that cannot be done together in time (and when a job that
    alone misses its bound could be done), or where no schedule was found in time.
    """
    raise_all(FactsError, _faults(jobs))
    from ortools.sat.python import cp_model

    rules = changeovers or Changeovers()
    model = cp_model.CpModel()
    longest = max((j.ready for j in jobs), default=0) + sum(s.minutes + _worst(rules) for j in jobs for s in j.steps)
    starts: dict[tuple[int, int], cp_model.IntVar] = {}
    length = model.new_int_var(0, longest, "length")
    promises: dict[int, cp_model.IntVar] = {}
    for a, job in enumerate(jobs):
        free: cp_model.LinearExprT = job.ready
        for b, step in enumerate(job.steps):
            starts[a, b] = model.new_int_var(job.ready, longest, f"{job.id}/{b}")
            model.add(starts[a, b] >= free)
            free = starts[a, b] + step.minutes
        model.add(length >= free)
        if job.by is not None:
            promises[a] = model.new_bool_var(f"{job.id}/by")
            model.add(free <= job.by).only_enforce_if(promises[a])
    _machines(model, jobs, rules, starts)
    model.minimize(length)
    model.add_assumptions(list(promises.values()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = strategies
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        raise _impossible([jobs[a] for a in _at_odds(model, solver, promises)])
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise FactsError(Fault(Text("{s} 秒内没有求得排程", "no schedule within {s} seconds").filled(s=seconds), rule="job-shop",
                               remedy=Text("请放宽时限或减少工单。", "Allow more time or plan fewer jobs.")))
    found = _placed(jobs, rules, {place: solver.value(var) for place, var in starts.items()})
    return Schedule(found, solver.value(length), round(solver.best_objective_bound))


def _at_odds(model: cp_model.CpModel, solver: cp_model.CpSolver, promises: Mapping[int, cp_model.IntVar]) -> list[int]:
    """The jobs whose bounds are at odds, none of which could be left out: each in turn is tried without."""
    from ortools.sat.python import cp_model

    core = set(solver.sufficient_assumptions_for_infeasibility())
    kept = [a for a, var in promises.items() if var.index in core] or list(promises)
    solver.parameters.max_time_in_seconds /= len(kept)
    model.clear_objective()  # type: ignore[no-untyped-call]  # ortools leaves it without types
    for a in list(kept):
        rest = [b for b in kept if b != a]
        model.clear_assumptions()
        model.add_assumptions([promises[b] for b in rest])
        if solver.solve(model) == cp_model.INFEASIBLE:
            kept = rest
    return kept


def _machines(model: cp_model.CpModel, jobs: Sequence[Job], rules: Changeovers, starts: Mapping[tuple[int, int], cp_model.IntVar]) -> None:
    """One step at a time on each machine; where families differ, a circuit through its steps carries the changeovers."""
    on: dict[str, list[tuple[int, int, Step]]] = {}
    for a, job in enumerate(jobs):
        for b, step in enumerate(job.steps):
            on.setdefault(step.machine, []).append((a, b, step))
    for machine, steps in on.items():
        model.add_no_overlap([model.new_fixed_size_interval_var(starts[a, b], step.minutes, f"{machine}/{a}/{b}") for a, b, step in steps])
        families = {step.family for _, _, step in steps} | {rules.mounted.get(machine, "")}
        if not any(rules.between(f, g) for f in families for g in families):
            continue
        arcs: list[tuple[int, int, cp_model.IntVar]] = []
        for n, (a, b, step) in enumerate(steps, 1):
            first, last = model.new_bool_var(""), model.new_bool_var("")
            arcs += [(0, n, first), (n, 0, last)]
            model.add(starts[a, b] >= rules.between(rules.mounted.get(machine, ""), step.family)).only_enforce_if(first)
            for k, (c, d, following) in enumerate(steps, 1):
                if k != n:
                    then = model.new_bool_var("")
                    arcs.append((n, k, then))
                    gap = step.minutes + rules.between(step.family, following.family)
                    model.add(starts[c, d] >= starts[a, b] + gap).only_enforce_if(then)
        model.add_circuit(arcs)


def _placed(jobs: Sequence[Job], rules: Changeovers, starts: Mapping[tuple[int, int], int]) -> tuple[Placed, ...]:
    rows = sorted((job.steps[b].machine, starts[a, b], a, b) for a, job in enumerate(jobs) for b in range(len(job.steps)))
    found: list[Placed] = []
    mounted = dict(rules.mounted)
    for machine, begins, a, b in rows:
        step = jobs[a].steps[b]
        found.append(Placed(jobs[a].id, b, machine, begins, begins + step.minutes, rules.between(mounted.get(machine, ""), step.family)))
        mounted[machine] = step.family or mounted.get(machine, "")
    return tuple(found)


def _worst(rules: Changeovers) -> int:
    return max([rules.usual, *rules.minutes.values()])


def _impossible(jobs: Sequence[Job]) -> FactsError:
    """Which bounds cannot be kept: alone too long, or not together."""
    ends = {j.id: j.ready + sum(s.minutes for s in j.steps) for j in jobs}
    late = [Fault(
        Text("工单 {job} 最早第 {end} 分钟完成，要求第 {by} 分钟前", "job {job} cannot be done before minute {end}; minute {by} is asked").filled(
            job=same(j.id), end=ends[j.id], by=j.by), Place(path=f"jobs.{j.id}.by"), j.by, "job-bound",
        Text("请推迟期限或提前开工。", "Put off the bound or begin earlier."))
        for j in jobs if j.by is not None and ends[j.id] > j.by]
    names = [j.id for j in jobs]
    together = Fault(
        Text("工单 {jobs} 不能同时按期完成", "the jobs {jobs} cannot all be done by their bounds").filled(jobs=joined([same(name) for name in names])),
        Place(path="jobs"), names, "job-bounds", Text("请推迟其中一个的期限，或减少换型。", "Put off one of the bounds, or change over less."))
    return FactsError(*(late or [together]))


def _faults(jobs: Sequence[Job]) -> list[Fault]:
    return [Fault(
        Text("工单 {job} 第 {n} 道工序的时长应为正整数分钟", "step {n} of job {job} needs a positive whole number of minutes").filled(job=same(job.id), n=n),
        Place(path=f"jobs.{job.id}.steps.{n}"), step.minutes, "job-minutes", Text("请填写时长。", "Enter the minutes."))
        for job in jobs for n, step in enumerate(job.steps, 1) if step.minutes <= 0]
