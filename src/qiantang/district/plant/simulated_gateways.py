"""The gateways of a simulated plant as Sparkplug edge nodes on a line: readings and piece events as they come, births when they are asked for.

What is told of pieces is told once it is over, in the text of one metric of its gateway. A gateway without network keeps it until it is
born again; a birth states again what was told lately, so that what a damaged message lost is heard after all. The record of the node
knows what it has twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.plant import Plant
from qiantang.domains.factory.simulation.gateways import Gateways
from qiantang.domains.factory.simulation.making import GROUP, PIECE_EVENTS
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.readings import Readings
from qiantang.kernel.wires import Counters, Notice
from qiantang.links.loopback import Loopback
from qiantang.links.messages import Listening, Messages, Publication, Said
from qiantang.links.piece_rows import json_of
from qiantang.links.sparkplug.edge import EdgeNode, Measured
from qiantang.links.sparkplug.fields import DataType
from qiantang.links.sparkplug.topics import NAMESPACE, address

_MOST_EVENTS = 200
"""So many piece events go into one message at most."""
_MOST_A_SECOND = 100
"""So many of them a gateway tells in a second of the plant at most: what waited for a birth does not come all at once."""
_SECOND = 1_000_000
_AGAIN_US = 300_000_000
"""What was told within so long before a birth the birth states again: longer than it takes a host to ask for a birth twice in vain."""


@dataclass(slots=True)
class _Gateway:
    """A gateway's edge node, which of its metrics each signal of the plant is, and the one that tells of pieces (None where no machine
    behind it makes any); piece events that wait, and those told lately with the instant (µs UTC)."""

    node: EdgeNode
    metric_of: NDArray[np.int64]
    piece_metric: int | None
    waiting: deque[str] = field(default_factory=deque)
    lately: deque[tuple[int, str]] = field(default_factory=deque)
    told_at: int = 0

    def told(self, now: int) -> list[Publication]:
        """The next piece events that wait, where somebody listens."""
        since, self.told_at = self.told_at, now
        if self.piece_metric is None or not self.node.live or not self.waiting:
            return []
        found: list[Publication] = []
        most = min(len(self.waiting), max((now - since) * _MOST_A_SECOND // _SECOND, 1))
        for first in range(0, most, _MOST_EVENTS):
            events = [self.waiting.popleft() for _ in range(min(most - first, _MOST_EVENTS))]
            self.lately.extend((now, event) for event in events)
            while now - self.lately[0][0] > _AGAIN_US:
                self.lately.popleft()
            found += self.node.tell(self.piece_metric, _listed(events), now, at_birth=_listed(event for _, event in self.lately))
        return found


class SimulatedGateways(Listening):
    """All gateways of a plant on one line; as a member of it they hear what is commanded. ``beat`` is to be called every so often."""

    def __init__(self, gateways: Gateways, line: Loopback) -> None:
        self.counters = Counters()
        self._gateways, self._line = gateways, line
        plant = gateways.signals.running.plant
        self._of = {name: _gateway(plant, name) for name in gateways.signals.gateways}
        self._behind = {signal.asset: signal.address.split("/")[1] for signal in plant.signals}
        self._member = line.join(self)

    # --- on the line ---

    @property
    def subscriptions(self) -> tuple[tuple[str, int], ...]:
        """Commands to any of them."""
        return ((f"{NAMESPACE}/{GROUP}/NCMD/+", 1),)

    def feed(self, batch: Messages) -> Said:
        """Births of those that are asked for them."""
        return Said(publications=tuple(one for gateway in self._of.values() for one in gateway.node.feed(batch).publications))

    def tick(self, now: int) -> Said:
        """Nothing is due by itself."""
        del now
        return Said()

    # --- what the plant does ---

    def know(self, last: Readings, now: int) -> None:
        """The last values of signals, before anybody is born: births state them."""
        for name, of in self._gateways.by_gateway(last):
            gateway = self._of[name]
            gateway.node.put(gateway.metric_of[of.signal], of.at, of.value, now)

    def born(self, now: int) -> None:
        """All of them connect."""
        self._member.connect(now)
        for gateway in self._of.values():
            gateway.told_at = now
            self._connect(gateway, now)

    def come_or_go(self, notices: Iterable[Notice], now: int) -> None:
        """A gateway whose network is lost is dead to everybody, until it is born again."""
        for notice in notices:
            gateway = self._of.get(notice.source)
            if gateway is not None and notice.kind == "death":
                self._line.publish(gateway.node.farewell(now), now)
                gateway.node.disconnected(now)
            elif gateway is not None and notice.kind == "birth" and not gateway.node.live:
                self._connect(gateway, now)

    def read(self, sent: Readings, now: int) -> None:
        """Readings leave."""
        for name, of in self._gateways.by_gateway(sent):
            gateway = self._of[name]
            self._line.publish(gateway.node.put(gateway.metric_of[of.signal], of.at, of.value, now), now)

    def over(self, events: Iterable[PieceEvent]) -> None:
        """Operations are over: each waits at the gateway of its machine until it is told."""
        for event in events:
            self._of[self._behind[event.asset]].waiting.append(json_of(event))

    def beat(self, now: int) -> None:
        """Tell the next of what waits, and answer what was commanded."""
        for gateway in self._of.values():
            self._line.publish(gateway.told(now), now)
        self._member.advance(now)

    # --- how ---

    def _connect(self, gateway: _Gateway, now: int) -> None:
        gateway.node.will(now)
        self._line.publish(gateway.node.connected(now).publications, now)


def _gateway(plant: Plant, name: str) -> _Gateway:
    mine = [s for s in plant.signals if s.address.split("/")[1] == name]
    metric_of = np.full(len(plant.signals), -1, np.int64)
    metric_of[[s.number for s in mine]] = np.arange(len(mine))
    measured = [Measured(s.address.split("/")[2], s.name, unit=s.unit) for s in mine]
    tells = address(GROUP, name, "", PIECE_EVENTS) in {source.address for source in plant.piece_sources}
    if tells:
        measured.append(Measured("", PIECE_EVENTS, DataType.STRING))
    return _Gateway(EdgeNode(GROUP, name, measured), metric_of, len(mine) if tells else None)


def _listed(events: Iterable[str]) -> str:
    return f"[{','.join(events)}]"
