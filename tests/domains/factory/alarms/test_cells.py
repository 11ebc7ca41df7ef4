"""A wall's cell has the colour of an alarm where the operator's list has one, also where the signal gives no reading."""

from __future__ import annotations

import numpy as np

from qiantang.domains.factory.alarms.cells import ALARM, FINE, NOTHING, WATCH, cell_states
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.charts import rules
from tests.domains.factory.plants import MINUTE, SMALL, START, alarm, machine_alarm

MANY = len(SMALL.signals)


def states(register: Register, holding: dict[int, str] | None = None, silent: tuple[int, ...] = ()) -> list[int]:
    held, gone = np.zeros(MANY, np.uint32), np.zeros(MANY, np.bool_)
    for signal, rule in (holding or {}).items():
        held[signal] = rules.BIT[rule]
    gone[list(silent)] = True
    found: list[int] = cell_states(register, held, gone).tolist()
    return found


def test_an_alarm_of_bad_quality_is_an_alarm_and_no_missing_reading() -> None:
    register = Register(SMALL)
    register.raised([alarm(12, 0, "quality")])
    assert states(register, {12: "quality"}, silent=(3, 12)) == [NOTHING if s == 3 else ALARM if s == 12 else FINE for s in range(MANY)]
    register.acknowledge(alarm(12, 0, "quality").id, "chen", START + MINUTE)
    assert states(register, {12: "quality"}, silent=(12,))[12] == ALARM


def test_what_is_known_and_kept_from_the_operator_is_watched() -> None:
    register = Register(SMALL)
    register.raised([alarm(6, 0), alarm(12, 0)])
    register.shelve(alarm(6, 0).id, "chen", "sensor on order", START + 60 * MINUTE, START + MINUTE)
    assert states(register, {6: "nelson_1", 12: "nelson_1"})[6] == WATCH
    assert states(register, {6: "nelson_1"}, silent=(6,))[6] == WATCH
    # A rule that holds of which the list has nothing.
    assert states(Register(SMALL), {2: "nelson_2"})[2] == WATCH


def test_what_is_normal_again_and_not_acknowledged_is_watched_until_it_is() -> None:
    register = Register(SMALL)
    register.raised([alarm(12, 0)])
    register.returned(12, SMALL.signals[12].asset, "nelson_1", START + MINUTE)
    assert states(register)[12] == WATCH
    register.acknowledge(alarm(12, 0).id, "chen", START + 2 * MINUTE)
    assert states(register)[12] == FINE


def test_an_alarm_of_a_whole_machine_stands_at_the_signal_that_moved_most_and_the_others_are_watched() -> None:
    register = Register(SMALL)
    register.raised([machine_alarm("P1", 0, others=(4, 1))])
    found = states(register)
    assert (found[4], found[1], found.count(FINE)) == (ALARM, WATCH, MANY - 2)
    of_none = Register(SMALL)
    of_none.raised([machine_alarm("M1", 0)])
    assert states(of_none)[12] == ALARM
