"""What a wire from the outside hands over: batches of readings to be settled once they are safe, and notices about a source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.kernel.pieces import PieceEvent
    from qiantang.kernel.readings import Readings


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch of readings, and what was told of pieces. ``settle`` is called once, after all of it is durable: only then may the sender
    forget it (a QoS 1 message is acknowledged, an edge's store is emptied)."""

    readings: Readings
    settle: Callable[[], None] = _nothing
    pieces: tuple[PieceEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a source that is no reading: a birth, a death, a gap, a garbled payload.

    ``kind`` is one word of a closed list that the wire states (``birth``, ``death``, ``gap``, ``rebirth``, ``garbled``,
    ``template``, ``unit``, ``clock``, ``reconnected`` …); ``at`` microseconds UTC; ``count`` how many times at once.
    """

    kind: str
    source: str
    at: int
    told: Text
    count: int = 1


@dataclass(slots=True)
class Counters:
    """How often each thing happened, by one word; every treatment of bad input counts under its own."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, times: int = 1) -> None:
        """One more, or several."""
        self.counts[what] = self.counts.get(what, 0) + times


class Receiver(Protocol):
    """Who takes what the wires bring. ``deliver`` waits while its queue is full: that is the back-pressure."""

    def deliver(self, delivery: Delivery) -> Awaitable[None]:
        """Take a batch."""
        ...

    def notice(self, notice: Notice) -> None:
        """Take note of something about a source."""
        ...


class Wire(Protocol):
    """A connection to the outside that runs until it is cancelled, reconnecting by itself."""

    async def run(self, receiver: Receiver) -> None:
        """Receive for ever."""
        ...

    @property
    def counters(self) -> Counters:
        """What happened on this wire."""
        ...
