"""Snapshots of what a node has in memory, each with the place in the log up to which it is true."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Readings
from qiantang.stores.reading_frames import MOST_READINGS, frame_at, packed, sound, unpacked

_MAGIC = b"QTS5"
_AT_ONCE = 4 << 20
"""So many bytes go to the disk at a time: the log, which shares it, waits for no more than these."""
_ENDING = ".snapshot"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The parts of a state by name, as of the log's ``offset``; ``readings`` are those that belong to it, in chunks of pieces, none
    empty. Chunks come back as they were, their pieces in another cut. ``tables`` are numbers that belong to it, two-dimensional.

    Who takes one hands readings and tables over as they are; they are packed where the snapshot is written.
    """

    offset: int
    parts: Mapping[str, bytes]
    readings: Mapping[str, Sequence[tuple[Readings, ...]]] = field(default_factory=dict)
    tables: Sequence[NDArray[np.float64]] = ()


class Snapshots:
    """A folder of snapshots, the newest two kept; each is written beside its place and renamed, so that it is whole or not there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        for left_over in folder.glob("*.part"):
            left_over.unlink()

    def write(self, snapshot: Snapshot) -> Path:
        """Put a snapshot on the disk, then remove all but the newest two. An OSError leaves the older ones."""
        head = json.dumps({"offset": snapshot.offset, "parts": {name: len(part) for name, part in snapshot.parts.items()},
                           "readings": {name: [_frames(chunk) for chunk in of] for name, of in snapshot.readings.items()},
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
                for body in chain(bodies, (frame for of in snapshot.readings.values() for chunk in of for frame in _framed(chunk))):
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
        for older in self._newest_first()[2:]:
            older.unlink()
        return path

    def latest(self) -> Snapshot | None:
        """The newest snapshot that is sound; None where there is none."""
        for path in self._newest_first():
            found = _read(path.read_bytes())
            if found is not None:
                return found
        return None

    def cut(self, end: int) -> None:
        """Remove those of places beyond the end of the log: where it lost its end, they are of one that is there no more."""
        for path in self._newest_first():
            if int(path.stem) > end:
                path.unlink()

    def unsound(self) -> list[Path]:
        """Snapshots that do not prove themselves, to be told to a person."""
        return [path for path in self._newest_first() if _read(path.read_bytes()) is None]

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{_ENDING}"), reverse=True)


def _read(data: bytes) -> Snapshot | None:
    if data[:4] != _MAGIC or len(data) < 12:
        return None
    place = 12 + int.from_bytes(data[8:12], "little")
    summed = zlib.crc32(data[12:place])
    try:
        head = json.loads(data[12:place])
        sizes = [*head["parts"].values(), *(rows * columns * 8 for rows, columns in head["tables"])]
    except (ValueError, KeyError, TypeError):
        return None
    if zlib.crc32(memoryview(data)[place:place + sum(sizes)], summed) != int.from_bytes(data[4:8], "little"):
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
    for name, counts in head["readings"].items():
        chunks = []
        for frames in counts:
            pieces = []
            for _ in range(frames):
                frame = frame_at(data, place)
                if frame is None or not sound(data, frame):
                    return None
                pieces.append(unpacked(data, frame))
                place += frame.length
            chunks.append(tuple(pieces))
        readings[name] = tuple(chunks)
    return Snapshot(head["offset"], parts, readings, tuple(tables)) if place == len(data) else None


def _bytes_of(table: NDArray[np.float64]) -> Any:
    """A table row by row, as something that has bytes; not copied where it lies so."""
    return np.ascontiguousarray(table, "<f8").reshape(-1).view(np.uint8).data


def _frames(chunk: tuple[Readings, ...]) -> int:
    """How many frames a chunk takes."""
    return sum(-(-len(piece) // MOST_READINGS) for piece in chunk)


def _framed(chunk: tuple[Readings, ...]) -> Iterator[bytes]:
    """A chunk in frames as the log packs them."""
    return (packed(piece.taken(slice(at, at + MOST_READINGS)), at) for piece in chunk for at in range(0, len(piece), MOST_READINGS))
