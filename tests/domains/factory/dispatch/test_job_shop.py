"""A job shop: known best figures are reached and proved, changeovers are paid for, and what cannot be says which jobs."""

import pytest

from qiantang.domains.factory.dispatch.job_shop import Changeovers, Job, Schedule, Step, schedule
from qiantang.kernel.errors import FactsError

# The six-by-six instance of Fisher and Thompson (1963), known as ft06: machine and minutes, step by step. Its best is 55.
FT06 = ((2, 1, 0, 3, 1, 6, 3, 7, 5, 3, 4, 6), (1, 8, 2, 5, 4, 10, 5, 10, 0, 10, 3, 4), (2, 5, 3, 4, 5, 8, 0, 9, 1, 1, 4, 7),
        (1, 5, 0, 5, 2, 5, 3, 3, 4, 8, 5, 9), (2, 9, 1, 3, 4, 5, 5, 4, 0, 3, 3, 1), (1, 3, 3, 3, 5, 9, 0, 10, 4, 4, 2, 1))


def _ft06() -> list[Job]:
    return [Job(f"j{n}", tuple(Step(f"m{m}", t) for m, t in zip(row[::2], row[1::2], strict=True))) for n, row in enumerate(FT06)]


def _sound(found: Schedule, jobs: list[Job], rules: Changeovers) -> None:
    """Order within jobs, one step at a time on a machine, a changeover before each step that needs one."""
    ends = {(p.job, p.step): p.ends for p in found.placed}
    for p in found.placed:
        job = next(j for j in jobs if j.id == p.job)
        assert p.ends - p.begins == job.steps[p.step].minutes
        assert p.begins >= (ends[p.job, p.step - 1] if p.step else job.ready)
    for machine in {p.machine for p in found.placed}:
        row = sorted((p for p in found.placed if p.machine == machine), key=lambda p: p.begins)
        mounted, free = rules.mounted.get(machine, ""), 0
        for p in row:
            family = next(j for j in jobs if j.id == p.job).steps[p.step].family
            assert p.changeover == rules.between(mounted, family)
            assert p.begins - p.changeover >= free
            mounted, free = family or mounted, p.ends
    assert found.length == max(p.ends for p in found.placed)


def test_ft06_is_solved_to_its_known_best_and_proved() -> None:
    found = schedule(_ft06(), seconds=30)
    assert (found.length, found.proved, len(found.placed)) == (55, True, 36)
    assert "proved shortest" in found.told.en
    _sound(found, _ft06(), Changeovers())


def test_changeovers_between_moulds_are_paid_for_and_kept_few() -> None:
    jobs = [Job(f"{family}{n}", (Step("press", 10, family),)) for n in range(3) for family in ("a", "b")]
    rules = Changeovers(usual=30, mounted={"press": "b"})
    found = schedule(jobs, rules, seconds=10)
    assert found.length == 6 * 10 + 30, "all of b first, one change, all of a"
    _sound(found, jobs, rules)


def test_changeovers_may_cost_more_one_way_than_the_other() -> None:
    jobs = [Job("white", (Step("mixer", 5, "white"),)), Job("black", (Step("mixer", 5, "black"),))]
    rules = Changeovers(minutes={("black", "white"): 60, ("white", "black"): 5})
    found = schedule(jobs, rules, seconds=10)
    assert found.length == 15
    assert [p.job for p in sorted(found.placed, key=lambda p: p.begins)] == ["white", "black"]
    _sound(found, jobs, rules)


def test_a_first_change_waits_until_the_mounted_tool_is_off() -> None:
    found = schedule([Job("j", (Step("press", 10, "a"),))], Changeovers(usual=20, mounted={"press": "b"}), seconds=10)
    assert [(p.begins, p.changeover) for p in found.placed] == [(20, 20)]


def test_a_job_too_long_for_its_bound_is_named_with_minutes() -> None:
    with pytest.raises(FactsError) as refused:
        schedule([Job("x", (Step("m", 10), Step("n", 10)), ready=5, by=24), Job("y", (Step("m", 1),))], seconds=10)
    fault, = refused.value.faults
    assert fault.place.path == "jobs.x.by"
    assert fault.message.en == "job x cannot be done before minute 25; minute 24 is asked"
    assert schedule([Job("x", (Step("m", 10), Step("n", 10)), ready=5, by=25)], seconds=10).length == 25


def test_jobs_that_cannot_both_be_in_time_are_named_together() -> None:
    with pytest.raises(FactsError) as refused:
        schedule([Job("x", (Step("m", 10),), by=15), Job("y", (Step("m", 10),), by=15), Job("z", (Step("k", 3),), by=15)], seconds=10)
    fault, = refused.value.faults
    assert fault.value == ["x", "y"]
    assert "x、y" in fault.message.zh


def test_a_step_without_length_is_refused_before_anything_is_solved() -> None:
    with pytest.raises(FactsError) as refused:
        schedule([Job("x", (Step("m", 0), Step("n", -2)))])
    assert [f.place.path for f in refused.value.faults] == ["jobs.x.steps.1", "jobs.x.steps.2"]


def test_no_jobs_take_no_time() -> None:
    assert schedule([], seconds=5).length == 0
