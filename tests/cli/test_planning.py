"""qiantang factory shifts and schedule: plans in both languages and as JSON; who is missing, and what to install, is said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from qiantang.district.plant.folder import PlantFolder
from tests.cli.conftest import Run
from tests.district.plant.test_shift_file import CREWED

SHIFTS = "plant: crewed\nbegin: 2026-12-07\ndays: 2\nneeds:\n  - {skill: mechanical, people: 1, shifts: [early]}\n"
JOBS = """plant: crewed
begin: 2026-12-07 06:00
jobs:
  - {id: W-1, steps: [{machine: M1, minutes: 90, family: soft}]}
  - {id: W-2, steps: [{machine: M1, minutes: 60, family: hard}]}
changeovers: {usual: 20, mounted: {M1: hard}}
"""


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    PlantFolder(tmp_path / "crewed").tell_plant(CREWED)
    (tmp_path / "shifts.yaml").write_text(SHIFTS, encoding="utf-8")
    (tmp_path / "short.yaml").write_text(SHIFTS + "  - {skill: electrical, people: 2, shifts: [late], days: [2026-12-08]}\n", encoding="utf-8")
    (tmp_path / "jobs.yaml").write_text(JOBS, encoding="utf-8")
    return tmp_path


def test_a_shift_plan_is_a_table_of_people_by_day_and_says_that_its_rules_are_assumed(asked: Path, run: Run) -> None:
    answered = run("factory", "shifts", asked / "shifts.yaml", "--lang", "en")
    assert answered.code == 0, answered.err
    assert "shifts of 2 people for 2 days, all skills covered; the rules are assumptions." in answered.out
    assert "early 06:00–14:00, late 14:00–22:00 (Asia/Shanghai)" in answered.out
    assert "甲 t-1" in answered.out
    assert "12-08" in answered.out
    zh = run("factory", "shifts", asked / "shifts.yaml", "--lang", "zh").out
    assert "技能全部覆盖" in zh
    assert "早班" in zh


def test_shifts_that_are_short_of_people_are_told_with_their_reason_and_exit_code_1(asked: Path, run: Run) -> None:
    answered = run("factory", "shifts", asked / "short.yaml", "--lang", "en")
    assert answered.code == 1
    assert "Shifts that are short of people" in answered.out
    told = run("factory", "shifts", asked / "short.yaml", "--json").told
    shortage, = told["shortages"]
    assert (shortage["day"], shortage["shift"], shortage["skill"], shortage["missing"]) == ("2026-12-08", "late", "electrical", 1)
    assert "有此技能 1 人" in shortage["why"]["zh"]
    assert sum(person["hours"] for person in told["people"]) == sum(8 * len(person["work"]) for person in told["people"])
    first = told["duty"][0]
    assert (first["day"], first["shift"], first["skill"], first["needed"], len(first["people"])) == ("2026-12-07", "early", "mechanical", 1, 1)


def test_a_schedule_names_machine_job_and_time_with_changeovers(asked: Path, run: Run) -> None:
    answered = run("factory", "schedule", asked / "jobs.yaml", "--lang", "en")
    assert answered.code == 0, answered.err
    assert "2 steps done in 170 minutes, proved shortest." in answered.out
    assert "mixer 1 M1" in answered.out
    assert "from (UTC+08:00)" in answered.out
    steps = run("factory", "schedule", asked / "jobs.yaml", "--json").told["steps"]
    assert [(s["job"], s["from"], s["until"], s["changeover_minutes"]) for s in steps] == [
        ("W-2", "2026-12-07T06:00:00+08:00", "2026-12-07T07:00:00+08:00", 0), ("W-1", "2026-12-07T07:20:00+08:00", "2026-12-07T08:50:00+08:00", 20)]


@pytest.mark.parametrize(("words", "said"), [
    (("shifts", "nowhere.yaml"), "Name a shift file"), (("schedule", "nowhere.yaml"), "Name a job file")])
def test_a_file_that_is_not_there_is_named_with_what_belongs_there(asked: Path, run: Run, words: tuple[str, str], said: str) -> None:
    answered = run("factory", words[0], asked / words[1], "--lang", "en")
    assert answered.code == 2
    assert said in answered.err


def test_without_the_solver_the_extra_to_install_is_named(asked: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    answered = run("factory", "shifts", asked / "shifts.yaml", "--lang", "en")
    assert answered.code == 2
    assert "pip install 'qiantang[factory]'" in answered.err
