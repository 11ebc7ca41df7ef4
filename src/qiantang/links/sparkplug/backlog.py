"""The backlog of an edge node: messages held for a missing one of their count, and data kept for the birth of their device.

Nothing is taken here: the host asks what is due, and takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qiantang.links.sparkplug.topics import Route


@dataclass(frozen=True, slots=True)
class Backlogged:
    """A message that cannot be taken yet: where it belongs, its instant of receipt (µs) and that of its sending (ms)."""

    route: Route
    payload: bytes
    received: int
    stamp: int


@dataclass(slots=True)
class Backlog:
    """What waits. ``missing_since`` is when the wait for the missing message began, ``unborn_since`` when that for a birth did (µs)."""

    missing_since: int = 0
    unborn_since: int = 0
    held_bytes: int = 0
    _held: dict[int, Backlogged] = field(default_factory=dict)
    _kept: dict[str, list[Backlogged]] = field(default_factory=dict)
    _kept_bytes: int = 0

    def __bool__(self) -> bool:
        """Whether messages wait that are not among the readings yet."""
        return bool(self._held or self._kept)

    # For a missing message, by their count.

    @property
    def holding(self) -> bool:
        """Whether anything waits for a missing message."""
        return bool(self._held)

    def hold(self, seq: int, one: Backlogged) -> bool:
        """Hold a message; False where one with its count is held already."""
        if not self._held:
            self.missing_since = one.received
        if seq in self._held:
            return False
        self._held[seq] = one
        self.held_bytes += len(one.payload)
        return True

    def due(self, expected: int) -> Backlogged | None:
        """The message with the count that is expected, held no longer; None where it has not come."""
        one = self._held.pop(expected, None)
        if one is not None:
            self.held_bytes -= len(one.payload)
        return one

    def in_turn(self, expected: int) -> list[int]:
        """The counts held, in the order in which they follow the one that is expected."""
        return sorted(self._held, key=lambda seq: (seq - expected) % 256)

    def released(self, expected: int, before: int) -> list[Backlogged]:
        """What was sent before an instant (ms), in its order, held no longer."""
        counts = [seq for seq in self.in_turn(expected) if self._held[seq].stamp < before]
        return [one for seq in counts if (one := self.due(seq))]

    # For a birth, by their device.

    @property
    def keeping(self) -> bool:
        """Whether anything waits for a birth."""
        return bool(self._kept)

    def keep(self, one: Backlogged, most: int) -> bool:
        """Keep data until the birth of their device; False where that would be more than so many bytes."""
        if self._kept_bytes + len(one.payload) > most:
            return False
        if not self._kept:
            self.unborn_since = one.received
        self._kept.setdefault(one.route.device, []).append(one)
        self._kept_bytes += len(one.payload)
        return True

    def kept_of(self, device: str) -> list[Backlogged]:
        """What was kept of a device, kept no longer."""
        kept = self._kept.pop(device, [])
        self._kept_bytes -= sum(len(one.payload) for one in kept)
        return kept

    def give_up(self) -> int:
        """No birth has come: nothing is kept any longer. How many messages that were."""
        many = sum(map(len, self._kept.values()))
        self._kept.clear()
        self._kept_bytes = 0
        return many
