"""Material and faults of the running plant: what goes in comes out, what is broken stands until it is mended by who can."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from qiantang.domains.factory.dispatch.tasks import Task, Worker
from qiantang.domains.factory.measures.states import MachineState
from qiantang.domains.factory.simulation.figures import stated_figures
from qiantang.domains.factory.simulation.running import RunningPlant, with_causes
from qiantang.domains.factory.simulation.truth import instant
from qiantang.kernel.errors import SubjectError
from tests.domains.factory.simulation.running import HOUR, six_hours

NEVER = {name: {"cycles": 1e12} if cause.cycles else {"hours": 1e12} for name, cause in with_causes({}).items() if cause.cycles or cause.hours}


def quiet(**more):
    """A plant in which nothing breaks by itself, and nothing is found by itself."""
    return RunningPlant(3, causes=with_causes(NEVER), figures=stated_figures().but({"curing.bladder_scale": 1e9}), watch="outside", **more)


class Nobody:
    """A policy that sends nobody."""

    def sends(self, tasks, workers, now):
        return ()


def test_the_same_seed_gives_the_same_tires_and_faults():
    one, other = (RunningPlant(5).run(2 * HOUR) for _ in range(2))
    assert one.tires == other.tires
    assert [(f.cause, f.asset, f.start, f.end) for f in one.faults] == [(f.cause, f.asset, f.start, f.end) for f in other.faults]
    assert RunningPlant(6).run(2 * HOUR).tires != one.tires


def test_running_in_steps_gives_what_running_at_once_gives():
    stepped = RunningPlant(5)
    for second in range(0, 2 * HOUR + 1, 97):
        stepped.run(second)
    assert stepped.run(2 * HOUR).tires == RunningPlant(5).run(2 * HOUR).tires


def test_the_genealogy_of_a_tire_is_in_order_of_time():
    running = six_hours()
    lots, batches = running.flow.lots, running.flow.batches
    traced = [tire for tire in running.tires if min(tire.lots) >= 0]
    assert len(traced) > 300
    for tire in traced:
        assert tire.built < tire.cured < tire.done
        assert tire.cavity.startswith(tire.press)
        for number in tire.lots:
            lot = lots[number]
            assert lot.made <= tire.built
            assert all(batches[b].made <= lot.made for b in lot.batches if b >= 0)


def test_no_tire_is_judged_twice_and_no_carrier_gives_more_than_it_holds():
    running = six_hours()
    assert len({tire.number for tire in running.tires}) == len(running.tires)
    for place in range(6):
        used = Counter(tire.lots[place] for tire in running.tires if tire.lots[place] >= 0)
        assert max(used.values()) <= stated_figures()["line.pieces_per_carrier"]


def test_a_cavity_cures_one_tire_at_a_time():
    by_cavity: dict[str, list[float]] = {}
    for tire in six_hours().tires:
        by_cavity.setdefault(tire.cavity, []).append(tire.cured)
    shortest = stated_figures()["curing.load_s"] + 0.94 * stated_figures()["curing.cure_s"]
    gaps = [b - a for times in by_cavity.values() for a, b in pairwise(sorted(times))]
    assert min(gaps) >= shortest - 1e-6


def test_without_faults_the_line_runs_at_the_pace_of_its_cavities():
    running = quiet().run(6 * HOUR)
    good = sum(tire.good for tire in running.tires if tire.done > HOUR)
    takt = 5 * HOUR / good
    assert 6.5 < takt < 7.0


def test_a_fault_that_stops_its_machine_stands_until_it_is_repaired():
    running = quiet(mender=Nobody()).run(HOUR)
    fault = running.inject("loader_jam", "press-04")
    running.find(fault)
    running.run(3 * HOUR)
    made = running.repairs.machines["press-04"].course.pieces_by(running.now)
    assert running.repairs.machines["press-04"].course.state[-1] == MachineState.DOWN
    assert fault.end is None
    assert running.repair("press-04", "t-01", 3 * HOUR + 60) == (fault,)
    running.run(4 * HOUR)
    ended: float | None = fault.end
    assert ended == 3 * HOUR + 60
    assert fault.by == "t-01"
    assert running.repairs.machines["press-04"].course.pieces_by(running.now) > made


def test_a_machine_that_somebody_else_mended_waits_for_nobody_who_was_sent():
    running = quiet().run(HOUR)
    fault = running.inject("loader_jam", "press-04", minutes=60.0)
    running.find(fault)
    running.run(HOUR + 1200)
    assert running.repairs.machines["press-04"].jobs  # the plant's own man is on the way or at it
    assert running.repair("press-04", "t-01") == (fault,)
    running.run(HOUR + 1260)
    assert running.repairs.machines["press-04"].course.state[-1] == MachineState.PRODUCING
    assert (fault.end, fault.by) == (HOUR + 1200, "t-01")
    running.run(3 * HOUR)
    assert running.repairs.machines["press-04"].jobs == []
    assert (fault.end, fault.by) == (HOUR + 1200, "t-01")


def test_who_was_not_sent_yet_is_not_sent_to_what_somebody_else_mended():
    running = quiet(mender=Nobody()).run(HOUR)
    fault = running.inject("loader_jam", "press-04")
    running.find(fault)
    running.repair("press-04", "t-01")
    assert all(job.fault is not fault for job in running.repairs.waiting.values())


def test_a_found_fault_is_mended_by_somebody_with_the_skill():
    running = quiet().run(HOUR)
    fault = running.inject("valve_stuck", "press-10-L")
    running.find(fault)
    running.run(3 * HOUR)
    assert fault.end is not None
    who = next(t for t in running.plant.technicians if t.id == fault.by)
    assert "steam" in who.skills
    assert fault.start < fault.begun < fault.end


def test_nobody_mends_what_nobody_found():
    running = quiet().run(HOUR)
    fault = running.inject("valve_stuck", "press-10-L")
    assert running.run(4 * HOUR).faults == (fault,)
    assert fault.end is None


def test_a_leaking_bladder_spoils_the_tires_of_its_cavity_and_no_others():
    running = quiet(mender=Nobody()).run(HOUR)
    fault = running.inject("bladder_leak", "press-20-R")
    running.run(6 * HOUR)
    rejected = [tire for tire in running.tires if tire.cause == "bladder_leak"]
    assert len(rejected) == fault.scrapped > 0
    assert {tire.cavity for tire in rejected} == {"press-20-R"}
    assert {tire.number for tire in rejected} <= set(fault.pieces)
    assert all(tire.cured > fault.start for tire in rejected)


def test_a_bad_batch_follows_the_material_into_tires_of_many_presses():
    running = quiet(mender=Nobody()).run(HOUR)
    fault = running.inject("wrong_weighing", "mix-02")
    running.run(10 * HOUR)
    touched = [tire for tire in running.tires if tire.number in set(fault.pieces)]
    assert len({tire.press for tire in touched}) > 10
    mixers = [{running.flow.batches[b].machine for lot in tire.lots if lot >= 0 for b in running.flow.lots[lot].batches if b >= 0} for tire in touched]
    assert all("mix-02" in machines for machines in mixers)


def test_a_blocked_vehicle_waits_with_its_load():
    running = quiet(mender=Nobody()).run(HOUR)
    running.inject("vehicle_blocked", "agv-01")
    running.run(3 * HOUR)
    course = running.repairs.machines["agv-01"].course
    assert course.state[-1] == MachineState.DOWN
    running.repair("agv-01", "t-01")
    assert running.run(3 * HOUR + 600).repairs.machines["agv-01"].course.state[-1] != MachineState.DOWN


def test_low_steam_slows_all_presses():
    running = quiet(mender=Nobody()).run(HOUR)
    running.inject("steam_header_low", "steam-01")
    running.run(3 * HOUR)
    course = running.repairs.machines["press-03"].course
    lengths = [end - start for start, end in zip(course.start, course.end, strict=True)]
    assert lengths[-1] == pytest.approx(1.06 * lengths[0])


def test_an_injection_that_cannot_be_is_refused():
    running = quiet().run(60)
    with pytest.raises(SubjectError, match="gremlin"):
        running.inject("gremlin", "press-04")
    with pytest.raises(SubjectError, match="press-99"):
        running.inject("loader_jam", "press-99")
    running.inject("loader_jam", "press-04")
    with pytest.raises(SubjectError, match="at work"):
        running.inject("loader_jam", "press-04")


def test_a_policy_that_sends_the_unskilled_is_refused():
    class Careless:
        def sends(self, tasks: list[Task], workers: list[Worker], now: int):
            return [(task, next(w for w in workers if not w.can(task))) for task in tasks[:1]]

    running = quiet(mender=Careless()).run(60)
    with pytest.raises(ValueError, match="lacks the skill"):
        running.find(running.inject("valve_stuck", "press-10-L"))


def test_nobody_works_at_two_places_at_once():
    running = six_hours()
    by_hand: dict[str, list[tuple[float, float]]] = {}
    for job in running.jobs:
        if job.fault is not None:
            by_hand.setdefault(job.fault.by, []).append((job.sent, job.ended))
    assert sum(map(len, by_hand.values())) > 20
    for spans in by_hand.values():
        for (_, ended), (sent, _) in pairwise(sorted(spans)):
            assert ended <= sent


def test_states_fill_the_time_and_pieces_are_counted_once():
    running = six_hours()
    for machine, oee in running.oee(0, 6 * HOUR).items():
        assert oee.busy + oee.planned == 6 * HOUR * 1_000_000, machine
        assert 0 <= oee.good <= oee.produced
    pressed = sum(oee.produced for machine, oee in running.oee(0, 6 * HOUR).items() if machine.startswith("press"))
    judged = sum(tire.cured > 0 for tire in running.tires)
    assert pressed - judged < 160
    assert pressed >= judged


def test_planned_bladder_changes_come_before_the_bladders_are_old():
    running = RunningPlant(2, causes=with_causes(NEVER), figures=stated_figures().but({"curing.bladder_cycles": 150, "curing.bladder_scale": 1e9}))
    running.run(24 * HOUR)
    changes = [job for job in running.jobs if job.planned and job.task.parts == (("bladder", 1),)]
    assert len(changes) > 40
    assert max(bladder.cycles for bladder in running.flow.curing.bladder_in.values()) < 160
    assert all(job.task.opened >= instant(0) for job in changes)
