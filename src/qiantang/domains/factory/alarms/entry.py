"""One alarm as the operator knows it: of which signal and rule, where it stands in its life, and what happened to it last."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.life import Event, State
from qiantang.domains.factory.plant import Plant

Key = tuple[str, int, str]
"""Asset, signal and rule: what one alarm is told apart from another by."""


def key_of(alarm: Alarm) -> Key:
    """What the alarm is of."""
    return alarm.asset, alarm.signal, alarm.rule


def has(plant: Plant, asset: str, signal: int) -> bool:
    """Whether the plant has what an alarm is of: the asset and, unless it is of a whole machine (signal -1), the signal on it."""
    return asset in plant.asset and (signal < 0 or any(s.number == signal for s in plant.of_asset.get(asset, ())))


@dataclass(slots=True)
class Entry:
    """An alarm that is not normal, or was not a moment ago.

    ``alarm`` is the latest that a chart raised and ``first`` the id of the one by which the operator knows it. ``holds``: the
    condition is there, whatever the operator sees; ``last`` is when that was last known. ``raised`` is when it was last told to the
    operator, ``times`` how often a chart raised it since, ``recent`` the last instants of that. ``leader`` is the alarm it was told
    together with, empty where it was told by itself. ``until`` is when shelving ends by itself, ``due`` when time comes back to it.
    Instants are microseconds UTC.
    """

    alarm: Alarm
    first: str
    state: State
    holds: bool
    priority: int
    machine: str
    operator: int
    raised: int
    last: int
    times: int = 0
    recent: list[int] = field(default_factory=list)
    leader: str = ""
    until: int = 0
    due: int = 0
    by: str = ""
    reason: str = ""
    chattering: bool = False

    @property
    def key(self) -> Key:
        """What it is of."""
        return key_of(self.alarm)

    def written(self) -> dict[str, object]:
        """Everything as plain values."""
        found = {name: getattr(self, name) for name in self.__slots__ if name != "alarm"}
        return found | {"alarm": asdict(self.alarm), "state": self.state.value}

    @classmethod
    def read(cls, written: dict[str, object]) -> Entry:
        """The entry that was written."""
        of = dict(written)
        return cls(alarm=alarm_from(of.pop("alarm")), state=State(str(of.pop("state"))), **of)  # type: ignore[arg-type]  # as written above


def alarm_from(written: object) -> Alarm:
    """The alarm written as plain values."""
    assert isinstance(written, dict)
    return Alarm(**(written | {"others": tuple(written.get("others", ()))}))


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an alarm, and who must hear of it.

    ``told`` alarms are news to the operator and count against the budget: one that joined a group, chatters or is held back is
    none. ``leader`` is the alarm it joined. ``event`` None: the alarm was amended by a late reading and stands as it stood.
    """

    at: int
    event: Event | None
    alarm: Alarm
    before: State
    state: State
    priority: int
    machine: str
    operator: int
    told: bool = False
    leader: str = ""
    times: int = 1
    by: str = ""
    reason: str = ""
