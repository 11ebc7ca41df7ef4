"""Which unit a signal is told in: the workbook's before the first one, by any name; what was confirmed holds, and what was kept is found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from qiantang.links.unit_book import Doubt, UnitBook, read, written
from qiantang.links.units import conversion, same_unit


@pytest.mark.parametrize(("one", "other"), [
    ("°C", "degC"), ("℃", "°C"), ("m³/h", "m3/h"), ("N·m", "Nm"), ("rpm", "r/min"), ("min⁻¹", "rpm"), ("µm", "um"), ("widgets", "widgets"), ("㎜", "mm")])
def test_a_unit_has_many_names(one: str, other: str) -> None:
    assert same_unit(one, other)


@pytest.mark.parametrize(("told", "wanted", "value", "found"), [
    ("°F", "°C", 212.0, 100.0), ("K", "°C", 273.15, 0.0), ("°C", "°F", 100.0, 212.0), ("bar", "MPa", 20.0, 2.0), ("psi", "kPa", 1.0, 6.894757293168),
    ("L/min", "m³/h", 1000.0, 60.0), ("t/h", "kg/h", 1.5, 1500.0), ("km/h", "m/s", 36.0, 10.0), ("rpm", "r/s", 120.0, 2.0)])
def test_a_value_in_another_unit_is_the_same_quantity(told: str, wanted: str, value: float, found: float) -> None:
    into = conversion(told, wanted)
    assert into is not None
    assert value * into.scale + into.offset == pytest.approx(found)


@pytest.mark.parametrize(("told", "wanted"), [("°F", "bar"), ("mPa", "MPa"), ("widgets", "mm"), ("", "mm")])
def test_what_measures_something_else_or_is_not_known_is_not_converted(told: str, wanted: str) -> None:
    assert conversion(told, wanted) is None
    assert not same_unit(told, wanted)


def test_what_was_confirmed_of_one_workbook_says_nothing_of_another() -> None:
    book = UnitBook(stated={"a": "°C"})
    doubt = book.told("a", "°F").doubt
    assert doubt == Doubt("a", "unit", "°C", "°C", "°F", 0, 0, "converted")
    book.confirm(doubt)
    assert book.told("a", "°F").into.changes
    assert (book.doubts, book.version) == ({}, 1)
    other = UnitBook(stated={"a": "bar"})
    (kept,) = read(written([doubt]))
    other.confirm(kept)
    assert other.told("a", "°F").doubt is not None
    corrected = UnitBook(stated={"a": "°F"})
    corrected.confirm(kept)
    assert (corrected.told("a", "°F").doubt, corrected.told("a", "°F").into.changes) == (None, False)


def test_a_line_cut_off_by_a_kill_is_left_out_and_what_follows_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "units.jsonl"
    book = UnitBook(path)
    book.told("a", "mm")
    book.settle()
    with path.open("ab") as file:
        file.write(b'["b", 0, "m')
    again = UnitBook(path)
    again.told("c", "kg")
    again.settle()
    last = UnitBook(path)
    assert [last.first(name) for name in "abc"] == [(0, "mm"), None, (0, "kg")]
