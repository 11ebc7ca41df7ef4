"""An MQTT connection as bytes: publications are taken straight out of what came, every other packet is left to gmqtt.

gmqtt makes an object of each packet and copies its bytes three times, which is most of what receiving a stream of readings costs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from gmqtt.mqtt.connection import MQTTConnection  # type: ignore[import-untyped]  # it ships no types
from gmqtt.mqtt.package import Package  # type: ignore[import-untyped]  # likewise
from gmqtt.mqtt.protocol import MQTTProtocol  # type: ignore[import-untyped]  # likewise

_PUBLISH = 0x30


@dataclass(frozen=True, slots=True)
class Publications:
    """Publications in the order they came: topics as on the line, payloads, and packet identifiers (0 for those of quality 0).
    ``after`` is the place after the last."""

    topics: list[bytes]
    payloads: list[bytes]
    packets: list[int]
    after: int


@dataclass(frozen=True, slots=True)
class Packet:
    """Any packet (MQTT 2.1): its first byte, what follows its length, and the place after it."""

    command: int
    body: bytes
    after: int


class GarbledError(ValueError):
    """A packet's length is none that MQTT knows."""


def publications(line: bytes, at: int, version: int) -> Publications:
    """The publications (MQTT 3.3) from a place on, up to the first packet that is not whole or something else: quality 2, an
    alias instead of a topic and properties of version 5 are something else."""
    packets, after = _scanned(np.frombuffer(line, np.uint8), at, version == 5)
    starts, topic_ends, contents, stops, numbers = packets.T.tolist()
    return Publications([line[start:end] for start, end in zip(starts, topic_ends, strict=True)],
                        [line[content:stop] for content, stop in zip(contents, stops, strict=True)], numbers, after)


@numba.njit((numba.types.Array(numba.uint8, 1, "C", readonly=True), numba.int64, numba.boolean), cache=True)
def _scanned(line, at, five):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Of each publication where its topic begins and ends, where its payload begins and ends, and its packet identifier; and the place after the
    last."""
    found = np.empty((max(len(line) - at, 0) // 5 + 1, 5), np.int64)
    many, end = 0, len(line)
    while at + 2 <= end:
        command, length, start = line[at], np.int64(0), at + 1
        whole = False
        for shift in (0, 7, 14, 21):
            if start >= end:
                break
            length |= (np.int64(line[start]) & 127) << shift
            start += 1
            if line[start - 1] < 128:
                whole = True
                break
        stop = start + length
        if not whole or stop > end or command & 0xF4 != _PUBLISH or length < 3:
            break
        topic = start + 2
        topic_end = topic + (np.int64(line[start]) << 8 | np.int64(line[start + 1]))
        content = topic_end + 2 if command & 2 else topic_end
        if topic_end == topic or content + five > stop or (five and line[content] != 0):
            break
        number = np.int64(line[topic_end]) << 8 | np.int64(line[topic_end + 1]) if command & 2 else 0
        found[many, 0], found[many, 1], found[many, 2], found[many, 3], found[many, 4] = topic, topic_end, content + five, stop, number
        many += 1
        at = stop
    return found[:many], at


def packet(line: bytes, at: int) -> Packet | None:
    """The packet at a place, None where it is not whole; GarbledError where its length goes beyond four bytes (MQTT 2.2.3)."""
    length, start, end = 0, at + 1, len(line)
    for shift in (0, 7, 14, 21):
        if start >= end:
            return None
        length |= (line[start] & 127) << shift
        start += 1
        if line[start - 1] < 128:
            return Packet(line[at], line[start:start + length], start + length) if start + length <= end else None
    raise GarbledError(f"the length of the packet at byte {at} goes beyond four bytes")


def wanted(line: bytes, at: int) -> int:
    """How many bytes the packet at a place takes, as far as its beginning tells; two at least."""
    length, start = 0, at + 1
    for shift in (0, 7, 14, 21):
        if start >= len(line):
            return start - at + 1
        length |= (line[start] & 127) << shift
        start += 1
        if line[start - 1] < 128:
            break
    return start - at + length


class Line(MQTTProtocol):  # type: ignore[misc]  # it ships no types
    """gmqtt's protocol, but for how what comes is read. ``published`` is given the publications of each piece that came; a packet of
    more than ``most`` bytes is passed over unread, and ``passed_over`` told."""

    def __init__(self, published: Callable[[Publications], None], most: int, passed_over: Callable[[], None], **gmqtt: Any) -> None:
        super().__init__(**gmqtt)
        self._published, self._most, self._passed_over = published, most, passed_over
        self._passing = 0
        self._pieces: list[bytes] = []
        self._held = 0
        self._awaited = 2

    def data_received(self, data: bytes) -> None:
        """Bytes came; those of a packet that is not whole are held until it is."""
        self._connection._last_data_in = time.monotonic()  # noqa: SLF001  # what gmqtt's keep-alive looks at
        if self._passing:
            passed = min(self._passing, len(data))
            self._passing -= passed
            data = data[passed:]
        self._pieces.append(data)
        self._held += len(data)
        if self._held < self._awaited:
            return
        line, at = data if len(self._pieces) == 1 else b"".join(self._pieces), 0
        try:
            while not self._transport.is_closing():
                found = publications(line, at, self.proto_ver)
                if found.topics:
                    self._published(found)
                other = packet(line, found.after)
                if other is None:
                    at = found.after
                    break
                self._connection.put_package(Package(other.command, other.body))
                at = other.after
        except GarbledError:
            self._transport.abort()
            return
        self._pieces, self._held, self._awaited = ([line[at:]] if at < len(line) else []), len(line) - at, wanted(line, at)
        if self._awaited > self._most:
            self._passing = self._awaited - self._held
            self._pieces, self._held, self._awaited = [], 0, 2
            self._passed_over()

    def eof_received(self) -> bool:
        """The broker has ended: the connection is to be closed."""
        return False

    async def _read_loop(self) -> None:
        """Nothing is read but in ``data_received``."""


def connecting(published: Callable[[Publications], None], most: int, passed_over: Callable[[], None], client: Any) -> Callable[..., Any]:
    """What a gmqtt client connects with, reading publications by a ``Line``: one connection in the client's life."""

    async def connect(host: str, *, port: int, ssl: Any, clean_session: bool, keepalive: int) -> MQTTConnection:
        handler, state = client._package_handler, client._connection_state  # noqa: SLF001  # gmqtt offers no other way
        transport, protocol = await asyncio.get_running_loop().create_connection(
            lambda: Line(published, most, passed_over, connection_state=state, id_generator=handler.id_generator), host, port, ssl=ssl)
        return MQTTConnection(transport, protocol, clean_session, keepalive, package_handler=handler)

    return connect
