"""What an edge node keeps while nobody listens: readings in segments on disk or in memory, oldest out first when it is full."""

from __future__ import annotations

import contextlib
from collections import deque
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

READING = np.dtype([("metric", "<i4"), ("at", "<i8"), ("value", "<f8")])
"""A reading as kept: which metric of the edge node, microseconds UTC, its value."""


class Store(Protocol):
    """Keeps readings (rows of READING) in their order, within a bound."""

    dropped: int

    def __len__(self) -> int: ...

    def append(self, rows: NDArray[np.void]) -> None:
        """Keep these; where that is beyond the bound the oldest go and are counted in ``dropped``."""
        ...

    def take(self, most: int) -> NDArray[np.void]:
        """The oldest, at most so many; they are kept no longer."""
        ...


class InMemory:
    """Kept in memory, at most so many bytes."""

    def __init__(self, most_bytes: int = 64 * 2**20) -> None:
        self.dropped = 0
        self._most = max(most_bytes // READING.itemsize, 1)
        self._rows: deque[NDArray[np.void]] = deque()
        self._many = 0

    def __len__(self) -> int:
        return self._many

    def append(self, rows: NDArray[np.void]) -> None:
        """Keep these."""
        if len(rows) > self._most:
            self.dropped += len(rows) - self._most
            rows = rows[-self._most:]
        self._rows.append(rows.copy())
        self._many += len(rows)
        if self._many > self._most:
            self.dropped += len(self.take(self._many - self._most))

    def take(self, most: int) -> NDArray[np.void]:
        """The oldest."""
        found = []
        while self._rows and most > 0:
            rows = self._rows.popleft()
            if len(rows) > most:
                self._rows.appendleft(rows[most:])
                rows = rows[:most]
            found.append(rows)
            most -= len(rows)
            self._many -= len(rows)
        return np.concatenate(found) if found else np.empty(0, READING)


class OnDisk:
    """Kept in a folder as segments of raw rows, at most so many bytes; found again after a restart.

    ``of`` names what the metrics' numbers mean: segments of another meaning are dropped and counted. What was begun to be
    taken before a restart is given again; a row cut off by a kill is left out.
    """

    def __init__(self, folder: Path, of: str = "", most_bytes: int = 256 * 2**20, segment_bytes: int = 2**20) -> None:
        self.dropped = 0
        self._folder, self._of = folder, of or "any"
        self._segment = max(segment_bytes // READING.itemsize, 1) * READING.itemsize
        self._most = max(most_bytes, 2 * self._segment)
        folder.mkdir(parents=True, exist_ok=True)
        self._segments: deque[tuple[Path, int]] = deque()
        self._taken = 0
        for path in sorted(folder.glob("*.readings")):
            size = path.stat().st_size // READING.itemsize * READING.itemsize
            if path.name.split("-")[0] == self._of and size:
                with path.open("r+b") as file:
                    file.truncate(size)
                self._segments.append((path, size))
            else:
                self.dropped += size // READING.itemsize
                path.unlink()
        self._next = int(self._segments[-1][0].stem.split("-")[1]) + 1 if self._segments else 0

    def __len__(self) -> int:
        return sum(size for _, size in self._segments) // READING.itemsize - self._taken

    def append(self, rows: NDArray[np.void]) -> None:
        """Keep these."""
        raw = rows.tobytes()
        while raw:
            if not self._segments or self._segments[-1][1] >= self._segment:
                self._segments.append((self._folder / f"{self._of}-{self._next:012d}.readings", 0))
                self._next += 1
            path, size = self._segments[-1]
            part, raw = raw[:self._segment - size], raw[self._segment - size:]
            try:
                with path.open("ab") as file:
                    file.write(part)
            except OSError:
                # The disk is full, or gone: what cannot be kept is counted, and a row begun is taken back.
                self.dropped += (len(part) + len(raw)) // READING.itemsize
                if path.exists():
                    with contextlib.suppress(OSError), path.open("r+b") as file:
                        file.truncate(size)
                if not size:
                    self._segments.pop()
                return
            self._segments[-1] = (path, size + len(part))
        while sum(size for _, size in self._segments) > self._most:
            self.dropped += self._segments[0][1] // READING.itemsize - self._taken
            self._forget()

    def take(self, most: int) -> NDArray[np.void]:
        """The oldest."""
        found = []
        while self._segments and most > 0:
            path, size = self._segments[0]
            many = min(size // READING.itemsize - self._taken, most)
            found.append(np.fromfile(path, READING, many, offset=self._taken * READING.itemsize))
            self._taken += many
            most -= many
            if self._taken * READING.itemsize >= size:
                self._forget()
        return np.concatenate(found) if found else np.empty(0, READING)

    def _forget(self) -> None:
        path, _ = self._segments.popleft()
        path.unlink(missing_ok=True)
        self._taken = 0
