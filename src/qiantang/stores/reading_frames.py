"""A batch of readings as bytes that prove themselves: a frame of packed columns under one checksum."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Readings

MOST_READINGS = 65_536
"""In one frame: what a torn tail can cost, and what is held to check one."""

MAGIC = b"QTR1"
_HEAD = struct.Struct("<4sIQII" + "qB" * 5)
HEAD_BYTES = _HEAD.size
_SUMMED = 8
"""The checksum covers everything after itself."""
_WIDTHS: dict[int, type[np.unsignedinteger]] = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
_COLUMNS: tuple[tuple[str, type[np.generic]], ...] = (
    ("signal", np.int32), ("at", np.int64), ("received", np.int64), ("quality", np.uint8), ("sequence", np.int64))


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a frame lies in its file: its first byte, its length in bytes, its first reading's offset, how many readings."""

    position: int
    length: int
    offset: int
    count: int

    @property
    def end(self) -> int:
        """The offset after its last reading."""
        return self.offset + self.count


def packed(readings: Readings, offset: int) -> bytes:
    """The frame of at most ``MOST_READINGS`` readings; whole numbers lie as distances from the least of their column in as few
    bytes as they need, values bit for bit."""
    heads: list[int] = []
    parts: list[bytes] = []
    for name, _ in _COLUMNS:
        least, width, body = _narrow(getattr(readings, name))
        heads += [least, width]
        parts.append(body)
    parts.append(np.ascontiguousarray(readings.value, "<f8").tobytes())
    body = b"".join(parts)
    head = _HEAD.pack(MAGIC, 0, offset, len(readings), len(body), *heads)
    summed = zlib.crc32(body, zlib.crc32(head[_SUMMED:]))
    return head[:4] + struct.pack("<I", summed) + head[_SUMMED:] + body


def frame_at(data: bytes | memoryview, position: int) -> Frame | None:
    """The frame whose head lies here, its body unchecked; None where there is no head of one or the data end within it."""
    frame = told_by(data, position)
    return frame if frame is not None and position + frame.length <= len(data) else None


def told_by(data: bytes | memoryview, position: int = 0) -> Frame | None:
    """The frame that a head tells of, wherever its body is; None where this is no head."""
    if position + _HEAD.size > len(data):
        return None
    magic, _, offset, count, size, *_ = _HEAD.unpack_from(data, position)
    if magic != MAGIC or not 0 < count <= MOST_READINGS or size > MOST_READINGS * 64:
        return None
    return Frame(position, _HEAD.size + size, offset, count)


def sound(data: bytes | memoryview, frame: Frame) -> bool:
    """Whether the frame's checksum holds."""
    view = memoryview(data)[frame.position:frame.position + frame.length]
    return zlib.crc32(view[_SUMMED:]) == int.from_bytes(view[4:_SUMMED], "little")


def unpacked(data: bytes | memoryview, frame: Frame) -> Readings:
    """The readings of a frame that is sound."""
    _, _, _, count, _, *heads = _HEAD.unpack_from(data, frame.position)
    place = frame.position + _HEAD.size
    columns: dict[str, NDArray[np.generic]] = {}
    for (name, kind), least, width in zip(_COLUMNS, heads[::2], heads[1::2], strict=True):
        columns[name] = _widened(data, place, count, least, width, kind)
        place += count * width
    value = np.frombuffer(data, "<f8", count, place).astype(np.float64)
    return Readings(value=value, **columns)  # type: ignore[arg-type]  # each of its column's kind


def sound_frames(data: bytes, position: int = 0, expected: int | None = None) -> Iterator[Frame]:
    """The sound frames from a position on; what lies between them and is none is stepped over.

    ``expected`` is the offset of the first; a frame of an earlier one is no news and is stepped over too.
    """
    while position < len(data):
        frame = frame_at(data, position)
        if frame is not None and (expected is None or frame.offset >= expected) and sound(data, frame):
            yield frame
            position, expected = position + frame.length, frame.end
            continue
        position = data.find(MAGIC, position + 1)
        if position < 0:
            return


def _narrow(column: NDArray[np.generic]) -> tuple[int, int, bytes]:
    """The least of a column of whole numbers, the bytes that each distance from it takes (0: all are the same), the distances."""
    least, most = int(column.min()), int(column.max())
    if least == most:
        return least, 0, b""
    width = next(w for w in _WIDTHS if most - least < 1 << 8 * w)
    if column.dtype == np.int32 or column.dtype == np.uint8:
        column = column.astype(np.int64)
    distances = column.view(np.uint64) - np.uint64(least % (1 << 64))
    return least, width, distances.astype(_WIDTHS[width]).tobytes()


def _widened(data: bytes | memoryview, place: int, count: int, least: int, width: int, kind: type[np.generic]) -> NDArray[np.generic]:
    if width == 0:
        return np.full(count, least, kind)
    distances = np.frombuffer(data, _WIDTHS[width], count, place)
    return (distances.astype(np.uint64) + np.uint64(least % (1 << 64))).view(np.int64).astype(kind, copy=False)
