"""A shift file: what it asks is read with the plant, and every word that the plant does not know is told with its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.shift_file import ShiftFile, read_shift_file
from qiantang.domains.factory.dispatch.shift_plans import ASSUMED_RULES
from qiantang.domains.factory.plant import Shift, Technician
from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import Text
from tests.domains.factory.plants import SMALL

HOUR = 3600
CREWED = replace(
    SMALL, skills=(("mechanical", Text("机械", "mechanics")), ("electrical", Text("电气", "electrics"))),
    shifts=(Shift("early", Text("早班", "early"), 6 * HOUR, 14 * HOUR), Shift("late", Text("晚班", "late"), 14 * HOUR, 22 * HOUR)),
    technicians=(Technician("t-1", "甲", frozenset({"mechanical"}), "early"), Technician("t-2", "乙", frozenset({"mechanical", "electrical"}), "late")))


@pytest.fixture
def plants(tmp_path: Path) -> Path:
    """A folder with the plant ``crewed``, and ``empty`` in which nobody works."""
    PlantFolder(tmp_path / "crewed").tell_plant(CREWED)
    PlantFolder(tmp_path / "empty").tell_plant(SMALL)
    return tmp_path


def asked(folder: Path, text: str, plant: str = "crewed") -> ShiftFile:
    path = folder / "shifts.yaml"
    path.write_text(f"plant: {plant}\nbegin: 2026-12-07\ndays: 3\n{text}", encoding="utf-8")
    return read_shift_file(path)


def faults(folder: Path, text: str, plant: str = "crewed") -> list[str]:
    with pytest.raises(FactsError) as refused:
        asked(folder, text, plant)
    return [f"{fault.place.row}: {fault.message.en}" for fault in refused.value.faults]


def test_a_need_without_shifts_and_days_is_one_of_every_shift_and_a_later_line_prevails(plants: Path) -> None:
    read = asked(plants, "needs:\n  - {skill: mechanical, people: 2}\n  - {skill: mechanical, people: 0, shifts: [late], days: [2026-12-08]}\n")
    assert read.needs == {(day, shift, "mechanical"): 2 for day in range(3) for shift in ("early", "late") if (day, shift) != (1, "late")}
    assert read.day(2) == date(2026, 12, 9)
    assert read.rules is not ASSUMED_RULES
    assert read.rules == ASSUMED_RULES


def test_people_are_the_plants_with_what_the_file_says_of_them(plants: Path) -> None:
    text = "needs: [{skill: mechanical, people: 1}]\npeople:\n  t-1: {away: [2026-12-08], worked_last: late, shifts: [late]}\n"
    one, other = asked(plants, text).people
    assert (one.id, one.away, one.worked_last, one.shifts) == ("t-1", frozenset({1}), "late", frozenset({"late"}))
    assert (other.skills, other.away, other.worked_last, other.shifts) == (frozenset({"mechanical", "electrical"}), frozenset(), "", frozenset())
    one, other = asked(plants, text + "own_shifts: true\n").people
    assert (one.shifts, other.shifts) == (frozenset({"late"}), frozenset({"late"})), "what the file says of somebody prevails"


def test_rules_are_the_plants_own_only_once_all_of_them_are_stated(plants: Path) -> None:
    needs = "needs: [{skill: mechanical, people: 1}]\n"
    some = asked(plants, needs + "rules: {least_rest_h: 12}\n").rules
    assert (some.least_rest_h, some.most_hours_a_week, some.assumed) == (12.0, 40.0, True)
    stated = "rules: {least_rest_h: 12, most_hours_a_week: 44, most_days_in_row: 6, most_nights_in_row: 2, night_from: \"21:30\"}\n"
    every = asked(plants, needs + stated).rules
    assert (every.night_from_s, every.assumed) == (21 * HOUR + 1800, False)


def test_every_word_that_the_plant_does_not_know_is_told_with_its_line(plants: Path) -> None:
    assert faults(plants, "needs:\n  - {skill: x-ray, people: 1, shifts: [noon]}\n  - {skill: mechanical, people: -1, days: [2026-12-10]}\n"
                          "people:\n  t-9: {}\nrules: {least_rest_h: 0, night_from: dusk}\n") == [
        "5: nobody has the skill 'x-ray'", "5: there is no such shift: noon", "6: between 0 and 10000 people can be needed",
        "6: 2026-12-10 is no day of the plan", "8: there is no such technician: t-9", "9: 'dusk' is no time of day (hours:minutes)",
        "9: least_rest_h must be above 0, and 168 at most"]


@pytest.mark.parametrize(("rule", "en"), [("most_hours_a_week: 1.0e+30", "most_hours_a_week must be above 0, and 168 at most"),
                                          ("most_days_in_row: 0", "most_days_in_row must be between 1 and 35"),
                                          ("most_nights_in_row: 2.5", "'2.5' is no whole number")])
def test_a_rule_beyond_reason_is_refused_before_anything_is_planned(plants: Path, rule: str, en: str) -> None:
    assert faults(plants, f"needs: [{{skill: mechanical, people: 1}}]\nrules: {{{rule}}}\n") == [f"5: {en}"]


def test_a_plant_in_which_nobody_works_and_a_file_that_needs_nothing_are_refused(plants: Path) -> None:
    assert faults(plants, "", "empty") == ["1: the plant has no shifts or no technicians", "None: nothing is needed"]


@pytest.mark.parametrize("plant", ["nowhere", "nowhere.xlsx"])
def test_a_plant_that_is_not_there_is_named(plants: Path, plant: str) -> None:
    assert faults(plants, "", plant) == [f"None: there is no plant at {plant}"]


def test_a_plan_covers_what_can_be_covered_and_names_what_cannot(plants: Path) -> None:
    plan = asked(plants, "needs:\n  - {skill: mechanical, people: 1, shifts: [early]}\n"
                         "  - {skill: electrical, people: 2, shifts: [late], days: [2026-12-07]}\n").planned(10, 1)
    shortage, = plan.shortages
    assert (shortage.day, shortage.shift, shortage.skill, shortage.missing, shortage.needed) == (0, "late", "electrical", 1, 2)
    assert shortage.why.en.startswith("1 have the skill: 0 away")


def test_a_plan_that_begins_where_the_calendar_ends_is_told_with_its_line(plants: Path) -> None:
    path = plants / "shifts.yaml"
    path.write_text("plant: crewed\nbegin: 9999-12-31\ndays: 7\nneeds: [{skill: mechanical, people: 1}]\n", encoding="utf-8")
    with pytest.raises(FactsError) as refused:
        read_shift_file(path)
    fault, = refused.value.faults
    assert (fault.place.row, fault.value, fault.message.en) == (2, date(9999, 12, 31), "after 9999-12-31 the calendar ends")
    assert "2026-12-07" in fault.remedy.en


def test_rest_and_hours_are_those_that_pass_in_a_night_in_which_the_clock_is_changed(plants: Path) -> None:
    night = Shift("night", Text("夜班", "night"), 22 * HOUR, 30 * HOUR)
    day = Shift("day", Text("白班", "day"), 17 * HOUR, 21 * HOUR)
    PlantFolder(plants / "berlin").tell_plant(replace(CREWED, shifts=(night, day), zone="Europe/Berlin", technicians=(
        Technician("t-1", "甲", frozenset({"mechanical"}), "night"),)))
    path = plants / "shifts.yaml"

    def planned(begin: str, rest: float) -> ShiftFile:
        path.write_text(f"plant: berlin\nbegin: {begin}\ndays: 2\nrules: {{least_rest_h: {rest}}}\nneeds:\n"
                        f"  - {{skill: mechanical, people: 1, shifts: [night], days: [{begin}]}}\n"
                        f"  - {{skill: mechanical, people: 1, shifts: [day], days: [{date.fromisoformat(begin) + timedelta(1)}]}}\n", encoding="utf-8")
        return read_shift_file(path)

    for begin, hours in (("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-06", 8)):
        begins, ends = planned(begin, 11).span(0, night)
        assert ends - begins == hours * HOUR
        assert not planned(begin, 11).planned(5, 1).shortages, "eleven hours lie between six and five in the afternoon, whatever the night was"
    # From midnight until eleven there is an hour less where the clock is put forward between.
    PlantFolder(plants / "berlin").tell_plant(replace(CREWED, shifts=(replace(night, start_s=16 * HOUR, end_s=24 * HOUR), replace(day, start_s=11 * HOUR)),
                                                      zone="Europe/Berlin", technicians=(Technician("t-1", "甲", frozenset({"mechanical"}), "night"),)))
    assert [len(planned(begin, 11).planned(5, 1).shortages) for begin in ("2026-03-28", "2026-10-24", "2026-06-06")] == [1, 0, 0]
