"""From a reading to the person who is sent: faults among 100,000 readings a second through a whole node, 500 tasks open, 200 people on duty.

The clock starts with the reading's own instant and stops when the node's dispatcher has offered the task that the fault opened. Half of the
people have the skill that faults ask for and are free; the others' skill is asked for by 500 open tasks, so that most of those wait.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.factory import big_plant
from benchmarks.factory.end_to_end import Beside, Watch, sending, wire
from benchmarks.factory.rows import Row
from benchmarks.factory.wires import Broker
from qiantang.district.plant.node import Node
from qiantang.district.plant.work import Work
from qiantang.domains.factory.dispatch.states import Change, State
from qiantang.domains.factory.dispatch.tasks import MINUTE, Task
from qiantang.domains.factory.plant import Plant, Shift, Technician
from qiantang.kernel.words import same
from qiantang.links.messages import now_us
from qiantang.stores import open_store

RATE, OPEN, PEOPLE = 100_000, 500, 200
_MENDS, _OTHER = "mending", "other work"


def plant() -> Plant:
    """The big plant with people: machines a few metres from each other, all on duty around the clock."""
    found = big_plant.plant()
    assets = tuple(replace(asset, step=_MENDS, place=(10.0 * number, 5.0 * (number % 7))) if asset.level == "cell" else asset
                   for number, asset in enumerate(found.assets))
    people = tuple(Technician(f"T{k}", f"T{k}", frozenset({_MENDS if k % 2 else _OTHER}), "all", (5.0 * k, 10.0)) for k in range(PEOPLE))
    return replace(found, assets=assets, shifts=(Shift("all", same("all"), 0, 86_400),), technicians=people)


class Sent:
    """How long after a fault's reading its task was offered, in milliseconds."""

    def __init__(self) -> None:
        self.after: dict[str, float] = {}
        self.work: Work | None = None

    def made(self, of: Plant) -> Work:
        """The node's work, with tasks open before anything happens."""
        self.work = Work(of, heard=self.heard)
        now = now_us()
        machines = [asset for asset in of.assets if asset.level == "cell"]
        for k in range(OPEN):
            asset = machines[k % len(machines)]
            self.work.dispatcher.open(Task(f"before-{k}", asset.id, _OTHER, 1 + k % 4, asset.place, 30.0, now + round((60 + k) * MINUTE), opened=now), now)
        return self.work

    def heard(self, changes: Sequence[Change]) -> None:
        """Tasks have changed."""
        assert self.work is not None
        for change in changes:
            if change.after is State.OFFERED and not change.task.startswith("before-"):
                task = self.work.dispatcher.book.entries[change.task].task
                self.after.setdefault(change.task, (now_us() - task.opened) / 1000)


async def measured(folder: Path, port: int, seconds: float) -> tuple[Sent, int]:
    """A whole node with people: what was sent, and how many readings were judged."""
    sent, watch = Sent(), Watch()
    node = Node(folder, plant(), store=open_store(folder / "state.sqlite"), charts=big_plant.charts(), judged=watch, clock=now_us, work=sent.made)
    one = wire(port, node.directory, node.clock)
    running = asyncio.create_task(node.run([one]))
    while not one.connected:
        await asyncio.sleep(0.02)
    await asyncio.sleep(1.0)
    await sending(port, RATE, seconds, watch, lambda: node.status().behind > 0 or len(node.inbox) > 0, faults=True)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return sent, watch.many


def rows(quick: bool = False) -> Iterator[Row]:
    """Reading → assigned task."""
    sys.setswitchinterval(0.0005)
    beside = Beside()
    with Broker() as broker, tempfile.TemporaryDirectory(prefix="qiantang-assign-") as folder:
        sent, many = asyncio.run(measured(Path(folder), broker.port, 8.0 if quick else 22.0))
    beside.ends()
    after = np.array(list(sent.after.values()))
    note = f"{len(after)} tasks of faults among {many:,} readings; {OPEN} open before, {PEOPLE} people; protobuf {beside.speed:.2f} of the anchor's"
    for share, bar in ((50, None), (99, 250.0)):
        yield Row(f"reading → assigned task at 100,000/s, p{share}", float(np.percentile(after, share)) if len(after) else float("nan"), "ms", bar,
                  more_is_better=False, note=note)
