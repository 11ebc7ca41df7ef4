"""A plan is valid under every rule, costs what a plain reckoning says, and the search finds the best of small halls."""

from dataclasses import replace
from itertools import permutations, product

import pytest

from qiantang.domains.factory.dispatch.planning import Plan, assign, improve, insert
from qiantang.domains.factory.dispatch.policies import RULES
from qiantang.domains.factory.dispatch.search import NOBODY, empty, put
from qiantang.domains.factory.dispatch.situation import Situation
from qiantang.domains.factory.dispatch.tasks import Battery, Task
from qiantang.domains.factory.dispatch.travel import Travel
from qiantang.kernel.errors import FactsError
from tests.domains.factory.dispatch.halls import NOON, at, hall, job, person, reckoned


def _plans(situation: Situation) -> list[Plan]:
    return [*(assign(situation, rule) for rule in RULES), insert(situation), improve(insert(situation), moves=300)]


def _valid(plan: Plan) -> None:
    """Each task once, only with the skill, within duty; who is not planned has a reason."""
    placed = [t for row in plan.days.values() for t in row]
    assert sorted([*placed, *plan.unassigned]) == sorted(t.id for t in plan.situation.tasks)
    tasks = {t.id: t for t in plan.situation.tasks}
    for worker in plan.situation.workers:
        for name in plan.days[worker.id]:
            stop = plan.stop(name)
            assert stop is not None
            assert stop.worker == worker.id
            assert worker.can(tasks[name])
            assert worker.until is None or stop.ends <= worker.until


@pytest.mark.parametrize("seed", [1, 2])
def test_every_way_of_planning_gives_each_task_once_and_only_to_the_skilled_within_duty(seed: int) -> None:
    for plan in _plans(hall(seed, ends=True, pauses=True, vehicles=True)):
        _valid(plan)


@pytest.mark.parametrize("kind", [{}, {"ends": True}, {"pauses": True}, {"vehicles": True}, {"ends": True, "pauses": True, "vehicles": True}])
def test_cost_and_times_are_what_a_plain_reckoning_gives(kind: dict[str, bool]) -> None:
    for seed in (3, 4):
        for plan in _plans(hall(seed, **kind)):
            cost, times = reckoned(plan)
            assert plan.cost == pytest.approx(cost + _left_out(plan))
            for name, (begins, ends) in times.items():
                stop = plan.stop(name)
                assert stop is not None
                assert stop.begins == pytest.approx(at(begins), abs=2)
                assert stop.ends == pytest.approx(at(ends), abs=2)


def _left_out(plan: Plan) -> float:
    """Left-out tasks: late from the horizon on, and two hours beyond (the planner's stated penalty)."""
    return sum(plan.situation.weights.of(t) * (max(plan.situation.horizon - plan.situation.minute(t.due), 0.0) + 120.0)
               for t in plan.situation.tasks if t.id in plan.unassigned)


def _cheapest_of_all(situation: Situation) -> float:
    """The least cost over every order and every sharing of the tasks."""
    n, m = len(situation.tasks), len(situation.workers)
    best = float("inf")
    for order in permutations(range(n)):
        for who in product(range(m), repeat=n):
            if all(situation.ground.able[i, who[i]] for i in order):
                best = min(best, _cost_of(situation, [[i for i in order if who[i] == w] for w in range(m)]))
    return best


def _cost_of(situation: Situation, rows: list[list[int]]) -> float:
    cost = 0.0
    for worker, row in zip(situation.workers, rows, strict=True):
        now, place = situation.minute(worker.free_at), worker.place
        for i in row:
            task = situation.tasks[i]
            way = situation.travel.minutes(worker, place, task)
            now, place = max(now + way, situation.minute(task.ready)) + task.minutes, task.place
            cost += situation.weights.of(task) * max(now - situation.minute(task.due), 0.0) + situation.weights.travel * way
    return cost


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_the_search_finds_the_best_of_all_plans_of_a_small_hall(seed: int) -> None:
    drawn = hall(seed, tasks=5, workers=2)
    situation = replace(drawn, workers=tuple(replace(w, skills=frozenset({"mechanic", "electrician", "moulds"})) for w in drawn.workers))
    situation = replace(situation, tasks=tuple(replace(t, parts=()) for t in situation.tasks))
    assert improve(insert(situation), moves=2000).cost == pytest.approx(_cheapest_of_all(situation))


def test_a_search_never_costs_more_than_where_it_began_and_no_single_move_would_gain() -> None:
    situation = hall(21, tasks=60, workers=10)
    first = assign(situation, "fifo")
    plan = improve(first, moves=500)
    assert plan.cost < first.cost
    for task in situation.tasks:
        elsewhere = {w: tuple(t for t in row if t != task.id) for w, row in plan.days.items()}
        again = insert(situation, elsewhere)
        assert again.cost >= plan.cost - 1e-6


def test_the_same_seed_and_moves_give_the_same_plan_and_another_seed_another() -> None:
    situation = hall(31, tasks=60, workers=8)
    days = [improve(insert(situation), moves=400, seed=seed).days for seed in (1, 1, 2)]
    assert days[0] == days[1] != days[2]


def test_urgency_matched_as_a_whole_costs_less_than_the_plain_rules_on_crowded_halls() -> None:
    costs = {rule: sum(assign(hall(seed, tasks=80, workers=12), rule).cost for seed in range(40, 48)) for rule in RULES}
    assert costs["lap_atc"] < min(costs["edd"], costs["nearest"]) < costs["fifo"]


def test_earliest_due_goes_by_due_and_first_come_by_opening() -> None:
    early, late = replace(job("late", due=90), opened=NOON), replace(job("soon", due=30), opened=at(1))
    situation = Situation((early, late), (person("w"),), NOON)
    assert assign(situation, "edd").days["w"] == ("soon", "late")
    assert assign(situation, "fifo").days["w"] == ("late", "soon")


def test_work_and_travel_rest_in_a_break() -> None:
    situation = Situation((job("t", place=(72.0, 0.0), minutes=10),), (person("w", breaks=((5, 20),)),), NOON)
    stop = assign(situation).stop("t")
    assert stop is not None
    assert (stop.begins, stop.ends) == (at(1), at(26)), "one minute of walking, four of work, fifteen of break, six of work"


def test_a_task_that_ends_on_the_minute_of_the_end_of_duty_is_done_and_one_second_more_is_not() -> None:
    on_time = Situation((job("t", minutes=10),), (person("w", until=10),), NOON)
    assert assign(on_time).stop("t") is not None
    over = insert(replace(on_time, workers=(replace(person("w"), until=at(10) - 1_000_000),)))
    assert "before the end of duty" in over.unassigned["t"].en


def test_parts_are_fetched_on_the_way() -> None:
    travel = Travel(stores={"belt": (0.0, 72.0)})
    with_part = Situation((job("t", place=(72.0, 0.0), parts=(("belt", 1),)),), (person("w"),), NOON, travel)
    stop = assign(with_part).stop("t")
    assert stop is not None
    assert stop.travel == pytest.approx(3.0), "72 m to the store and 144 m on, at 72 m a minute"


def test_a_vehicle_charges_before_a_way_from_which_it_could_not_come_back() -> None:
    tired = person("agv", battery=Battery(1000.0, 100.0, 100.0, (0.0, 0.0)))
    stop = assign(Situation((job("t", place=(72.0, 0.0)),), (tired,), NOON)).stop("t")
    assert stop is not None
    assert stop.begins == at(9 + 1), "at the charger already: 900 m take nine minutes, the way one"
    assert stop.left_m == pytest.approx(928.0)
    fresh = replace(tired, battery=Battery(1000.0, 144.0, 100.0, (0.0, 0.0)))
    direct = assign(Situation((job("t", place=(72.0, 0.0)),), (fresh,), NOON)).stop("t")
    assert direct is not None
    assert direct.begins == at(1), "72 m there and 72 m back are just enough"


def test_a_place_beyond_a_full_battery_is_given_to_nobody_with_the_reason() -> None:
    agv = person("agv", battery=Battery(100.0, 100.0, 100.0, (0.0, 0.0)))
    plan = insert(Situation((job("far", place=(51.0, 0.0)),), (agv,), NOON))
    assert "full battery" in plan.unassigned["far"].en


def test_nobody_skilled_leaves_the_task_with_the_reason() -> None:
    plan = improve(insert(Situation((job("t", skill="x-ray"),), (person("w"),), NOON)), moves=50)
    assert plan.unassigned["t"].en == "nobody on duty has the skill x-ray"
    assert plan.unassigned["t"].zh


def test_who_is_barred_is_not_asked() -> None:
    situation = Situation((job("t"),), (person("a"), person("b", place=(100.0, 0.0))), NOON, barred=frozenset({("t", "a")}))
    assert all(plan.days["b"] == ("t",) for plan in _plans(situation))
    alone = insert(replace(situation, workers=situation.workers[:1]))
    assert "refused or not answered" in alone.unassigned["t"].en


def test_an_older_plan_is_kept_where_it_still_holds() -> None:
    situation = Situation((job("x"), job("y"), job("new")), (person("a"), person("b")), NOON)
    plan = insert(situation, {"a": ("gone", "y"), "b": ("x",), "left": ("new",)})
    assert plan.days["a"][0] == "y" or "y" in plan.days["a"]
    assert "x" in plan.days["b"]
    assert sorted(t for row in plan.days.values() for t in row) == ["new", "x", "y"]


def test_a_hall_without_people_or_without_tasks_is_planned_too() -> None:
    for plan in _plans(Situation((job("t"),), (), NOON)):
        assert set(plan.unassigned) == {"t"}
    for plan in _plans(Situation((), (person("w"),), NOON)):
        assert plan.cost == 0.0


def test_more_than_sixty_three_skills_are_told_apart() -> None:
    tasks = tuple(replace(job(f"t{i}"), skill=f"s{i}") for i in range(70))
    plan = insert(Situation(tasks, (person("w", *(f"s{i}" for i in range(69))),), NOON))
    assert set(plan.unassigned) == {"t69"}


def test_several_skills_are_asked_of_one_person() -> None:
    both = Task("t", "a", "mechanic", 2, (0.0, 0.0), 5.0, at(30), also=frozenset({"electrician"}))
    plan = insert(Situation((both,), (person("m"), person("e", "electrician"), person("both", "mechanic", "electrician")), NOON))
    assert plan.days["both"] == ("t",)


def test_haste_does_early_what_is_not_due_yet() -> None:
    tasks = (job("a", minutes=10, due=500), job("b", minutes=10, due=500))
    crew = (person("near"), person("far", place=(200.0, 0.0)))
    calm = improve(insert(Situation(tasks, crew, NOON)), moves=50)
    situation = Situation(tasks, crew, NOON)
    hasty = improve(insert(replace(situation, weights=replace(situation.weights, haste=1.0))), moves=50)
    assert sorted(map(len, calm.days.values())) == [0, 2], "less travel"
    assert sorted(map(len, hasty.days.values())) == [1, 1], "sooner done"
    assert hasty.cost > calm.cost


@pytest.mark.parametrize("wrong", [{"priority": 0}, {"minutes": 0.0}, {"minutes": float("nan")}, {"place": (float("inf"), 0.0)}, {"parts": (("belt", 0),)}])
def test_a_task_that_cannot_be_is_refused_with_place_and_remedy(wrong: dict[str, object]) -> None:
    with pytest.raises(FactsError) as refused:
        replace(job("t"), **wrong)  # type: ignore[arg-type]  # wrong on purpose
    fault = refused.value.faults[0]
    assert fault.place.column in wrong
    assert fault.remedy.zh
    assert fault.remedy.en


def test_the_cost_of_putting_tasks_in_one_by_one_adds_up_to_the_whole() -> None:
    situation = hall(51, tasks=20, workers=4)
    plan = insert(situation)
    routes = empty(len(situation.tasks), len(situation.workers))
    whole = 0.0
    for worker, row in plan.days.items():
        for name in reversed(row):
            whole += put(situation.ground, routes, situation.seat[worker], NOBODY, situation.number[name])
    assert whole == pytest.approx(reckoned(plan)[0])
    assert whole + _left_out(plan) == pytest.approx(plan.cost)


def test_however_crowded_nothing_is_left_out_while_duty_has_no_end() -> None:
    situation = hall(52, tasks=300, workers=2)
    both = tuple(replace(w, skills=frozenset({"mechanic", "electrician", "moulds"})) for w in situation.workers)
    for plan in _plans(replace(situation, workers=both)):
        assert not plan.unassigned
