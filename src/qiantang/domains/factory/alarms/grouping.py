"""Which alarms belong together: those of one piece of equipment, or of one connection, that have a cause in common.

A cause is shared where an alarm follows another within the span for it and is of the same unit, of the same signal, or of a
signal that moved with the other's; that a machine stands (``down``) is of the cause of whatever was told of it just before. Bad
quality, and a silence, is of the connection it came through, whichever machine it is of. In a flood all alarms of one machine are one group.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.bearing import Bearing
from qiantang.domains.factory.plant import Plant

SILENT = "silent"
"""The rule of a gateway or server that has fallen silent, beside those of the charts."""
_SPANS = 6
"""A group takes in no more after so many spans, however close they follow: what lasts is told anew."""


def connection(address: str) -> str:
    """Through what a signal came: the edge node, the server, or the host of its address."""
    if "|" in address:
        return address.split("|", 1)[0]
    if "://" in address:
        return "/".join(address.split("/", 3)[:3])
    parts = address.split("/")
    return parts[0] if ":" in parts[0] else "/".join(parts[:2])


@dataclass(slots=True)
class Group:
    """Alarms of one cause: the one that leads (its id, what it is of, how often it was raised), its priority, the units and signals
    concerned, first and last instant."""

    leader: str
    place: str
    priority: int
    since: int
    last: int
    units: list[str] = field(default_factory=list)
    signals: list[int] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    of: list[str] = field(default_factory=list)
    times: int = 0

    def leads(self, alarm: Alarm) -> bool:
        """Whether the alarm is the one that leads the group, risen again."""
        return self.of == _key(alarm)

    def takes(self, at: int, span: int) -> bool:
        """Whether the group still takes anything in at that instant."""
        return at - self.last <= span and at - self.since <= _SPANS * span

    def shares(self, alarm: Alarm) -> bool:
        """Whether the alarm has its cause in common with the group."""
        return (alarm.rule == "down" or alarm.asset in self.units or (alarm.signal >= 0 and alarm.signal in self.signals)
                or any(signal in self.signals for signal in alarm.others))

    def take(self, alarm: Alarm, at: int) -> None:
        """Take the alarm in."""
        self.last = max(self.last, at)
        self.members.append(alarm.id)
        self.times += self.leads(alarm)
        if alarm.asset not in self.units:
            self.units.append(alarm.asset)
        for signal in (alarm.signal, *alarm.others):
            if signal >= 0 and signal not in self.signals:
                self.signals.append(signal)


def _key(alarm: Alarm) -> list[str]:
    return [alarm.asset, str(alarm.signal), alarm.rule]


class Grouping:
    """The groups that are open, by the machine or connection they are of."""

    def __init__(self, plant: Plant, bearing: Bearing) -> None:
        self._bearing = bearing
        self.open: dict[str, list[Group]] = {}
        self.go_on(plant)

    def go_on(self, plant: Plant) -> None:
        """The plant as it is now."""
        self._connection = {signal.number: connection(signal.address) for signal in plant.signals}

    def joined(self, alarm: Alarm, machine: str, priority: int, at: int, *, flood: bool) -> Group:
        """The group the alarm belongs to at that instant, with it taken in; a new one that it leads where there is none."""
        places = self._places(alarm, machine)
        for place in places:
            groups = [group for group in self.open.get(place, []) if group.takes(at, self._bearing.together)]
            if groups:
                self.open[place] = groups
            else:
                self.open.pop(place, None)
            for group in groups:
                if flood or place != machine or group.shares(alarm):
                    group.take(alarm, at)
                    return group
        place = places[-1]
        made = Group(alarm.id, place, priority, at, at, of=_key(alarm))
        made.take(alarm, at)
        self.open.setdefault(place, []).append(made)
        return made

    def close(self, machine: str) -> None:
        """The groups of a machine take nothing in any more."""
        self.open.pop(machine, None)

    def _places(self, alarm: Alarm, machine: str) -> tuple[str, ...]:
        """Where to look: a stuck signal belongs to a lost connection where one is open, to its machine otherwise."""
        through = self._connection.get(alarm.others[0] if alarm.rule == SILENT and alarm.others else alarm.signal, "")
        match alarm.rule:
            case "quality" | "silent" if through:
                return (f"connection {through}",)
            case "stuck" if through:
                return (f"connection {through}", machine)
            case _:
                return (machine,)
