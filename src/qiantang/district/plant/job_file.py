"""A job file: which jobs are to run over which of the plant's machines, from when and until when, and what a changeover takes.

    plant: plant.xlsx                      # the plant's workbook beside this file, or a plant's folder
    begin: 2026-12-07 06:00                # in the plant's time zone; minutes are counted from here
    jobs:
      - id: W-1001
        ready: 2026-12-07 08:00            # not before; from the beginning where it is not stated
        by: 2026-12-07 20:00               # done by then; no bound where it is not stated
        steps:
          - {machine: mix-01, minutes: 90, family: compound-a}
          - {machine: press-01, minutes: 240, family: mould-17}
    changeovers:
      usual: 20                            # minutes between two families
      pairs: [{from: mould-17, to: mould-18, minutes: 45}]
      mounted: {press-01: mould-18}        # what is on a machine at the beginning
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from qiantang.district.documents import Paper, Part
from qiantang.district.plant.named import named_plant, not_known
from qiantang.domains.factory.dispatch.job_shop import Changeovers, Job, Schedule, Step, schedule
from qiantang.domains.factory.hours import instant, instant_of
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.words import Text

_A_FILE = Text("请给出工单文件（YAML）；写法见工厂文档。", "Name a job file (YAML); the factory's documentation shows one.")
_MACHINE = Text("设备", "machine")


@dataclass(frozen=True, slots=True)
class JobFile:
    """A job file as it was read; ``begin`` is minute 0, an instant of the plant's time zone, as all its instants are."""

    plant: Plant
    begin: datetime
    jobs: tuple[Job, ...]
    changeovers: Changeovers

    def scheduled(self, seconds: float, seed: int) -> Schedule:
        """The shortest schedule found in so many seconds; FactsError names jobs that cannot be done in time."""
        return schedule(self.jobs, self.changeovers, seconds=seconds, seed=seed)

    def at(self, minute: int) -> datetime:
        """A minute of the schedule by the plant's clock."""
        return instant(_us(self.begin) + minute * _MINUTE_US, self.plant.local)


def read_job_file(path: Path) -> JobFile:
    """The file, with the plant that it names; FactsError tells every fault with its line."""
    paper = Paper(path, _A_FILE)
    given = paper.root.fields("plant", "begin", "jobs", "changeovers")
    plant = named_plant(paper, given["plant"], path)
    begin = _instant(given["begin"], plant)
    reading = _Reading(plant, begin)
    jobs = reading.jobs(given["jobs"])
    changeovers = reading.changeovers(given["changeovers"])
    paper.done()
    assert begin is not None
    return JobFile(plant, begin, jobs, changeovers)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The words of the file, held against the plant and the beginning of the schedule, where that could be read."""

    plant: Plant
    begin: datetime | None

    def jobs(self, part: Part) -> tuple[Job, ...]:
        found: dict[str, Job] = {}
        entries = part.entries()
        if not entries:
            part.fault("没有工单", "there are no jobs", None, Text("请在 jobs 下列出工单。", "List them under jobs."))
        for entry in entries:
            given = entry.fields("id", "ready", "by", "steps")
            name = given["id"].word()
            if name in found:
                given["id"].fault(f"工单“{name}”重复", f"the job '{name}' occurs twice", name)
            steps = given["steps"].entries()
            if not steps:
                entry.fault(f"工单“{name}”没有工序", f"the job '{name}' has no steps", name)
            found[name] = Job(name, tuple(map(self._step, steps)), self._minute(given["ready"]) or 0, self._minute(given["by"]))
        return tuple(found.values())

    def changeovers(self, part: Part) -> Changeovers:
        given = part.fields("usual", "pairs", "mounted")
        pairs = {(pair["from"].word(), pair["to"].word()): _minutes(pair["minutes"])
                 for pair in (entry.fields("from", "to", "minutes") for entry in given["pairs"].entries())}
        mounted = {self._machine(family, machine): family.word() for machine, family in given["mounted"].fields().items()}
        return Changeovers(_minutes(given["usual"]) if given["usual"].is_there else 0, pairs, mounted)

    def _step(self, part: Part) -> Step:
        given = part.fields("machine", "minutes", "family")
        return Step(self._machine(given["machine"], given["machine"].word()), _minutes(given["minutes"], least=1), given["family"].word(""))

    def _machine(self, part: Part, name: str) -> str:
        if name and name not in self.plant.asset:
            machines = [asset.id for asset in self.plant.assets if asset.level == "cell"] or [asset.id for asset in self.plant.assets]
            not_known(part, _MACHINE, name, machines[:_SHOWN] + ["…"] * (len(machines) > _SHOWN))
        return name

    def _minute(self, part: Part) -> int | None:
        """Whole minutes from the beginning; None where nothing is stated."""
        at = _instant(part, self.plant) if part.is_there else None
        if at is None or self.begin is None:
            return None
        minute = (_us(at) - _us(self.begin)) // _MINUTE_US
        if minute < 0:
            part.fault("早于排程开始", "this is before the schedule begins", part.word(),
                       Text("开始于 {begin}", "It begins at {begin}").filled(begin=f"{self.begin:%Y-%m-%d %H:%M}"))
        return max(minute, 0)


_SHOWN = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(1971, 1, 1), datetime(9000, 1, 1)  # noqa: DTZ001  # as a file writes it, without a zone
"""A schedule that begins between them ends within the calendar."""
_MOST_MINUTES = 527_040
_MINUTE_US = 60_000_000


def _minutes(part: Part, least: int = 0) -> int:
    minutes = part.whole()
    if part.is_there and not least <= minutes <= _MOST_MINUTES:
        part.fault(f"分钟数应为 {least} 至 {_MOST_MINUTES}（一年）", f"minutes must be between {least} and {_MOST_MINUTES} (a year)", minutes)
    return minutes


def _us(at: datetime) -> int:
    """Microseconds UTC: two instants of one zone would be subtracted by its clock, which may have been changed between them."""
    return round((at - _EPOCH) / timedelta(microseconds=1))


def _instant(part: Part, plant: Plant) -> datetime | None:
    """A day and time in the plant's time zone; None, and a fault, where it is none, names a time zone itself or is near an end of the
    calendar."""
    written = part.word()
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        found = None
    if found is not None and found.tzinfo is None:
        if _EARLIEST <= found < _LATEST:
            return instant(instant_of(found, plant.local), plant.local)
        far = Text("过于久远", "is too far ahead") if found >= _LATEST else Text("过早", "is too long ago")
        part.fault(f"“{written}”{far.zh}，无法排程", f"'{written}' {far.en} for a schedule", written,
                   Text("请写实际的时刻，如 2026-12-07 06:00；没有期限时不写 by。",
                        "Write the time that is meant, such as 2026-12-07 06:00; leave 'by' out where there is no bound."))
        return None
    if written:
        part.fault(f"“{written}”不是当地时刻（年-月-日 时:分）", f"'{written}' is no local time (year-month-day hours:minutes)", written)
    return None
