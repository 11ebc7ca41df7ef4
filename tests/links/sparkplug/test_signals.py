"""What births said of signals: the first unit and datatype count, and what is stale keeps its last value."""

from __future__ import annotations

import json

import numpy as np
import pytest

from qiantang.kernel.readings import Directory, Quality, readings
from qiantang.links.sparkplug.fields import DataType
from qiantang.links.sparkplug.signals import Contradiction, Signals
from qiantang.links.unit_book import UnitBook

DOUBLE, FLOAT = int(DataType.DOUBLE), int(DataType.FLOAT)


def of(*places: str, most: int = 10_000) -> Signals:
    signals = Signals(Directory(), most)
    for place in places:
        signals.number(place)
    return signals


def test_a_unit_or_datatype_that_is_another_is_told_once_and_marked_until_it_is_the_first_again() -> None:
    signals = of("G/E/D/t")
    assert signals.stated(0, DOUBLE, "°C") is None
    assert signals.stated(0, DOUBLE, "K") == Contradiction("unit", "°C", "K")
    assert signals.stated(0, FLOAT, "K") is None, "it is marked already"
    assert signals.standing[0] == Quality.UNIT
    assert signals.stated(0, DOUBLE, "°C") is None
    assert signals.standing[0] == 0
    assert signals.stated(0, FLOAT, "°C") == Contradiction("datatype", DOUBLE, FLOAT)


def test_what_is_confirmed_is_right_from_then_on() -> None:
    signals = of("G/E/D/t")
    signals.stated(0, DOUBLE, "°C")
    signals.stated(0, DOUBLE, "K")
    signals.units.confirm(signals.units.doubts["G/E/D/t"])
    signals.look_again()
    assert signals.standing[0] == 0
    assert signals.stated(0, DOUBLE, "K") is None
    assert signals.stated(0, DOUBLE, "°C") is None, "both are read in °C"
    assert signals.stated(0, DOUBLE, "bar") == Contradiction("unit", "°C", "bar")
    signals.units.confirm(signals.units.doubts["G/E/D/t"])
    signals.look_again()
    assert signals.stated(0, DOUBLE, "°C") == Contradiction("unit", "bar", "°C"), "nothing converts one into the other: bar is the unit now"


def test_the_unit_that_the_workbook_states_comes_before_the_first_one() -> None:
    signals = Signals(Directory(), 10, UnitBook(stated={"G/E/D/t": "°C"}))
    signals.number("G/E/D/t")
    assert signals.stated(0, DOUBLE, "°F") == Contradiction("unit", "°C", "°F")
    assert signals.stated(0, DOUBLE, "") is None, "nothing told, nothing contradicted"
    assert signals.stated(0, DOUBLE, "degC") is None


def test_values_in_a_confirmed_unit_and_the_last_of_them_are_in_the_signals_own() -> None:
    signals = of("G/E/D/t", "G/E/D/u")
    signals.stated(0, DOUBLE, "°C")
    signals.stated(0, DOUBLE, "°F")
    signals.units.confirm(signals.units.doubts["G/E/D/t"])
    signals.look_again()
    found = signals.converted(readings([0, 1, 0, 0], 0, [32.0, 5.0, 212.0, 50.0], quality=[0, 0, 0, Quality.HISTORICAL]))
    assert found.value.tolist() == pytest.approx([0.0, 5.0, 100.0, 10.0])
    assert signals.stale(np.array([0]), 70).value.tolist() == pytest.approx([100.0])


def test_no_more_signals_are_entered_than_may_be_and_those_there_are_keep_their_numbers() -> None:
    signals = of("a", "b", most=2)
    assert signals.number("c") is None
    assert (signals.number("b"), signals.directory.addresses) == (1, ["a", "b"])


def test_there_is_room_for_signals_that_others_entered_before() -> None:
    directory = Directory()
    for number in range(5000):
        directory.number(f"before/{number}")
    signals = Signals(directory, 10_000)
    assert signals.number("after") == 5000
    assert np.isnan(signals.last[5000])
    assert signals.standing[5000] == 0


def test_stale_values_are_the_last_and_one_that_never_had_any_is_no_number() -> None:
    signals = of("a", "b")
    signals.stated(0, DOUBLE, "°C")
    signals.stated(0, DOUBLE, "K")
    signals.last[0] = 4.5
    found = signals.stale(np.array([0, 1]), 70, received=90)
    assert (found.at.tolist(), found.received.tolist()) == ([70, 70], [90, 90])
    assert found.value[0] == 4.5
    assert np.isnan(found.value[1])
    assert found.quality.tolist() == [Quality.STALE | Quality.UNIT, Quality.STALE | Quality.NOT_A_NUMBER]
    assert signals.stale(np.array([0]), 70).received.tolist() == [70]


def test_what_was_first_is_known_after_a_restart() -> None:
    signals = of("a")
    signals.stated(0, DOUBLE, "°C")
    again = of("x", "a")
    again.restore(json.loads(json.dumps(signals.written())))
    assert again.stated(1, DOUBLE, "K") == Contradiction("unit", "°C", "K")
