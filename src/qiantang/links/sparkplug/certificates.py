"""Birth and death certificates of a host application: STATE messages as JSON, whose timestamp ties a birth to its will (3.0, 6.4.27)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from qiantang.links.messages import Publication
from qiantang.links.sparkplug.topics import Route, Verb


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
