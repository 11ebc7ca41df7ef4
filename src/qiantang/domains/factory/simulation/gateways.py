"""What the gateways hand over: readings lost, with a wrong clock, repeated or late while a fault of the wire is at work; births and deaths."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.plant import Signal
from qiantang.domains.factory.simulation.causes import Showing
from qiantang.domains.factory.simulation.noise import keys_of
from qiantang.domains.factory.simulation.signals import Signals, Span
from qiantang.domains.factory.simulation.truth import Fault, instant
from qiantang.kernel.readings import Readings, together
from qiantang.kernel.wires import Notice
from qiantang.kernel.words import Text

BIRTH = Text("{gateway} 上线", "{gateway} was born")
DEATH = Text("{gateway} 离线", "{gateway} died")


class Gateways:
    """The wire side of a plant's signals. What is late leaves with a later span, so spans are sent in their order."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals
        self._late: list[Readings] = []

    def births(self) -> Iterator[tuple[str, str, tuple[Signal, ...]]]:
        """What each gateway announces when it is born: gateway, device, its signals; the parts of a Sparkplug address."""
        found: dict[tuple[str, str], list[Signal]] = {}
        for signal in self.signals.running.plant.signals:
            _, gateway, device, _ = signal.address.split("/")
            found.setdefault((gateway, device), []).append(signal)
        for (gateway, device), of in found.items():
            yield gateway, device, tuple(of)

    def by_gateway(self, readings: Readings) -> Iterator[tuple[str, Readings]]:
        """The readings of each gateway, in their order."""
        of = self.signals.gateway_of[readings.signal]
        for number, gateway in enumerate(self.signals.gateways):
            mine = np.flatnonzero(of == number)
            if len(mine):
                yield gateway, readings.taken(mine)

    def sent(self, span: Span, start_s: int, end_s: int) -> Readings:
        """The readings of a span as they arrive, in the order of their receipt: some missing, some twice, some of an earlier span."""
        readings = span.readings
        if not self._late and not any(True for _ in self._at_work(start_s, end_s)):
            return readings
        at, received = readings.at.copy(), readings.received.copy()
        kept = np.ones(len(readings), np.bool_)
        again: list[Readings] = []
        of = self.signals.gateway_of[readings.signal]
        for fault, showing in self._at_work(start_s, end_s):
            end = math.inf if fault.end is None else fault.end
            hit = (of == self.signals.gateways.index(fault.asset)) & (readings.at >= instant(fault.start))
            if end < math.inf:
                hit &= readings.at < instant(end)
            if showing.how == "lost":
                kept &= ~hit
            elif showing.how == "skew":
                at[hit] += round(showing.by * 1e6)
            elif showing.how == "repeat":
                luck = _luck(readings, fault.number)
                received[hit & (luck < showing.by)] += round(showing.over_s * 1e6)
                twice = np.flatnonzero(hit & (luck > 1 - showing.by))
                copy = readings.taken(twice)
                again.append(Readings(copy.signal, at[twice], copy.received + round(showing.over_s * 1e6), copy.value, copy.quality, copy.sequence))
        arrived = together([*self._late, Readings(readings.signal, at, received, readings.value, readings.quality, readings.sequence).taken(kept), *again])
        order = np.argsort(arrived.received, kind="stable")
        due = np.searchsorted(arrived.received[order], instant(end_s) + 1_000_000)
        self._late = [arrived.taken(order[due:])] if due < len(order) else []
        return arrived.taken(order[:due])

    def notices(self, start_s: int, end_s: int) -> list[Notice]:
        """Births and deaths of a span, in their order."""
        found = []
        for fault, showing in self._at_work(start_s, end_s):
            end = math.inf if fault.end is None else fault.end
            if showing.how == "lost":
                found += [(fault.start, "death", fault.asset), (end, "birth", fault.asset)]
            elif showing.how == "rebirth":
                every = 60.0 / showing.by
                first = math.ceil(max(0.0, start_s - fault.start) / every)
                found += [(fault.start + k * every, "birth", fault.asset) for k in range(first, first + math.ceil((end_s - start_s) / every) + 1)
                          if fault.start + k * every < end]
        return [Notice(kind, gateway, instant(at), (BIRTH if kind == "birth" else DEATH).filled(gateway=gateway))
                for at, kind, gateway in sorted(found) if start_s <= at < end_s]

    def _at_work(self, start_s: int, end_s: int) -> Iterator[tuple[Fault, Showing]]:
        running = self.signals.running
        for gateway in self.signals.gateways:
            for fault in running.repairs.by_machine.get(gateway, ()):
                if fault.start < end_s and (fault.end is None or fault.end >= start_s):
                    for showing in running.causes[fault.cause].shows:
                        yield fault, showing


def _luck(readings: Readings, seed: int) -> NDArray[np.float64]:
    """A number from 0 to 1 for each reading, by its signal and instant."""
    found: NDArray[np.float64] = keys_of(seed, readings.at + readings.signal) / 2.0**64
    return found
