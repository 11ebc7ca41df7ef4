"""Snapshots of what a node has in memory, each with the place in the log up to which it is true."""

from __future__ import annotations

import json
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Readings, together
from qiantang.stores.reading_frames import MOST_READINGS, frame_at, packed, sound, unpacked

_MAGIC, _BEFORE = b"QTS5", b"QTS4"
"""How a snapshot begins; before, the sum at its head was of everything behind it, and all readings were written."""
_AT_ONCE = 4 << 20
"""So many bytes go to the disk at a time: the log, which shares it, waits for no more than these."""
_ENDING = ".snapshot"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The parts of a state by name, as of the log's ``offset``; ``readings`` are those that belong to it, in chunks of pieces, none
    empty. Chunks come back as they were, their pieces in another cut. ``tables`` are numbers that belong to it, two-dimensional. ``places`` tell
    of the pieces of some ``readings`` where each lies in the log as it is, from one end on without a step back; -1 for one that does not.
    ``lacking`` are the names of readings that the log was to have and has no longer: of these there are none.

    Who takes one hands readings and tables over as they are; they are packed where the snapshot is written.
    """

    offset: int
    parts: Mapping[str, bytes]
    readings: Mapping[str, Sequence[tuple[Readings, ...]]] = field(default_factory=dict)
    tables: Sequence[NDArray[np.float64]] = ()
    places: Mapping[str, Sequence[tuple[int, ...]]] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()

    @property
    def rests_on(self) -> int:
        """The place in the log from which on it is needed to become what this was, and to go on from there."""
        return min([self.offset, *(place for of in self.places.values() for chunk in of for place in chunk if place >= 0)])


class Snapshots:
    """A folder of snapshots; each is written beside its place and renamed, so that it is whole or not there. Kept are the last two that were
    written or taken up: what proves nothing any more goes with the next that is written.

    Readings that lie in the log are not written again: ``logged`` gives them back, from one place up to another, batch by batch with the place of
    each; without it they are.
    """

    def __init__(self, folder: Path, logged: Callable[[int, int], Iterable[tuple[int, Readings]]] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._logged = folder, logged
        self._unsound: list[Path] = []
        self._kept: deque[Path] = deque(maxlen=2)
        for left_over in folder.glob("*.part"):
            left_over.unlink()

    def write(self, snapshot: Snapshot) -> Path:
        """Put a snapshot on the disk, then remove all but it and the one before. An OSError leaves the older ones."""
        told = {name: [self._told(chunk, at) for chunk, at in self._with_places(snapshot, name)] for name in snapshot.readings}
        head = json.dumps({"offset": snapshot.offset, "parts": {name: len(part) for name, part in snapshot.parts.items()}, "readings": told,
                           "tables": [table.shape for table in snapshot.tables]}).encode()
        bodies: list[Any] = [*snapshot.parts.values(), *map(_bytes_of, snapshot.tables)]
        summed = zlib.crc32(head)
        for body in bodies:
            summed = zlib.crc32(body, summed)
        path = self.folder / f"{snapshot.offset:020d}{_ENDING}"
        beside = path.with_suffix(".part")
        try:
            with beside.open("wb") as file:
                file.write(_MAGIC + summed.to_bytes(4, "little") + len(head).to_bytes(4, "little") + head)
                unsynced = 0
                # Frames of readings prove themselves, and are packed as they are written: all of them at once would take the memory twice.
                for body in chain(bodies, self._frames(snapshot)):
                    unsynced += file.write(body)
                    if unsynced >= _AT_ONCE:
                        file.flush()
                        os.fdatasync(file.fileno())
                        unsynced = 0
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        opened = os.open(self.folder, os.O_RDONLY)
        os.fsync(opened)
        os.close(opened)
        if path not in self._kept:
            self._kept.append(path)
        for older in set(self._newest_first()) - set(self._kept):
            older.unlink()
        return path

    def latest(self) -> Snapshot | None:
        """The newest snapshot that is sound; None where there is none."""
        self._unsound = []
        for path in self._newest_first():
            found = self._read(path.read_bytes())
            if found is not None:
                self._kept = deque([path], maxlen=2)
                return found
            self._unsound.append(path)
        return None

    def cut(self, end: int) -> None:
        """Remove those of places beyond the end of the log: where it lost its end, they are of one that is there no more."""
        for path in self._newest_first():
            if int(path.stem) > end:
                path.unlink()

    def unsound(self) -> list[Path]:
        """Snapshots that did not prove themselves when the ``latest`` was looked for, to be told to a person."""
        return self._unsound

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{_ENDING}"), reverse=True)

    def _with_places(self, snapshot: Snapshot, name: str) -> Iterator[tuple[tuple[Readings, ...], Sequence[int]]]:
        """Chunks of readings, with where in the log their pieces lie."""
        places = snapshot.places.get(name) if self._logged is not None else None
        for number, chunk in enumerate(snapshot.readings[name]):
            yield chunk, [-1] * len(chunk) if places is None else places[number]

    @staticmethod
    def _told(chunk: tuple[Readings, ...], places: Sequence[int]) -> list[int | list[int]]:
        """Of each piece of a chunk how many frames it takes, or from where to where it lies in the log."""
        return [[place, place + len(piece)] if place >= 0 else -(-len(piece) // MOST_READINGS) for piece, place in zip(chunk, places, strict=True)]

    def _frames(self, snapshot: Snapshot) -> Iterator[bytearray]:
        """Readings that the log does not have, in frames as it packs them."""
        for name in snapshot.readings:
            for chunk, places in self._with_places(snapshot, name):
                for piece, place in zip(chunk, places, strict=True):
                    if place < 0:
                        yield from (packed(piece.taken(slice(at, at + MOST_READINGS)), at) for at in range(0, len(piece), MOST_READINGS))

    def _read(self, data: bytes) -> Snapshot | None:
        if data[:4] not in (_MAGIC, _BEFORE) or len(data) < 12:
            return None
        place = 12 + int.from_bytes(data[8:12], "little")
        try:
            head = json.loads(data[12:place])
            summed = place + sum([*head["parts"].values(), *(rows * columns * 8 for rows, columns in head["tables"])])
        except (ValueError, KeyError, TypeError):
            return None
        if zlib.crc32(memoryview(data)[12:len(data) if data[:4] == _BEFORE else summed]) != int.from_bytes(data[4:8], "little"):
            return None
        parts = {}
        for name, size in head["parts"].items():
            parts[name] = data[place:place + size]
            place += size
        tables = []
        for rows, columns in head["tables"]:
            tables.append(np.frombuffer(data, "<f8", rows * columns, place).reshape(rows, columns).copy())
            place += tables[-1].nbytes
        readings: dict[str, tuple[tuple[Readings, ...], ...]] = {}
        places: dict[str, tuple[tuple[int, ...], ...]] = {}
        lacking: list[str] = []
        for name, chunks in head["readings"].items():
            chunks_told = [[chunk] if isinstance(chunk, int) else chunk for chunk in chunks]
            in_log = self._from_log([told for chunk in chunks_told for told in chunk if isinstance(told, list)])
            if in_log is None:
                lacking.append(name)
            found: list[list[tuple[Readings, int]]] = []
            for chunk in chunks_told:
                found.append([])
                for told in chunk:
                    if isinstance(told, list):
                        found[-1] += [(next(in_log), told[0])] if in_log is not None else []
                        continue
                    for _ in range(told):
                        frame = frame_at(data, place)
                        if frame is None or not sound(data, frame):
                            return None
                        found[-1].append((unpacked(data, frame), -1))
                        place += frame.length
            found = [] if in_log is None else found
            readings[name] = tuple(tuple(piece for piece, _ in chunk) for chunk in found)
            places[name] = tuple(tuple(at for _, at in chunk) for chunk in found)
        return Snapshot(head["offset"], parts, readings, tuple(tables), places, frozenset(lacking)) if place == len(data) else None

    def _from_log(self, stretches: Sequence[Sequence[int]]) -> Iterator[Readings] | None:
        """The readings of each stretch of the log; None where it does not have them all."""
        if not stretches:
            return iter(())
        if self._logged is None:
            return None
        found: list[Readings] = []
        parts: list[Readings] = []
        reached = stretches[0][0]
        for offset, batch in self._logged(stretches[0][0], stretches[-1][1]):
            end = offset + len(batch)
            while len(found) < len(stretches) and stretches[len(found)][0] < end:
                begin, stop = stretches[len(found)]
                reached = reached if parts else begin
                if offset > reached:
                    return None
                upto = min(stop, end)
                parts.append(batch.taken(slice(reached - offset, upto - offset)))
                reached = upto
                if upto < stop:
                    break
                found.append(together(parts))
                parts = []
        return iter(found) if len(found) == len(stretches) else None


def _bytes_of(table: NDArray[np.float64]) -> Any:
    """A table row by row, as something that has bytes; not copied where it lies so."""
    return np.ascontiguousarray(table, "<f8").reshape(-1).view(np.uint8).data

