"""Who works which shift: skills covered day and night, rest and hours kept, burden shared; what cannot be covered is said.

The constraint solver CP-SAT of OR-Tools decides; it is loaded when a plan is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

from qiantang.domains.factory.plant import Shift
from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.words import Text, same

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_HOUR_S = 3600
_DAY_S = 86_400
_STRATEGIES = 8
"""How many of the solver's strategies run side by side: the eighth proves in a second what two do not in twenty, even on two cores."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be planned. ``away`` are days (0 is the first day of the plan); ``worked_last`` is the shift worked on
    the day before the plan, empty for none; ``shifts`` those that the person can work, empty for all."""

    id: str
    skills: frozenset[str]
    away: frozenset[int] = frozenset()
    worked_last: str = ""
    shifts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ShiftRules:
    """What a shift plan must keep. ``assumed`` says that the values are not those of a plant's own rules or of the law in
    force, but set by this project; every plan made with them says so."""

    least_rest_h: float
    most_hours_a_week: float
    most_days_in_row: int
    most_nights_in_row: int
    night_from_s: int
    assumed: bool


ASSUMED_RULES = ShiftRules(least_rest_h=11.0, most_hours_a_week=40.0, most_days_in_row=5, most_nights_in_row=3, night_from_s=20 * _HOUR_S, assumed=True)
"""Rest of eleven hours between two shifts, forty hours in any seven days, five days and three nights in a row: assumptions."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A shift on a day for which people with a skill are missing; ``why`` says how many have the skill, and where they are."""

    day: int
    shift: str
    skill: str
    missing: int
    needed: int
    why: Text

    @property
    def told(self) -> Text:
        """How many are missing, and why."""
        return Text("第 {day} 天 {shift}：{skill} 需 {needed} 人，缺 {missing} 人（{why}）",
                    "day {day}, {shift}: {missing} of {needed} {skill} missing ({why})").filled(
            day=self.day + 1, shift=same(self.shift), skill=same(self.skill), needed=self.needed, missing=self.missing, why=self.why)


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """``work`` is, for each person, the shift of each day (empty: off); ``duty`` who covers which skill on a day's shift.

    ``proved`` says that no plan has fewer shortages or shares hours more evenly; otherwise it is the best found in time.
    """

    work: Mapping[str, tuple[str, ...]]
    duty: Mapping[tuple[int, str, str], tuple[str, ...]]
    shortages: tuple[Shortage, ...]
    proved: bool
    assumed: bool

    @property
    def told(self) -> Text:
        """The plan in one sentence."""
        days = len(next(iter(self.work.values()), ()))
        head = Text("{days} 天、{people} 人的排班", "shifts of {people} people for {days} days").filled(days=days, people=len(self.work))
        body = Text("；{n} 个班次缺人", "; {n} shifts are short of people").filled(n=len(self.shortages)) if self.shortages \
            else Text("，技能全部覆盖", ", all skills covered")
        proof = same("") if self.proved else Text("；限时内最好，未证明最优", "; the best found in time, not proved best")
        return head + body + proof + (Text("；规则为假定值", "; the rules are assumptions") if self.assumed else same("")) + Text("。", ".")


Spans = Mapping[tuple[int, str], tuple[int, int]]
"""From when until when each shift of each day lasts, in seconds of one count; the day before the plan is -1."""


def usual_spans(shifts: Sequence[Shift], days: int) -> Spans:
    """The shifts of days that all have 24 hours."""
    return {(day, s.name): (day * _DAY_S + s.start_s, day * _DAY_S + s.end_s) for day in range(-1, days) for s in shifts}


def shift_plan(people: Sequence[Person], shifts: Sequence[Shift], needs: Mapping[tuple[int, str, str], int], days: int,
               rules: ShiftRules = ASSUMED_RULES, *, spans: Spans | None = None, seconds: float = 10.0, seed: int = 1) -> ShiftPlan:
    """The plan with the fewest shortages, then the most even burden.

    ``needs`` maps (day, shift, skill) to how many must be there; a person with several skills covers one of them in a shift. ``spans`` says
    how long shifts really last and what rest lies between them, where a clock is changed meanwhile; every day has 24 hours otherwise.
    Rest, hours, days and nights in a row are never broken: what cannot be covered within them is a shortage with its reason.
    Raises FactsError where needs name a day, shift or skill that does not exist, all at once.
    """
    raise_all(FactsError, _faults(people, shifts, needs, days))
    from ortools.sat.python import cp_model

    spans = usual_spans(shifts, days) if spans is None else spans
    model = cp_model.CpModel()
    works = {(p.id, d, s.name): model.new_bool_var(f"{p.id}/{d}/{s.name}") for p in people for d in range(days) for s in shifts}
    for p in people:
        for d in range(days):
            model.add_at_most_one(works[p.id, d, s.name] for s in shifts)
            for s in shifts:
                if d in p.away or (p.shifts and s.name not in p.shifts):
                    model.add(works[p.id, d, s.name] == 0)
        _kept(model, p, shifts, days, rules, works, spans)
    covers, short = _covered(model, people, needs, works)
    burden, bound = _burden(model, people, days, works, spans)
    model.minimize(cp_model.LinearExpr.weighted_sum([*short.values(), burden], [bound + 1] * len(short) + [1]))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = _STRATEGIES
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise FactsError(Fault(Text("{s} 秒内没有求得排班", "no shift plan within {s} seconds").filled(s=seconds), rule="shift-plan",
                               remedy=Text("请放宽时限或缩短天数。", "Allow more time or fewer days.")))
    work = {p.id: tuple(next((s.name for s in shifts if solver.value(works[p.id, d, s.name])), "") for d in range(days)) for p in people}
    duty = {need: tuple(p for p, var in row if solver.value(var)) for need, row in covers.items()}
    found = tuple(_shortage(need, solver.value(var), needs[need], people, work) for need, var in sorted(short.items()) if solver.value(var))
    return ShiftPlan(work, duty, found, status == cp_model.OPTIMAL, rules.assumed)


_Vars = dict[tuple[str, int, str], "cp_model.IntVar"]


def _kept(model: cp_model.CpModel, person: Person, shifts: Sequence[Shift], days: int, rules: ShiftRules, works: _Vars,
          spans: Spans) -> None:
    """Rest between shifts, hours in any seven days, days and nights in a row."""
    days_apart = [(d, gap) for gap in (1, 2) for d in range(-1, days - gap)]
    for a in shifts:
        for b in shifts:
            for d, gap in days_apart:
                if spans[d + gap, b.name][0] - spans[d, a.name][1] >= rules.least_rest_h * _HOUR_S:
                    continue
                if d >= 0:
                    model.add_bool_or(works[person.id, d, a.name].negated(), works[person.id, d + gap, b.name].negated())
                elif person.worked_last == a.name:
                    model.add(works[person.id, d + gap, b.name] == 0)
    for first in range(days):
        week = range(first, min(first + 7, days))
        model.add(sum(works[person.id, d, s.name] * _length(spans, d, s.name) for d in week for s in shifts) <= int(rules.most_hours_a_week * _HOUR_S))
    nights = [s for s in shifts if s.start_s >= rules.night_from_s or s.end_s > _DAY_S + 3 * _HOUR_S]
    for kinds, most in ((shifts, rules.most_days_in_row), (nights, rules.most_nights_in_row)):
        for first in range(days - most):
            model.add(sum(works[person.id, d, s.name] for d in range(first, first + most + 1) for s in kinds) <= most)


def _length(spans: Spans, day: int, shift: str) -> int:
    begins, ends = spans[day, shift]
    return ends - begins


def _covered(model: cp_model.CpModel, people: Sequence[Person], needs: Mapping[tuple[int, str, str], int], works: _Vars) -> tuple[
        dict[tuple[int, str, str], list[tuple[str, cp_model.IntVar]]], dict[tuple[int, str, str], cp_model.IntVar]]:
    """Who covers what: at most one skill each in a shift, and what is missing of each need."""
    covers: dict[tuple[int, str, str], list[tuple[str, cp_model.IntVar]]] = {}
    short: dict[tuple[int, str, str], cp_model.IntVar] = {}
    each: dict[tuple[str, int, str], list[cp_model.IntVar]] = {}
    for (day, shift, skill), needed in needs.items():
        row = []
        for p in people:
            if skill in p.skills:
                var = model.new_bool_var(f"{p.id}/{day}/{shift}/{skill}")
                row.append((p.id, var))
                each.setdefault((p.id, day, shift), []).append(var)
        covers[day, shift, skill] = row
        short[day, shift, skill] = model.new_int_var(0, needed, f"short/{day}/{shift}/{skill}")
        model.add(sum(var for _, var in row) + short[day, shift, skill] == needed)
    for place, chosen in each.items():
        model.add(sum(chosen) <= works[place])
    return covers, short


def _burden(model: cp_model.CpModel, people: Sequence[Person], days: int, works: _Vars, spans: Spans) -> tuple[cp_model.IntVar, int]:
    """Twice the working time of all, plus the time between who works most and who works least; and a bound of it.

    Time is counted in the greatest common measure of the shifts. The factor keeps anybody from being called in for evenness
    alone; that the most is above the mean and the least below it is said so that the solver can prove its plan best.
    """
    lengths = {(d, name): _length(spans, d, name) for d, name in spans if d >= 0}
    measure = gcd(*lengths.values())
    longest = max(lengths.values()) // measure * days
    planned = [p for p in people if len(p.away) < days]
    most, least = model.new_int_var(0, longest, "most"), model.new_int_var(0, longest, "least")
    bound = longest * (2 * len(people) + 1)
    whole, burden = model.new_int_var(0, longest * len(people), "whole"), model.new_int_var(0, bound, "burden")
    each = [sum(works[p.id, d, name] * (length // measure) for (d, name), length in lengths.items()) for p in planned]
    for time in each:
        model.add(time <= most)
        model.add(time >= least)
    model.add(whole == sum(each))
    model.add(len(planned) * most >= whole)
    model.add(len(planned) * least <= whole)
    model.add(burden == 2 * whole + most - least)
    return burden, bound


def _shortage(need: tuple[int, str, str], missing: int, needed: int, people: Sequence[Person], work: Mapping[str, tuple[str, ...]]) -> Shortage:
    """Says of a shortage how many have the skill at all, how many of them are away, and how many work another shift or must rest."""
    day, shift, skill = need
    having = [p for p in people if skill in p.skills]
    away = sum(day in p.away for p in having)
    elsewhere = sum(work[p.id][day] not in ("", shift) for p in having)
    resting = sum(work[p.id][day] == "" and day not in p.away for p in having)
    why = Text(
        "有此技能 {have} 人：{away} 人不在，{elsewhere} 人上其他班，{resting} 人须休息或已满工时",
        "{have} have the skill: {away} away, {elsewhere} on another shift, {resting} must rest or have their hours").filled(
        have=len(having), away=away, elsewhere=elsewhere, resting=resting)
    return Shortage(day, shift, skill, missing, needed, why)


def _faults(people: Sequence[Person], shifts: Sequence[Shift], needs: Mapping[tuple[int, str, str], int], days: int) -> list[Fault]:
    names = {s.name for s in shifts}
    found = [Fault(
        Text("需求 {day}/{shift}/{skill} 不在计划的日期或班次内", "the need {day}/{shift}/{skill} is on no day or shift of the plan").filled(
            day=day, shift=same(shift), skill=same(skill)), Place(path=f"needs.{day}.{shift}.{skill}"), needs[day, shift, skill], "shift-need",
        Text("请核对日期（从 0 起）与班次名称。", "Check the day (from 0) and the shift's name."))
        for day, shift, skill in needs if not 0 <= day < days or shift not in names]
    return found + [Fault(
        Text("{person} 的班次 {shift} 不存在", "{person} has a shift {shift} that does not exist").filled(person=same(p.id), shift=same(unknown)),
        Place(path=f"people.{p.id}"), unknown, "shift-name", Text("请核对班次名称。", "Check the shift's name."))
        for p in people for unknown in sorted((p.shifts | ({p.worked_last} - {""})) - names)]
