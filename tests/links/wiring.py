"""What the tests of wires share: a receiver that keeps everything, servers of other makers, waiting for something to be so."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qiantang.kernel.readings import Readings
from qiantang.kernel.wires import Delivery, Notice, Wire
from tests.npm import npm_packages, started_node


class Kept:
    """A receiver that keeps what it gets."""

    def __init__(self) -> None:
        self.batches: list[Readings] = []
        self.notices: list[Notice] = []

    async def deliver(self, delivery: Delivery) -> None:
        self.batches.append(delivery.readings)
        delivery.settle()

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)

    def kinds(self) -> list[str]:
        return [n.kind for n in self.notices]

    def many(self) -> int:
        return sum(map(len, self.batches))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def node_server(package: str, script: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A server of the tests' own script over a package of npm, once it says that it is ready; stopped at the end."""
    process = started_node(npm_packages(package), script, *arguments)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "ready"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def heard(wire: Wire, until: int, seconds: float = 30) -> Kept:
    """What a wire brings until so many readings, or the time is over."""
    kept = Kept()

    async def listen() -> None:
        task = asyncio.create_task(wire.run(kept))
        deadline = asyncio.get_running_loop().time() + seconds
        while kept.many() < until and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        await ended(task)

    asyncio.run(listen())
    return kept


async def holds(so: Callable[[], bool], seconds: float = 40) -> None:
    """Wait for something to be so; fails where it never is."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not so():
        assert asyncio.get_running_loop().time() < deadline, "it never came to be"
        await asyncio.sleep(0.05)


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a wire's task, and wait for it."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
