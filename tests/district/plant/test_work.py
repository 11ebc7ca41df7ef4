"""An alarm that is told becomes one task, which somebody with the skill has; a late reading that takes the alarm away takes it too."""

import json
from dataclasses import replace

import pytest

from qiantang.district.plant.folder import Order
from qiantang.district.plant.work import Work, usual_task
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.dispatch.states import Change, Event, State
from qiantang.domains.factory.plant import Plant, Shift, Technician
from qiantang.kernel.errors import ActionError
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


def told_of(work: Work, register: Register, at: int, signal: int, rule: str = "nelson_1", others: tuple[int, ...] = ()) -> None:
    work.heard(register.raised([alarm(signal, at, rule, others=others)]), START + at)


def test_a_finding_of_the_same_cause_joins_the_open_task_which_is_as_urgent_as_the_most_urgent() -> None:
    work, register, said = begun()
    task = said[0].task
    before = work.dispatcher.book.entries[task].task
    # The group of the first alarm is over after half an hour: the same unit is told anew, and its task is open still.
    later = 40 * MINUTE
    told_of(work, register, later, 1)
    assert set(work.dispatcher.book.entries) == {task}
    assert work.concerns.of[task].alarms == [alarm(0, MINUTE).id, alarm(1, later).id]
    assert [c.event for c in said if c.task == task].count(Event.JOIN) == 1
    assert work.dispatcher.book.entries[task].task.due == before.due
    # The other cavity is another cause, unless its signal moved with the first; and a graver alarm makes the task graver.
    told_of(work, register, 90 * MINUTE, 3)
    assert len(work.dispatcher.book.entries) == 2
    urgent = Work(STAFFED, lambda change: replace(usual, priority=1 if change.alarm.signal == 4 else 3, due=usual.due - change.alarm.signal)
                  if (usual := usual_task(STAFFED)(change)) else None)
    fresh = Register(STAFFED)
    told_of(urgent, fresh, MINUTE, 0)
    told_of(urgent, fresh, 50 * MINUTE, 4, others=(0,))
    entry, = urgent.dispatcher.book.entries.values()
    assert (entry.task.priority, len(urgent.concerns.of[entry.task.id].alarms)) == (1, 2)


def test_that_the_machine_stands_is_of_the_task_that_is_open_there_and_a_task_of_its_own_where_none_is() -> None:
    work, register, said = begun()
    told_of(work, register, 40 * MINUTE, 3, "down")
    assert set(work.dispatcher.book.entries) == {said[0].task}
    fresh, alone = Work(STAFFED), Register(STAFFED)
    told_of(fresh, alone, MINUTE, 3, "down")
    assert len(fresh.dispatcher.book.entries) == 1


def test_a_graver_alarm_that_joins_a_group_makes_the_task_of_the_group_graver() -> None:
    grave = replace(STAFFED, signals=tuple(replace(s, priority=1 if s.number == 1 else 3) for s in STAFFED.signals))
    work, register = Work(grave), Register(grave)
    told_of(work, register, MINUTE, 0)
    entry, = work.dispatcher.book.entries.values()
    assert entry.task.priority == 3
    due = entry.task.due
    told_of(work, register, 2 * MINUTE, 1)
    entry, = work.dispatcher.book.entries.values()
    assert entry.task.priority == 1
    assert entry.task.due < due
    rows = work.news.rows(work.dispatcher, work.told, work.concerns.of)
    assert rows[0]["findings"] == [alarm(0, MINUTE).id, alarm(1, 2 * MINUTE).id]
    assert rows[0]["told_en"].startswith("(1) press 1, left cavity")
    assert "(2) press 1, left cavity" in rows[0]["told_en"]


def test_of_two_findings_the_task_goes_only_when_late_readings_took_both_away() -> None:
    work, register, said = begun()
    told_of(work, register, 40 * MINUTE, 1)
    work.heard([], START + 41 * MINUTE, [alarm(0, MINUTE).id])
    assert list(work.dispatcher.book.entries) == [said[0].task]
    work.heard([], START + 42 * MINUTE, [alarm(1, 40 * MINUTE).id])
    assert not work.dispatcher.book.entries
    assert said[-1].event is Event.WITHDRAW


def again_and_again(work: Work, times: int) -> list[str]:
    """What is never mended is told anew each hour; the ids of the alarms."""
    ids = []
    for n in range(1, times + 1):
        fresh = Register(STAFFED)
        one = alarm(0, n * 60 * MINUTE)
        ids.append(f"s0:nelson_1:{one.at}")
        work.heard(fresh.raised([replace(one, id=ids[-1])]), one.at)
    return ids


def test_a_task_that_nobody_finishes_names_the_first_findings_and_the_latest_and_counts_all() -> None:
    few, many = Work(STAFFED), Work(STAFFED)
    again_and_again(few, 100)
    ids = again_and_again(many, 400)
    (task, concern), = many.concerns.of.items()
    assert concern.alarms == [*ids[:8], *ids[-64:]]
    assert concern.count == 400
    assert set(many.told) == set(concern.alarms)
    # Nothing but the task's own events, of which the newest are kept, grew with it.
    size = [len(json.dumps(json.loads(work.snapshot()) | {"news": None})) for work in (few, many)]
    assert size[1] < size[0] + 100
    row, = many.news.rows(many.dispatcher, many.told, many.concerns.of)
    assert (row["findings_count"], len(row["findings"])) == (400, 72)
    assert "(6) press 1, left cavity" in row["told_en"]
    assert "392 more between. (399) press 1, left cavity" in row["told_en"]
    # One that is told again, as after shelving, is none more, also where it is no longer named; a restart changes nothing of it.
    restarted = Work(STAFFED)
    restarted.restore(many.snapshot())
    for work in (many, restarted):
        work.heard(Register(STAFFED).raised([replace(alarm(0, 20 * 60 * MINUTE), id=ids[19])]), START + 401 * 60 * MINUTE)
        assert work.concerns.of[task].count == 400
    for gone in concern.alarms[:]:
        many.heard([], START + 402 * 60 * MINUTE, [gone])
    assert list(many.dispatcher.book.entries) == [task]
    assert many.concerns.of[task].count == 400 - 72


def test_what_a_task_is_about_and_what_happened_lately_outlast_a_restart() -> None:
    work, register, said = begun()
    again = Work(STAFFED)
    again.restore(work.snapshot())
    assert again.snapshot() == work.snapshot()
    assert list(again.news.events) == list(work.news.events)
    told_of(again, register, 40 * MINUTE, 1)
    assert list(again.dispatcher.book.entries) == [said[0].task]


def test_a_finished_task_says_which_machine_was_mended_and_since_when_something_was_wrong() -> None:
    work, _, said = begun()
    task, first = said[0].task, alarm(0, MINUTE)
    assert work.repaired({"task": task}, "li") == {}
    for order in ("accept", "start"):
        work.answered(Order(order, {"task": task}, "li", NOW), NOW + MINUTE)
    assert work.repaired({"task": task}, "wu") == {}
    assert work.repaired({"task": task}, "li") == {"_asset": "P1", "_since": str(first.since), "_alarms": json.dumps(work.concerns.of[task].alarms)}
    said_since = work.repaired({"task": task, "since": "2023-11-14T22:00:00+00:00"}, "li")
    assert int(said_since["_since"]) == 1_699_999_200_000_000
    with pytest.raises(ActionError, match="cannot be read"):
        work.repaired({"task": task, "since": "yesterday"}, "li")


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
