"""Shift plans: skills covered, rest and hours never broken, burden shared, and every shortage says why."""

from dataclasses import replace
from itertools import pairwise

import pytest

from qiantang.domains.factory.dispatch.shift_plans import ASSUMED_RULES, Person, ShiftPlan, ShiftRules, shift_plan
from qiantang.domains.factory.plant import Shift
from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import same

HOUR = 3600
EARLY, LATE, NIGHT = (Shift(name, same(name), start * HOUR, end * HOUR) for name, start, end in (("early", 6, 14), ("late", 14, 22), ("night", 22, 30)))
SHIFTS = (EARLY, LATE, NIGHT)


def _people(number: int, *skills: str) -> list[Person]:
    return [Person(f"{skills[0][0]}{k}", frozenset(skills)) for k in range(number)]


def _broken(plan: ShiftPlan, rules: ShiftRules) -> list[tuple[str, int, str]]:
    """Where a plan breaks a rule, reckoned from the plan alone."""
    by_name = {s.name: s for s in SHIFTS}
    found = []
    for person, row in plan.work.items():
        worked = [(24 * HOUR * d + by_name[s].start_s, 24 * HOUR * d + by_name[s].end_s, d) for d, s in enumerate(row) if s]
        found += [(person, b[2], "rest") for a, b in pairwise(worked) if b[0] - a[1] < rules.least_rest_h * HOUR]
        for d in range(len(row)):
            if sum(8 for s in row[d:d + 7] if s) > rules.most_hours_a_week:
                found.append((person, d, "hours"))
            for most, kinds, name in ((rules.most_days_in_row, set(by_name), "days"), (rules.most_nights_in_row, {"night"}, "nights")):
                stretch = row[d:d + most + 1]
                if len(stretch) == most + 1 and all(s in kinds for s in stretch):
                    found.append((person, d, name))
    return found


def test_enough_people_cover_every_skill_of_every_shift_within_the_rules() -> None:
    people = [*_people(6, "mechanic"), *_people(6, "electrician")]
    needs = {(d, s.name, skill): 1 for d in range(7) for s in SHIFTS for skill in ("mechanic", "electrician")}
    plan = shift_plan(people, SHIFTS, needs, 7, seconds=20)
    assert plan.shortages == ()
    assert plan.proved
    assert _broken(plan, ASSUMED_RULES) == []
    for (day, shift, skill), names in plan.duty.items():
        assert len(names) == 1
        person = next(p for p in people if p.id == names[0])
        assert skill in person.skills
        assert plan.work[person.id][day] == shift
    assert "assumptions" in plan.told.en
    assert "假定" in plan.told.zh


def test_nobody_works_more_than_is_needed_and_the_burden_is_shared() -> None:
    plan = shift_plan(_people(4, "mechanic"), SHIFTS, {(d, "early", "mechanic"): 2 for d in range(4)}, 4, seconds=20)
    assert plan.proved
    assert sorted(sum(map(bool, row)) for row in plan.work.values()) == [2, 2, 2, 2]


def test_one_person_with_two_skills_covers_one_at_a_time() -> None:
    both = [Person("x", frozenset({"mechanic", "electrician"}))]
    plan = shift_plan(both, SHIFTS, {(0, "early", "mechanic"): 1, (0, "early", "electrician"): 1}, 1, seconds=10)
    shortage, = plan.shortages
    assert shortage.missing == 1


def test_a_shortage_says_how_many_have_the_skill_and_where_they_are() -> None:
    people = [Person("a", frozenset({"mechanic"}), away=frozenset({0})), Person("b", frozenset({"mechanic"}))]
    plan = shift_plan(people, SHIFTS, {(0, "early", "mechanic"): 2, (0, "late", "x-ray"): 1}, 1, seconds=10)
    assert [(s.shift, s.skill, s.missing) for s in plan.shortages] == [("early", "mechanic", 1), ("late", "x-ray", 1)]
    assert plan.shortages[0].told.en == (
        "day 1, early: 1 of 2 mechanic missing (2 have the skill: 1 away, 0 on another shift, 0 must rest or have their hours)")
    assert "有此技能 0 人" in plan.shortages[1].told.zh
    assert "2 shifts are short" in plan.told.en


def test_eleven_hours_of_rest_forbid_early_after_late_and_ten_allow_nothing_shorter() -> None:
    one = [Person("a", frozenset({"mechanic"}))]
    needs = {(0, "late", "mechanic"): 1, (1, "early", "mechanic"): 1}
    assert len(shift_plan(one, SHIFTS, needs, 2, seconds=10).shortages) == 1
    assert shift_plan(one, SHIFTS, needs, 2, replace(ASSUMED_RULES, least_rest_h=8.0), seconds=10).shortages == ()


def test_the_shift_of_the_day_before_the_plan_counts_for_rest() -> None:
    tired = [Person("a", frozenset({"mechanic"}), worked_last="night")]
    assert len(shift_plan(tired, SHIFTS, {(0, "early", "mechanic"): 1}, 1, seconds=10).shortages) == 1
    assert shift_plan(tired, SHIFTS, {(0, "night", "mechanic"): 1}, 1, seconds=10).shortages == ()


def test_hours_days_and_nights_in_a_row_are_never_broken_even_if_work_stays_undone() -> None:
    plan = shift_plan(_people(2, "mechanic"), SHIFTS, {(d, "night", "mechanic"): 2 for d in range(7)}, 7, seconds=20)
    assert _broken(plan, ASSUMED_RULES) == []
    assert sum(s.missing for s in plan.shortages) == 2 * 2, "five of seven nights each: three, a pause, and two or more; forty hours are five shifts"


def test_shifts_that_somebody_cannot_work_are_not_given() -> None:
    day_only = [Person("a", frozenset({"mechanic"}), shifts=frozenset({"early"}))]
    plan = shift_plan(day_only, SHIFTS, {(0, "night", "mechanic"): 1}, 1, seconds=10)
    assert plan.work["a"] == ("",)
    assert len(plan.shortages) == 1


def test_needs_and_people_of_unknown_days_or_shifts_are_refused_together() -> None:
    with pytest.raises(FactsError) as refused:
        shift_plan([Person("a", frozenset(), shifts=frozenset({"dawn"}))], SHIFTS, {(9, "early", "mechanic"): 1, (0, "noon", "mechanic"): 1}, 7)
    assert [f.rule for f in refused.value.faults] == ["shift-need", "shift-need", "shift-name"]
