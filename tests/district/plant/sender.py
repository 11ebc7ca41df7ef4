"""A node in a process of its own, fed by a sender that forgets a reading only when it was acknowledged; made to be killed.

``python -m tests.district.plant.sender FOLDER SECONDS SEED FIRST``: sends the small plant's readings from the delivery FIRST on, prints
``resumed S`` when what was in the log was judged (after S seconds), ``ack N`` when delivery N was acknowledged, and ``done`` when all was judged and recorded.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import numpy as np

from qiantang.district.plant.charting import Given
from qiantang.district.plant.node import Node, NodeSettings
from qiantang.domains.factory.charts.settings import ChartSettings
from qiantang.kernel.readings import Readings
from qiantang.kernel.wires import Counters, Delivery, Receiver
from qiantang.stores import open_store
from tests.district.plant import lines
from tests.domains.factory.plants import SMALL

EACH = 65


def deliveries(seconds: int, seed: int) -> list[Readings]:
    """What is sent, in the order and with the delays of a bad network, 5 % of it later than the watermark, 2 % of it twice."""
    draws = np.random.default_rng(seed)
    r = lines.happened(seconds, seed)
    delay = np.where(draws.random(len(r)) < 0.05, draws.integers(2 * lines.S, 10 * lines.S, len(r)), draws.integers(0, lines.S, len(r)))
    came = lines.delivered(r, delay, draws.integers(0, len(r), len(r) // 50), longer=3 * lines.S)
    return [came.taken(slice(k, k + EACH)) for k in range(0, len(came), EACH)]


class Sender:
    """A wire that brings them."""

    def __init__(self, sent: list[Readings], first: int, pause_s: float) -> None:
        self.sent, self.first, self.pause_s = sent, first, pause_s
        self.now = int(sent[max(first - 1, 0)].received.max())
        self.unsettled = 0
        self.counters = Counters()

    async def run(self, receiver: Receiver) -> None:
        for number in range(self.first, len(self.sent)):
            self.now = max(self.now, int(self.sent[number].received.max()))
            self.unsettled += 1
            await receiver.deliver(Delivery(self.sent[number], lambda number=number: self.settled(number)))  # type: ignore[misc]  # bound early
            await asyncio.sleep(self.pause_s)
        while self.unsettled:
            await asyncio.sleep(0.01)
        for _ in range(12):
            self.now += lines.S
            await asyncio.sleep(0.11)

    def settled(self, number: int) -> None:
        self.unsettled -= 1
        sys.stdout.write(f"ack {number}\n")
        sys.stdout.flush()


def quiet(_: object) -> ChartSettings:
    """The settings that ``lines`` judges by."""
    return lines.settings()


def opened(folder: Path, sender: Sender) -> Node:
    """The node over its folder."""
    return Node(folder, SMALL, store=open_store(folder / "state.sqlite"), settings=NodeSettings(snapshot_s=0.2, tick_s=0.1, idle_tick_s=0.1),
                charts=Given(quiet), clock=lambda: sender.now)


async def work(folder: Path, seconds: int, seed: int, first: int, pause_s: float) -> None:
    """Until everything is judged."""
    sender = Sender(deliveries(seconds, seed), first, pause_s)
    began = time.monotonic()
    node = opened(folder, sender)
    running = asyncio.create_task(node.run([]))
    while node.status().behind:
        await asyncio.sleep(0.005)
    sys.stdout.write(f"resumed {time.monotonic() - began:.3f}\n")
    await sender.run(node)
    while node.status().behind or node.pipeline.ordering.pending:
        await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def main() -> None:
    """As the caption says."""
    folder, seconds, seed, first = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    asyncio.run(work(folder, seconds, seed, first, 0.005))
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
