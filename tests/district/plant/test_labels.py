"""What technicians told is the label of the findings their tasks were about; it is exported, and shown where the same comes again."""

from __future__ import annotations

import json
from pathlib import Path

from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.answers import ANSWERS, Answers
from qiantang.district.plant.folder import STATE, Order, PlantFolder
from qiantang.district.plant.labels import labels_of
from qiantang.district.plant.views import PlantShown
from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.finding import finding_of
from qiantang.kernel.actions.streams import record_findings
from qiantang.stores import open_store
from tests.domains.factory.plants import MINUTE, SMALL, START

LEAK = {"cause": "bladder leak", "done": "bladder changed"}


def finished(folder: Path, *tasks: dict[str, str]) -> PlantFolder:
    """A plant's folder with these tasks finished, an hour apart."""
    shown = PlantFolder(folder)
    shown.tell_plant(SMALL)
    answers = Answers(folder / ANSWERS, 10**6)
    for n, values in enumerate(tasks):
        whole = {"worker": "li", "_asset": "P1", "_since": str(START + n * 60 * MINUTE)} | values
        answers.keep(n, Order("finish", whole, whole["worker"], START + (n * 60 + 30) * MINUTE))
    answers.keep(9, Order("finish", {"task": "T:s0:ewma:5", "cause": "x", "done": "y"}, "li", START))
    answers.close()
    return shown


def test_each_finding_of_a_finished_task_has_cause_and_deed_and_what_moved_with_it(tmp_path: Path) -> None:
    alarm = Alarm("s1:cusum:7", 1, "P1L", "cusum", START, START, 2.0, 1.0, others=(0, 3))
    store = open_store(tmp_path / STATE)
    said = finding_of(alarm, SMALL)
    record_findings(store, [said], at=said.at, actor="plant/small")
    store.close()
    alarms = json.dumps(["s1:cusum:7", "P1:t2:8"])
    folder = finished(tmp_path, {"task": "T:s1:cusum:7", "_alarms": alarms, **LEAK}, {"task": "task-s4:stuck:9", **LEAK})
    signal, machine, before = labels_of(folder, moved=True)
    assert (signal.finding, signal.task, signal.rule, signal.asset, signal.machine) == ("s1:cusum:7", "T:s1:cusum:7", "cusum", "P1L", "P1")
    assert signal.signals == tuple(SMALL.signals[n].address for n in (1, 0, 3))
    assert (signal.since, signal.until, signal.cause, signal.done, signal.worker) == (START, START + 30 * MINUTE, *LEAK.values(), "li")
    assert (machine.rule, machine.asset, machine.signals) == ("t2", "P1", ())
    assert (before.finding, before.rule, before.asset) == ("s4:stuck:9", "stuck", "P1R"), "finished before findings were put on record with it"


def test_a_machine_knows_what_it_was_the_last_times(tmp_path: Path) -> None:
    alarms = json.dumps(["s1:cusum:7", "s1:ewma:8"])
    folder = finished(tmp_path, {"task": "a", "_alarms": alarms, **LEAK}, {"task": "b", "_asset": "P2", "_alarms": "[]", "cause": "valve", "done": "cleaned"})
    folder.tell({"at": START})
    shown = PlantShown(folder, KEYBOARD)
    (row,) = shown.rows("labels", machine="P1")
    assert (row["cause"], row["done"], row["rules"], row["times"]) == ("bladder leak", "bladder changed", "cusum ewma", 1)
    assert len(shown.rows("labels")) == 1, "a task of which no finding is known says nothing of any"
    assert labels_of(PlantFolder(tmp_path / "nothing")) == []
