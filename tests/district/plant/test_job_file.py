"""A job file: clock times become minutes and back, and every word that the plant does not know is told with its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.job_file import JobFile, read_job_file
from qiantang.domains.factory.dispatch.job_shop import Changeovers, Job, Step
from qiantang.kernel.errors import FactsError
from tests.domains.factory.plants import SMALL

TWO = """
jobs:
  - {id: a, ready: 2026-12-07 07:00, by: 2026-12-07 20:00, steps: [{machine: M1, minutes: 90}, {machine: P1, minutes: 240, family: f17}]}
  - {id: b, steps: [{machine: P1, minutes: 120, family: f18}]}
changeovers: {usual: 20, pairs: [{from: f17, to: f18, minutes: 45}], mounted: {P1: f18}}
"""


@pytest.fixture
def plants(tmp_path: Path) -> Path:
    PlantFolder(tmp_path / "small").tell_plant(SMALL)
    return tmp_path


def asked(folder: Path, text: str) -> JobFile:
    path = folder / "jobs.yaml"
    path.write_text(f"plant: small\nbegin: 2026-12-07 06:00{text}", encoding="utf-8")
    return read_job_file(path)


def test_clock_times_are_minutes_from_the_beginning(plants: Path) -> None:
    read = asked(plants, TWO)
    assert read.jobs == (Job("a", (Step("M1", 90), Step("P1", 240, "f17")), 60, 840), Job("b", (Step("P1", 120, "f18"),)))
    assert read.changeovers == Changeovers(20, {("f17", "f18"): 45}, {"P1": "f18"})
    assert read.at(840) == datetime(2026, 12, 7, 12, tzinfo=UTC)
    assert f"{read.at(840):%Y-%m-%d %H:%M}" == "2026-12-07 20:00"


@pytest.mark.parametrize(("day", "minutes"), [("2026-03-29", 6 * 60), ("2026-10-25", 8 * 60)])
def test_minutes_over_a_night_in_which_the_clock_is_changed_are_those_that_pass(plants: Path, day: str, minutes: int) -> None:
    PlantFolder(plants / "small").tell_plant(replace(SMALL, zone="Europe/Berlin"))
    path = plants / "jobs.yaml"
    path.write_text(f"plant: small\nbegin: {day} 00:00\njobs: [{{id: a, by: {day} 07:00, steps: [{{machine: P1, minutes: 90}}]}}]\n", encoding="utf-8")
    read = read_job_file(path)
    assert read.jobs[0].by == minutes
    assert f"{read.at(minutes):%Y-%m-%d %H:%M}" == f"{day} 07:00"


def test_a_time_before_all_records_is_told_with_its_line(plants: Path) -> None:
    path = plants / "jobs.yaml"
    path.write_text("plant: small\nbegin: 0001-01-01 00:00\njobs: [{id: a, steps: [{machine: P1, minutes: 90}]}]\n", encoding="utf-8")
    with pytest.raises(FactsError, match="'0001-01-01 00:00' is too long ago for a schedule"):
        read_job_file(path)


def test_the_family_that_is_mounted_runs_first_and_the_changeover_is_in_the_gap(plants: Path) -> None:
    found = asked(plants, TWO).scheduled(10, 1)
    assert found.proved
    assert [(p.job, p.machine, p.begins, p.changeover) for p in found.placed] == [("a", "M1", 60, 0), ("b", "P1", 0, 0), ("a", "P1", 150, 20)]


def test_every_word_that_the_plant_does_not_know_is_told_with_its_line(plants: Path) -> None:
    with pytest.raises(FactsError) as refused:
        asked(plants, """
jobs:
  - {id: a, ready: 2026-12-06, by: soon, steps: [{machine: P9, minutes: 0}]}
  - {id: a, by: "2026-12-07T20:00+08:00"}
changeovers: {usual: -1, mounted: {P8: f1}}
""")
    assert [f"{fault.place.row}: {fault.message.en}" for fault in refused.value.faults] == [
        "4: there is no such machine: P9", "4: minutes must be between 1 and 527040 (a year)", "4: this is before the schedule begins",
        "4: 'soon' is no local time (year-month-day hours:minutes)", "5: the job 'a' occurs twice", "5: the job 'a' has no steps",
        "5: '2026-12-07T20:00+08:00' is no local time (year-month-day hours:minutes)", "6: there is no such machine: P8",
        "6: minutes must be between 0 and 527040 (a year)"]
    assert "known: P1, P2, M1" in refused.value.faults[0].remedy.en


def test_a_job_that_cannot_be_done_in_time_is_named(plants: Path) -> None:
    late = asked(plants, "\njobs: [{id: a, by: 2026-12-07 07:00, steps: [{machine: P1, minutes: 90}]}]\n")
    with pytest.raises(FactsError, match="job a cannot be done before minute 90"):
        late.scheduled(10, 1)


def test_a_file_without_a_beginning_or_jobs_says_both(plants: Path) -> None:
    path = plants / "jobs.yaml"
    path.write_text("plant: small\n", encoding="utf-8")
    with pytest.raises(FactsError) as refused:
        read_job_file(path)
    assert [fault.message.en for fault in refused.value.faults] == ["'begin' is missing", "there are no jobs"]


def test_times_near_the_end_of_the_calendar_are_told_with_their_lines(plants: Path) -> None:
    path = plants / "jobs.yaml"
    path.write_text("plant: small\nbegin: 9999-12-31 23:00\njobs:\n  - {id: a, by: 9999-12-31 23:30, steps: [{machine: P1, minutes: 90}]}\n", encoding="utf-8")
    with pytest.raises(FactsError) as refused:
        read_job_file(path)
    assert [f"{fault.place.row}: {fault.message.en}" for fault in refused.value.faults] == [
        "2: '9999-12-31 23:00' is too far ahead for a schedule", "4: '9999-12-31 23:30' is too far ahead for a schedule"]
    assert "06:00" in refused.value.faults[0].remedy.en
