"""What happened to a task is told in words: no id of an alarm, a task or a person is left where the plant knows it."""

from dataclasses import replace

from qiantang.district.plant.naming import Naming
from qiantang.district.plant.work import usual_task
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.needs import Needs
from qiantang.domains.factory.plant import Technician
from qiantang.kernel.words import Text, same
from tests.domains.factory.plants import SMALL, alarm

PLANT = replace(SMALL, technicians=(Technician("t-1", "李示例", frozenset({"curing"}), "all"), Technician("t-12", "王示例", frozenset({"curing"}), "all")))
NAMING = Naming(PLANT)


def test_an_alarm_is_said_as_its_place_signal_and_rule() -> None:
    said = NAMING.in_words(Text("由结论 s0:nelson_1:1700000000000000 产生", "opened by finding s0:nelson_1:1700000000000000"))
    assert said.en == "opened by finding press 1, left cavity, plate temperature (Nelson 1: one point beyond the control limit)"
    assert said.zh == "由结论 1号硫化机·左模 平板温度（尼尔森1：一点超出控制限） 产生"
    assert NAMING.in_words(same("P1:t2:1700000000000000")).en == "press 1 (T² of the machine beyond its limit)"


def test_a_task_is_said_as_its_machine_and_a_person_by_name() -> None:
    said = NAMING.in_words(Text("为优先级 1 的任务 task-s0:spe:1700000000000000 让路：t-12 中断",
                                "t-1 makes way for task task-s0:spe:1700000000000000, t-12 goes on"))
    assert said.en == "李示例 makes way for task press 1, left cavity, 王示例 goes on"
    assert said.zh == "为优先级 1 的任务 1号硫化机·左模 让路：王示例 中断"


def test_a_task_is_known_by_either_of_its_ids() -> None:
    for task in (usual_task(PLANT), lambda change: Needs().task(PLANT, change)):
        change = Register(PLANT).raised([replace(alarm(0, 0), id="s0:spe:1700000000000000")])[0]
        made = task(change)
        assert made is not None
        assert NAMING.in_words(same(f"makes way for {made.id}")) == Text("makes way for 1号硫化机·左模", "makes way for press 1, left cavity")


def test_what_the_plant_does_not_know_stays_as_it_is() -> None:
    for unknown in ("s99999:nelson_1:1700000000000000", "P9:t2:1700000000000000", "t-123 left at 12:30:00", "not-t-1"):
        assert NAMING.in_words(same(unknown)) == same(unknown)
    assert Naming(SMALL).in_words(same("t-1 left")) == same("t-1 left")
