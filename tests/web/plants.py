"""A plant at work for the tests of pages: alarms of each state, tasks given out by the real dispatcher, a genealogy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from qiantang.district.plant.folder import PlantFolder, plant_folder
from qiantang.district.plant.telling import TaskNews, told_of
from qiantang.district.plant.tracing import RECORD
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.alarms.wording import told
from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.dispatch.dispatcher import Dispatcher
from qiantang.domains.factory.dispatch.policy import Policy
from qiantang.domains.factory.dispatch.tasks import Task, Worker
from qiantang.domains.factory.plant import Part, Technician
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.words import Text
from qiantang.stores.piece_record import PieceRecord
from tests.domains.factory.plants import MINUTE, SECOND, SMALL, START, alarm, machine_alarm

PLANT = replace(SMALL, skills=(("mechanic", Text("机修", "mechanics")),), takt_s=7.0,
                technicians=(Technician("li", "李示例", frozenset({"mechanic"}), "day"), Technician("wang", "王示例", frozenset({"mechanic"}), "day")),
                parts=(Part("probe", Text("探头", "probe"), 2),))
PROBE = (("probe", 1),)
WORST = alarm(12, 0)
SECOND_ONE = alarm(0, MINUTE, others=(1,))
SHELVED = alarm(6, 2 * MINUTE)
NOW = START + 10 * MINUTE


def plant_at_work(hidden: Path) -> PlantFolder:
    """Write the plant's folder as its node would."""
    folder = plant_folder(hidden, PLANT.id)
    folder.tell_plant(PLANT)
    register = Register(PLANT)
    register.passed(START - 30 * MINUTE)
    register.raised([WORST, SECOND_ONE, SHELVED, machine_alarm("P2", 3 * MINUTE)])
    register.shelve(SHELVED.id, "chen", "sensor on order", START + 60 * MINUTE, START + 4 * MINUTE)
    dispatcher, news = Dispatcher([Worker("li", frozenset({"mechanic"}), until=NOW + 480 * MINUTE), Worker("wang", frozenset({"mechanic"}))],
                                  policy=Policy(moves=20), stock={"probe": 2}), TaskNews()
    for number, (asset, priority, finding) in enumerate((("M1", 1, WORST), ("P1", 2, SECOND_ONE), ("P2", 3, SHELVED)), 1):
        task = Task(f"T{number}", asset, "mechanic", priority, PLANT.asset[asset].place, 30.0, NOW + 60 * MINUTE, parts=PROBE[:number == 1], finding=finding.id)
        news.heard(dispatcher.open(task, NOW))
    news.heard(dispatcher.tick(NOW))
    folder.tell(told_of(NOW, register, figures={"oee": 0.8123, "takt_s": 6.85, "first_pass_yield": 0.981}, counters={"late": 7, "duplicate": 12},
                        machines=[{"id": "P1", "state": "down", "oee": 0.5, "cycle_s": 481.2, "charted": 6, "learnt": 5, "model_signals": 4,
                                   "model_since": START, "model_points": 12, "model_needed": 168},
                                  {"id": "M1", "state": "producing", "took_s": 198.4, "charted": 5, "learnt": 5, "model_points": 3, "model_needed": 400}],
                        dispatcher=dispatcher, news=news, told={each.id: told(each, PLANT) for each in (WORST, SECOND_ONE, SHELVED)}))
    many = len(PLANT.signals)
    state = np.zeros(many, np.uint8)
    state[12] = 2
    folder.tell_cells(NOW, np.arange(many, dtype=np.float64), np.linspace(-1, 4, many, dtype=np.float32), state)
    points = {"at": [START + n * SECOND for n in range(30)], "value": [170.0 + 0.1 * n for n in range(30)], "centre": [171.0] * 30, "sigma": [0.5] * 30,
              "z": [(0.1 * n - 1.0) / 0.5 for n in range(30)], "average": [0.1 * n for n in range(30)], "slow": [0.0] * 30, "high": [0.0] * 30,
              "low": [0.0] * 30, "began": [[]] * 29 + [["nelson_1"]]}
    machine = {"at": [START + n * MINUTE for n in range(4)],
               **{rule: {"value": [3.0, 4.0, 5.5, 21.5], "limit": [17.0, 17.0, 18.25, 18.25]} for rule in rules.OF_MACHINES}}
    folder.tell_traces({"signals": {PLANT.signals[0].address: {"limits": {"limit": 3.0, "ewma": 1.0, "cusum": 5.0, "drift": 0.3}, "now": points, "then": None}},
                        "machines": {"P2": machine}})
    record = PieceRecord(folder.path / RECORD)
    record.keep([PieceEvent("batch-1", "mixing", START, START + MINUTE, "M1", operator="zhao"),
                 PieceEvent("tire-1", "curing", START + MINUTE, START + 9 * MINUTE, "P1L", "mould-1", materials=("batch-1",)),
                 PieceEvent("tire-2", "curing", START + 2 * MINUTE, START + 9 * MINUTE, "P1R", "mould-2", materials=("batch-1",))], 0)
    record.close()
    return folder
