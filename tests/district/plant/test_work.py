"""An alarm that is told becomes one task, which somebody with the skill has; a late reading that takes the alarm away takes it too."""

from dataclasses import replace

from qiantang.district.plant.folder import Order
from qiantang.district.plant.work import Work
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.dispatch.states import Change, Event, State
from qiantang.domains.factory.plant import Plant, Shift, Technician
from qiantang.kernel.words import same
from tests.domains.factory.plants import MINUTE, SMALL, START, alarm

DAY = (Shift("all", same("all day"), 0, 86_400),)
STAFFED: Plant = replace(SMALL, shifts=DAY, technicians=(Technician("li", "Li", frozenset({"curing"}), "all"),
                                                        Technician("wu", "Wu", frozenset({"mixing"}), "all")))
NOW = START + 2 * MINUTE


def begun() -> tuple[Work, Register, list[Change]]:
    said: list[Change] = []
    work, register = Work(STAFFED, heard=said.extend), Register(STAFFED)
    work.heard(register.raised([alarm(0, MINUTE)]), NOW)
    return work, register, said


def test_an_alarm_is_one_task_offered_to_who_can_mend_it() -> None:
    work, register, said = begun()
    work.heard(register.raised([alarm(0, MINUTE + 1)]), NOW + MINUTE)
    assert {c.task for c in said} == {f"task-{alarm(0, MINUTE).id}"}
    assert [c.worker for c in said if c.event is Event.OFFER] == ["li"]


def test_an_answer_goes_to_the_task_and_a_snapshot_keeps_it() -> None:
    work, _, said = begun()
    work.answered(Order("accept", {"task": said[0].task}, "li", NOW), NOW + MINUTE)
    again = Work(STAFFED)
    again.restore(work.snapshot())
    assert again.dispatcher.states() == work.dispatcher.states()
    assert State.ACCEPTED in again.dispatcher.states().values()


def test_a_task_whose_alarm_a_late_reading_took_away_is_withdrawn() -> None:
    work, _, said = begun()
    work.heard([], NOW + MINUTE, [alarm(0, MINUTE).id])
    assert said[-1].event is Event.WITHDRAW
    work.heard([], NOW + MINUTE, ["an alarm without a task"])
