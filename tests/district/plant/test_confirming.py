"""A unit that is another is confirmed once, at its place in the log: readings are converted, or the charts learn anew, and a restart does the same."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.answers import ANSWERS, read_answers
from qiantang.district.plant.charting import Given
from qiantang.district.plant.folder import Order, PlantFolder
from qiantang.district.plant.node import Node, NodeSettings
from qiantang.district.plant.relearning import relearning_of
from qiantang.district.plant.replaying import replay
from qiantang.district.plant.telling import told_of
from qiantang.district.plant.views import PlantShown
from qiantang.domains.factory.alarms.register import Register
from qiantang.kernel.errors import ActionError
from qiantang.kernel.readings import Quality
from qiantang.kernel.wires import Delivery
from qiantang.links.json_topics import JsonTopics
from qiantang.links.messages import messages
from qiantang.links.unit_book import UnitBook
from tests.district.plant import repairing
from tests.district.plant.lines import START, S
from tests.district.plant.test_orders import Carried, leaving
from tests.domains.factory.plants import SMALL

TORQUE, TEMPERATURE = "mixing/M1/M1/torque", "curing/P1/P1L/plate_temperature"
STATED = {s.address: s.unit for s in SMALL.signals}


def doubted() -> UnitBook:
    book = UnitBook(stated=STATED)
    book.told(TORQUE, "A")
    book.told(TEMPERATURE, "°F")
    return book


def test_what_converts_is_converted_and_what_does_not_is_learnt_anew_and_both_are_told(tmp_path: Path) -> None:
    book = doubted()
    orders = [("confirm_unit", {"asset": "M1", "reason": "current is measured now"}), ("confirm_unit", {"asset": "P1", "reason": "new gateway"})]
    found = Carried(tmp_path, left=leaving(tmp_path, *orders), units=book)
    mixer, learnt, press = found.notices
    assert mixer.told.en.startswith("mixer 1, torque: li confirms that it is told in A; values are taken as they are, in A, which nothing converts to kNm")
    assert learnt.told.en.startswith("mixer 1 learns anew: the charts of 1 signal")
    assert press.told.en == ("press 1, plate temperature: li confirms that it is told in °F; values told in °F are converted to °C, and the charts go on. "
                             "The reason given: new gateway")
    assert found.pipeline.counters.counts["learnt_again"] == 1
    assert book.doubts == {}
    assert (book.told(TORQUE, "A").doubt, book.told(TEMPERATURE, "°F").into.changes) == (None, True)
    assert book.told(TORQUE, "kNm").doubt is not None, "the charts know A now"


def test_a_restart_knows_what_was_confirmed_before_it_reads_anything_and_a_replay_learns_at_the_same_place(tmp_path: Path) -> None:
    Carried(tmp_path, left=leaving(tmp_path, ("confirm_unit", {"asset": "M1", "reason": "current"})), units=doubted())
    book = UnitBook(stated=STATED)
    again = Carried(tmp_path, taking_from=10**6 * S, units=book)
    assert book.told(TORQUE, "A").doubt is None
    assert again.pipeline.counters.counts["learnt_again"] == 1
    (order,) = read_answers(tmp_path / ANSWERS)[0].orders
    asked = relearning_of(order, SMALL)
    assert asked is not None
    assert asked.changed == (12,)


def test_only_what_is_in_doubt_can_be_confirmed_and_the_page_says_so_at_once(tmp_path: Path) -> None:
    folder = PlantFolder(tmp_path / "small")
    folder.tell_plant(SMALL)
    folder.tell(told_of(START, Register(SMALL), doubts=doubted().doubts.values()))
    shown = PlantShown(folder, KEYBOARD)
    said = {row["address"]: row["doubt"] for row in shown.rows("signals", machine="M1")}[TORQUE]
    assert "should be kNm and is told in A" in str(said)
    for values, why in (({"asset": "P2", "reason": "x"}, "no unit of 'P2' is to be confirmed"), ({"asset": "M1"}, "needs a reason"),
                        ({"asset": "P1", "changed": "inner_pressure", "reason": "x"}, "no unit of 'inner_pressure'")):
        with pytest.raises(ActionError, match=why):
            shown.order("confirm_unit", values)
    assert list(folder.orders()) == []
    shown.order("confirm_unit", {"asset": "P1", "changed": "plate_temperature", "reason": "x"})
    assert len(list(folder.orders())) == 1


async def at_work(folder: Path, sent: list[object], *, confirm_after: int = -1) -> list[int]:
    """A node that is told these values over JSON, second by second; after some of them a person confirms the unit. Gives their qualities."""
    shown = PlantFolder(folder)
    now = [START]
    node = Node(folder, SMALL, charts=Given(repairing.learning), settings=NodeSettings(with_history=False, tick_s=0.02, snapshot_s=0.2),
                clock=lambda: now[0], shown=shown)
    wire, qualities = JsonTopics(node.directory, units=node.units), list[int]()
    running = asyncio.create_task(node.run([]))
    start = node.status().logged
    for n, one in enumerate(sent):
        now[0] = START + (start + n) * S
        said = wire.feed(messages((TEMPERATURE, json.dumps(one).encode(), now[0])))
        qualities += said.readings.quality.tolist()
        await node.deliver(Delivery(said.readings))
        if n == confirm_after:
            shown.leave(Order("confirm_unit", {"asset": "P1", "reason": "new gateway"}, "li", now[0]))
            for _ in range(500):
                await asyncio.sleep(0.02)
                now[0] += S // 10
                if not node.units.doubts:
                    break
            assert not node.units.doubts
    await asyncio.sleep(0.3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return qualities


def test_a_unit_that_changed_stays_in_doubt_over_a_restart_and_once_confirmed_is_right_over_another(tmp_path: Path) -> None:
    celsius, fahrenheit = {"value": 170.0, "unit": "°C"}, {"value": 338.0, "unit": "°F"}
    assert asyncio.run(at_work(tmp_path, [celsius, fahrenheit])) == [0, Quality.UNIT]
    assert asyncio.run(at_work(tmp_path, [fahrenheit, fahrenheit], confirm_after=0)) == [Quality.UNIT, 0]
    assert asyncio.run(at_work(tmp_path, [fahrenheit, {"value": 338.0}, celsius])) == [0, 0, 0]
    alarms = replay(tmp_path, Given(repairing.learning))
    assert alarms == replay(tmp_path, Given(repairing.learning))
