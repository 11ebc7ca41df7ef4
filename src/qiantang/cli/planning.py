"""qiantang factory shifts and schedule: who works which shift, and which job runs on which machine when."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qiantang.cli.answers import Answer, Code
from qiantang.cli.declaring import command
from qiantang.cli.language import said, told
from qiantang.cli.plant_parts import plant_parts
from qiantang.cli.screen import Screen
from qiantang.kernel.pages.values import zone_said
from qiantang.kernel.words import Text, joined, same

if TYPE_CHECKING:
    from qiantang.district.plant.job_file import JobFile
    from qiantang.district.plant.shift_file import ShiftFile

_WEEK = 7
_OFF = "—"
SecondsOption = Annotated[float, typer.Option("--seconds", min=1, max=3600, help=said("最多算多久", "how long to search at most"))]
SeedOption = Annotated[int, typer.Option("--seed", help=said("随机种子", "seed"))]


def declare_planning(factory: typer.Typer) -> None:
    """Declare both commands in the group of plants."""
    command(factory, "shifts", said("排班：维修人员谁上哪个班；缺人的班次逐一说明，此时退出码为 1。",
                                    "Plan shifts: which technician works when; each shift that is short of people is told, with exit code 1."),
            ["qiantang factory shifts shifts.yaml"])(shifts)
    command(factory, "schedule", said("排程：工单的各道工序在哪台设备、何时开工，含换型。",
                                      "Schedule jobs: which step runs on which machine when, with changeovers."),
            ["qiantang factory schedule jobs.yaml"])(schedule)


def shifts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=said("排班文件（YAML）", "the shift file (YAML)"))],
    seconds: SecondsOption = 20.0, seed: SeedOption = 1,
) -> Answer:
    """The plan with the fewest shortages, then the least and most even work."""
    with plant_parts():
        from qiantang.district.plant.shift_file import read_shift_file

        asked = read_shift_file(file)
        plan = asked.planned(seconds, seed)
    shift = {shift.name: shift for shift in asked.plant.shifts}
    spans = {person: [asked.span(day, shift[name]) for day, name in enumerate(row) if name] for person, row in plan.work.items()}
    worked = {person: sum(ends - begins for begins, ends in row) / 3600 for person, row in spans.items()}
    called = {shift.name: shift.title for shift in asked.plant.shifts} | dict(asked.plant.skills)

    def draw(screen: Screen) -> None:
        screen.line(plan.told)
        _synthetic(screen, asked)
        screen.note(joined([s.title + same(f" {_clock(s.start_s)}–{_clock(s.end_s)}") for s in asked.plant.shifts]) + same(f" ({asked.plant.zone})"))
        for first in range(0, asked.days, _WEEK):
            days = range(first, min(first + _WEEK, asked.days))
            screen.table([said("人员", "technician"), *(f"{asked.day(day):%m-%d}" for day in days), said("总工时", "hours in all")],
                         [[f"{person.name} {person.id}", *(called.get(plan.work[person.id][day], same(_OFF)) for day in days), f"{worked[person.id]:g}"]
                          for person in asked.plant.technicians], right=(len(days) + 1,))
        if plan.shortages:
            screen.heading(said("缺人的班次", "Shifts that are short of people"))
            screen.table([said("日期", "day"), said("班次", "shift"), said("技能", "skill"), said("需", "needed"), said("缺", "missing"), said("原因", "why")],
                         [[f"{asked.day(s.day):%m-%d}", called[s.shift], called.get(s.skill, same(s.skill)), str(s.needed), str(s.missing), s.why]
                          for s in plan.shortages], right=(3, 4))
        screen.note(said("各班次谁负责哪项技能：--json", "Who covers which skill of a shift: --json"))

    return Answer({
        "plant": asked.plant.id, "synthetic": asked.plant.synthetic, "zone": asked.plant.zone, "begin": asked.begin, "days": asked.days, "told": plan.told,
        "proved": plan.proved, "assumed": plan.assumed,
        "people": [{"id": person.id, "name": person.name, "hours": worked[person.id],
                    "work": {str(asked.day(day)): name for day, name in enumerate(plan.work[person.id]) if name}} for person in asked.plant.technicians],
        "duty": [{"day": asked.day(day), "shift": shift, "skill": skill, "needed": asked.needs[day, shift, skill], "people": people}
                 for (day, shift, skill), people in sorted(plan.duty.items())],
        "shortages": [{"day": asked.day(s.day), "shift": s.shift, "skill": s.skill, "needed": s.needed, "missing": s.missing, "why": s.why}
                      for s in plan.shortages]}, draw, Code.ATTENTION if plan.shortages else Code.DONE)


def schedule(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=said("工单文件（YAML）", "the job file (YAML)"))],
    seconds: SecondsOption = 20.0, seed: SeedOption = 1,
) -> Answer:
    """The shortest schedule; where bounds cannot be kept, the jobs are named."""
    with plant_parts():
        from qiantang.district.plant.job_file import read_job_file

        asked = read_job_file(file)
        found = asked.scheduled(seconds, seed)
    family = {(job.id, number): step.family for job in asked.jobs for number, step in enumerate(job.steps)}
    steps = Counter(job for job, _ in family)

    def draw(screen: Screen) -> None:
        screen.line(found.told)
        _synthetic(screen, asked)
        zone = f" ({zone_said(asked.begin)})"
        screen.table([said("设备", "machine"), said("工单", "job"), said("工序", "step"), said("族", "family"), said("换型（分）", "changeover (min)"),
                      said("开始", "from") + zone, said("结束", "until") + zone],
                     [[_machine(asked, p.machine), p.job, f"{p.step + 1}/{steps[p.job]}", family[p.job, p.step], str(p.changeover) if p.changeover else "",
                       f"{asked.at(p.begins):%m-%d %H:%M}", f"{asked.at(p.ends):%m-%d %H:%M}"] for p in found.placed], right=(4,))

    return Answer({
        "plant": asked.plant.id, "synthetic": asked.plant.synthetic, "zone": asked.plant.zone, "begin": asked.begin.isoformat(),
        "told": found.told, "proved": found.proved, "minutes": found.length, "at_least": found.bound,
        "steps": [{"machine": p.machine, "job": p.job, "step": p.step + 1, "family": family[p.job, p.step], "changeover_minutes": p.changeover,
                   "from": asked.at(p.begins).isoformat(), "until": asked.at(p.ends).isoformat()} for p in found.placed]}, draw)


def _clock(second: int) -> str:
    """A time of day; beyond 24:00 it is one of the next day."""
    return f"{second // 3600:02d}:{second // 60 % 60:02d}"


def _machine(asked: JobFile, machine: str) -> str:
    return f"{told(asked.plant.asset[machine].title)} {machine}"


def _synthetic(screen: Screen, asked: ShiftFile | JobFile) -> None:
    if asked.plant.synthetic:
        screen.note(Text("工厂与人员均为虚构", "the plant and its people are made up"))
