"""A shift file: how many people with which skill the shifts of some days need, and who of the plant's technicians can be planned.

    plant: plant.xlsx                      # the plant's workbook beside this file, or a plant's folder
    begin: 2026-12-07                      # days and hours are those of the plant's time zone
    days: 7
    needs:                                 # of lines for the same skill and shift, the later one prevails on its days
      - {skill: mechanical, people: 2}
      - {skill: electrical, people: 1, shifts: [early, day]}
      - {skill: mechanical, people: 1, days: [2026-12-12, 2026-12-13]}
    people:                                # what the workbook does not say
      t-03: {away: [2026-12-08, 2026-12-09]}
      t-05: {worked_last: late, shifts: [late]}
    own_shifts: false                      # true: everybody works the shift of the workbook only
    rules: {least_rest_h: 11, most_hours_a_week: 40, most_days_in_row: 5, most_nights_in_row: 3, night_from: "20:00"}

Rules that are not stated are those figures, and the plan says that they are assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from qiantang.district.documents import Paper, Part
from qiantang.district.plant.named import named_plant, not_known
from qiantang.district.plant.sheets import clock
from qiantang.domains.factory.dispatch.shift_plans import ASSUMED_RULES, Person, ShiftPlan, ShiftRules, shift_plan
from qiantang.domains.factory.hours import hour_of
from qiantang.domains.factory.plant import Plant, Shift, Technician
from qiantang.kernel.words import Text, same

_MOST_DAYS, _MOST_PEOPLE = 35, 10_000
_MOST_HOURS, _MOST_IN_ROW = 168, 35
_A_FILE = Text("请给出排班文件（YAML）；写法见工厂文档。", "Name a shift file (YAML); the factory's documentation shows one.")
_SHIFT, _SKILL, _PERSON = Text("班次", "shift"), Text("技能", "skill"), Text("人员", "technician")
_RULES = ("least_rest_h", "most_hours_a_week", "most_days_in_row", "most_nights_in_row", "night_from")


@dataclass(frozen=True, slots=True)
class ShiftFile:
    """A shift file as it was read; ``needs`` maps (day from 0, shift, skill) to how many must be there."""

    plant: Plant
    begin: date
    days: int
    people: tuple[Person, ...]
    needs: Mapping[tuple[int, str, str], int]
    rules: ShiftRules

    def planned(self, seconds: float, seed: int) -> ShiftPlan:
        """The best plan found in so many seconds."""
        spans = {(nth, shift.name): self.span(nth, shift) for nth in range(-1, self.days) for shift in self.plant.shifts}
        return shift_plan(self.people, self.plant.shifts, self.needs, self.days, self.rules, spans=spans, seconds=seconds, seed=seed)

    def span(self, nth: int, shift: Shift) -> tuple[int, int]:
        """From when until when a shift lasts on a day of the plan, by the plant's clock, in seconds UTC."""
        begins, ends = (hour_of(self.day(nth), second, self.plant.local) // 1_000_000 for second in (shift.start_s, shift.end_s))
        return begins, ends

    def day(self, nth: int) -> date:
        """A day of the plan."""
        return self.begin + timedelta(nth)


def read_shift_file(path: Path) -> ShiftFile:
    """The file, with the plant that it names; FactsError tells every fault with its line."""
    paper = Paper(path, _A_FILE)
    given = paper.root.fields("plant", "begin", "days", "needs", "people", "own_shifts", "rules")
    plant = named_plant(paper, given["plant"], path)
    if not (plant.shifts and plant.technicians):
        given["plant"].fault("工厂没有班次或没有维修人员", "the plant has no shifts or no technicians", plant.id,
                             Text("请填写工作簿的“班次”与“维修人员”。", "Fill in the sheets 'shifts' and 'technicians' of its workbook."))
    begin, days = given["begin"].day(), given["days"].whole()
    if not 1 <= days <= _MOST_DAYS:
        given["days"].fault(f"天数应为 1 至 {_MOST_DAYS}", f"between 1 and {_MOST_DAYS} days can be planned", days)
    if begin > date.max - timedelta(_MOST_DAYS):
        given["begin"].fault(f"{begin} 之后已没有可排的日期", f"after {begin} the calendar ends", begin,
                             Text("请写计划的第一天，如 2026-12-07。", "Write the plan's first day, such as 2026-12-07."))
        begin = date.min
    reading = _Reading(plant, [begin + timedelta(n) for n in range(max(min(days, _MOST_DAYS), 0))])
    needs = reading.needs(given["needs"])
    people = reading.people(given["people"], given["own_shifts"].flag())
    rules = _rules(given["rules"])
    paper.done()
    return ShiftFile(plant, begin, days, people, needs, rules)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The words of the file, held against the plant and the days that are planned."""

    plant: Plant
    days: list[date]

    def needs(self, part: Part) -> dict[tuple[int, str, str], int]:
        had = sorted({skill for person in self.plant.technicians for skill in person.skills})
        found: dict[tuple[int, str, str], int] = {}
        entries = part.entries()
        if not entries:
            part.fault("没有写需要什么", "nothing is needed", None, Text("例：", "Example: ") + same("needs: [{skill: mechanical, people: 2}]"))
        for entry in entries:
            given = entry.fields("skill", "people", "shifts", "days")
            skill, many = given["skill"].word(), given["people"].whole()
            if skill and skill not in had:
                given["skill"].fault(f"没有人会{self._skill(skill).zh}", f"nobody has the skill {self._skill(skill).en}", skill,
                                     Text("请在“维修人员”中填写会的人，或删去此需求；现有技能：" + ("、".join(had) or "（无）"),
                                          "Enter it with a technician, or leave the need out; skills there are: " + (", ".join(had) or "none")))
            if not 0 <= many <= _MOST_PEOPLE:
                given["people"].fault(f"人数应为 0 至 {_MOST_PEOPLE}", f"between 0 and {_MOST_PEOPLE} people can be needed", many)
            shifts = self._shifts(given["shifts"]) or [shift.name for shift in self.plant.shifts]
            days = self._days(given["days"]) if given["days"].is_there else list(range(len(self.days)))
            found |= {(day, shift, skill): many for day in days for shift in shifts}
        return {need: many for need, many in found.items() if many > 0}

    def people(self, part: Part, own_shifts: bool) -> tuple[Person, ...]:
        said = part.fields()
        ids = [person.id for person in self.plant.technicians]
        for name in said.keys() - set(ids):
            not_known(said[name], _PERSON, name, ids)
        return tuple(self._person(person, said.get(person.id), own_shifts) for person in self.plant.technicians)

    def _person(self, technician: Technician, part: Part | None, own_shift: bool) -> Person:
        shifts = frozenset({technician.shift}) if own_shift else frozenset[str]()
        if part is None:
            return Person(technician.id, technician.skills, shifts=shifts)
        given = part.fields("away", "worked_last", "shifts")
        away = frozenset(self._days(given["away"]))
        last = given["worked_last"].word("")
        if last:
            self._known_shift(given["worked_last"], last)
        return Person(technician.id, technician.skills, away, last, frozenset(self._shifts(given["shifts"])) or shifts)

    def _shifts(self, part: Part) -> list[str]:
        return [name for entry in part.entries() if (name := self._known_shift(entry, entry.word()))]

    def _known_shift(self, part: Part, name: str) -> str:
        names = [shift.name for shift in self.plant.shifts]
        if name and name not in names:
            not_known(part, _SHIFT, name, names)
        return name

    def _days(self, part: Part) -> list[int]:
        found = []
        for entry in part.entries():
            day = entry.day()
            if day in self.days:
                found.append(self.days.index(day))
            elif day != date.min and self.days:
                entry.fault(f"{day} 不在计划的日期内", f"{day} is no day of the plan", day,
                            Text(f"{self.days[0]} 至 {self.days[-1]}", f"{self.days[0]} to {self.days[-1]}"))
        return found

    def _skill(self, name: str) -> Text:
        title = dict(self.plant.skills).get(name)
        return Text(f"“{title.zh}”（{name}）", f"'{title.en}' ({name})") if title else Text(f"“{name}”", f"'{name}'")


def _rules(part: Part) -> ShiftRules:
    given = part.fields(*_RULES)

    def stated(name: str, otherwise: float) -> float:
        value = float(given[name].number()) if given[name].is_there else otherwise
        if not 0 < value <= _MOST_HOURS:
            given[name].fault(f"{name} 应大于 0，至多 {_MOST_HOURS}", f"{name} must be above 0, and {_MOST_HOURS} at most", value)
        return value

    def in_row(name: str, otherwise: int) -> int:
        value = given[name].whole() if given[name].is_there else otherwise
        if not 1 <= value <= _MOST_IN_ROW:
            given[name].fault(f"{name} 应为 1 至 {_MOST_IN_ROW}", f"{name} must be between 1 and {_MOST_IN_ROW}", value)
        return value

    night = ASSUMED_RULES.night_from_s
    if given["night_from"].is_there:
        written = given["night_from"].word()
        try:
            night = clock(written)
        except ValueError:
            given["night_from"].fault(f"“{written}”不是时刻（时:分）", f"'{written}' is no time of day (hours:minutes)", written)
    return ShiftRules(
        stated("least_rest_h", ASSUMED_RULES.least_rest_h), stated("most_hours_a_week", ASSUMED_RULES.most_hours_a_week),
        in_row("most_days_in_row", ASSUMED_RULES.most_days_in_row), in_row("most_nights_in_row", ASSUMED_RULES.most_nights_in_row),
        night, assumed=not all(given[name].is_there for name in _RULES))
