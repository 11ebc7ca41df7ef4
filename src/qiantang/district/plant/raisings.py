"""What charts raised, as it stands on record, and what a window computed anew makes of it: kept, amended, withdrawn, or found late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.entry import alarm_from
from qiantang.domains.factory.alarms.finding import RULEBOOK, finding_of
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.findings.stream import StreamedFinding

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Raising:
    """An alarm as it was last told, with the id and instant of its finding. ``alarm.withdrawn``: it no longer holds."""

    alarm: Alarm
    finding: str
    at: int

    def written(self) -> dict[str, object]:
        """As plain values."""
        return {"alarm": asdict(self.alarm), "finding": self.finding, "at": self.at}

    @classmethod
    def read(cls, written: dict[str, object]) -> Raising:
        """What was written."""
        return cls(alarm_from(written["alarm"]), str(written["finding"]), int(str(written["at"])))


def raised(alarm: Alarm, plant: Plant, amends: Raising | None = None) -> tuple[Raising, StreamedFinding]:
    """An alarm with its finding; as an amendment it names what it amends."""
    if amends is not None:
        alarm = replace(alarm, amends=amends.alarm.id)
    before = None if amends is None else StreamedFinding(amends.finding, RULEBOOK, "", _EPOCH + timedelta(microseconds=amends.at), None, {})
    finding = finding_of(alarm, plant, amends=before)
    return Raising(alarm, finding.id, (finding.at - _EPOCH) // timedelta(microseconds=1)), finding


def order(alarm: Alarm) -> tuple[int, str, int, str]:
    """How alarms of one moment follow each other."""
    return alarm.at, alarm.asset, alarm.signal, alarm.rule


def amended(before: Sequence[Raising], anew: Sequence[Alarm], plant: Plant, offset: int) -> tuple[list[Raising], list[StreamedFinding]]:
    """A window's alarms as they stand after it was computed anew, and the findings that say what changed.

    The same alarm stays as it is. One that moved (same signal and rule) or says other figures amends what was said; one that
    is no more is withdrawn; one that was not seen before is raised. ``offset`` is where in the log this became known.
    """
    found = {alarm.id: alarm for alarm in anew}
    standing: list[Raising] = []
    findings: list[StreamedFinding] = []
    gone: list[Raising] = []

    def tell(alarm: Alarm, amends: Raising | None) -> None:
        raising, finding = raised(replace(alarm, offset=offset), plant, amends)
        standing.append(raising)
        findings.append(finding)

    for one in before:
        alarm = found.pop(one.alarm.id, None)
        if alarm is None:
            gone.append(one)
        elif _content(alarm) == _content(one.alarm):
            standing.append(one)
        else:
            tell(alarm, one)
    for one in gone:
        if one.alarm.withdrawn:
            standing.append(one)
            continue
        moved = min((a for a in found.values() if _of(a) == _of(one.alarm)), key=lambda a: (abs(a.at - one.alarm.at), a.at), default=None)
        if moved is None:
            tell(replace(one.alarm, withdrawn=True), one)
        else:
            tell(found.pop(moved.id), one)
    for alarm in sorted(found.values(), key=order):
        tell(alarm, None)
    return standing, findings


def _of(alarm: Alarm) -> tuple[str, int, str]:
    return alarm.asset, alarm.signal, alarm.rule


def _content(alarm: Alarm) -> Alarm:
    """What an alarm says, apart from where in the log and as an amendment of what."""
    return replace(alarm, offset=-1, amends="")
