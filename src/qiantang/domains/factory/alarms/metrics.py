"""What is measured of alarms after IEC 62682, clause 16: how many an operator gets in an hour, of which weight, from which bad actors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from qiantang.domains.factory.alarms.bearing import HOUR
from qiantang.domains.factory.alarms.entry import Key


@dataclass(frozen=True, slots=True)
class BadActor:
    """An alarm that is raised more than others: what it is of, how often, and its share of all that was raised."""

    asset: str
    signal: int
    rule: str
    times: int
    share: float


class Metrics:
    """Counts since the beginning; ``span`` is the time they cover, in microseconds of the plant's own clock, and ``borne`` the same for each
    operator there was at the time."""

    def __init__(self, operators: int) -> None:
        self.span = self.borne = 0
        self.told_to = [0] * operators
        self.by_priority: Counter[int] = Counter()
        self.raised_of: Counter[Key] = Counter()

    def passed(self, since: int, until: int) -> None:
        """Time passed; what lies before the first instant of all is none of it."""
        if since:
            self.span += until - since
            self.borne += (until - since) * len(self.told_to)

    def raised(self, key: Key) -> None:
        """A chart raised an alarm."""
        self.raised_of[key] += 1

    def told(self, operator: int, priority: int) -> None:
        """An operator was told of an alarm."""
        self.told_to[operator] += 1
        self.by_priority[priority] += 1

    def shared_by(self, operators: int) -> None:
        """So many operators from now on; the last answers for what those did who are gone."""
        gone = sum(self.told_to[operators:])
        self.told_to = [*self.told_to, *[0] * operators][:operators]
        self.told_to[-1] += gone

    def per_operator_hour(self) -> float | None:
        """Alarms told, an operator and hour; None before any time has passed."""
        return sum(self.told_to) * HOUR / self.borne if self.borne else None

    def bad_actors(self, many: int = 10) -> list[BadActor]:
        """Those raised most often, most first."""
        whole = self.raised_of.total()
        ranked = sorted(self.raised_of.items(), key=lambda kv: (-kv[1], kv[0]))[:many]
        return [BadActor(*key, times, times / whole) for key, times in ranked]

    def written(self) -> dict[str, object]:
        """The counts as plain values."""
        return {"span": self.span, "borne": self.borne, "told": self.told_to, "priorities": list(self.by_priority.items()),
                "raised": [[*key, times] for key, times in self.raised_of.items()]}

    @classmethod
    def read(cls, written: dict[str, Any]) -> Metrics:
        """The counts that were written."""
        made = cls(len(written["told"]))
        made.span, made.told_to = written["span"], list(written["told"])
        made.borne = written.get("borne", made.span * len(made.told_to))
        made.by_priority = Counter(dict(written["priorities"]))
        made.raised_of = Counter({(asset, signal, rule): times for asset, signal, rule, times in written["raised"]})
        return made
