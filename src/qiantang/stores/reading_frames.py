"""A batch of readings as bytes that prove themselves: a frame of packed columns under one checksum."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Readings

MOST_READINGS = 65_536
"""In one frame: what a torn tail can cost, and what is held to check one."""

MAGIC = b"QTR1"
_HEAD = struct.Struct("<4sIQII" + "qB" * 5)
HEAD_BYTES = _HEAD.size
_SUM = struct.Struct("<I")
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


def packed(readings: Readings, offset: int) -> bytearray:
    """The frame of at most ``MOST_READINGS`` readings; whole numbers lie as distances from the least of their column in as few
    bytes as they need, values bit for bit."""
    columns = [np.ascontiguousarray(getattr(readings, name), kind) for name, kind in _COLUMNS]
    heads: list[int] = []
    bodies: list[Any] = []
    for column, (least, most) in zip(columns, zip(*_bounds(*columns), strict=True), strict=True):
        width = 0 if most == least else next(w for w in _WIDTHS if most - least < 1 << 8 * w)
        heads += [least, width]
        if width:
            distances = np.empty(len(column), _WIDTHS[width])
            _narrowed(column, least, distances)
            bodies.append(distances.data)
    bodies.append(np.ascontiguousarray(readings.value, "<f8").data)
    head = _HEAD.pack(MAGIC, 0, offset, len(readings), sum(body.nbytes for body in bodies), *heads)
    frame = bytearray().join([head, *bodies])
    _SUM.pack_into(frame, len(MAGIC), zlib.crc32(memoryview(frame)[_SUMMED:]))
    return frame


def frame_at(data: bytes | bytearray | memoryview, position: int) -> Frame | None:
    """The frame whose head lies here, its body unchecked; None where there is no head of one or the data end within it."""
    frame = told_by(data, position)
    return frame if frame is not None and position + frame.length <= len(data) else None


def told_by(data: bytes | bytearray | memoryview, position: int = 0) -> Frame | None:
    """The frame that a head tells of, wherever its body is; None where this is no head."""
    if position + _HEAD.size > len(data):
        return None
    magic, _, offset, count, size, *_ = _HEAD.unpack_from(data, position)
    if magic != MAGIC or not 0 < count <= MOST_READINGS or size > MOST_READINGS * 64:
        return None
    return Frame(position, _HEAD.size + size, offset, count)


def sound(data: bytes | bytearray | memoryview, frame: Frame) -> bool:
    """Whether the frame's checksum holds."""
    view = memoryview(data)[frame.position:frame.position + frame.length]
    return zlib.crc32(view[_SUMMED:]) == int.from_bytes(view[4:_SUMMED], "little")


def unpacked(data: bytes | bytearray | memoryview, frame: Frame) -> Readings:
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


_I4, _I8, _U1 = (numba.types.Array(kind, 1, "C", readonly=True) for kind in (numba.int32, numba.int64, numba.uint8))


# These keep the interpreter: they take a few microseconds, and a thread that lets it go waits longer to come back.

@numba.njit((_I4, _I8, _I8, _U1, _I8), cache=True)
def _bounds(signal, at, received, quality, sequence):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The least of each column, and the most."""
    return (np.int64(signal.min()), at.min(), received.min(), np.int64(quality.min()), sequence.min()), (
        np.int64(signal.max()), at.max(), received.max(), np.int64(quality.max()), sequence.max())


@numba.njit([(column, numba.int64, numba.types.Array(width, 1, "C"))
             for column, widths in ((_I4, (numba.uint8, numba.uint16, numba.uint32)), (_U1, (numba.uint8,)),
                                    (_I8, (numba.uint8, numba.uint16, numba.uint32, numba.uint64))) for width in widths], cache=True)
def _narrowed(column, least, distances):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The distances from the least. What is farther from it than an int64 holds wraps around, as it does back."""
    for i in range(len(column)):
        distances[i] = np.uint64(column[i]) - np.uint64(least)


def _widened(data: bytes | bytearray | memoryview, place: int, count: int, least: int, width: int, kind: type[np.generic]) -> NDArray[np.generic]:
    if width == 0:
        return np.full(count, least, kind)
    distances = np.frombuffer(data, _WIDTHS[width], count, place)
    return (distances.astype(np.uint64) + np.uint64(least % (1 << 64))).view(np.int64).astype(kind, copy=False)
