"""A node that reckons figures, in a process of its own, made to be killed.

``python -m tests.district.plant.counting FOLDER FIRST`` speaks as ``tests.district.plant.sender`` does and prints its figures at the end.
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
from qiantang.domains.factory.plant import Asset, Plant, Signal
from qiantang.kernel.readings import Readings, readings
from qiantang.kernel.wires import Delivery
from qiantang.kernel.words import same
from tests.district.plant.lines import START, S, delivered
from tests.district.plant.sender import Sender

KINDS = ("machine_state", "piece_count", "reject_count", "active_power")
TWO = Plant("two", same("two"), (
    Asset("site", same("site"), "site"), *(Asset(m, same(m), "cell", "site", "last", ideal_cycle_s=2.0) for m in ("A", "B"))),
    tuple(Signal(4 * m + k, f"g/{name}/{name}/{kind}", name, kind, kind, same(kind), "1") for m, name in enumerate("AB") for k, kind in enumerate(KINDS)))
SECONDS = 240


def sent() -> list[Readings]:
    """Four minutes of two machines that work, stop, count, spoil pieces and draw power, over a network that delays some of it."""
    draws = np.random.default_rng(8)
    at = START + np.arange(SECONDS, dtype=np.int64) * S
    columns = []
    for _ in range(2):
        state = np.repeat(draws.choice([1.0, 1.0, 3.0, 4.0], SECONDS // 8), 8)
        made = np.cumsum((state == 1.0) & (draws.random(SECONDS) < 0.5))
        columns += [state, made, np.cumsum(draws.random(SECONDS) < 0.02), np.round(draws.uniform(5, 9, SECONDS), 2)]
    value = np.stack(columns, axis=1)
    n = value.shape[1]
    whole = readings(np.tile(np.arange(n), SECONDS), np.repeat(at, n), value.ravel(), sequence=np.repeat(np.arange(SECONDS), n) % 256)
    came = delivered(whole, draws.integers(0, 2 * S - S // 10, len(whole)))
    return [came.taken(slice(k, k + 40)) for k in range(0, len(came), 40)]


def opened(folder: Path, sender: Sender, plant: Plant = TWO) -> Node:
    """The node over its folder."""
    return Node(folder, plant, charts=Given(lambda p: charted(p, learning=1000, window_s=0.0, most_order=0)), clock=lambda: sender.now,
                shown=PlantFolder(folder), settings=NodeSettings(snapshot_s=0.15, tick_s=0.1, idle_tick_s=0.1, with_history=False))


async def work(folder: Path, first: int, pause_s: float) -> Node:
    """Until everything is judged."""
    sender = Sender(sent(), first, pause_s)
    node = opened(folder, sender)
    running = asyncio.create_task(node.run([]))
    await sender.run(node)
    while node.status().behind or node.pipeline.ordering.pending:
        await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return node


async def stopped(folder: Path, last: int) -> None:
    """Only the deliveries before one, and then stopped as a service is, in the middle of everything."""
    sender = Sender(sent()[:last], 0, 0.0)
    node = opened(folder, sender)
    running = asyncio.create_task(node.run([]))
    for batch in sender.sent:
        sender.now = int(batch.received.max())
        await node.deliver(Delivery(batch))
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def figures(node: Node) -> str:
    """What the node reckoned, to compare exactly."""
    assert node.showing is not None
    return json.dumps(node.showing.reckoning.figures(), sort_keys=True)


def main() -> None:
    """As the caption says."""
    node = asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), 0.03))
    sys.stdout.write(f"done\n{figures(node)}\n")


if __name__ == "__main__":
    main()
