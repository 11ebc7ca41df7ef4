"""The end of the log in memory: charts read on from there, and from the disk what they are too far behind to find in it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from qiantang.district.plant.inbox import weight
from qiantang.kernel.readings import Readings, readings, together
from qiantang.stores.reading_log import ReadingLog

_TAKEN = 32_768
"""So many readings are judged at once: enough that what a batch costs by itself does not weigh, few enough for a processor's cache."""
_LOOK_S = 0.5


class Tail:
    """What the log's thread wrote last, ``most_bytes`` of it, for one reader in another thread."""

    def __init__(self, log: ReadingLog, most_bytes: int) -> None:
        self.logged = log.end
        """The place up to which the log can be read."""
        self._log, self._most_bytes = log, most_bytes
        self._batches: deque[tuple[int, Readings]] = deque()
        self._bytes = 0
        self._grown = threading.Condition()
        self._ended = False

    def add(self, offset: int, batch: Readings) -> None:
        """A batch is on the disk, from a place on."""
        with self._grown:
            self._batches.append((offset, batch))
            self.logged = offset + len(batch)
            self._bytes += weight(batch)
            while self._bytes > self._most_bytes and len(self._batches) > 1:
                self._taken()
            self._grown.notify_all()

    def end(self) -> None:
        """Nothing more will come."""
        with self._grown:
            self._ended = True
            self._grown.notify_all()

    def next(self, position: int) -> tuple[int, Readings] | None:
        """What follows a place, and from which place on; waits until there is something, None where nothing will come. Where all that lies
        before what is in memory cannot be read from the disk, nothing from its end on: it is damaged and to be passed over."""
        with self._grown:
            while True:
                while self._batches and self._batches[0][0] + len(self._batches[0][1]) <= position:
                    self._taken()
                if self._batches and self._batches[0][0] <= position:
                    return self._from_memory(position)
                if position < self.logged:
                    break
                if self._ended:
                    return None
                self._grown.wait(_LOOK_S)
            upto = self._batches[0][0] if self._batches else self.logged
        return next(self._from_disk(position, upto), (upto, readings([], [], [])))

    def _taken(self) -> Readings:
        batch = self._batches.popleft()[1]
        self._bytes -= weight(batch)
        return batch

    def _from_memory(self, position: int) -> tuple[int, Readings]:
        first, n = self._batches[0][0], 0
        taken: list[Readings] = []
        while self._batches and (not taken or (self._batches[0][0] == first + n and n + len(self._batches[0][1]) <= _TAKEN)):
            taken.append(self._taken())
            n += len(taken[-1])
        batch = together(taken)
        return position, batch.taken(slice(position - first, None)) if first < position else batch

    def _from_disk(self, position: int, upto: int) -> Iterator[tuple[int, Readings]]:
        """Several frames at once where they follow each other."""
        gathered: list[Readings] = []
        first, n = position, 0
        for offset, batch in self._log.read(position, upto):
            if gathered and (offset != first + n or n >= _TAKEN):
                break
            if not gathered:
                first = offset
            gathered.append(batch)
            n += len(batch)
        if gathered:
            yield first, together(gathered)
