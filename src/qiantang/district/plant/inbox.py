"""What the wires deliver and the log has not yet taken: bounded in bytes, so that a flood waits outside and not in memory."""

from __future__ import annotations

import asyncio
import threading
from collections import deque

from qiantang.kernel.readings import Readings
from qiantang.kernel.wires import Delivery

_EACH = 37
_ALONG = 500
_A_PIECE = 2_000
"""Bytes of a reading in memory, of a delivery beside its readings, and of what is told of a piece, roughly."""


def weight(readings: Readings) -> int:
    """Bytes that a batch takes in memory."""
    return _EACH * len(readings) + _ALONG


def _of(delivery: Delivery) -> int:
    return weight(delivery.readings) + _A_PIECE * len(delivery.pieces)


class Inbox:
    """A queue from the wires' loop to the log's thread. ``put`` waits while ``most_bytes`` are in it."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.most_seen = 0
        self.waited = 0
        """How often somebody had to wait."""
        self._deliveries: deque[Delivery] = deque()
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._room = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._deliveries)

    async def put(self, delivery: Delivery) -> None:
        """Take a delivery as soon as there is room."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        while self.bytes >= self.most_bytes:
            self.waited += 1
            self._room.clear()
            if self.bytes >= self.most_bytes:
                await self._room.wait()
        with self._lock:
            self._deliveries.append(delivery)
            self.bytes += _of(delivery)
            self.most_seen = max(self.most_seen, self.bytes)
        self._filled.set()

    def take(self, at_most: int, wait_s: float) -> list[Delivery]:
        """Deliveries of at most so many readings (one at least), waiting so long for the first."""
        if not self._deliveries:
            self._filled.wait(wait_s)
        taken: list[Delivery] = []
        with self._lock:
            n = 0
            while self._deliveries and (not taken or n + len(self._deliveries[0].readings) <= at_most):
                delivery = self._deliveries.popleft()
                n += len(delivery.readings)
                self.bytes -= _of(delivery)
                taken.append(delivery)
            if not self._deliveries:
                self._filled.clear()
        if taken and self._loop is not None and not self._room.is_set() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._room.set)
        return taken
