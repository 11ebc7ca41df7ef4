"""What a broker brings and is given: messages in columns, publications, and what a translator makes of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.readings import Readings, readings
from qiantang.kernel.wires import Counters, Notice
from qiantang.kernel.words import Text


def now_us() -> int:
    """The instant, microseconds UTC."""
    return time.time_ns() // 1000


@dataclass(slots=True)
class Messages:
    """A batch of messages in the order they came: topic, payload, and the instant of receipt in microseconds UTC."""

    topics: list[str] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    received: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.topics)

    def add(self, topic: str, payload: bytes, received: int) -> None:
        """One more message."""
        self.topics.append(topic)
        self.payloads.append(payload)
        self.received.append(received)

    def parts(self, most: int) -> Iterator[slice]:
        """Where to cut the batch so that no part holds more payload bytes than this, a single message apart."""
        start = held = 0
        for place, payload in enumerate(self.payloads):
            if held and held + len(payload) > most:
                yield slice(start, place)
                start, held = place, 0
            held += len(payload)
        if start < len(self):
            yield slice(start, len(self))

    def taken(self, which: slice) -> Messages:
        """The messages of a part."""
        return Messages(self.topics[which], self.payloads[which], self.received[which])


def messages(*of: tuple[str, bytes, int]) -> Messages:
    """A batch of (topic, payload, received)."""
    made = Messages()
    for one in of:
        made.add(*one)
    return made


class Publication(NamedTuple):
    """A message to publish."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a translator makes of a batch: readings in the order of the messages, pieces, notices, and messages to publish."""

    readings: Readings = field(default_factory=lambda: readings([], [], []))
    notices: tuple[Notice, ...] = ()
    publications: tuple[Publication, ...] = ()
    leave: bool = False
    """The connection is to be closed after the publications and made anew."""
    holding: bool = False
    """Something of this batch or an earlier one is not among the readings yet: it waits for what came out of order."""
    pieces: tuple[PieceEvent, ...] = ()
    """What was told of pieces."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to be made durable."""
        return not len(self.readings) and not self.pieces


class Translator(Protocol):
    """One end of a conversation over a broker, without any network: it is told what happens and says what follows.

    ``now`` is microseconds UTC. The wire asks for the will and then the greeting at each connection, hands over batches,
    tells when the connection is lost, and ticks every few milliseconds.
    """

    @property
    def subscriptions(self) -> tuple[tuple[str, int], ...]:
        """Topic filters and the quality of service to ask for."""
        ...

    @property
    def counters(self) -> Counters:
        """How often each thing happened."""
        ...

    def will(self, now: int) -> Publication | None:
        """What the broker is to publish when this connection dies."""
        ...

    def connected(self, now: int) -> Said:
        """The connection stands and the subscriptions are granted."""
        ...

    def disconnected(self, now: int) -> Said:
        """The connection is lost."""
        ...

    def farewell(self, now: int) -> tuple[Publication, ...]:
        """What to publish before leaving in good order."""
        ...

    def feed(self, batch: Messages) -> Said:
        """Messages came."""
        ...

    def tick(self, now: int) -> Said:
        """Time has passed."""
        ...


class Listening:
    """A translator's manner where it only listens: it has no will, says nothing when it comes, and leaves without a word."""

    __slots__ = ()

    def will(self, now: int) -> Publication | None:
        """Nobody waits for it."""
        return None

    def connected(self, now: int) -> Said:
        """Its subscriptions are all it asks for."""
        return Said()

    def disconnected(self, now: int) -> Said:
        """What it knows stays as it is."""
        return Said()

    def farewell(self, now: int) -> tuple[Publication, ...]:
        """Nothing."""
        return ()


class Noticing:
    """Gathers notices: the same kind about the same source becomes one with a count, and is told again only after its time.

    Each counts under its kind at once. At most ``most`` sources are kept apart; what goes beyond is gathered under "…".
    """

    def __init__(self, counters: Counters, most: int = 20_000) -> None:
        self._counters, self._most = counters, most
        self._open: dict[tuple[str, str], tuple[Notice, int]] = {}
        self._told: dict[tuple[str, str], int] = {}

    def add(self, kind: str, source: str, at: int, told: Text, count: int = 1, every_s: int = 0, counted: bool = True) -> None:
        """Something happened at this instant; the newest telling stands. ``counted`` False where it has been counted elsewhere."""
        if counted:
            self._counters.add(kind, count)
        key = (kind, source)
        if key not in self._told and len(self._told) >= self._most:
            key = (kind, "…")
        before = self._open.get(key)
        self._open[key] = (Notice(kind, key[1], at, told, count + (before[0].count if before else 0)), every_s * 1_000_000)

    def taken(self, now: int) -> tuple[Notice, ...]:
        """Those whose time has come, once."""
        if not self._open:
            return ()
        due = [key for key, (_, wait) in self._open.items() if not wait or key not in self._told or now - self._told[key] >= wait]
        found = []
        for key in due:
            notice, wait = self._open.pop(key)
            found.append(notice)
            if wait:
                self._told[key] = now
        return tuple(found)
