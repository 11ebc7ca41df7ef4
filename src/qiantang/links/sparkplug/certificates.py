"""Birth and death certificates of a host application: STATE messages as JSON, whose timestamp ties a birth to its will (3.0, 6.4.27)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from qiantang.links.messages import Publication
from qiantang.links.sparkplug.topics import Route, Verb

_ONCE_US = 1_000_000


@dataclass(frozen=True, slots=True)
class State:
    """What a STATE message says; ``timestamp`` milliseconds UTC."""

    online: bool
    timestamp: int

    def published(self, host: str) -> Publication:
        """The message of a host: retained, at least once."""
        content = json.dumps({"online": self.online, "timestamp": self.timestamp}, separators=(",", ":"))
        return Publication(Route(Verb.STATE, "", host).topic, content.encode(), 1, True)


def state_of(payload: bytes) -> State | None:
    """What a payload says; None where it is no certificate."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    online, timestamp = said.get("online"), said.get("timestamp")
    if not isinstance(online, bool) or isinstance(timestamp, bool) or not isinstance(timestamp, int):
        return None
    return State(online, timestamp)


class Certificates:
    """The certificates of one host application from one connection to the next, to be published. Instants are microseconds UTC."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._birth = State(True, 0)
        self._contradicted_at: int | None = None

    def will(self, now: int) -> Publication:
        """What the broker is to say where the connection is lost, with the instant of connecting."""
        self._birth = State(True, now // 1000)
        return State(False, self._birth.timestamp).published(self._host)

    def birth(self, now: int) -> Publication:
        """That the host is there, with the timestamp of its will."""
        if not self._birth.timestamp:
            self._birth = State(True, now // 1000)
        return self._birth.published(self._host)

    def death(self, now: int) -> Publication:
        """That the host leaves in good order, with the instant of leaving."""
        return State(False, now // 1000).published(self._host)

    def after_birth(self, said: State) -> bool:
        """Whether a certificate is of the birth or after it: one of before is what the broker keeps of an earlier life."""
        return said.timestamp >= self._birth.timestamp

    def contradiction(self, said: State, now: int) -> Publication | None:
        """The birth again where somebody says that the host is offline, but not more than once a second."""
        if said.online or (self._contradicted_at is not None and now - self._contradicted_at < _ONCE_US):
            return None
        self._contradicted_at = now
        return self._birth.published(self._host)
