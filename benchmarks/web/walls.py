"""Fifty walls at once: how often frames come, how old they are, and what that costs the server."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from benchmarks.web.asking import Times
from benchmarks.web.server import Process
from qiantang.web.live.codec import decoded


@dataclass(frozen=True, slots=True)
class Watched:
    """What fifty walls saw: frames a second of the worst one, ages of all frames, share of a core and MiB a wall."""

    least_rate: float
    ages: Times
    cpu: float
    each: float


def watch(process: Process, walls: int, seconds: float) -> Watched:
    """Let so many walls watch for so long."""
    return asyncio.run(_watch(process, walls, seconds))


async def _watch(process: Process, walls: int, seconds: float) -> Watched:
    async with _wall(process) as first:
        # One wall is open before, so that what the first of all brings is not counted to the others.
        await first.recv()
        before = process.memory()
        opened = [await _wall(process) for _ in range(walls)]
        for wall in opened:
            await wall.recv()
        await asyncio.sleep(1)
        used, started = process.cpu(), time.monotonic()
        ages: list[float] = []
        counts = await asyncio.gather(*(_count(wall, started + seconds, ages) for wall in opened), return_exceptions=False)
        cpu = (process.cpu() - used) / (time.monotonic() - started)
        each = (process.memory() - before) / walls
        for wall in opened:
            await wall.close()
    return Watched(min(counts) / seconds, Times(tuple(sorted(ages))), cpu, each)


async def _count(wall: object, ends: float, ages: list[float]) -> int:
    found = 0
    while time.monotonic() < ends:
        try:
            async with asyncio.timeout(max(0.01, ends - time.monotonic())):
                frame = await wall.recv()  # type: ignore[attr-defined]  # the connection that connect gave
        except TimeoutError:
            break
        ages.append(time.time() * 1000 - decoded(frame).at / 1000)
        found += 1
    return found


def _wall(process: Process) -> connect:
    return connect(f"ws://127.0.0.1:{process.port}/live/synthetic", additional_headers={"Cookie": process.cookie}, origin=process.address)  # type: ignore[arg-type]  # a plain text is an origin


def open_and_close(process: Process, times: int) -> float:
    """MiB that the server is larger by after so many walls were opened and closed again."""
    return asyncio.run(_open_and_close(process, times))


async def _open_and_close(process: Process, times: int) -> float:
    async def some(many: int) -> None:
        for _ in range(many):
            try:
                async with _wall(process) as wall:
                    await wall.recv()
            except ConnectionClosed:
                continue

    await asyncio.gather(*(some(20) for _ in range(5)))
    before = process.memory()
    await asyncio.gather(*(some(times // 5) for _ in range(5)))
    await asyncio.sleep(1)
    return process.memory() - before
