"""A plant lives by its own clock: on a server of any time zone the same people are on duty, and the same instants are read and told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.publishing import day_told
from qiantang.district.plant.relearning import instant_said
from qiantang.district.plant.telling import told_of
from qiantang.district.plant.wiring import Broker, NodeFile, piece_fields, wires_of
from qiantang.district.plant.work import TICK_US, Work
from qiantang.domains.factory.alarms.register import Register
from qiantang.domains.factory.plant import PieceSource, Plant, Shift, Technician
from qiantang.kernel.errors import ActionError
from qiantang.kernel.readings import Directory
from qiantang.kernel.words import same
from qiantang.links import mqtt
from qiantang.links.json_topics import JsonTopics
from qiantang.links.reading_files import ReadingFiles
from tests.domains.factory.plants import SMALL, START, alarm

HOUR_S, HOUR_US = 3600, 3_600_000_000
CREWED: Plant = replace(SMALL, shifts=(Shift("day", same("day"), 8 * HOUR_S, 20 * HOUR_S), Shift("night", same("night"), 22 * HOUR_S, 30 * HOUR_S)),
                        technicians=(Technician("li", "Li", frozenset({"curing"}), "day"), Technician("wu", "Wu", frozenset({"curing"}), "night")))


def at(utc: str) -> int:
    return round(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()) * 1_000_000


def here(plant: Plant, utc: str) -> set[str]:
    work = Work(plant)
    work.heard((), at(utc))
    return set(work.dispatcher.book.workers)


@pytest.mark.parametrize(("utc", "people"), [
    ("2026-12-06T23:59", set()), ("2026-12-07T00:00", {"li"}), ("2026-12-07T11:59", {"li"}), ("2026-12-07T12:00", set()),
    ("2026-12-07T14:00", {"wu"}), ("2026-12-07T21:59", {"wu"}), ("2026-12-07T22:00", set())])
def test_a_node_has_those_on_duty_whose_shift_it_is_by_the_plants_clock(utc: str, people: set[str]) -> None:
    assert here(CREWED, utc) == people


def test_people_come_and_go_by_the_clock_through_a_night_in_which_it_is_changed() -> None:
    for night, hours in (("2026-03-28T12:00", 7), ("2026-10-24T12:00", 9), ("2026-06-06T12:00", 8)):
        work, on_duty = Work(replace(CREWED, zone="Europe/Berlin")), 0
        for clock in range(at(night), at(night) + 24 * HOUR_US, 10 * TICK_US):
            work.heard((), clock)
            on_duty += 10 * TICK_US if "wu" in work.dispatcher.book.workers else 0
        assert on_duty == hours * HOUR_US


def test_who_goes_on_from_one_shift_into_the_next_has_the_hours_of_the_next() -> None:
    work = Work(replace(CREWED, shifts=(Shift("day", same("day"), 0, 24 * HOUR_S), CREWED.shifts[1])))
    for clock, until in (("2026-12-07T15:59", "2026-12-07T16:00"), ("2026-12-07T16:00", "2026-12-08T16:00")):
        work.heard((), at(clock))
        assert work.dispatcher.book.workers["li"].until == at(until)


def test_a_node_that_goes_on_with_a_plant_of_another_time_zone_has_the_hours_there() -> None:
    before = Work(replace(CREWED, zone="UTC"))
    before.heard((), at("2026-12-07T09:00"))
    assert before.dispatcher.book.workers["li"].until == at("2026-12-07T20:00")
    now = Work(CREWED)
    now.restore(before.snapshot())
    now.heard((), at("2026-12-07T09:01"))
    assert now.dispatcher.book.workers["li"].until == at("2026-12-07T12:00")


def test_what_a_person_types_is_of_the_plants_clock_unless_it_names_a_zone() -> None:
    assert instant_said("2026-11-26 08:30", CREWED.local) == at("2026-11-26T00:30")
    assert instant_said(" 2026-11-26 08:30+01:00 ", CREWED.local) == at("2026-11-26T07:30")
    assert instant_said("2026-11-26 08:30", replace(CREWED, zone="America/New_York").local) == at("2026-11-26T13:30")
    for unread in ("yesterday", "0001-01-01", "08:30"):
        with pytest.raises(ActionError, match="cannot be read"):
            instant_said(unread, CREWED.local)


def test_figures_are_published_under_the_day_of_the_plants_clock(tmp_path: Path) -> None:
    folder = PlantFolder(tmp_path)
    folder.tell(told_of(at("2026-12-06T20:00"), Register(SMALL)))
    for zone, day in (("Asia/Shanghai", 7), ("America/New_York", 6), ("Europe/Berlin", 6)):
        folder.tell_plant(replace(SMALL, zone=zone))
        assert day_told(folder) == date(2026, 12, day)


def test_times_that_messages_and_files_write_without_a_zone_are_of_the_plants_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "MqttWire", lambda translator, _: translator)
    plant = replace(SMALL, zone="Europe/Berlin", piece_sources=(PieceSource("json", "mes/#"),))
    readings, files = wires_of(NodeFile(plant, (Broker("json"),), (tmp_path / "a.csv",)), plant, Directory(), tmp_path)
    assert isinstance(readings, JsonTopics)
    assert readings.settings.local is plant.local
    assert [fields.local for fields in piece_fields(plant, "json").values()] == [plant.local]
    assert isinstance(files, ReadingFiles)
    assert files.settings.zone == "Europe/Berlin"


_ANYWHERE = """
import json, sys
from datetime import datetime
from pathlib import Path
from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.job_file import read_job_file
from qiantang.district.plant.publishing import day_told
from qiantang.district.plant.relearning import instant_said
from qiantang.district.plant.shift_file import read_shift_file
from qiantang.district.plant.views import PlantShown
from qiantang.domains.factory.alarms.finding import finding_of
from qiantang.domains.factory.dispatch.duty import on_duty
from qiantang.domains.factory.alarms.wording import told
from tests.domains.factory.plants import START, alarm

folder = PlantFolder(Path(sys.argv[1]) / "crewed")
plant, shown = folder.plant(), PlantShown(folder, KEYBOARD)
jobs = read_job_file(folder.path.parent / "jobs.yaml")
shifts = read_shift_file(folder.path.parent / "shifts.yaml")
print(json.dumps({
    "machine": datetime.now().astimezone().utcoffset().total_seconds(),
    "duty": [[w.id for w in on_duty(plant, START + hour * 3_600_000_000)] for hour in range(24)],
    "said": instant_said("2026-11-26 08:30", plant.local),
    "day": str(day_told(folder)),
    "as_of": str(shown.as_of),
    "alarms": [{name: str(value) for name, value in row.items()} for row in shown.rows("alarms")],
    "told": told(alarm(0, 0), plant).en,
    "finding": finding_of(alarm(0, 0), plant).id,
    "jobs": [str(jobs.begin), str(jobs.jobs), str(jobs.at(90))],
    "shifts": [shifts.span(day, shift) for day in range(-1, shifts.days) for shift in plant.shifts],
}))
"""


def test_servers_of_two_time_zones_do_and_show_the_same(tmp_path: Path) -> None:
    folder = PlantFolder(tmp_path / "crewed")
    folder.tell_plant(CREWED)
    register = Register(CREWED)
    register.raised([alarm(0, 0)])
    folder.tell(told_of(START, register))
    (tmp_path / "jobs.yaml").write_text(
        "plant: crewed\nbegin: 2026-12-07 06:00\njobs: [{id: a, by: 2026-12-07 20:00, steps: [{machine: P1, minutes: 90}]}]\n", encoding="utf-8")
    (tmp_path / "shifts.yaml").write_text("plant: crewed\nbegin: 2026-03-07\ndays: 3\nneeds: [{skill: curing, people: 1}]\n", encoding="utf-8")
    said = {}
    for zone in ("UTC", "America/New_York"):
        ran = subprocess.run([sys.executable, "-c", _ANYWHERE, str(tmp_path)], env={**os.environ, "TZ": zone}, cwd=Path(__file__).parents[3],
                             check=True, capture_output=True, text=True)
        said[zone] = json.loads(ran.stdout)
    machines = [found.pop("machine") for found in said.values()]
    assert machines[0] == 0 != machines[1]
    assert said["UTC"] == said["America/New_York"]
    found = said["UTC"]
    assert found["duty"][2] == ["li"], "a quarter past eight in the morning in Hangzhou"
    assert found["as_of"] == "2023-11-15 06:13:20+08:00"
    assert "since 2023-11-15 06:13:18+08:00" in found["told"]
    assert found["jobs"][2] == "2026-12-07 07:30:00+08:00"
