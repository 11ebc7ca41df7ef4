"""Topics of Sparkplug B (chapter 4): read into group, verb, edge node and device, and written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from qiantang.kernel.errors import Place, QiantangError
from qiantang.kernel.words import Text

NAMESPACE = "spBv1.0"


class Verb(Enum):
    """What a message is."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"
    STATE = "STATE"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message comes from or goes to; ``device`` is empty for the edge node itself. Of STATE, ``edge`` is the host's id."""

    verb: Verb
    group: str
    edge: str
    device: str = ""

    @property
    def source(self) -> str:
        """The edge node, and its device where there is one, as notices name it."""
        return "/".join(part for part in (self.group, self.edge, self.device) if part)

    @property
    def topic(self) -> str:
        """The topic."""
        if self.verb is Verb.STATE:
            return f"{NAMESPACE}/STATE/{self.edge}"
        return f"{NAMESPACE}/{self.group}/{self.verb.value}/{self.edge}" + (f"/{self.device}" if self.device else "")


def route_of(topic: str) -> Route | None:
    """What a topic says; None where it is no Sparkplug B topic: a device where none may be, none where one must be."""
    parts = topic.split("/")
    if parts[0] != NAMESPACE or "" in parts:
        return None
    if len(parts) == 3 and parts[1] == "STATE":
        return Route(Verb.STATE, "", parts[2])
    if len(parts) not in (4, 5) or parts[2] not in Verb.__members__ or parts[2] == "STATE":
        return None
    verb = Verb(parts[2])
    if (verb.value[0] == "D") != (len(parts) == 5):
        return None
    return Route(verb, parts[1], *parts[3:])


def checked(what: str, id: str) -> str:
    """An id as the topic may carry it; the reserved characters are refused."""
    if not id or any(reserved in id for reserved in "+#/\0"):
        raise QiantangError.of(f"{what} 的标识“{id}”为空或含有 + / #", f"the id of the {what}, {id!r}, is empty or contains + / #", place=Place(path=what),
                               value=id, rule="sparkplug-id", remedy=Text("改用不含 + / # 的名称。", "Take a name without + / #."))
    return id


def address(group: str, edge: str, device: str, metric: str) -> str:
    """What the directory calls a metric; the device is empty for one of the edge node itself: ``group/edge//metric``."""
    return f"{group}/{edge}/{device}/{metric}"
