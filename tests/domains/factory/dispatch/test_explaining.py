"""Why this person, who was next and by how much, and who waits longer for it: figures that hold when put to the test."""

from dataclasses import replace

import pytest

from qiantang.domains.factory.dispatch.explaining import explain
from qiantang.domains.factory.dispatch.planning import improve, insert
from qiantang.domains.factory.dispatch.situation import Situation
from tests.domains.factory.dispatch.halls import NOON, at, hall, job, person


def test_the_next_best_is_named_with_minutes_and_cost() -> None:
    situation = Situation((job("t", 2, minutes=10, due=5),), (person("ann"), person("bob", place=(144.0, 0.0)), person("eve", "electrician")), NOON)
    why = explain(insert(situation), "t")
    assert (why.worker, why.begins, why.without_skill) == ("ann", at(0), 1)
    other, = why.others
    assert (other.worker, other.begins) == ("bob", at(2))
    assert other.dearer == pytest.approx(2 * 4 + 2 * 0.02), "two minutes later at weight four, and two of travel"
    assert why.told.en == "ann begins in 0.0 min (0.0 min of travel), 5 min late; next bob: 2.0 min later, the plan 8.0 dearer; 1 without the skill."
    assert why.told.zh == "ann 在 0.0 分钟后开始（路上 0.0 分钟），超期 5 分钟；其次 bob：晚 2.0 分钟，总代价高 8.0；1 人无此技能。"


def test_what_waits_longer_for_it_is_named_with_minutes() -> None:
    situation = Situation((job("urgent", 1, minutes=15, due=0), job("calm", 4, minutes=10, due=0)), (person("ann"),), NOON)
    why = explain(improve(insert(situation), moves=50), "urgent")
    displaced, = why.displaced
    assert displaced.task == "calm"
    assert displaced.minutes == pytest.approx(15.0)
    assert "calm by 15 min" in why.told.en
    assert "别无他人可派" in why.told.zh


def test_nobody_able_gives_the_reason_instead() -> None:
    why = explain(insert(Situation((job("t", skill="x-ray"),), (person("ann"),), NOON)), "t")
    assert (why.worker, why.others, why.without_skill) == ("", (), 1)
    assert "x-ray" in why.told.en


def test_after_a_search_the_one_chosen_is_the_cheapest_and_each_figure_is_what_a_forced_plan_costs() -> None:
    situation = hall(61, tasks=40, workers=6)
    plan = improve(insert(situation), moves=400)
    for task in situation.tasks:
        why = explain(plan, task.id)
        assert all(o.dearer >= -1e-6 for o in why.others)
        assert [o.dearer for o in why.others] == sorted(o.dearer for o in why.others)
    task = next(t for t in situation.tasks if explain(plan, t.id).others)
    other = explain(plan, task.id).others[0]
    barred = frozenset((task.id, w.id) for w in situation.workers if w.id != other.worker)
    elsewhere = {w: tuple(t for t in row if t != task.id) for w, row in plan.days.items()}
    forced = insert(replace(situation, barred=barred), elsewhere)
    assert forced.cost == pytest.approx(plan.cost + other.dearer)
    assert forced.stop(task.id).begins == pytest.approx(other.begins, abs=2)  # type: ignore[union-attr]  # it is in the plan


def test_explaining_leaves_the_plan_as_it_is() -> None:
    plan = improve(insert(hall(62)), moves=100)
    before, cost = plan.days, plan.cost
    for task in plan.situation.tasks:
        explain(plan, task.id)
    assert improve(plan, moves=0).days == before
    assert plan.cost == cost
