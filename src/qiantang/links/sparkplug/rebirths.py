"""Asks edge nodes to be born again, neither too often each nor too many at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from qiantang.links.messages import Publication
from qiantang.links.sparkplug.encoding import Metric, payload
from qiantang.links.sparkplug.fields import DataType
from qiantang.links.sparkplug.topics import Route, Verb

REBIRTH = "Node Control/Rebirth"
_SECOND = 1_000_000


def rebirth_request(group: str, edge: str, now: int) -> Publication:
    """The command (chapter 5.16): at most once, not retained, without a count."""
    content = payload(now // 1000, [Metric(REBIRTH, DataType.BOOLEAN, True, timestamp=now // 1000)])
    return Publication(Route(Verb.NCMD, group, edge).topic, content)


@dataclass(slots=True)
class Rebirths:
    """Who wants asking and when it may be asked again: after ``first_us``, then each time twice as long, at most ``longest_us``;
    all together at most ``most_a_second``."""

    first_us: int = 10 * _SECOND
    longest_us: int = 300 * _SECOND
    most_a_second: int = 50
    _wanting: dict[tuple[str, str], None] = field(default_factory=dict)
    _asked: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    _second: int = -1
    _this_second: int = 0

    def want(self, group: str, edge: str) -> None:
        """This one is to be born again."""
        self._wanting[group, edge] = None

    def born(self, group: str, edge: str) -> None:
        """It was."""
        self._wanting.pop((group, edge), None)
        self._asked.pop((group, edge), None)

    def due(self, now: int) -> list[tuple[str, str]]:
        """Whom to ask now; those whose time has not come stay."""
        if not self._wanting:
            return []
        if now // _SECOND != self._second:
            self._second, self._this_second = now // _SECOND, 0
        found = []
        for who in list(self._wanting):
            if self._this_second >= self.most_a_second:
                break
            again_at, wait = self._asked.get(who, (now, self.first_us))
            if again_at > now:
                continue
            del self._wanting[who]
            self._asked[who] = (now + wait, min(2 * wait, self.longest_us))
            self._this_second += 1
            found.append(who)
        return found
