"""A node whose technicians mend what its alarms tell of and say that the level changed; in a process of its own, made to be killed.

``python -m tests.district.plant.repairing FOLDER SECONDS SEED FIRST`` speaks as ``tests.district.plant.sender`` does.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from qiantang.district.plant.charting import Given
from qiantang.district.plant.folder import Order, PlantFolder
from qiantang.district.plant.node import Node, NodeSettings
from qiantang.district.plant.work import Work
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.dispatch.states import State
from qiantang.domains.factory.plant import Plant, Shift, Technician
from qiantang.kernel.words import same
from qiantang.stores import open_store
from tests.district.plant.sender import Sender, deliveries
from tests.domains.factory.plants import SMALL

STAFFED: Plant = replace(SMALL, shifts=(Shift("all", same("all day"), 0, 86_400),), technicians=(
    Technician("li", "Li", frozenset({"curing"}), "all"), Technician("wu", "Wu", frozenset({"mixing"}), "all")))
_ANSWERS = {State.OFFERED: "accept", State.ACCEPTED: "start", State.STARTED: "finish"}


def learning(_: object) -> ChartSettings:
    """Every signal known to be standard normal until a repair; then it learns from thirty points."""
    found = charted(SMALL, window_s=0.0, machine_every_s=0.0, most_order=0, learning=30)
    return replace(found, known=dict.fromkeys(range(found.bases), (0.0, 1.0)))


def opened(folder: Path, sender: Sender, snapshot_s: float = 0.2) -> Node:
    """The node over its folder, with people."""
    return Node(folder, STAFFED, store=open_store(folder / "state.sqlite"), charts=Given(learning), clock=lambda: sender.now, shown=PlantFolder(folder),
                settings=NodeSettings(snapshot_s=snapshot_s, tick_s=0.1, idle_tick_s=0.1), work=Work)


async def mend(node: Node, folder: Path) -> None:
    """Whoever has a task says the next thing of it, for ever."""
    said: set[tuple[str, State]] = set()
    assert node.work is not None
    while True:
        for task, entry in list(node.work.dispatcher.book.entries.items()):
            answer = _ANSWERS.get(entry.state)
            if answer is not None and (task, entry.state) not in said:
                said.add((task, entry.state))
                values = {"task": task} | ({"cause": "worn", "done": "changed", "changed": "all"} if answer == "finish" else {})
                PlantFolder(folder).leave(Order(answer, values, entry.worker, node.clock()))
        await asyncio.sleep(0.02)


async def work(folder: Path, seconds: int, seed: int, first: int, pause_s: float) -> Node:
    """Until everything is judged."""
    sender = Sender(deliveries(seconds, seed), first, pause_s)
    node = opened(folder, sender)
    running = asyncio.create_task(node.run([]))
    while node.status().behind:
        await asyncio.sleep(0.005)
    mending = asyncio.create_task(mend(node, folder))
    await sender.run(node)
    while node.status().behind or node.pipeline.ordering.pending:
        await asyncio.sleep(0.05)
    mending.cancel()
    running.cancel()
    await asyncio.gather(running, mending, return_exceptions=True)
    return node


def main() -> None:
    """As the caption says."""
    folder, seconds, seed, first = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    asyncio.run(work(folder, seconds, seed, first, 0.12))
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
