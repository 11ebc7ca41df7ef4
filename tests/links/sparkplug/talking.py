"""An edge node under the test's own hand: it may say anything, in any order."""

from __future__ import annotations

from qiantang.kernel.readings import Directory
from qiantang.links.messages import Messages, Said, messages
from qiantang.links.sparkplug.encoding import Metric, payload
from qiantang.links.sparkplug.fields import DataType
from qiantang.links.sparkplug.host import HostSettings, SparkplugHost

T0 = 1_700_000_000_000_000
"""An instant, in microseconds."""
MS = 1_000
SECOND = 1_000_000

Message = tuple[str, bytes, int]


class Talker:
    """Messages of the edge node G/E: a press P1 with a temperature (alias 1, °C) and a pressure (alias 2)."""

    def __init__(self, group: str = "G", edge: str = "E", bdseq: int = 0) -> None:
        self.group, self.edge, self.bdseq, self.seq, self.now = group, edge, bdseq, 0, T0

    def later(self, us: int = 10 * MS) -> int:
        self.now += us
        return self.now

    def topic(self, verb: str, device: str = "") -> str:
        return f"spBv1.0/{self.group}/{verb}/{self.edge}" + (f"/{device}" if device else "")

    def count(self) -> int:
        seq, self.seq = self.seq, (self.seq + 1) % 256
        return seq

    def nbirth(self, *more: Metric, seq: int = 0) -> Message:
        self.seq = seq
        own = [Metric("bdSeq", DataType.INT64, self.bdseq), Metric("Node Control/Rebirth", DataType.BOOLEAN, False)]
        now = self.later()
        return self.topic("NBIRTH"), payload(now // MS, [*own, *more], self.count()), now

    def dbirth(self, *metrics: Metric, device: str = "P1") -> Message:
        now = self.later()
        stated = metrics or (Metric("temperature", DataType.DOUBLE, 170.0, 1, now // MS, {"engUnit": "°C"}),
                             Metric("pressure", DataType.INT16, -5, 2, now // MS))
        return self.topic("DBIRTH", device), payload(now // MS, stated, self.count()), now

    def births(self) -> list[Message]:
        return [self.nbirth(), self.dbirth()]

    def ddata(self, value: float = 171.0, *, alias: int = 1, at: int | None = None, received: int | None = None, device: str = "P1",
              historical: bool = False, datatype: DataType = DataType.DOUBLE) -> Message:
        now = self.later()
        metric = Metric("", datatype, value, alias, (now if at is None else at) // MS, historical=historical)
        return self.topic("DDATA", device), payload(now // MS, [metric], self.count()), now if received is None else received

    def ddeath(self, device: str = "P1") -> Message:
        now = self.later()
        return self.topic("DDEATH", device), payload(now // MS, [], self.count()), now

    def ndeath(self, bdseq: int | None = None) -> Message:
        now = self.later()
        return self.topic("NDEATH"), payload(now // MS, [Metric("bdSeq", DataType.INT64, self.bdseq if bdseq is None else bdseq)]), now


def host_of(settings: HostSettings | None = None, births: bytes | None = None, directory: Directory | None = None) -> SparkplugHost:
    """A host that is connected, its greeting said."""
    host = SparkplugHost("district", directory or Directory(), settings, births=births)
    host.will(T0)
    host.connected(T0)
    return host


def tell(host: SparkplugHost, *said: Message) -> Said:
    """One batch."""
    return host.feed(messages(*said))


def values(said: Said) -> list[float]:
    return [float(value) for value in said.readings.value]


def kinds(said: Said) -> list[str]:
    return [notice.kind for notice in said.notices]


def batch(said: list[Message]) -> Messages:
    return messages(*said)
