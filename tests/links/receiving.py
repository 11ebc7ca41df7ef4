"""A receiver for tests: keeps what came, settles at once or when told, and waits until something has come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from qiantang.kernel.readings import Readings, together
from qiantang.kernel.wires import Delivery, Notice, Receiver, Wire


class Kept:
    """Keeps deliveries and notices. ``settling`` False leaves them unsettled; ``gate`` closed makes ``deliver`` wait."""

    def __init__(self, settling: bool = True) -> None:
        self.settling = settling
        self.deliveries: list[Delivery] = []
        self.notices: list[Notice] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def deliver(self, delivery: Delivery) -> None:
        await self.gate.wait()
        self.deliveries.append(delivery)
        if self.settling:
            delivery.settle()

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)

    @property
    def readings(self) -> Readings:
        return together(delivery.readings for delivery in self.deliveries)

    @property
    def kinds(self) -> list[str]:
        return [notice.kind for notice in self.notices]

    async def until(self, true: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait until something is so; a test that waits in vain fails."""
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.005)


def receiver_of(kept: Kept) -> Receiver:
    return kept


async def beside(*wires: tuple[Wire, Receiver], then: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run wires while something is done, then cancel them."""
    tasks = [asyncio.create_task(wire.run(receiver)) for wire, receiver in wires]
    try:
        await then()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


Story = Callable[[], Awaitable[None]]
