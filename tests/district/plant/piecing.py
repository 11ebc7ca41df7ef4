"""A node that is told of pieces, in a process of its own, made to be killed.

``python -m tests.district.plant.piecing FOLDER FIRST`` speaks as ``tests.district.plant.sender`` does and prints its figures at the end.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import numpy as np

from qiantang.district.plant.charting import Given
from qiantang.district.plant.folder import PlantFolder
from qiantang.district.plant.node import Node, NodeSettings
from qiantang.domains.factory.charts.settings import charted
from qiantang.domains.factory.plant import Asset, PieceSource, Plant, Signal
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.readings import readings
from qiantang.kernel.wires import Counters, Delivery, Receiver
from qiantang.kernel.words import same
from tests.district.plant.lines import START, S

LINE = Plant("line", same("line"), (
    Asset("site", same("site"), "site"), Asset("mixer", same("mixer"), "cell", "site", "mixing", ideal_cycle_s=4.0),
    Asset("press", same("press"), "cell", "site", "curing", ideal_cycle_s=2.0),
    *(Asset(f"press-{side}", same(side), "unit", "press", "curing") for side in "LR")),
    tuple(Signal(k, f"g/e/{m}/machine_state", m, "machine_state", "machine_state", same("state"), "1") for k, m in enumerate(("mixer", "press"))),
    piece_sources=(PieceSource("json", "mes/#"),))
BATCHES, EACH = 10, 8


def told() -> list[tuple[int, list[PieceEvent]]]:
    """Second by second, what is told: ten batches, of each eight tires; every ninth tire is scrap, one batch is spoilt."""
    found: list[tuple[int, list[PieceEvent]]] = []
    for b in range(BATCHES):
        begin = 1 + b * EACH * 2
        found.append((begin, [PieceEvent(f"batch-{b}", "mixing", START + begin * S - 4 * S, START + begin * S, "mixer", operator="zhao",
                                         result="scrap" if b == 7 else "good", reason="scorch" if b == 7 else "")]))
        for t in range(EACH if b != 7 else 0):
            number, end = b * EACH + t, START + (begin + 2 * t + 2) * S
            found.append((begin + 2 * t + 2, [PieceEvent(
                f"tire-{number}", "curing", end - 2 * S, end, "press-L" if t % 2 else "press-R", tool=f"mould-{t % 2}", operator="qian",
                materials=(f"batch-{b}",), result="scrap" if number % 9 == 0 else "good", reason="bladder" if number % 9 == 0 else "")]))
    return found


def deliveries() -> list[Delivery]:
    """What the wires bring: states of both machines each second, and what is told of pieces, some of it twice."""
    by_second: dict[int, list[PieceEvent]] = {}
    for second, events in told():
        by_second.setdefault(second, []).extend(events)
    found = []
    for second in range(BATCHES * EACH * 2 + 4):
        at = np.full(2, START + second * S)
        again = by_second.get(second - 5, []) if second % 3 == 0 else []
        found.append(Delivery(readings([0, 1], at, [1.0, 1.0 if second % 10 else 3.0], received=at, sequence=[second % 256] * 2),
                              pieces=(*by_second.get(second, ()), *again)))
    return found


class Teller:
    """A wire that brings them."""

    def __init__(self, first: int, pause_s: float, last: int | None = None) -> None:
        self.first, self.pause_s, self.last = first, pause_s, last
        self.now = START + max(first - 1, 0) * S
        self.unsettled = 0
        self.counters = Counters()

    async def run(self, receiver: Receiver) -> None:
        for number, one in enumerate(deliveries()[:self.last]):
            if number < self.first:
                continue
            self.now = max(self.now, START + number * S)
            self.unsettled += 1
            await receiver.deliver(Delivery(one.readings, lambda number=number: self.settled(number), one.pieces))  # type: ignore[misc]  # bound early
            await asyncio.sleep(self.pause_s)
        while self.unsettled:
            await asyncio.sleep(0.01)
        if self.last is None:
            for _ in range(8):
                self.now += S
                await asyncio.sleep(0.11)

    def settled(self, number: int) -> None:
        self.unsettled -= 1
        sys.stdout.write(f"ack {number}\n")
        sys.stdout.flush()


def opened(folder: Path, teller: Teller) -> Node:
    """The node over its folder."""
    return Node(folder, LINE, charts=Given(lambda p: charted(p, learning=1000, window_s=0.0, most_order=0)), clock=lambda: teller.now,
                shown=PlantFolder(folder), settings=NodeSettings(snapshot_s=0.15, tick_s=0.1, idle_tick_s=0.1, with_history=False))


async def work(folder: Path, first: int, pause_s: float, last: int | None = None) -> Node:
    """Until everything up to a delivery is judged."""
    teller = Teller(first, pause_s, last)
    node = opened(folder, teller)
    running = asyncio.create_task(node.run([]))
    await teller.run(node)
    while node.status().behind or (last is None and node.pipeline.ordering.pending):
        await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return node


def figures(node: Node) -> str:
    """What the node reckoned, to compare exactly."""
    assert node.showing is not None
    return json.dumps(node.showing.reckoning.figures(), sort_keys=True)


def main() -> None:
    """As the caption says."""
    node = asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), 0.02))
    sys.stdout.write(f"done\n{figures(node)}\n")


if __name__ == "__main__":
    main()
