"""Orders are put on record at the place in the log at which they are carried out, and carried out there again, once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.answers import ANSWERS, Answers
from qiantang.district.plant.folder import Order, PlantFolder
from qiantang.district.plant.orders import Orders
from qiantang.district.plant.pipeline import Pipeline, Step
from qiantang.district.plant.telling import told_of
from qiantang.district.plant.views import PlantShown
from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.alarms.life import Event
from qiantang.kernel.wires import Counters, Notice
from qiantang.kernel.words import Text
from qiantang.links.unit_book import UnitBook
from tests.district.plant import lines
from tests.district.plant.lines import S
from tests.domains.factory.plants import SMALL


class Carried:
    """A plant's alarms, and orders that are carried out at the ends of its steps; from an instant of its clock on new ones are taken."""

    def __init__(self, folder: Path, taking_from: int = 0, left: Callable[[Pipeline, Step], None] = lambda *_: None,
                 units: UnitBook | None = None) -> None:
        self.counters, self.notices = Counters(), list[Notice]()
        self.changes: list[tuple[int, Change]] = []
        home = PlantFolder(folder)
        orders = Orders(Answers(folder / ANSWERS, 10**9), home.orders, SMALL, None, self.counters, self.notices.append, units)

        def heard(step: Step) -> None:
            left(self.pipeline, step)
            self.changes += [(step.upto, c) for c in orders.carried_out(self.pipeline, step, taking=step.clock >= lines.START + taking_from)]

        self.pipeline = Pipeline([lines.judged_by(lines.settings())], heard, addresses=lines.ADDRESSES)
        self.pipeline.take(0, lines.happened(60, 3, faults=24))
        orders.close()


def leaving(folder: Path, *orders: tuple[str, dict[str, str]]) -> Callable[[Pipeline, Step], None]:
    """Leaves orders once something is shown, about the first of it where they name no alarm."""
    given: list[Order] = []

    def left(pipeline: Pipeline, step: Step) -> None:
        shown = pipeline.register.shown()
        if shown and not given:
            given.extend(Order(name, {"alarm": shown[0].first} | values, "li", step.clock + n) for n, (name, values) in enumerate(orders))
            for order in given:
                PlantFolder(folder).leave(order)

    return left


def test_an_answer_is_carried_out_once_and_at_the_same_place_whenever_the_log_is_read(tmp_path: Path) -> None:
    first = Carried(tmp_path, left=leaving(tmp_path, ("acknowledge", {})))
    assert {c.event for _, c in first.changes} == {Event.ACKNOWLEDGED}
    again = Carried(tmp_path, taking_from=10**6 * S)
    assert again.changes == first.changes
    assert not first.notices + again.notices


def test_an_order_that_was_handed_in_twice_is_carried_out_once(tmp_path: Path) -> None:
    """The node was killed after it had put the order on record, and before the order was taken away."""
    first = Carried(tmp_path, left=leaving(tmp_path, ("acknowledge", {})))
    kept = Answers(tmp_path / ANSWERS, 10**9).between(0, 10**9)
    PlantFolder(tmp_path).leave(kept[0])
    assert Carried(tmp_path).changes == first.changes
    assert list(PlantFolder(tmp_path).orders()) == []


def test_orders_wait_until_they_are_taken(tmp_path: Path) -> None:
    waiting = Carried(tmp_path, taking_from=50 * S, left=leaving(tmp_path, ("acknowledge", {})))
    assert {c.at >= lines.START + 50 * S for _, c in waiting.changes} == {True}


@pytest.mark.parametrize(("order", "values", "en"), [
    ("acknowledge", {"alarm": "s1:ewma:5"}, "there is no alarm s1:ewma:5, or it is normal again."),
    ("shelve", {"minutes": "30"}, "shelving needs a reason."),
    ("confirm_unit", {"asset": "P1", "reason": "x"}, "no unit of 'P1' is to be confirmed"),
    ("confirm_unit", {"asset": "P1"}, "confirming a unit needs a reason"),
    ("learn_again", {"asset": "P7", "reason": "x"}, "there is no asset 'P7'"),
])
def test_what_cannot_be_done_is_told_and_counted_and_the_next_order_is_carried_out(tmp_path: Path, order: str, values: dict[str, str], en: str) -> None:
    found = Carried(tmp_path, left=leaving(tmp_path, (order, values), ("acknowledge", {})))
    notice, = found.notices
    assert notice.told.en.startswith("it cannot be done: ")
    assert en in notice.told.en
    assert (notice.kind, notice.source, found.counters.counts) == ("order", "li", {"orders_refused": 1})
    assert {c.event for _, c in found.changes} == {Event.ACKNOWLEDGED}


def test_a_page_says_in_words_which_alarm_an_order_was_about(tmp_path: Path) -> None:
    found = Carried(tmp_path, left=leaving(tmp_path, ("shelve", {"minutes": "30"})))
    folder = PlantFolder(tmp_path)
    folder.tell_plant(SMALL)
    folder.tell(told_of(lines.START, found.pipeline.register, notices=found.notices))
    row, = PlantShown(folder, KEYBOARD).rows("notices")
    assert row["told"] == Text("无法办理：2号硫化机·右模 平板温度（尼尔森1：一点超出控制限）：搁置须写明理由。请写明为何搁置。",
                               "it cannot be done: press 2, right cavity, plate temperature (Nelson 1: one point beyond the control limit): "
                               "shelving needs a reason. Say why it is put aside.")


def test_what_is_learnt_anew_is_told(tmp_path: Path) -> None:
    found = Carried(tmp_path, left=leaving(tmp_path, ("learn_again", {"asset": "P1", "reason": "new mould"})))
    notice, = found.notices
    assert notice.told.en.startswith("press 1 learns anew: the charts of 6 signals")
    assert found.pipeline.counters.counts["learnt_again"] == 6


def test_an_alarm_is_taken_out_of_service_and_restored_and_a_machine_suppressed_by_design_until_it_is_not(tmp_path: Path) -> None:
    def left(pipeline: Pipeline, step: Step) -> None:
        shown = pipeline.register.shown()
        if shown and not given:
            alarm, machine = shown[0].first, shown[0].machine
            given.extend(Order(name, values, "li", step.clock + n) for n, (name, values) in enumerate((
                ("remove", {"alarm": alarm, "reason": "sensor gone"}), ("restore", {"alarm": alarm}),
                ("suppress", {"machine": machine, "reason": "changed over"}), ("unsuppress", {"machine": machine}))))
            for order in given:
                PlantFolder(tmp_path).leave(order)

    given: list[Order] = []
    carried = Carried(tmp_path, left=left)
    events = [c.event for _, c in carried.changes]
    assert events[:2] == [Event.REMOVED, Event.RESTORED]
    assert {Event.SUPPRESSED, Event.UNSUPPRESSED} <= set(events)
    assert next(c.reason for _, c in carried.changes if c.event is Event.REMOVED) == "sensor gone"
    assert "orders_refused" not in carried.counters.counts
