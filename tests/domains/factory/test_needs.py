"""What an alarm asks for: the skill of its step or of its rule, among those that people have, and by when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.needs import Needs
from qiantang.domains.factory.plant import Part, Technician
from qiantang.kernel.words import Text
from tests.domains.factory.plants import MINUTE, SMALL, START, alarm

SKILLED = replace(SMALL, skills=tuple((name, Text(name, name)) for name in ("curing", "mixing", "instrument", "mechanical")))


@pytest.mark.parametrize(("asset", "rule", "skill"), [
    ("P1L", "nelson_1", "curing"), ("M1", "ewma", "mixing"), ("P1", "quality", "instrument"), ("P1L", "stuck", "instrument"),
    ("site", "range", "mechanical")])
def test_the_skill_is_that_of_the_step_or_of_the_measuring(asset: str, rule: str, skill: str) -> None:
    assert Needs().skill(SKILLED, asset, rule) == skill


def test_a_plant_that_has_another_skill_only_gets_that_one_and_one_without_people_none() -> None:
    assert Needs().skill(replace(SMALL, technicians=(Technician("li", "李", frozenset({"anything"}), "day"),)), "P1", "ewma") == "anything"
    assert Needs().skill(SMALL, "P1", "ewma") == ""


@pytest.mark.parametrize(("rule", "parts"), [("stuck", (("probe", 1),)), ("nelson_1", ()), ("range", (("seal", 1),))])
def test_a_task_asks_for_the_spare_parts_that_mend_such_an_alarm(rule: str, parts: tuple[tuple[str, int], ...]) -> None:
    signal = SMALL.signals[12]
    stores = (Part("probe", Text("探头", "probe"), 3, kinds=(signal.kind,), rules=("stuck", "quality")), Part("belt", Text("皮带", "belt"), 1),
              Part("seal", Text("密封", "seal"), 2, kinds=("another", signal.kind), rules=("range",)))
    change, = Register(SKILLED).raised([alarm(12, 0, rule=rule)])
    assert Needs().task(replace(SKILLED, parts=stores), change).parts == parts


def test_the_same_alarm_makes_the_same_task_due_by_its_priority() -> None:
    change, = Register(SKILLED).raised([alarm(12, 0)])
    task = Needs().task(SKILLED, change)
    assert task == Needs().task(SKILLED, change)
    assert (task.asset, task.skill, task.priority, task.finding) == ("M1", "mixing", 1, change.alarm.id)
    assert task.due == START + 30 * MINUTE
    assert task.place == (0.0, 50.0)
